/** How a verb writes a list: a table, or with --json a JSON object a line. However long the list is, it holds some rows of it. */
import { isatty } from 'node:tty';
import { paintFor } from './colour.ts';
import { EXIT } from './exit-codes.ts';
import { fail, say, writeInTurn } from './output.ts';
import { jsonLine } from './plain-text.ts';
import { type Column, type Sheet, Table } from './table.ts';

/** Units: rows. */
const CHUNK = 200;
/** Where a terminal does not tell. Units: columns. */
const USUAL_WIDTH = 80;

export interface ListOptions {
  readonly json: boolean;
  /** Each row is written when it comes: somebody waits for it. Absence: some at once. */
  readonly isLive?: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

/** How a table looks on standard output. */
export function sheetOf(environment: NodeJS.ProcessEnv): Sheet {
  const isTTY = isatty(1);
  const width = isTTY ? process.stdout.columns || USUAL_WIDTH : null;
  return { width, paint: paintFor(isTTY, environment), now: isTTY ? Date.now() : null };
}

export class ResultList<Row extends object> {
  private readonly table: Table<Row> | null;
  private readonly chunk: number;
  private rows: Row[] = [];
  private count = 0;
  private fault: string | null = null;

  constructor(columns: readonly Column<Row>[], { json, isLive = false, environment }: ListOptions) {
    const sheet = sheetOf(environment);
    // A line that stays there is wrong about how long ago it was.
    this.table = json ? null : new Table(columns, isLive ? { ...sheet, now: null } : sheet);
    this.chunk = isLive ? 1 : CHUNK;
  }

  /** How many were added. */
  get length(): number {
    return this.count;
  }

  /** Gives false when nobody reads any more (`| head -1`), or nothing can be written: there is no use in going on, then. */
  async add(row: Row): Promise<boolean> {
    this.rows.push(row);
    this.count++;
    if (this.rows.length >= this.chunk) await this.flush();
    return this.fault === null;
  }

  /** Writes what is left. `empty`: what is said, not as a result, when there was no row. Gives the exit code. */
  async end(empty: string): Promise<number> {
    if (this.count === 0) say(empty);
    await this.flush();
    if (this.fault === null || this.fault === 'EPIPE') return EXIT.done;
    return fail(`standard output cannot be written (${this.fault})`);
  }

  /** Writes what is left: where the list does not come to its end, what was added has its lines. */
  async flush(): Promise<void> {
    const rows = this.rows;
    this.rows = [];
    if (rows.length === 0 || this.fault !== null) return;
    this.fault = await writeInTurn(
      this.table === null ? rows.map((row) => `${jsonLine(row)}\n`).join('') : this.table.lines(rows),
    );
  }
}

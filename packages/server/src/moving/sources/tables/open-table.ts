/** Opens a file that has a table, whatever wrote it: an SQLite file, an SQL dump, CSV, or what Django's dumpdata wrote. */
import { open, stat } from 'node:fs/promises';
import { WrongSource } from '../../source.ts';
import { isCsv, rowsOfCsv } from './csv.ts';
import { objectsOf } from './json-objects.ts';
import { isSqlDump, rowsOfDump } from './sql-dump.ts';
import { openSqlite } from './sqlite.ts';
import { isSqlite } from './sqlite-pages.ts';
import type { Row, TableFile } from './table.ts';
import { TextFile } from './text-file.ts';

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** How dumpdata calls it: `sessions.session`. */
  readonly model: string;
  /** The column that dumpdata has as `pk`. */
  readonly key: string;
}

/** `path`: `-` is standard input. Errors: WrongSource when it is none of these, or has no such table. */
export async function openTable(path: string, table: Table): Promise<TableFile> {
  if (path !== '-') {
    const head = await headOf(path);
    if (isSqlite(head)) return await openSqlite(path, table.name, table.columns);
  }
  const file = new TextFile(path);
  try {
    return new Dump(file, readerFor(file, await file.head(), table));
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Errors: WrongSource when there is no such file, or it may not be read. */
async function headOf(path: string): Promise<Uint8Array> {
  try {
    if (!(await stat(path)).isFile()) throw new WrongSource(`${path} is no file (a pipe is read as -)`);
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(16);
      await file.read(head, 0, 16, 0);
      return head;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof WrongSource) throw error;
    const why = { ENOENT: 'there is no such file', EACCES: 'it may not be read' }[
      `${(error as NodeJS.ErrnoException).code}`
    ];
    throw new WrongSource(`${path} cannot be read: ${why ?? (error as Error).message}`);
  }
}

function readerFor(file: TextFile, head: string, table: Table): AsyncIterable<Row | null> {
  if (head.trim() === '') throw new WrongSource(`${file.name} is empty`);
  if (/^\ufeff?\s*[[{]/.test(head)) return rowsOfDumpdata(file, table);
  if (isCsv(head, table.columns)) return rowsOfCsv(file);
  if (isSqlDump(head)) return rowsOfDump(file, table.name);
  const compressed = head.startsWith('\x1f') || head.startsWith('PK') || head.startsWith('BZh');
  if (compressed) throw new WrongSource(`${file.name} is compressed: unpack it into standard input, and import -`);
  if (head.startsWith('PGDMP')) {
    throw new WrongSource(
      `${file.name} is an archive of pg_dump: write it with --format=plain, or read it with pg_restore -f -`,
    );
  }
  throw new WrongSource(
    `${file.name} is neither an SQLite file nor a dump of ${table.name}: SQL, CSV with a line of names, or JSON of manage.py dumpdata`,
  );
}

async function* rowsOfDumpdata(file: TextFile, { model, key }: Table): AsyncGenerator<Row | null> {
  let isOfModel = false;
  let isAny = false;
  for await (const object of objectsOf(file)) {
    isAny = true;
    if (object.model !== model) continue;
    isOfModel = true;
    const { pk, fields } = object;
    const isRow = typeof fields === 'object' && fields !== null;
    yield isRow ? { ...texts(fields), [key]: typeof pk === 'string' ? pk : null } : null;
  }
  if (isAny && !isOfModel) throw new WrongSource(`${file.name} has no objects of ${model}`);
}

function texts(fields: object): Row {
  const all = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : null] as const);
  return Object.fromEntries(all);
}

/** A dump is read from its beginning each time; the position is how many rows came before. */
class Dump implements TableFile {
  readonly name: string;
  readonly total = null;
  private readonly file: TextFile;
  private readonly all: AsyncIterable<Row | null>;

  constructor(file: TextFile, all: AsyncIterable<Row | null>) {
    this.name = file.name;
    this.file = file;
    this.all = all;
  }

  async *rows(after: string | null): ReturnType<TableFile['rows']> {
    let number = 0;
    for await (const row of this.all) {
      number++;
      if (after === null || number > Number(after)) yield { row, position: `${number}` };
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

/** A table for people: columns with two spaces between them, as wide as the terminal at most. */
import type { Colour, Paint } from './colour.ts';
import { exact, relative } from './instant.ts';
import { cut, visible, widthOf } from './plain-text.ts';

export interface Column<Row> {
  readonly title: string;
  /**
   * What is shown; of a column of instants milliseconds since 1970, or text as the API writes it. Absence: null or undefined, shown as a hyphen.
   */
  readonly of: (row: Row) => string | number | boolean | null | undefined;
  /** `number`: at the right edge. `instant`: as far from now, where people look at it. Absence: text. */
  readonly kind?: 'number' | 'instant';
  /** May be cut to this width where the terminal is narrow. Absence: never; what somebody copies, as an id, is whole or useless. Units: columns. */
  readonly least?: number;
  /** Absence: undefined for no colour. */
  readonly colour?: (row: Row) => Colour | undefined;
}

/** Where a table is shown. */
export interface Sheet {
  /** Absence: null where nothing is cut: in a file, in a pipe. Units: columns. */
  readonly width: number | null;
  readonly paint: Paint;
  /** Instants are told from here. Absence: null where they are exact. Units: milliseconds since 1970. */
  readonly now: number | null;
}

const GAP = '  ';

/** Gives the lines of a table, its head included. Widths come from the rows of the first call, so that a long list needs no memory. */
export class Table<Row> {
  private readonly columns: readonly Column<Row>[];
  private readonly sheet: Sheet;
  private widths: readonly number[] | null = null;

  constructor(columns: readonly Column<Row>[], sheet: Sheet) {
    this.columns = columns;
    this.sheet = sheet;
  }

  /** Each line with its end. */
  lines(rows: readonly Row[]): string {
    const texts = rows.map((row) => this.columns.map((column) => this.textOf(column, row)));
    const isFirst = this.widths === null;
    this.widths ??= this.fitted(
      this.columns.map(({ title }, i) => Math.max(widthOf(title), ...texts.map((row) => widthOf(row[i]!)))),
    );
    const head = this.lineOf(this.columns.map(({ title }) => title));
    const lines = texts.map((row, at) => this.lineOf(row, rows[at]));
    return (isFirst ? [head, ...lines] : lines).map((line) => `${line}\n`).join('');
  }

  private textOf({ of, kind }: Column<Row>, row: Row): string {
    const value = of(row);
    if (value === null || value === undefined || value === '') return '-';
    if (kind !== 'instant' || typeof value === 'boolean') return visible(String(value));
    const instant = typeof value === 'number' ? value : Date.parse(value);
    if (!Number.isFinite(instant)) return visible(String(value));
    return this.sheet.now === null ? exact(instant) : relative(instant, this.sheet.now);
  }

  /** Takes from the widest of the columns that may be cut until all fit, or none can give more. */
  private fitted(widths: readonly number[]): readonly number[] {
    const fitting = [...widths];
    const { width } = this.sheet;
    if (width === null) return fitting;
    const over = () => fitting.reduce((sum, one) => sum + one, 0) + GAP.length * (fitting.length - 1) - width;
    while (over() > 0) {
      const givers = this.columns.flatMap(({ least }, i) => (least !== undefined && fitting[i]! > least ? [i] : []));
      if (givers.length === 0) break;
      const widest = givers.reduce((best, i) => (fitting[i]! > fitting[best]! ? i : best));
      fitting[widest]!--;
    }
    return fitting;
  }

  /** `row`: undefined for the head. */
  private lineOf(texts: readonly string[], row?: Row): string {
    const cells = texts.map((text, i) => {
      const { kind, least, colour } = this.columns[i]!;
      const width = this.widths![i]!;
      const shown = least !== undefined && this.sheet.width !== null ? cut(text, width) : text;
      const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
      const named = row === undefined ? 'bold' : colour?.(row);
      const painted = named === undefined ? shown : this.sheet.paint(named, shown);
      if (kind === 'number') return space + painted;
      return i === texts.length - 1 ? painted : painted + space;
    });
    return cells.join(GAP);
  }
}

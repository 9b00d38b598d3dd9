/** A table of a database, as a file has it: row by row, whatever wrote the file. */

/** The values of a row by column. Text as it stands there; a blob is its bytes. Absence: null for NULL. */
export type Row = Readonly<Record<string, string | Uint8Array | null>>;

/** Where a table is read from. */
export interface TableFile {
  /** What it is, in words: `the SQLite file db.sqlite3`. */
  readonly name: string;
  /** How many rows there are, about. Absence: null when that is not known before. */
  readonly total: number | null;
  /**
   * Gives the rows after a position, in an order that is the same each time. Absence: null for the beginning; a row whose text cannot
   * be read is null. Errors: WrongSource when the file is damaged or cut off.
   */
  rows(after: string | null): AsyncIterable<{ readonly row: Row | null; readonly position: string }>;
  close(): Promise<void>;
}

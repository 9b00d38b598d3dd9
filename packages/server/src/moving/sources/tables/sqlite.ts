/** A table of an SQLite file, in the order of its rowids. */
import { basename } from 'node:path';
import { WrongSource } from '../../source.ts';
import { columnsOf } from './columns.ts';
import { SqlitePages } from './sqlite-pages.ts';
import type { Row, TableFile } from './table.ts';

/** Deeper than a table of any size is. */
const DEEPEST = 32;
const INNER = 0x05;
const LEAF = 0x0d;

/** Opens a table. Errors: WrongSource when the file has none of this name, or not with these columns. */
export async function openSqlite(path: string, table: string, needed: readonly string[]): Promise<TableFile> {
  const pages = await SqlitePages.open(path);
  try {
    const { root, columns } = await findTable(pages, path, table);
    const missing = needed.filter((column) => !columns.includes(column));
    if (missing.length > 0) throw new WrongSource(`the table ${table} of ${path} has no column ${missing[0]}`);
    return new SqliteTable(`the SQLite file ${basename(path)}`, path, pages, root, columns);
  } catch (error) {
    await pages.close();
    throw error;
  }
}

async function findTable(
  pages: SqlitePages,
  path: string,
  table: string,
): Promise<{ root: number; columns: string[] }> {
  // The first page is the root of the table of all tables: type, name, tbl_name, rootpage, sql.
  for await (const { values } of cells(pages, 1, null)) {
    if (values === null || values[0] !== 'table' || `${values[1]}`.toLowerCase() !== table) continue;
    const sql = `${values[4]}`;
    if (/\bwithout\s+rowid\b/i.test(sql))
      throw new WrongSource(`the table ${table} of ${path} has no rowids, which is not read`);
    return { root: Number(values[3]), columns: columnsOf(sql) };
  }
  throw new WrongSource(`${path} has no table ${table}`);
}

class SqliteTable implements TableFile {
  readonly name: string;
  readonly total = null;
  private readonly path: string;
  private readonly pages: SqlitePages;
  private readonly root: number;
  private readonly columns: readonly string[];

  constructor(name: string, path: string, pages: SqlitePages, root: number, columns: readonly string[]) {
    this.name = name;
    this.path = path;
    this.pages = pages;
    this.root = root;
    this.columns = columns;
  }

  async *rows(after: string | null): ReturnType<TableFile['rows']> {
    for await (const { rowid, values } of cells(this.pages, this.root, after === null ? null : BigInt(after))) {
      yield { row: values === null ? null : rowOf(this.columns, values), position: `${rowid}` };
    }
    if (!(await this.pages.isSame())) {
      throw new WrongSource(
        `${this.path} was written while it was read: copy it with sqlite3 ${this.path} ".backup COPY" and import the copy`,
      );
    }
  }

  close(): Promise<void> {
    return this.pages.close();
  }
}

function rowOf(columns: readonly string[], values: readonly Value[]): Row {
  return Object.fromEntries(columns.map((column, i) => [column, textual(values[i] ?? null)]));
}

function textual(value: Value): Row[string] {
  return typeof value === 'number' || typeof value === 'bigint' ? `${value}` : value;
}

type Value = null | number | bigint | string | Uint8Array;

interface Cell {
  readonly rowid: bigint;
  /** Absence: null when its text is no UTF-8. */
  readonly values: readonly Value[] | null;
}

/** Walks the leaves of a table's tree, the lowest rowid first. */
async function* cells(pages: SqlitePages, number: number, after: bigint | null, depth = 0): AsyncGenerator<Cell> {
  if (depth > DEEPEST) throw pages.damaged();
  const page = await pages.page(number);
  // The first page has the head of the file before its own.
  const head = number === 1 ? 100 : 0;
  const kind = page[head];
  if (kind !== INNER && kind !== LEAF) throw pages.damaged();
  const count = page.readUInt16BE(head + 3);
  const pointers = head + (kind === INNER ? 12 : 8);
  if (pointers + count * 2 > page.length) throw pages.damaged();
  for (let i = 0; i < count; i++) {
    const at = page.readUInt16BE(pointers + i * 2);
    if (at + 4 > page.length) throw pages.damaged();
    if (kind === INNER) {
      // All rowids below it are at most this one.
      const { value: most } = varint(page, at + 4);
      if (after === null || most > after) yield* cells(pages, page.readUInt32BE(at), after, depth + 1);
    } else {
      const { value: length, next } = varint(page, at);
      const { value: rowid, next: start } = varint(page, next);
      if (after !== null && rowid <= after) continue;
      yield { rowid, values: readRecord(await payload(pages, page, start, Number(length))) };
    }
  }
  if (kind === INNER) yield* cells(pages, page.readUInt32BE(head + 8), after, depth + 1);
}

/** Gives a record whole: what does not fit into its page goes on in a chain of others. */
async function payload(pages: SqlitePages, page: Buffer, start: number, length: number): Promise<Buffer> {
  const { usable } = pages;
  const most = usable - 35;
  if (length <= most) {
    if (start + length > page.length) throw pages.damaged();
    return page.subarray(start, start + length);
  }
  const least = Math.floor(((usable - 12) * 32) / 255) - 23;
  const fitting = least + ((length - least) % (usable - 4));
  const here = fitting <= most ? fitting : least;
  if (length > LONGEST || start + here + 4 > page.length) throw pages.damaged();
  const parts = [page.subarray(start, start + here)];
  let next = page.readUInt32BE(start + here);
  for (let left = length - here; left > 0; left -= usable - 4) {
    const more = await pages.page(next);
    parts.push(more.subarray(4, 4 + Math.min(left, usable - 4)));
    next = more.readUInt32BE(0);
  }
  return Buffer.concat(parts, length);
}

/** Far more than a row with a session. Units: bytes. */
const LONGEST = 256 * 1024 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readRecord(record: Buffer): Value[] | null {
  const { value: size, next } = varint(record, 0);
  const values: Value[] = [];
  let at = Number(size);
  for (let head = next; head < Number(size); ) {
    const { value: type, next: after } = varint(record, head);
    head = after;
    const length = lengthOf(Number(type));
    if (at + length > record.length) return null;
    try {
      values.push(readValue(Number(type), record.subarray(at, at + length)));
    } catch {
      return null;
    }
    at += length;
  }
  return values;
}

/** By the serial types 0 to 9; from 12 on even ones are blobs, odd ones text. */
const LENGTHS = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function lengthOf(type: number): number {
  return LENGTHS[type] ?? Math.floor((type - 12) / 2);
}

function readValue(type: number, bytes: Buffer): Value {
  if (type === 0) return null;
  if (type === 7) return bytes.readDoubleBE();
  if (type === 8 || type === 9) return type - 8;
  if (type === 6) return bytes.readBigInt64BE();
  if (type < 12) return bytes.readIntBE(0, bytes.length);
  return type % 2 === 0 ? bytes : utf8.decode(bytes);
}

/** A number in 1 to 9 bytes, the highest first: 7 bits in each, 8 in the ninth. */
function varint(bytes: Buffer, at: number): { value: bigint; next: number } {
  let value = 0n;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i] ?? 0;
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  return { value: BigInt.asIntN(64, (value << 8n) | BigInt(bytes[at + 8] ?? 0)), next: at + 9 };
}

/**
 * The pages of an SQLite file (https://www.sqlite.org/fileformat2.html), as the last finished transaction left them: those of a
 * write-ahead log that stands beside the file count before those in it. No driver, because Node has none before 22.5 and
 * a native one is more than one table is worth; only reading is here, and only of what a table needs.
 *
 * Nobody is locked out meanwhile: who reads looks afterwards whether the file was written, and then has read nothing (`isSame`).
 */
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { WrongSource } from '../../source.ts';

const MAGIC = 'SQLite format 3\0';
const WAL_HEADER = 32;
const FRAME_HEADER = 24;
/** Of pages that were read last: the inner ones of a table come again and again. */
const MOST_KEPT = 64;

/** Tells whether a file begins as SQLite's do. */
export function isSqlite(head: Uint8Array): boolean {
  return Buffer.from(head).toString('latin1', 0, MAGIC.length) === MAGIC;
}

export class SqlitePages {
  /** Of a page that cells may use. Units: bytes. */
  readonly usable: number;
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly log: Log | null;
  private readonly size: number;
  private readonly state: string;
  private readonly kept = new Map<number, Buffer>();

  private constructor(path: string, file: FileHandle, head: Buffer, log: Log | null, state: string) {
    this.path = path;
    this.file = file;
    this.log = log;
    this.size = log?.pageSize ?? pageSizeOf(head);
    this.usable = this.size - head[20]!;
    this.state = state;
  }

  /** Errors: WrongSource, when it is no such file, is encrypted, or a transaction was cut off in it. */
  static async open(path: string): Promise<SqlitePages> {
    const state = await stateOf(path);
    const file = await open(path, 'r');
    try {
      const head = Buffer.alloc(100);
      const { bytesRead } = await file.read(head, 0, 100, 0);
      if (bytesRead < 100 || !isSqlite(head)) throw new WrongSource(`${path} is no SQLite file`);
      if (await isThere(`${path}-journal`)) {
        throw new WrongSource(
          `${path} is being written, or was when a program died (there is a journal beside it): copy it with sqlite3 ${path} ".backup COPY" and import the copy`,
        );
      }
      if (head.readUInt32BE(56) > 1) throw new WrongSource(`${path} has text in UTF-16, which is not read`);
      return new SqlitePages(path, file, head, await Log.read(`${path}-wal`), state);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Tells whether nobody has written since it was opened. */
  async isSame(): Promise<boolean> {
    return (await stateOf(this.path)) === this.state;
  }

  /** Gives a page, from 1 on. Errors: WrongSource when the file ends before it. */
  async page(number: number): Promise<Buffer> {
    const known = this.kept.get(number);
    if (known !== undefined) {
      this.kept.delete(number);
      this.kept.set(number, known);
      return known;
    }
    const page = (await this.log?.page(number)) ?? (await this.fromFile(number));
    this.kept.set(number, page);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value!);
    return page;
  }

  damaged(): WrongSource {
    return new WrongSource(`${this.path} is damaged or cut off`);
  }

  async close(): Promise<void> {
    await this.log?.file.close();
    await this.file.close();
  }

  private async fromFile(number: number): Promise<Buffer> {
    const page = Buffer.alloc(this.size);
    if (number < 1) throw this.damaged();
    const { bytesRead } = await this.file.read(page, 0, this.size, (number - 1) * this.size);
    if (bytesRead < this.size) throw this.damaged();
    return page;
  }
}

function pageSizeOf(head: Buffer): number {
  const size = head.readUInt16BE(16);
  return size === 1 ? 65_536 : size;
}

/** What stands in a write-ahead log and is committed. Older content of the log, from before it was begun anew, is not. */
class Log {
  readonly file: FileHandle;
  readonly pageSize: number;
  private readonly places: ReadonlyMap<number, number>;

  private constructor(file: FileHandle, pageSize: number, places: ReadonlyMap<number, number>) {
    this.file = file;
    this.pageSize = pageSize;
    this.places = places;
  }

  /** Absence: null when there is none, or nothing in it. */
  static async read(path: string): Promise<Log | null> {
    if (!(await isThere(path))) return null;
    const file = await open(path, 'r');
    const head = Buffer.alloc(WAL_HEADER);
    const { bytesRead } = await file.read(head, 0, WAL_HEADER, 0);
    const magic = head.readUInt32BE(0);
    if (bytesRead < WAL_HEADER || (magic !== 0x377f0682 && magic !== 0x377f0683)) {
      await file.close();
      return null;
    }
    const pageSize = head.readUInt32BE(8);
    const places = await committed(file, head, pageSize, magic === 0x377f0683);
    return new Log(file, pageSize, places);
  }

  async page(number: number): Promise<Buffer | null> {
    const place = this.places.get(number);
    if (place === undefined) return null;
    const page = Buffer.alloc(this.pageSize);
    await this.file.read(page, 0, this.pageSize, place);
    return page;
  }
}

/** Gives where the newest committed content of each page stands. A frame whose sum does not fit ends the log. */
async function committed(
  file: FileHandle,
  head: Buffer,
  pageSize: number,
  isBigEndian: boolean,
): Promise<Map<number, number>> {
  const salts = head.subarray(16, 24);
  const places = new Map<number, number>();
  const pending = new Map<number, number>();
  let sum = checksum([0, 0], head.subarray(0, 24), isBigEndian);
  const frame = Buffer.alloc(FRAME_HEADER + pageSize);
  for (let at = WAL_HEADER; ; at += frame.length) {
    const { bytesRead } = await file.read(frame, 0, frame.length, at);
    if (bytesRead < frame.length || !frame.subarray(8, 16).equals(salts)) return places;
    sum = checksum(sum, frame.subarray(0, 8), isBigEndian);
    sum = checksum(sum, frame.subarray(FRAME_HEADER), isBigEndian);
    if (frame.readUInt32BE(16) !== sum[0] || frame.readUInt32BE(20) !== sum[1]) return places;
    pending.set(frame.readUInt32BE(0), at + FRAME_HEADER);
    if (frame.readUInt32BE(4) === 0) continue;
    for (const [number, place] of pending) places.set(number, place);
    pending.clear();
  }
}

type Sum = readonly [number, number];

function checksum([first, second]: Sum, bytes: Buffer, isBigEndian: boolean): Sum {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0;
    b = (b + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}

/** What changes when somebody writes. */
async function stateOf(path: string): Promise<string> {
  const states = [path, `${path}-wal`].map(async (file) => {
    try {
      const { ino, size, mtimeNs } = await stat(file, { bigint: true });
      return `${ino}.${size}.${mtimeNs}`;
    } catch {
      return 'none';
    }
  });
  return (await Promise.all(states)).join(' ');
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0;
  } catch {
    return false;
  }
}

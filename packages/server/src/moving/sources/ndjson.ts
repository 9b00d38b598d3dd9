/**
 * Sessions from a file that `rest-sessions export` wrote, or from standard input. A file is first read through: one that was cut off,
 * or changed, gives nothing at all. What comes through a pipe cannot be read twice, so it is known at its end only.
 */
import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { constants, openSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import {
  ending,
  FORMAT_NAME,
  FORMAT_VERSION,
  type Header,
  header,
  LONGEST_LINE,
  parse,
  readSession,
} from '../ndjson.ts';
import { type Found, type Given, type Source, WrongSource } from '../source.ts';
import { headFault } from './ndjson-head.ts';
import { type Line, linesOf } from './ndjson-lines.ts';

const CHUNK = 1024 * 1024;
const LINE_FEED = Buffer.from('\n');
/** The last line is shorter than this. Units: bytes. */
const TAIL = 4096;

/** Opens it. `where`: a path, or `-`. Errors: WrongSource. */
export async function openNdjson(where: string, { app }: Given): Promise<Source> {
  if (where === '-') return new PipedSource('standard input', process.stdin, app);
  if (await isPipe(where)) return new PipedSource(where, openPipe(where), app);
  const handle = await openFile(where);
  try {
    const found = await handle.stat();
    if (found.isDirectory()) throw new WrongSource(`${where} is a directory, and no file`);
    // A device.
    if (!found.isFile()) return new PipedSource(where, handle.createReadStream({ highWaterMark: CHUNK }), app);
    const sessions = await readThrough(where, handle, found.size);
    return new FileSource(where, handle, sessions, app);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A named pipe, or what a shell makes of <(…). What is not there is said where it is opened. */
async function isPipe(where: string): Promise<boolean> {
  return stat(where).then(
    (found) => found.isFIFO(),
    () => false,
  );
}

/**
 * To open a pipe waits for who writes to it, and so does each read, in a thread that no signal ends: the process could not end before.
 * As a socket it is waited for beside everything else.
 */
function openPipe(where: string): Socket {
  try {
    return new Socket({
      fd: openSync(where, constants.O_RDONLY | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    });
  } catch (error) {
    throw unreadable(where, error);
  }
}

async function openFile(where: string): Promise<FileHandle> {
  try {
    return await open(where, 'r');
  } catch (error) {
    throw unreadable(where, error);
  }
}

function unreadable(where: string, error: unknown): WrongSource {
  const { code } = error as NodeJS.ErrnoException;
  return new WrongSource(code === 'ENOENT' ? `there is no file ${where}` : `${where} cannot be read (${code})`);
}

/** Reads all of a file. Gives how many sessions it has. Errors: WrongSource, when it is none of ours, or not whole. */
async function readThrough(where: string, handle: FileHandle, size: number): Promise<number> {
  const head = Buffer.alloc(Math.min(size, TAIL));
  await handle.read(head, 0, head.length, 0);
  checkHead(where, head);
  const tail = Buffer.alloc(Math.min(size, TAIL));
  await handle.read(tail, 0, tail.length, size - tail.length);
  const lastAt = tail.lastIndexOf(0x0a, tail.length - 2) + 1;
  const last = tail.at(-1) === 0x0a && lastAt > 0 ? parse(ending, tail.toString('utf8', lastAt)) : null;
  if (last === null) throw new WrongSource(cutOff(where));
  const end = size - tail.length + lastAt;
  const digest = createHash('sha256');
  const chunk = Buffer.alloc(CHUNK);
  let lines = 0;
  for (let at = 0; at < end; ) {
    const { bytesRead } = await handle.read(chunk, 0, Math.min(CHUNK, end - at), at);
    if (bytesRead === 0) throw new WrongSource(cutOff(where));
    const bytes = chunk.subarray(0, bytesRead);
    digest.update(bytes);
    for (let next = bytes.indexOf(0x0a); next !== -1; next = bytes.indexOf(0x0a, next + 1)) lines++;
    at += bytesRead;
  }
  checkEnding(where, last, lines - 1, digest);
  return last.sessions;
}

/** Errors: WrongSource, when the first bytes are not those of a header that this version reads. */
function checkHead(where: string, head: Buffer): Header {
  const fault = headFault(head);
  if (fault !== null) throw new WrongSource(`${where} ${fault}`);
  const end = head.indexOf(0x0a);
  const text = head.toString('utf8', 0, end === -1 ? head.length : end);
  const read = parse(header, text);
  if (read !== null) return read;
  if (end === -1 && head.length < TAIL && text.startsWith(`{"format":"${FORMAT_NAME}"`))
    throw new WrongSource(cutOff(where));
  const version = versionIn(text);
  if (version !== null && version !== FORMAT_VERSION)
    throw new WrongSource(
      `${where} is of version ${version} of the format, and this rest-sessions reads ${FORMAT_VERSION}`,
    );
  throw new WrongSource(`${where} is no file that rest-sessions export wrote: its first line is not the header of one`);
}

function versionIn(text: string): number | null {
  try {
    const { format, version } = JSON.parse(text) as Partial<Header>;
    return format === FORMAT_NAME && Number.isSafeInteger(version) ? version! : null;
  } catch {
    return null;
  }
}

function checkEnding(
  where: string,
  { sessions, sha256 }: { sessions: number; sha256: string },
  found: number,
  digest: Hash,
): void {
  if (sessions !== found)
    throw new WrongSource(
      `${where} has ${found} sessions, and its last line says ${sessions}: it was changed after the export`,
    );
  if (digest.digest('hex') !== sha256)
    throw new WrongSource(`${where} was changed after the export: its SHA-256 is not the one in its last line`);
}

function cutOff(where: string): string {
  return `${where} is cut off: its last line, with the count and the checksum, is not there`;
}

abstract class NdjsonSource implements Source {
  readonly name: string;
  protected readonly app: string | null;

  constructor(name: string, app: string | null) {
    this.name = name;
    this.app = app;
  }

  abstract total(): Promise<number | null>;
  abstract read(after: string | null): AsyncIterable<Found>;
  abstract close(): Promise<void>;

  /** Gives the step of a line. `identity`: of the file, so that no position is taken for one in another file. */
  protected stepOf({ bytes, number, end }: Line, identity: string): Found {
    const position = `${end} ${number} ${identity}`;
    const record = isUtf8(bytes) ? readSession(bytes.toString('utf8')) : null;
    if (record === null) return { kind: 'left', reason: 'unreadable', example: `line ${number}`, position };
    if (this.app !== null && record.session.app !== this.app)
      return { kind: 'left', reason: 'other_app', example: record.session.id.slice(0, 32), position };
    return { kind: 'session', record, position };
  }
}

/** Gives where reading goes on: the offset after a line, and its number. The beginning, when the position is of another file. */
function placeOf(after: string | null, identity: string): { readonly offset: number; readonly number: number } {
  const [offset, number, of] = after?.split(' ') ?? [];
  if (of !== identity) return { offset: 0, number: 0 };
  return { offset: Number(offset), number: Number(number) };
}

class FileSource extends NdjsonSource {
  private readonly handle: FileHandle;
  private readonly sessions: number;

  constructor(name: string, handle: FileHandle, sessions: number, app: string | null) {
    super(name, app);
    this.handle = handle;
    this.sessions = sessions;
  }

  async total(): Promise<number> {
    return this.sessions;
  }

  async *read(after: string | null): AsyncGenerator<Found> {
    const head = Buffer.alloc(TAIL);
    const { bytesRead } = await this.handle.read(head, 0, TAIL, 0);
    const identity = identityOf(head.subarray(0, Math.min(bytesRead, head.indexOf(0x0a))));
    const place = placeOf(after, identity);
    const stream = this.handle.createReadStream({ start: place.offset, highWaterMark: CHUNK, autoClose: false });
    for await (const line of linesOf(stream, place.number, place.offset, LONGEST_LINE)) {
      // The first is the header, and the last was looked at before.
      if (line.number === 1) continue;
      if (line.number > this.sessions + 1) return;
      yield this.stepOf(line, identity);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

class PipedSource extends NdjsonSource {
  private readonly stream: NodeJS.ReadableStream & { destroy(): void };
  private lines: AsyncGenerator<Line> | null = null;
  /** The first line. */
  private head: Line | null = null;

  constructor(name: string, stream: NodeJS.ReadableStream & { destroy(): void }, app: string | null) {
    super(name, app);
    this.stream = stream;
  }

  async total(): Promise<null> {
    return null;
  }

  async begin(): Promise<void> {
    if (this.lines !== null) return;
    this.lines = linesOf(this.stream, 0, 0, LONGEST_LINE);
    const { value, done } = await this.lines.next();
    if (done) throw new WrongSource(`${this.name} is empty`);
    checkHead(this.name, value.isWhole ? Buffer.concat([value.bytes, LINE_FEED]) : value.bytes);
    this.head = value;
  }

  async *read(after: string | null): AsyncGenerator<Found> {
    await this.begin();
    const digest = createHash('sha256');
    // A line is looked at when the next one is there: the last one is the ending.
    let held = this.head!;
    const identity = identityOf(held.bytes);
    const reached = placeOf(after, identity).number;
    for await (const line of this.lines!) {
      digest.update(held.bytes).update('\n');
      if (held.number > 1 && held.number > reached) yield this.stepOf(held, identity);
      held = line;
    }
    const last = held.isWhole && held.number > 1 ? parse(ending, held.bytes.toString('utf8')) : null;
    if (last === null) throw new WrongSource(cutOff(this.name));
    checkEnding(this.name, last, held.number - 2, digest);
  }

  async close(): Promise<void> {
    this.stream.destroy();
  }
}

/** The header has the instant of the export, to the millisecond. */
function identityOf(head: Buffer): string {
  return createHash('sha256').update(head).digest('base64url').slice(0, 22);
}

/**
 * Whether a request line is written as RFC 9112 has it: one space before and after the target. Node's parser takes any
 * number of spaces and does not tell. Reading all bytes ourselves would cost every request 10 µs, so they are counted: a head
 * that is as long as its parts and their separators has no space too many. Only where the count does not come out, as in
 * a read that holds several requests, the bytes themselves are looked at. A head that comes in several reads is kept from
 * its first read on.
 *
 * What the count cannot see is let through: a space too many that another one, missing after a header's colon, makes up
 * for. Nothing depends on it: Node and we read such a line alike.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** `POST / HTTP/1.1` without method and target: two spaces, the version, CRLF. */
const LINE_REST = 12;

/** Node's parser has what it calls after a read under this number (`kOnExecute`); there is no public way to it. */
const AFTER_READ = 5;

/** The parser refuses longer heads. What is kept beyond it is none. */
const MAX_HEAD = 65_536;

/** What we use of Node's parser. Each part may be missing in a Node to come: the tests of S12 fail then. */
interface Parser {
  /** What Node itself puts into the error of a read that cannot be parsed. */
  getCurrentBuffer?: () => Buffer;
  [AFTER_READ]?: unknown;
}

/** The bytes of a connection that are known to belong to requests. */
interface Counted {
  /** Position in the stream at which the next head begins. NaN: not known. */
  next: number;
  /** What came of a head in the reads before. Absence: empty. */
  begun: string;
  /** Up to where the stream is in `begun`. */
  begunUntil: number;
  /** Whether its reads come as events, as they do from a body in chunks on that comes in several. */
  isListenedTo: boolean;
  listener: ((read: Buffer) => void) | null;
  /** Gives how many bytes were read after those which are being parsed. */
  ahead: () => number;
  /** The read that is being parsed, when it was looked at, and the number of bytes of the connection up to its end. */
  read: Buffer | null;
  readUntil: number;
}

/** What was found of a head. */
export interface HeadCheck {
  readonly isGood: boolean;
  /** Of a request in chunks: what came after the head in the same read. Absence: null when that is not known. */
  readonly rest: Buffer | null;
}

const GOOD: HeadCheck = { isGood: true, rest: null };
const BAD: HeadCheck = { isGood: false, rest: null };
const NOTHING = Buffer.alloc(0);

export class RequestLines {
  private readonly connections = new WeakMap<Socket, Counted>();

  /** Has the reads of a new connection looked at that end within a head. */
  watch(socket: Socket): void {
    const parser = parserOf(socket);
    const afterRead = parser?.[AFTER_READ];
    if (parser === undefined || typeof afterRead !== 'function') return;
    const counted = this.of(socket);
    parser[AFTER_READ] = (...args: unknown[]) => {
      keepBegun(socket, counted);
      return afterRead(...args);
    };
  }

  /** Looks at the head of a request. To be called while its read is being parsed, once for each request of a connection. */
  check(incoming: IncomingMessage): HeadCheck {
    const { socket } = incoming;
    const counted = this.of(socket);
    const body = bodyLength(incoming);
    if (counted.begun !== '') return inspectBegun(incoming, counted, body);
    const came = bytesSeen(socket, counted) - counted.next;
    const head = headLength(incoming);
    // Other protocols of the parser (RTSP/1.0) are as long as HTTP/1.0, of which there are few requests.
    if (incoming.httpVersionMinor === 1 && (came === head || came === head + body)) {
      counted.next += head + body;
      return came === head ? { isGood: true, rest: NOTHING } : GOOD;
    }
    return inspect(incoming, counted, body);
  }

  /** Has the reads of a connection come as events, for a body in chunks: Node then calls nothing after them. */
  listen(socket: Socket): void {
    const counted = this.of(socket);
    if (counted.isListenedTo) return;
    counted.isListenedTo = true;
    counted.listener = (read: Buffer) => keepBegun(socket, counted, read);
    socket.on('data', counted.listener);
  }

  /** Notes where a body in chunks has ended. `after`: how many bytes came after it in the same read. */
  bodyEnded(socket: Socket, after: number): void {
    const counted = this.of(socket);
    counted.next = bytesSeen(socket, counted) - after;
  }

  /**
   * Has what comes on a connection be told by `give` and `pass` from now on (hot-connection.ts). `ahead`: how many bytes were
   * read after those that are told of.
   */
  tellOf(socket: Socket, ahead: () => number): void {
    const counted = this.of(socket);
    counted.ahead = ahead;
    if (counted.listener !== null) socket.off('data', counted.listener);
    counted.isListenedTo = true;
    counted.listener = null;
  }

  /** Hands a read to Node's parser. */
  give(socket: Socket, read: Buffer, toNode: (read: Buffer) => void): void {
    toNode(read);
    keepBegun(socket, this.of(socket), read);
  }

  /** Notes that a read was a whole request, and that Node's parser has not seen it. */
  pass(socket: Socket): void {
    const counted = this.of(socket);
    counted.next = bytesSeen(socket, counted);
    counted.begun = '';
  }

  private of(socket: Socket): Counted {
    let counted = this.connections.get(socket);
    if (counted === undefined) {
      counted = {
        ...{ next: 0, begun: '', begunUntil: 0, isListenedTo: false, listener: null, read: null, readUntil: 0 },
        ahead: () => socket.readableLength,
      };
      this.connections.set(socket, counted);
    }
    return counted;
  }
}

/** Keeps what a read has of a head that goes on in the next one. To be called after it was parsed. */
function keepBegun(socket: Socket, counted: Counted, given?: Buffer): void {
  const left = bytesSeen(socket, counted) - Math.max(counted.next, counted.begunUntil);
  // Not so when the position is not known.
  if (!(left > 0)) return;
  const read = given ?? readOf(socket, counted);
  if (read === null) return;
  const piece = read.toString('latin1', Math.max(0, read.length - left));
  counted.begun = (counted.begun + piece).replace(/^[\r\n]+/, '');
  counted.begunUntil = bytesSeen(socket, counted);
  if (counted.begun.length > MAX_HEAD) forget(counted);
}

/** Gives how many bytes of a connection there are up to the end of the read that is being parsed. */
function bytesSeen(socket: Socket, { ahead }: Counted): number {
  return socket.bytesRead - ahead();
}

function forget(counted: Counted): void {
  counted.next = Number.NaN;
  counted.begun = '';
}

/** Looks at a head that began in a read before. */
function inspectBegun(incoming: IncomingMessage, counted: Counted, body: number): HeadCheck {
  const { socket } = incoming;
  const read = readOf(socket, counted);
  const text = counted.begun + (read?.toString('latin1') ?? '');
  forget(counted);
  if (read === null) return GOOD;
  // A count that came out by chance may have kept something else: then nothing is known.
  if (!text.startsWith(lineOf(incoming))) return hasLoose(text, incoming) ? BAD : GOOD;
  const end = text.indexOf('\r\n\r\n') + 4;
  const after = text.length - end;
  counted.next = bytesSeen(socket, counted) - after + body;
  return { isGood: true, rest: Number.isNaN(body) ? read.subarray(read.length - after) : null };
}

/** The length of the head as most clients write it. Units: bytes. */
function headLength({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  let length = method.length + url.length + LINE_REST + 2;
  for (let i = 0; i < rawHeaders.length; i += 2) length += rawHeaders[i]!.length + rawHeaders[i + 1]!.length + 4;
  return length;
}

/** Units: bytes. NaN where only the body itself tells. */
function bodyLength({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return Number.NaN;
  return Number(headers['content-length'] ?? 0);
}

function inspect(incoming: IncomingMessage, counted: Counted, body: number): HeadCheck {
  const { socket } = incoming;
  const read = readOf(socket, counted);
  const start = counted.next - (bytesSeen(socket, counted) - (read?.length ?? 0));
  counted.next = Number.NaN;
  if (read === null || start < 0) return GOOD;
  const line = lineOf(incoming);
  const at = Number.isNaN(start) ? read.indexOf(line, 0, 'latin1') : afterEmptyLines(read, start);
  // A count that came out by chance, of a loose head and a part of its body, must not be held against the next request.
  if (at < 0 || read.toString('latin1', at, at + line.length) !== line)
    return hasLoose(read.toString('latin1', Math.max(at, 0)), incoming) ? BAD : GOOD;
  const end = read.indexOf('\r\n\r\n', at + line.length - 2);
  if (end < 0) return GOOD;
  const next = end + 4 + body;
  // Found by searching, it is trusted where it explains the whole read: the same text may stand in a body.
  if (!Number.isNaN(start) || next === read.length) counted.next = bytesSeen(socket, counted) - read.length + next;
  // Only chunks are followed, and only where the head is surely this one.
  const isChunked = Number.isNaN(body);
  const isSure = isChunked && (!Number.isNaN(start) || read.indexOf(line, at + 1, 'latin1') < 0);
  return { isGood: true, rest: isSure ? read.subarray(end + 4) : null };
}

function parserOf(socket: Socket): Parser | undefined {
  return (socket as Socket & { parser?: Parser | null }).parser ?? undefined;
}

/** Gives the request line as it should be. */
function lineOf({ method, url, httpVersion }: IncomingMessage): string {
  return `${method} ${url} HTTP/${httpVersion}\r\n`;
}

/** Gives the read that is being parsed. Absence: null where Node does not tell. */
function readOf(socket: Socket, counted: Counted): Buffer | null {
  if (counted.readUntil === bytesSeen(socket, counted)) return counted.read;
  counted.read = parserOf(socket)?.getCurrentBuffer?.() ?? null;
  counted.readUntil = bytesSeen(socket, counted);
  // Requests of the same read share it. An idle connection should not hold up to 64 KiB for nothing.
  setImmediate(() => {
    counted.read = null;
    counted.readUntil = -1;
  });
  return counted.read;
}

/** A server should pass over empty lines before a request (RFC 9112, 2.2). */
function afterEmptyLines(read: Buffer, start: number): number {
  let at = start;
  while (read[at] === 13 || read[at] === 10) at++;
  return at;
}

/** Tells whether the request line stands at the begin of a text, or of a line of it, in another form than it should have. */
function hasLoose(text: string, { method = '', url = '', httpVersion }: IncomingMessage): boolean {
  const target = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const good = `${method} ${target} HTTP/`;
  return new RegExp(`(?:^|\\n)(?!${good})${method} +${target} +[A-Z]+/${httpVersion}\r\n`).test(text);
}

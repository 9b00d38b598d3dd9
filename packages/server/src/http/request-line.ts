/**
 * Whether a request line is written as RFC 9112 has it: one space before and after the target. Node's parser takes any
 * number of spaces and does not tell. Reading all bytes ourselves would cost every request 10 µs, so they are counted: a head
 * that is as long as its parts and their separators has no space too many. Only where the count does not come out, as in
 * a read that holds several requests, the bytes themselves are looked at.
 *
 * What cannot be decided is let through: a head that came in several reads, with more white space than it needs. Nothing
 * depends on it: Node and we read such a line alike.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** `POST / HTTP/1.1` without method and target: two spaces, the version, CRLF. */
const LINE_REST = 12;

/** The bytes of a connection that are known to belong to requests. */
interface Counted {
  /** Position in the stream at which the next head begins. NaN: not known. */
  next: number;
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

  /** Looks at the head of a request. To be called while its read is being parsed, once for each request of a connection. */
  check(incoming: IncomingMessage): HeadCheck {
    const { socket } = incoming;
    let counted = this.connections.get(socket);
    if (counted === undefined) {
      counted = { next: 0, read: null, readUntil: 0 };
      this.connections.set(socket, counted);
    }
    const came = socket.bytesRead - counted.next;
    const head = headLength(incoming);
    const body = bodyLength(incoming);
    // Other protocols of the parser (RTSP/1.0) are as long as HTTP/1.0, of which there are few requests.
    if (incoming.httpVersionMinor === 1 && (came === head || came === head + body)) {
      counted.next += head + body;
      return came === head ? { isGood: true, rest: NOTHING } : GOOD;
    }
    return inspect(incoming, counted, body);
  }
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
  const { socket, method, url, httpVersion } = incoming;
  const read = readOf(socket, counted);
  const start = counted.next - (socket.bytesRead - (read?.length ?? 0));
  counted.next = Number.NaN;
  if (read === null || start < 0) return GOOD;
  const line = `${method} ${url} HTTP/${httpVersion}\r\n`;
  const at = Number.isNaN(start) ? read.indexOf(line, 0, 'latin1') : afterEmptyLines(read, start);
  // A count that came out by chance, of a loose head and a part of its body, must not be held against the next request.
  if (at < 0 || read.toString('latin1', at, at + line.length) !== line)
    return hasLoose(at < 0 ? read : read.subarray(at), incoming) ? BAD : GOOD;
  const end = read.indexOf('\r\n\r\n', at + line.length - 2);
  if (end < 0) return GOOD;
  const next = end + 4 + body;
  // Found by searching, it is trusted where it explains the whole read: the same text may stand in a body.
  if (!Number.isNaN(start) || next === read.length) counted.next = socket.bytesRead - read.length + next;
  // Only chunks are followed, and only where the head is surely this one.
  const isChunked = Number.isNaN(body);
  const isSure = isChunked && (!Number.isNaN(start) || read.indexOf(line, at + 1, 'latin1') < 0);
  return { isGood: true, rest: isSure ? read.subarray(end + 4) : null };
}

/** Gives the read that is being parsed. Absence: null where Node does not tell. */
function readOf(socket: Socket, counted: Counted): Buffer | null {
  if (counted.readUntil === socket.bytesRead) return counted.read;
  // What Node itself puts into the error of a read that cannot be parsed; there is no public way to it.
  const { parser } = socket as Socket & { parser?: { getCurrentBuffer?: () => Buffer } };
  counted.read = parser?.getCurrentBuffer?.() ?? null;
  counted.readUntil = socket.bytesRead;
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

/** Tells whether the request line stands at the begin of the bytes, or of a line of them, in another form than it should have. */
function hasLoose(bytes: Buffer, { method = '', url = '', httpVersion }: IncomingMessage): boolean {
  const target = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const good = `${method} ${target} HTTP/`;
  return new RegExp(`(?:^|\\n)(?!${good})${method} +${target} +[A-Z]+/${httpVersion}\r\n`).test(
    bytes.toString('latin1'),
  );
}

/**
 * Reads the head of a request out of the bytes of a connection, where these are exactly one whole request without a body, in
 * the plainest form that RFC 9112 has. Whatever is written in another way, though it may be right, is for Node's parser:
 * white space anywhere but after a colon, a name that comes twice, a byte beyond ASCII, a field that says something about
 * the connection or the body. So there is nothing that this reader could understand in another way than Node's.
 *
 * One request of a connection is answered at a time, and most clients send the same fields with each. So there is one object of
 * them for a connection, and what another request says otherwise is written over in it.
 */
import type { Head } from './fast-lane.ts';

/** Units: bytes. A longer head is for Node, which has its own limits. */
const MAX_HEAD = 4096;
const G = 71;

const METHOD = 'GET ';
/** What stands behind the target, which has no space. What else it may not have, the patterns of the lane say. */
const VERSION = ' HTTP/1.1\r\n';
/** A token, a colon, a space or none, and a value that neither begins nor ends with white space. */
const FIELD = /([!#$%&'*+.^_`|~\w-]+): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\r\n/y;
/** What these say is for Node to hear: how long the body is, and what becomes of the connection. */
const NOT_PLAIN = new Set([
  ...['content-length', 'transfer-encoding', 'trailer', 'te', 'expect', 'upgrade'],
  ...['proxy-connection', 'keep-alive', 'http2-settings', '__proto__'],
]);

export interface PlainHead extends Head {
  readonly method: 'GET';
  readonly url: string;
}

/** The fields of one connection. */
interface Fields {
  readonly headers: Record<string, string>;
  readonly rawHeaders: string[];
  /** As they came, each with its CRLF. */
  readonly lines: string[];
}

export class HeadReader {
  private readonly socket: NonNullable<Head['socket']>;
  /** Absence: null before the first head, and after one that was not plain. */
  private fields: Fields | null = null;

  constructor(socket: NonNullable<Head['socket']>) {
    this.socket = socket;
  }

  /** Absence: null for what is not exactly one plain request. A head is good until the next one is read. */
  read(bytes: Buffer): PlainHead | null {
    if (bytes[0] !== G || bytes.length > MAX_HEAD) return null;
    const text = bytes.toString('latin1');
    // The first empty line is the end of the bytes.
    if (!text.startsWith(METHOD) || text.indexOf('\r\n\r\n') !== text.length - 4) return null;
    const end = text.indexOf(' ', METHOD.length);
    if (end < 0 || !text.startsWith(VERSION, end)) return null;
    const url = text.slice(METHOD.length, end);
    const from = end + VERSION.length;
    if (this.fields === null || !rewrite(this.fields, text, from)) this.fields = readFields(text, from);
    if (this.fields === null) return null;
    const { headers, rawHeaders } = this.fields;
    return { method: 'GET', url, headers, rawHeaders, socket: this.socket };
  }
}

/** Takes the values of a head that has the same names, in their order, as the one before. Gives false when it has not: then nothing may be used. */
function rewrite({ headers, rawHeaders, lines }: Fields, text: string, from: number): boolean {
  let at = from;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (text.startsWith(line, at)) {
      at += line.length;
      continue;
    }
    FIELD.lastIndex = at;
    const field = FIELD.exec(text);
    if (field === null || field[1] !== rawHeaders[2 * i]) return false;
    const name = field[1]!.toLowerCase();
    if (!isPlain(name, field[2]!)) return false;
    headers[name] = rawHeaders[2 * i + 1] = field[2]!;
    lines[i] = field[0]!;
    at = FIELD.lastIndex;
  }
  return at === text.length - 2;
}

/** Reads lines that each end with CRLF, up to an empty one. Absence: null when one of them is not plain. */
function readFields(text: string, from: number): Fields | null {
  const fields: Fields = { headers: Object.create(null), rawHeaders: [], lines: [] };
  for (let at = from; at < text.length - 2; at = FIELD.lastIndex) {
    FIELD.lastIndex = at;
    const field = FIELD.exec(text);
    if (field === null) return null;
    const [line, raw = '', value = ''] = field;
    const name = raw.toLowerCase();
    if (name in fields.headers || !isPlain(name, value)) return null;
    fields.headers[name] = value;
    fields.rawHeaders.push(raw, value);
    fields.lines.push(line);
  }
  return fields;
}

function isPlain(name: string, value: string): boolean {
  return !NOT_PLAIN.has(name) && (name !== 'connection' || value.toLowerCase() === 'keep-alive');
}

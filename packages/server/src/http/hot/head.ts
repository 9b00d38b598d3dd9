/**
 * Reads the head of a request out of the bytes of a connection, where these are exactly one whole request without a body, in
 * the plainest form that RFC 9112 has. Whatever is written in another way, though it may be right, is for Node's parser:
 * white space anywhere but after a colon, a name that comes twice, a byte beyond ASCII, a field that says something about
 * the connection or the body. So there is nothing that this reader could understand in another way than Node's.
 */
import type { Head } from './fast-lane.ts';

/** Units: bytes. A longer head is for Node, which has its own limits. */
const MAX_HEAD = 4096;
const G = 71;

/** One space before and after the target, which has no byte that could mean anything else. */
const REQUEST_LINE = /^GET (\/[\w./?=&,:-]{1,1024}) HTTP\/1\.1\r\n/;
/** A token, a colon, a space or none, and a value that neither begins nor ends with white space. */
const FIELD = /([!#$%&'*+.^_`|~\w-]+): ?([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)\r\n/y;
/** What these say is for Node to hear: how long the body is, and what becomes of the connection. */
const NOT_PLAIN = new Set([
  ...['content-length', 'transfer-encoding', 'trailer', 'te', 'expect', 'upgrade'],
  ...['proxy-connection', 'keep-alive', 'http2-settings', '__proto__'],
]);

type Fields = Pick<Head, 'headers'> & { readonly rawHeaders: readonly string[] };

/** Reads the heads of one connection: most clients send the same fields each time, and those are read once. */
export class HeadReader {
  private text = '';
  private fields: Fields | null = null;

  /** Absence: null for what is not exactly one plain request. */
  read(bytes: Buffer): (Fields & { readonly method: 'GET'; readonly url: string }) | null {
    if (bytes[0] !== G || bytes.length > MAX_HEAD) return null;
    const text = bytes.toString('latin1');
    // The first empty line is the end of the bytes.
    if (text.indexOf('\r\n\r\n') !== text.length - 4) return null;
    const line = REQUEST_LINE.exec(text);
    if (line === null) return null;
    const fields = this.fieldsOf(text.slice(line[0].length, -2));
    return fields && { method: 'GET', url: line[1]!, headers: fields.headers, rawHeaders: fields.rawHeaders };
  }

  private fieldsOf(text: string): Fields | null {
    if (text !== this.text) {
      this.fields = readFields(text);
      this.text = text;
    }
    return this.fields;
  }
}

/** Reads lines that each end with CRLF. Absence: null when one of them is not plain. */
function readFields(text: string): Fields | null {
  const headers: Record<string, string> = Object.create(null);
  const rawHeaders: string[] = [];
  for (let at = 0; at < text.length; at = FIELD.lastIndex) {
    FIELD.lastIndex = at;
    const field = FIELD.exec(text);
    if (field === null) return null;
    const [, raw = '', value = ''] = field;
    const name = raw.toLowerCase();
    if (name in headers || NOT_PLAIN.has(name)) return null;
    if (name === 'connection' && value.toLowerCase() !== 'keep-alive') return null;
    headers[name] = value;
    rawHeaders.push(raw, value);
  }
  return { headers, rawHeaders };
}

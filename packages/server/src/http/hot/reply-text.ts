/** An answer as it goes over the wire on a connection that stays: what Node's HTTP server would write of it, byte for byte. */
import type { Reply } from '../message/route.ts';

/** Of the answers that the routes of the lane have. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  412: 'Precondition Failed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Gives the text, to be written as UTF-8. `keepAlive`: units: milliseconds. */
export function replyText({ status, headers, body }: Reply, keepAlive: number): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second || keepAlive !== lastKeepAlive) renew(now, keepAlive);
  const text = (status === 200 ? OK : statusLine(status)) + headerText(headers) + lastText;
  return body === null ? text : text + body;
}

function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
}

const OK = statusLine(200);

/** The headers that many answers share (frozen, see `answer`), as text. */
const shared = new WeakMap<Reply['headers'], string>();

function headerText(headers: Reply['headers']): string {
  const known = shared.get(headers);
  if (known !== undefined) return known;
  let text = '';
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  if (Object.isFrozen(headers)) shared.set(headers, text);
  return text;
}

let second = 0;
let lastKeepAlive = 0;
/** The last headers, with the date of this second (RFC 9110, section 5.6.7). */
let lastText = '';

function renew(now: number, keepAlive: number): void {
  second = now;
  lastKeepAlive = keepAlive;
  const date = new Date(now * 1000).toUTCString();
  lastText = `Date: ${date}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAlive / 1000)}\r\n\r\n`;
}

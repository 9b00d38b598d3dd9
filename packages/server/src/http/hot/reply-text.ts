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
  let text = `HTTP/1.1 ${status} ${REASONS[status]}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  text += `Date: ${date()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(keepAlive / 1000)}\r\n\r\n`;
  return body === null ? text : text + body;
}

let second = 0;
let dateText = '';

/** The date of this second (RFC 9110, section 5.6.7). */
function date(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    dateText = new Date(now * 1000).toUTCString();
  }
  return dateText;
}

/**
 * express-session signs its cookie, and other stacks have the token alone. This middleware stands in front of it: it signs what the
 * browser sends, so that express-session takes it, and takes the signature off what the browser gets.
 */
import { createHmac } from 'node:crypto';

export interface RawCookieOptions {
  /** Of the cookie, as express-session has it. Default: connect.sid. */
  readonly name?: string;
  /** As express-session has it; of several, the first. */
  readonly secret: string | readonly string[];
}

interface Request {
  readonly headers: { cookie?: string | undefined };
}

interface Response {
  setHeader(name: string, value: number | string | readonly string[]): unknown;
}

/** Gives the middleware. */
export function rawCookie({ name = 'connect.sid', secret }: RawCookieOptions) {
  const key = typeof secret === 'string' ? secret : secret[0];
  if (typeof key !== 'string' || key === '') throw new TypeError('secret must be the one that express-session has');
  const start = `${name}=`;
  const signedPair = (pair: string) => {
    const token = pair.slice(start.length);
    return `${start}${encodeURIComponent(`s:${token}.${createHmac('sha256', key).update(token).digest('base64').replace(/=+$/, '')}`)}`;
  };
  return (request: Request, response: Response, next: () => void): void => {
    const { cookie } = request.headers;
    if (cookie?.includes(start)) {
      const pairs = cookie.split(/; */).map((pair) => (pair.startsWith(start) ? signedPair(pair) : pair));
      request.headers.cookie = pairs.join('; ');
    }
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (header, value) => {
      if (header.toLowerCase() !== 'set-cookie') return setHeader(header, value);
      return setHeader(
        header,
        typeof value === 'object' ? value.map(withoutSignature) : withoutSignature(String(value)),
      );
    };
    next();
  };

  function withoutSignature(line: string): string {
    if (!line.startsWith(start)) return line;
    const end = line.indexOf(';');
    const value = decodeURIComponent(line.slice(start.length, end < 0 ? undefined : end));
    const token = /^s:(.*)\.[^.]*$/.exec(value)?.[1];
    return token === undefined ? line : `${start}${token}${end < 0 ? '' : line.slice(end)}`;
  }
}

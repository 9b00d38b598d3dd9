/**
 * The request target as it came: routes match the raw path, and each part is decoded once, by the handler that knows
 * its name. (The URL class would resolve `..`, which is a legal user id, and hide where text was not UTF-8.)
 */
import { ServiceError } from '../../core/errors.ts';
import type { Call, RequestEnv } from './route.ts';

const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;
const KEEPS_SLASH = ['/v1/', '/console/api/v1/'] as const;
const CLASSIC_WORD = /^(?:create|get|set|activity|soapp|soid|kill|killsoid|killall|ping|livez|readyz)$/i;

/**
 * Gives the path that routes are matched on: raw, without query and trailing slash, route words in lower case as the
 * original's router matched them. Only the words: app, id and token keep their case. In v1 the slash stays, and has no
 * route: `/sessions/` may be the path of an empty id, and would be that of all sessions.
 */
export function routePath(target: string): string {
  const start = target.startsWith('/') ? 0 : (ABSOLUTE_FORM.exec(target)?.[0].length ?? 0);
  const queryAt = target.search(/[?#]/);
  let end = queryAt < 0 ? target.length : queryAt;
  if (end - start > 1 && target[end - 1] === '/' && !KEEPS_SLASH.some((begin) => target.startsWith(begin, start)))
    end--;
  const path = target.slice(start, end);
  if (path === '' && start > 0) return '/';
  const wordAt = path.indexOf('/', 1) + 1;
  const wordEnd = path.indexOf('/', wordAt + 1);
  const word = path.slice(wordAt === 0 ? 1 : wordAt, wordEnd < 0 ? undefined : wordEnd);
  const lower = word.toLowerCase();
  if (word === lower || !CLASSIC_WORD.test(word)) return path;
  return path.slice(0, wordAt === 0 ? 1 : wordAt) + lower + (wordEnd < 0 ? '' : path.slice(wordEnd));
}

/** Gives a decoded part of the path: 1 is the first. Errors: `invalid_format` when it is not percent-encoded UTF-8. */
export function pathPart(c: Call, position: number, field: string): string {
  const { path } = c.req;
  let start = 1;
  for (let part = 1; part < position; part++) start = path.indexOf('/', start) + 1;
  const end = path.indexOf('/', start);
  const raw = end < 0 ? path.slice(start) : path.slice(start, end);
  const text = c.req.isPlain ? raw : decode(raw);
  if (text === null) {
    throw new ServiceError('invalid_format', `${field} must be percent-encoded UTF-8`, { field });
  }
  return text;
}

/** What a query says of one name. `repeated` and `malformed` are for the handler to refuse in its own words. */
export type QueryValue = { readonly value: string } | 'absent' | 'repeated' | 'malformed';

/**
 * Looks one name up in the query. All others are passed over, whatever they look like; but `ttl[a]` is meant to be `ttl`,
 * and who sent it would not get what they asked for.
 */
export function queryValue(c: Call, name: string): QueryValue {
  let found: QueryValue = 'absent';
  for (const [key, rawValue] of rawPairs(c)) {
    const plain = key.includes('%') ? decode(key) : key;
    if (plain !== name && !isFormOf(plain, name)) continue;
    if (found !== 'absent') return 'repeated';
    if (plain !== name) {
      found = 'malformed';
      continue;
    }
    const value = decodeValue(rawValue);
    found = value === null ? 'malformed' : { value };
  }
  return found;
}

/** Tells whether a name is another in the brackets that PHP, Rack and the parser of 2.x read: `ip[]`, `ttl[a]`, `[dt]`. */
function isFormOf(text: string | null, name: string): boolean {
  return text !== null && (text.startsWith(`${name}[`) || text.startsWith(`[${name}]`));
}

/** Gives the query, decoded; null for what is not percent-encoded UTF-8. */
export function queryPairs(c: Call): (readonly [name: string | null, value: string | null])[] {
  return rawPairs(c).map(([key, value]) => [decodeValue(key), decodeValue(value)] as const);
}

/** Gives the query as it came, without its question mark. Absence: empty. */
export function rawQuery(c: Call): string {
  // Asking for the web's Request makes one, on the fast lane: 8 µs.
  const target = c.env.incoming?.url ?? c.req.raw.url;
  const start = target.indexOf('?') + 1;
  if (start === 0) return '';
  const fragment = target.indexOf('#', start);
  return target.slice(start, fragment < 0 ? undefined : fragment);
}

function rawPairs(c: Call): (readonly [key: string, value: string])[] {
  // Nothing between two `&` is nothing; a `=` alone is a parameter without a name.
  const pairs = rawQuery(c)
    .split('&')
    .filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    return equals < 0 ? ([pair, ''] as const) : ([pair.slice(0, equals), pair.slice(equals + 1)] as const);
  });
}

function decodeValue(raw: string): string | null {
  return decode(raw.replaceAll('+', ' '));
}

/**
 * Gives the request target as the client sent it; without a socket (tests, other runtimes) the URL's own. Only then is the
 * web's Request asked for: on the fast lane, that would have it made.
 */
export function targetOf(env: RequestEnv['Bindings'] | undefined, request: () => Pick<Request, 'url'>): string {
  return env?.incoming?.url ?? request().url;
}

/** Nothing to decode: neither an escape, nor a byte that is not ASCII. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what is ASCII
const IS_PLAIN = /^[\x00-$&-\x7f]*$/;

/** Decodes percent-encoding. Bytes sent bare are taken as UTF-8 too. Absence: null when they are not. */
function decode(raw: string): string | null {
  try {
    return IS_PLAIN.test(raw) ? raw : decodeURIComponent(escapeBytes(raw));
  } catch {
    return null;
  }
}

/** Node hands out each byte of a target as one character up to 0xff: writes those as percent-encoding. */
function escapeBytes(raw: string): string {
  return raw.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
}

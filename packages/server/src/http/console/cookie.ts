/**
 * The cookie of a console session. Over HTTPS it is `__Host-rs-console`: no other host, no plain HTTP and no script can set or read
 * one of that name. Over plain HTTP browsers do not all take it, and there it is `rs-console`, on loopback alone, where nobody is on the way.
 * Each opens only sessions that began with it, so that one that a neighbour plants under the other name opens nothing.
 */
import type { CookieKind, Shown } from '../message/console.ts';
import { Refusal } from '../message/problem.ts';
import type { Call } from '../message/route.ts';

const NAMES: Readonly<Record<CookieKind, string>> = { host: '__Host-rs-console', plain: 'rs-console' };
const TOKEN = /^[A-Za-z0-9]{64}$/;
const LOOPBACK =
  /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Gives the cookie that a browser at this request takes. It says in Origin by which scheme it came, also where a proxy in between has
 * spoken HTTPS for us. Errors: `forbidden` for plain HTTP from elsewhere than loopback.
 */
export function kindFor(c: Call): CookieKind {
  if (isSecureHere(c)) return 'host';
  const [, scheme, from = ''] = /^(https?):\/\/([^/]*)$/i.exec(headerIn(c, 'origin') ?? '') ?? [];
  if (scheme?.toLowerCase() === 'https') return 'host';
  if (LOOPBACK.test(scheme === undefined ? hostOf(c) : from)) return 'plain';
  if (scheme === undefined) return 'host';
  throw new Refusal(
    'forbidden',
    'over plain HTTP the console can be logged in to on loopback only; elsewhere it needs HTTPS',
    {},
  );
}

/** Gives what the cookie of a request shows. Absence: null, also for two that differ. */
export function shownIn(c: Call): Shown | null {
  const cookies = headerIn(c, 'cookie');
  if (cookies === undefined) return null;
  const found = only(cookies, 'host');
  if (found !== null || isSecureHere(c) || !LOOPBACK.test(hostOf(c))) return found;
  return only(cookies, 'plain');
}

/** Gives the header that keeps a token in the browser until it is closed, or the session ends. */
export function setCookie(kind: CookieKind, token: string): string {
  return `${NAMES[kind]}=${token}; ${attributes(kind)}`;
}

/** Gives the header that takes a cookie away. */
export function clearCookie(kind: CookieKind): string {
  return `${NAMES[kind]}=; Max-Age=0; ${attributes(kind)}`;
}

function attributes(kind: CookieKind): string {
  return `Path=/; HttpOnly; SameSite=Strict${kind === 'host' ? '; Secure' : ''}`;
}

function only(cookies: string, kind: CookieKind): Shown | null {
  const values = new Set<string>();
  for (const pair of cookies.split(';')) {
    const equals = pair.indexOf('=');
    if (equals >= 0 && pair.slice(0, equals).trim() === NAMES[kind]) values.add(pair.slice(equals + 1).trim());
  }
  const [token = '', ...others] = values;
  return others.length === 0 && TOKEN.test(token) ? { token, kind } : null;
}

/** Whether the connection itself is TLS: certificates are looked for on such ones alone. */
function isSecureHere({ env }: Call): boolean {
  return env.certificates !== undefined;
}

function hostOf(c: Call): string {
  return headerIn(c, 'host') ?? '';
}

function headerIn({ env, req }: Call, name: string): string | undefined {
  const headers = env.incoming?.headers;
  return headers === undefined ? req.header(name) : (headers[name] as string | undefined);
}

/**
 * Is that our server? A wrong URL leads to a web site, a login page or an older server, and each of them answers something. None of
 * it may be taken for "no such session", on which applications log their users out.
 */
import { type Fault, SessionConfigurationError, type SessionError, SessionServerLostError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Incoming } from './transport.ts';

/** Asks somebody at a URL, in what is left of the time of the call. */
export type Ask = (url: string) => Promise<Incoming>;

/** An answer of the server. */
export interface Answer {
  readonly status: number;
  readonly headers: Incoming['headers'];
  /** Absence: undefined without a body. */
  readonly body: unknown;
}

/** A problem of the server (RFC 9457). */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly Fault[];
  /** Absence: undefined from servers that were built before there were ids. */
  readonly requestId?: string;
}

/**
 * Reads an answer. `member`: of the body of a good one; null where that has no body. Absence: null when it is none that the
 * server gives.
 */
export function answerOf({ status, headers, text }: Incoming, member: string | null): Answer | null {
  const ok = status >= 200 && status < 300;
  if (status === 304 || (status === 204 && member === null)) return { status, headers, body: undefined };
  const type = headers.get('Content-Type') ?? '';
  if (!type.startsWith(ok ? 'application/json' : 'application/problem+json')) return null;
  const body = parsed(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const isOurs = ok
    ? member === '' || (member !== null && Object.hasOwn(body, member))
    : typeof (body as Problem).code === 'string';
  return isOurs ? { status, headers, body } : null;
}

/** Reads `Retry-After`: seconds, or as proxies have it an instant. Absence: null when there is none to read. Units: seconds. */
export function secondsUntil(headers: Incoming['headers']): number | null {
  const after = headers.get('Retry-After') ?? '';
  const seconds = /^\d+$/.test(after) ? Number(after) : Math.ceil((Date.parse(after) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Gives the error of an answer that is none of the server's: of a proxy before it that has lost it, or of somebody else. */
export async function strangerError(
  settings: Settings,
  { status, headers }: Incoming,
  isRepeatable: boolean,
  ask: Ask,
): Promise<SessionError> {
  const { base } = settings;
  // A proxy says so of a server that is not there, or has too much to do.
  if (status >= 500 || status === 429) {
    const message = `${base} answered ${status}, which is not of the session server itself`;
    return new SessionServerLostError('unreachable', message, {
      status,
      // A proxy that gives up on an answer (502, 504) does not know whether a write was done.
      retryable: isRepeatable || status === 429 || status === 503,
      retryAfter: secondsUntil(headers),
    });
  }
  const known = await versionAt(base, ask);
  if (known !== null) return wrongVersion(base, known, status);
  const above = await pathError(base, status, ask);
  if (above !== null) return above;
  // An opaque redirect, as browsers and edge runtimes give it, has no status.
  const came =
    status === 0 || (status >= 300 && status < 400)
      ? 'a redirect'
      : `${status} ${headers.get('Content-Type') ?? 'without a type'}`;
  return new SessionConfigurationError(
    'not_rest_sessions',
    `there is no REST-Sessions server at ${base}: it answered with ${came}`,
    { status },
  );
}

/** Gives the error of a server of ours that does not have the call. */
export async function oldServerError({ base }: Settings, status: number, ask: Ask): Promise<SessionError> {
  const known = await versionAt(base, ask);
  const above = known === null ? await pathError(base, status, ask) : null;
  return above ?? wrongVersion(base, known ?? 'of another version', status);
}

/** Gives the error of a URL that goes on where that of the server ends (`…/v1`, `…/v1/apps/shop`). Absence: null. */
async function pathError(base: string, status: number, ask: Ask): Promise<SessionError | null> {
  const { origin } = new URL(base);
  if (origin === base || (await versionAt(origin, ask)) === null) return null;
  const message = `url must be ${origin}, where the REST-Sessions server is, and not ${base}`;
  return new SessionConfigurationError('wrong_url', message, { status });
}

function wrongVersion(base: string, version: string, status: number): SessionError {
  const message = `the server at ${base} is REST-Sessions ${version}, which does not have this call: update it, or use the client of that version`;
  return new SessionConfigurationError('wrong_version', message, { status });
}

/** Asks a server what it is: the home of ours says its version, and 2.x answers a ping. Absence: null when it is none. */
async function versionAt(base: string, ask: Ask): Promise<string | null> {
  try {
    const home = parsed((await ask(`${base}/`)).text) as { name?: unknown; version?: unknown } | undefined;
    if (home?.name === 'REST-Sessions') return String(home.version);
    return /^"?PONG"?$/.test((await ask(`${base}/ping`)).text.trim()) ? '2.x or older' : null;
  } catch {
    return null;
  }
}

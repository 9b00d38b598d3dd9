/**
 * What express-session keeps of its cookie in a session: its options, and how long it lives. It is the framework's own, so it stays
 * apart from the application's data. `expires` moves with each request and is not kept: the server has it.
 */
import { isOwnToken } from '../framework/framework-ids.ts';
import type { Session } from '../types.ts';

/** As express-session and @fastify/session write it. Units: milliseconds. */
export interface CookieState {
  readonly originalMaxAge?: number | null;
  readonly expires?: string | Date | null;
  readonly [option: string]: unknown;
}

/** The server keeps no session for a shorter time, unless its policy says so. Units: seconds. */
const SHORTEST = 10;

/** What the store keeps in a session. */
interface Kept {
  readonly cookie?: CookieState;
  /** Of a session whose id is not its token. */
  readonly id?: string;
  /** When a session ends that is to last shorter than the server keeps one. Units: milliseconds since 1970. */
  readonly ends?: number;
}

/** Gives what is kept of a session beside its data. One that was saved by hand may have no cookie. `lasts`: see lastsOf. */
export function keptOf(id: string, cookie: CookieState | undefined, lasts: number | undefined): Kept {
  const known = isOwnToken(id) ? {} : { id };
  if (cookie == null) return known;
  const state: Record<string, unknown> = { ...((cookie as { toJSON?(): CookieState }).toJSON?.() ?? cookie) };
  if (typeof state.originalMaxAge === 'number') delete state.expires;
  // @fastify/session notes when the cookie was to end that the browser sent.
  delete state.originalExpires;
  return {
    cookie: state,
    ...known,
    ...(lasts !== undefined && lasts < SHORTEST && { ends: Date.now() + lasts * 1000 }),
  };
}

/**
 * Gives the cookie again. It expires so long after now as it may last, for who reads a session is there; and not after the session ends
 * in any case. Absence: undefined in a session that was saved by hand without one.
 */
export function cookieOf(kept: unknown, session: Session): CookieState | undefined {
  // A session that another stack made has no cookie of ours: that of a browser session.
  if (typeof kept !== 'object' || kept === null) return { originalMaxAge: null };
  const { cookie } = kept as Kept;
  if (typeof cookie !== 'object' || cookie === null) return undefined;
  if (typeof cookie.originalMaxAge !== 'number') return cookie;
  const { absoluteExpiresAt: end } = session;
  const expires = Math.min(
    Date.now() + cookie.originalMaxAge,
    end === null ? Number.POSITIVE_INFINITY : Date.parse(end),
  );
  return { ...cookie, expires: new Date(expires).toISOString() };
}

/** Makes a cookie of what is kept of one, as express-session's own constructor does. Errors: TypeError without one, as there. */
export function restored(prototype: object, state: CookieState | undefined): object {
  // Not taken apart at once: the framework's own error without a cookie is that of reading `expires`.
  const expires = state!.expires;
  const { originalMaxAge, expires: _, ...options } = state!;
  const cookie = Object.assign(Object.create(prototype), { path: '/', maxAge: null, httpOnly: true, ...options });
  if (expires != null) cookie.expires = new Date(expires);
  // After `expires`, which sets it anew.
  cookie.originalMaxAge = originalMaxAge ?? null;
  return cookie;
}

/** Whether what is kept says that the session has ended. */
export function hasEnded(kept: unknown): boolean {
  const { ends } = (kept ?? {}) as Kept;
  return typeof ends === 'number' && ends <= Date.now();
}

/** Gives the idle timeout that the server is asked for. Units: seconds. Absence: undefined when the policy says. */
export function idleTimeoutOf(lasts: number | undefined): number | undefined {
  return lasts === undefined ? undefined : Math.max(lasts, SHORTEST);
}

/** Gives how long the session lasts without activity, by its cookie. Units: seconds. Absence: undefined when the policy says. */
export function lastsOf({ originalMaxAge, expires }: CookieState = {}): number | undefined {
  if (typeof originalMaxAge === 'number') return originalMaxAge / 1000;
  if (expires == null) return undefined;
  const left = new Date(expires).getTime() - Date.now();
  return Number.isNaN(left) ? undefined : Math.ceil(left) / 1000;
}

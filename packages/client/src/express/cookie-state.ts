/**
 * What express-session keeps of its cookie in a session: its options, and how long it lives. It is the framework's own, so it stays
 * apart from the application's data. `expires` moves with each request and is not kept: the server has it.
 */

/** As express-session and @fastify/session write it. Units: milliseconds. */
export interface CookieState {
  readonly originalMaxAge?: number | null;
  readonly expires?: string | Date | null;
  readonly [option: string]: unknown;
}

/** Gives what is kept of a cookie. */
export function keptOf(cookie: CookieState | undefined): Record<string, unknown> {
  const state = JSON.parse(JSON.stringify(cookie ?? {})) as Record<string, unknown>;
  if (typeof state.originalMaxAge === 'number') delete state.expires;
  // @fastify/session notes when the cookie was to end that the browser sent.
  delete state.originalExpires;
  return { cookie: state };
}

/** Gives the cookie again. `expiresAt`: of the session. */
export function cookieOf(kept: unknown, expiresAt: string | null): CookieState {
  const cookie = (kept as { cookie?: CookieState } | undefined)?.cookie;
  // A session that another stack made has no cookie of ours: that of a browser session.
  if (typeof cookie !== 'object' || cookie === null) return { originalMaxAge: null };
  if (typeof cookie.originalMaxAge !== 'number') return cookie;
  const soonest = Math.min(
    Date.now() + cookie.originalMaxAge,
    expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
  );
  return { ...cookie, expires: new Date(soonest).toISOString() };
}

/** Gives how long the session lasts without activity, by its cookie. Units: seconds. Absence: undefined when the policy says. */
export function idleTimeoutOf({ originalMaxAge, expires }: CookieState = {}): number | undefined {
  if (typeof originalMaxAge === 'number') return originalMaxAge / 1000;
  if (expires == null) return undefined;
  const left = new Date(expires).getTime() - Date.now();
  return Number.isNaN(left) ? undefined : Math.ceil(left / 1000);
}

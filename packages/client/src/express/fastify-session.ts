/**
 * What @fastify/session needs of a store beside express-session's contract. It copies what `get` gives into a session of its own,
 * so nothing can be kept by the object; but it asks the cookie for its JSON, and keeps all options of that, also under symbols.
 */
import type { Baseline } from '../framework/shared-sessions.ts';
import type { CookieState } from './cookie-state.ts';

const BASELINE = Symbol('baseline');

/**
 * Members of its session. It assigns each key that it finds, so one with such a name would take the place of a method for the whole
 * page. express-session looks itself which keys it can take: see createSession of the store.
 */
const MEMBERS = new Set(
  (
    'sessionId encryptedSessionId options touch regenerate get set destroy reload save isModified isSaved ' +
    '__proto__'
  ).split(' '),
);

/** Lets a cookie carry what was read of its session. */
export function carry(baseline: Baseline, cookie: CookieState): void {
  Object.defineProperty(cookie, 'toJSON', { value: () => ({ ...cookie, [BASELINE]: baseline }) });
}

/** Gives what the cookie of a session carries. Absence: undefined. */
export function carriedIn(session: object): Baseline | undefined {
  return symbolsOf(session).find((value) => value?.[BASELINE] !== undefined)?.[BASELINE];
}

/** Gives the data again, with what has the name of a member there, but not among its keys. */
export function withHiddenMembers(data: Record<string, unknown>): Record<string, unknown> {
  if (!Object.keys(data).some((key) => MEMBERS.has(key))) return { ...data };
  const entries = Object.entries(data);
  const described = entries.map(([key, value]) => {
    return [key, { value, enumerable: !MEMBERS.has(key), writable: true, configurable: true }] as const;
  });
  return Object.defineProperties({}, Object.fromEntries(described));
}

/** Gives the request that a session of it belongs to. Absence: undefined. */
// biome-ignore lint/suspicious/noExplicitAny: what the framework keeps there is its own
export function requestIn(session: object): any {
  return symbolsOf(session).find((value) => value?.raw?.headers !== undefined);
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function symbolsOf(session: object): any[] {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return Object.getOwnPropertySymbols(session).map((key) => (session as Record<symbol, any>)[key]);
}

/**
 * The tables of the embedded store and their keys: plain ASCII text, readable in any LMDB tool. `:` cannot occur in an
 * app, an id or a number, so keys of different apps never mix. Instants are 15 digits, so text order is time order.
 *
 *   sessions    app:id                      → the record (record.ts)
 *   subjects    app:fingerprint:id          → true            whose sessions; the subject's text may be anything
 *   activity    app:lastSeenAt:id           → [fingerprint | null, expiresAt | null]
 *   due         dueAt:app:id                → true            when the sweep is to look at it; never later than expiresAt
 *   aliases     app:hash                    → id              tokens that do not say where their session is
 *   counts      app                         → how many sessions it has (counts.ts)
 *   memos       app:name                    → [text, until]
 *   memoDue     until:app:name              → true            when the sweep is to remove it
 */
import { fingerprint } from '../../core/token.ts';

export const sessionKey = (app: string, id: string): string => `${app}:${id}`;
export const subjectPrefix = (app: string, subject: string): string => `${app}:${fingerprint(subject)}`;
export const activityKey = (app: string, lastSeenAt: number, id: string): string =>
  `${app}:${instant(lastSeenAt)}:${id}`;
/** Where the sessions last seen at an instant begin. */
export const instantPrefix = (app: string, lastSeenAt: number): string => `${app}:${instant(lastSeenAt)}`;
export const dueKey = (dueAt: number, app: string, id: string): string => `${instant(dueAt)}:${app}:${id}`;
export const memoKey = (app: string, name: string): string => `${app}:${name}`;
export const aliasKey = (app: string, hash: string): string => `${app}:${hash}`;

/** Gives the range of keys that start with `prefix:`. `;` is the character after `:`. */
export const under = (prefix: string) => ({ start: `${prefix}:`, end: `${prefix};` });

/** Gives the range of all that is due at `now` or before. */
export const dueUntil = (now: number) => ({ start: '', end: `${instant(now)};` });

/** Gives the id at the end of a key. */
export const idOf = (key: string): string => key.slice(key.lastIndexOf(':') + 1);

/** Gives the key that a key of `due` or `memoDue` speaks of. */
export const keyOfDue = (key: string): string => key.slice(key.indexOf(':') + 1);

function instant(ms: number): string {
  return String(Math.max(0, Math.ceil(ms))).padStart(15, '0');
}

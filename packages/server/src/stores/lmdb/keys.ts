/**
 * The tables of the embedded store and their keys: plain ASCII text, readable in any LMDB tool. `:` cannot occur in an
 * app, an id or a number, so keys of different apps never mix. Instants are 15 digits, so text order is time order.
 * A home is an app, or an app with a number behind a dot: where its records stand (homes.ts).
 *
 *   sessions    home:id                    → the record (record.ts)
 *   subjects    home:fingerprint:id        → true            whose sessions; the subject's text may be anything
 *               home:fingerprint           → how many those are
 *   activity    home:lastSeenAt:id         → [home:fingerprint | null, expiresAt | null]
 *   due         dueAt:home:id              → true            when the sweep is to look at it; never later than expiresAt
 *   aliases     home:hash                  → id              tokens that do not say where their session is
 *   totals      home                       → [sessions, subjects] that it has (counts.ts)
 *   homes       app                        → the number of its home
 *               home:left                  → how many sessions are left in one that ended
 *   memos       app:name                   → [text, until]
 *   memoDue     until:app:name             → true            when the sweep is to remove it
 */
import { fingerprint } from '../../core/token.ts';

export const sessionKey = (home: string, id: string): string => `${home}:${id}`;
export const subjectPrefix = (home: string, subject: string): string => `${home}:${fingerprint(subject)}`;
export const activityKey = (home: string, lastSeenAt: number, id: string): string =>
  `${home}:${instant(lastSeenAt)}:${id}`;
/** Where the sessions last seen at an instant begin. */
export const instantPrefix = (home: string, lastSeenAt: number): string => `${home}:${instant(lastSeenAt)}`;
/** Of a session in its home, or of a memo in its app. */
export const dueKey = (dueAt: number, home: string, id: string): string => `${instant(dueAt)}:${home}:${id}`;
export const memoKey = (app: string, name: string): string => `${app}:${name}`;
export const aliasKey = (home: string, hash: string): string => `${home}:${hash}`;

/** Gives the home of an app after it has left so many. The dot cannot occur in an app. */
export const nthHome = (app: string, n: number): string => (n === 0 ? app : `${app}.${n}`);
/** Gives the app of a home. */
export const appOf = (home: string): string => {
  const dot = home.indexOf('.');
  return dot < 0 ? home : home.slice(0, dot);
};
/** Gives the home that a key begins with; of those of `due`, see keyOfDue. */
export const homeOf = (key: string): string => key.slice(0, key.indexOf(':'));

/** Gives the range of keys that start with `prefix:`. `;` is the character after `:`. */
export const under = (prefix: string) => ({ start: `${prefix}:`, end: `${prefix};` });

/** Gives the range of all that is due at `now` or before. */
export const dueUntil = (now: number) => ({ start: '', end: `${instant(now)};` });

/** Gives how the key of an entry of `subjects` begins: as the one of its number. */
export const prefixOf = (key: string): string => key.slice(0, key.lastIndexOf(':'));
/** Tells whether a key of `subjects` is that of a number. */
export const isSubject = (key: string): boolean => key.indexOf(':') === key.lastIndexOf(':');

/** Gives the id at the end of a key. */
export const idOf = (key: string): string => key.slice(key.lastIndexOf(':') + 1);

/** Gives the key that a key of `due` or `memoDue` speaks of. */
export const keyOfDue = (key: string): string => key.slice(key.indexOf(':') + 1);

function instant(ms: number): string {
  return String(Math.max(0, Math.ceil(ms))).padStart(15, '0');
}

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
 *   journals    app                        → the head of its journal (journal-block.ts)
 *               app:ended                  → the ends of the app that are still to be told of sessions (app-ends.ts)
 *   journal     app:ms-nth                 → a block of events; where its first one stands
 *   history     app:fingerprint:ended:id   → what ended of a subject (history.ts); the instant counts down, so that the latest comes first
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

export const endedKey = (app: string): string => `${app}:ended`;
/** Where a block of a journal begins. How long the second number is stands before it, so text order is their order. */
export const blockKey = (app: string, { ms, nth }: { readonly ms: number; readonly nth: number }): string => {
  const digits = String(nth);
  return `${app}:${instant(ms)}-${digits.length.toString(36)}${digits}`;
};
/** Gives the place in the key of a block. */
export const placeOfBlock = (key: string) => {
  const [ms = '', nth = ''] = idOf(key).split('-');
  return { ms: Number(ms), nth: Number(nth.slice(1)) };
};
/** `prefix`: of the subject in its app. */
export const historyKey = (prefix: string, endedAt: number, id: string): string =>
  `${endedBefore(prefix, endedAt)}:${id}`;
/** Where those begin that had ended at an instant or before. */
export const endedBefore = (prefix: string, endedAt: number): string => `${prefix}:${instant(LAST_INSTANT - endedAt)}`;
/** Gives when what a key of `history` speaks of ended. */
export const endedAtOf = (key: string): number => LAST_INSTANT - Number(key.split(':')[2]);

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

const LAST_INSTANT = 999_999_999_999_999;

function instant(ms: number): string {
  return String(Math.max(0, Math.ceil(ms))).padStart(15, '0');
}

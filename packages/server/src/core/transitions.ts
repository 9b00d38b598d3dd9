/** What the verbs do to a record: pure steps that the stores which hold whole records share. */
import { begunOf, touched } from './expiry.ts';
import type { OnLimit } from './policy.ts';
import type { Credential, Replaced, Session } from './session.ts';
import type { Aimed, Cap, Change, Members, Move, Rotation } from './store.ts';

/** Gives the session after a change at `now`: changed and touched, but not counted as a read. */
export function applyChange(session: Session, change: Change, now: number): Session {
  const { of: _of, expect: _expect, lock: _lock, version, move, ...members } = change;
  return { ...withMembers(moved(touched(session, now, 0), move, now), members), version };
}

/** Gives the session with members changed. An absolute timeout becomes the deadline that it means for this session. */
export function withMembers(session: Session, { absoluteTimeout, ...members }: Members): Session {
  const changed = { ...session, ...members };
  if (absoluteTimeout === undefined) return changed;
  return { ...changed, absoluteExpiresAt: absoluteTimeout === null ? null : begunOf(session) + absoluteTimeout };
}

/** Tells whether a session is the one that was meant, at the version that was meant. */
export function isMeant({ id, version }: Session, { of = id, expect }: Aimed & { readonly expect: number }): boolean {
  return id === of && version === expect;
}

/** Gives a new session as a store with a clock of its own stored it: begun at `at`. */
export function begunAt(session: Session, at: number): Session {
  const shift = at - session.lastSeenAt;
  if (shift === 0) return session;
  const { createdAt, authenticatedAt, absoluteExpiresAt } = session;
  const shifted = (instant: number | null) => (instant === null ? null : instant + shift);
  return {
    ...session,
    createdAt: createdAt + shift,
    authenticatedAt: shifted(authenticatedAt),
    lastSeenAt: at,
    absoluteExpiresAt: shifted(absoluteExpiresAt),
  };
}

/** Gives a rotation as a store that acts `shift` milliseconds later does it: its grace begins then. */
export function rotationLater(rotation: Rotation, shift: number): Rotation {
  return shift === 0 ? rotation : { ...rotation, graceUntil: rotation.graceUntil + shift };
}

/** Gives the session under its new subject and id, if it gets one: a login at `now`, or its end. */
export function moved(session: Session, move: Move | undefined, now: number): Session {
  if (move === undefined) return session;
  const { id, subject } = move;
  return { ...session, id, subject, authenticatedAt: subject === null ? null : now };
}

/** Gives the credential of a session that moved and kept its token: from now on the hash of the token leads to it. */
export function kept({ hash }: Pick<Credential, 'hash'>): Credential {
  return { hash, alias: true, previous: [] };
}

/** So many tokens of a session may be within their grace, or have been replaced after one that is. */
export const MOST_REPLACED = 32;
/** So many are kept after their grace: who presents one is told apart from who guesses. */
export const KEPT_REPLACED = 4;

/**
 * What a rotation means for a session, by the token that was presented and opens it.
 * - `rotates`: its token is replaced. `stays`: the session has the very token that is asked for. `done`: it has it by this
 *   very request.
 * - `follows`: the token was replaced before; its successor is drawn from the seeds, one after the other.
 * - `replaced`: it was, and its successor is not what is asked for. `crowded`: too many tokens are in their grace.
 */
export type Step =
  | { readonly kind: 'rotates'; readonly credential: Credential }
  | { readonly kind: 'follows'; readonly seeds: readonly string[] }
  | { readonly kind: 'stays' | 'done' | 'replaced' | 'crowded' };

/** Decides what a rotation does. The scripts of Redis decide the same (lua/rotate.lua). */
export function stepOf(held: Credential, hash: string, rotation: Rotation, now: number): Step {
  const { credential, move, seed } = rotation;
  const known = { kind: seed === undefined ? 'stays' : 'done' } as const;
  if (hash === held.hash) {
    if (move !== undefined) return { kind: 'rotates', credential: { ...credential, previous: [] } };
    if (credential.hash === held.hash) return known;
    const previous = replacedBy(held, rotation, now);
    return previous === null ? { kind: 'crowded' } : { kind: 'rotates', credential: { ...credential, previous } };
  }
  const seeds: (string | null)[] = [];
  let at = held.previous.findIndex((replaced) => replaced.hash === hash);
  do seeds.push(held.previous[at]!.seed);
  while (++at < held.previous.length && held.previous[at]!.until <= now);
  const successor = held.previous[at]?.hash ?? held.hash;
  if (move !== undefined) return { kind: 'replaced' };
  if (credential.hash === successor) return known;
  const given = seeds.filter((one): one is string => one !== null);
  return seed === undefined || given.length < seeds.length ? { kind: 'replaced' } : { kind: 'follows', seeds: given };
}

/** Gives the tokens before the present one, after one more rotation. Absence: null when no more have room. */
function replacedBy(held: Credential, { credential, graceUntil, seed }: Rotation, now: number): Replaced[] | null {
  // A token that a caller chose may come back after its grace.
  const before = held.previous.filter(({ hash }) => hash !== credential.hash);
  // Without a grace it is over for a process whose clock is behind, too.
  const until = graceUntil > now ? graceUntil : 0;
  const all = [...before, { hash: held.hash, alias: held.alias, until, seed: seed ?? null }];
  // Only from the front: one in its grace needs the seeds of those that came after it.
  const over = all.findIndex(({ until }) => until > now);
  const rest = all.slice(Math.min(over === -1 ? all.length : over, Math.max(0, all.length - KEPT_REPLACED)));
  return rest.length > MOST_REPLACED ? null : rest;
}

/** Gives the cap that a move must meet. A session that stays with its subject is counted there already, so it needs none. */
export function capOfMove(session: Session, { subject, cap }: Move): Cap | null {
  return session.subject === subject ? null : cap;
}

/** Gives the sessions that must end so that one more has room under a cap. Absence: null when it refuses to end any. */
export function surplus(live: readonly Session[], cap: Cap | null): Session[] | null {
  const count = cap === null ? 0 : Math.max(0, live.length + 1 - cap.max);
  if (cap === null || count === 0) return [];
  if (cap.onLimit === 'refuse') return null;
  return oldestFirst(live, cap.onLimit).slice(0, count);
}

/** Orders sessions so that those which a cap ends come first. The age of a session is that of its login. */
function oldestFirst(sessions: readonly Session[], onLimit: OnLimit): Session[] {
  const age = (session: Session) => (onLimit === 'revokeLeastRecentlyUsed' ? session.lastSeenAt : begunOf(session));
  return [...sessions].sort((a, b) => age(a) - age(b) || (a.id < b.id ? -1 : 1));
}

/**
 * The lock of a session: who holds it, and who waits for it, in their order. Pure steps on a short text, which stores that
 * run in the process of their caller share; lua/lock.lua has the same.
 *
 * The text is `until:hash;` of the holder (`0:;` when nobody holds it), then the same of each who waits. A lock is known by
 * the hash of its name alone. Whoever waits has the hash of the lock that it will get: so a question that is asked twice is answered
 * twice the same. Who waits says so again and again (`STANDS`), so that a process that died holds nobody up.
 */
import type { LockClaim, LockRef } from './store.ts';

interface Place {
  readonly hash: string;
  readonly until: number;
}

/** A lock as it is at an instant. Absence of a holder: null. */
export interface LockState {
  readonly holder: Place | null;
  readonly queue: readonly Place[];
}

/** How long one who waits keeps its place without asking again. Units: milliseconds. */
export const STANDS = 5000;

/** What the claim of a lock comes to. `changed`: the state differs from the one before, and must be kept. */
export interface LockStep {
  readonly state: LockState;
  readonly changed: boolean;
  /** The hash that has the lock by this claim. Absence: null. */
  readonly granted: string | null;
}

/** Reads a lock as it is at `now`: what is over is absent. */
export function lockAt(text: string | null, now: number): LockState {
  const places = [...(text ?? '').matchAll(/(\d+):([^;]*);/g)].map(([, until, hash]) => ({
    hash: hash!,
    until: Number(until),
  }));
  const [holder, ...queue] = places;
  return {
    holder: holder !== undefined && now < holder.until ? holder : null,
    queue: queue.filter(({ until }) => now < until),
  };
}

/** Gives a lock as text, and until when it says something. Absence: null when nobody holds it or waits. */
export function lockText({ holder, queue }: LockState): { text: string; until: number } | null {
  if (holder === null && queue.length === 0) return null;
  const places = [holder ?? { hash: '', until: 0 }, ...queue];
  return {
    text: places.map(({ hash, until }) => `${Math.ceil(until)}:${hash};`).join(''),
    until: Math.max(...places.map(({ until }) => until)),
  };
}

/** Lets those who ask stand behind who waits already; the first of all gets the lock when nobody has it, if it asks now. */
export function claimLock({ holder, queue }: LockState, { asks, stays }: LockClaim, now: number): LockStep {
  const own = new Map(asks.map(({ hash, lease }) => [hash, lease]));
  const again = holder !== null && own.has(holder.hash);
  const isOld = ({ hash, until }: Place) => own.has(hash) && until < now + STANDS / 2;
  const standing = queue.map((place) => (isOld(place) ? { ...place, until: now + STANDS } : place));
  const known = new Set([holder?.hash, ...queue.map(({ hash }) => hash)]);
  const more = asks.filter(({ hash }) => !known.has(hash)).map(({ hash }) => ({ hash, until: now + STANDS }));
  const all = [...standing, ...more];
  const [first] = all;
  const lease = holder === null && first !== undefined ? own.get(first.hash) : undefined;
  if (lease !== undefined) {
    const state = { holder: { hash: first!.hash, until: now + lease }, queue: all.slice(1) };
    return { state, changed: true, granted: first!.hash };
  }
  const state = stays ? { holder, queue: all } : { holder, queue };
  const changed = stays && (more.length > 0 || queue.some(isOld));
  return { state, changed, granted: again ? holder.hash : null };
}

/** Gives a lock that a hash neither holds nor waits for any more. Absence: null when it did not before. */
export function leaveLock({ holder, queue }: LockState, hash: string): LockState | null {
  if (holder?.hash === hash) return { holder: null, queue };
  return queue.some((place) => place.hash === hash)
    ? { holder, queue: queue.filter((place) => place.hash !== hash) }
    : null;
}

/** Tells whether a change that is bound to a lock may be made. */
export function holdsLock({ holder }: LockState, lock: LockRef): boolean {
  return holder?.hash === lock.hash;
}

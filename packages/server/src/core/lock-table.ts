/**
 * Locks in a store that changes things at once, in one process or in one transaction: where the text of each stands, and what
 * becomes of it as sessions come and move. The lock of a session stands under its id, that of a token that opens nothing
 * under the hash of the token. Nothing is removed with a session: a lock under an id that has ended is asked for by nobody, and
 * is swept when its lease is over.
 */
import { claimLock, holdsLock, leaveLock, lockAt, lockText } from './lock.ts';
import type { Session } from './session.ts';
import type { LockClaim, LockOutcome, LockRef } from './store.ts';
import type { TokenRef } from './token.ts';

/** Where a store keeps short texts until an instant. */
export interface Texts {
  /** Absence: null. It may be over. */
  get(app: string, name: string): string | null;
  put(app: string, name: string, text: string, until: number): void;
  remove(app: string, name: string): void;
}

export class LockTable {
  private readonly texts: Texts;

  constructor(texts: Texts) {
    this.texts = texts;
  }

  /**
   * As SessionStore.lock, for a token and the session that it opens. Changes nothing: `keep` does, and is to be called where the
   * lock has changed. Absence: null.
   */
  claim(
    app: string,
    session: Session | null,
    token: TokenRef,
    claim: LockClaim,
    now: number,
  ): { readonly outcome: LockOutcome | null; readonly keep: (() => void) | null } {
    if (session === null && !claim.begins) return { outcome: null, keep: null };
    const place = session?.id ?? token.hash;
    const { state, changed, granted } = claimLock(this.at(app, place, now), claim, now);
    const holder = state.holder?.hash ?? null;
    const outcome = { granted, holder, session: granted === null ? null : session, at: now };
    return { outcome, keep: changed ? () => this.put(app, place, state) : null };
  }

  /** Tells whether a change may be made: its lock holds, or it has none. */
  allows(app: string, id: string, lock: LockRef | undefined, now: number): boolean {
    return lock === undefined || holdsLock(this.at(app, id, now), lock);
  }

  /**
   * What a change that was made does with its lock: it goes along to another id, and ends when the change says so. `alone`: those who
   * wait stay behind, for the token that they have ended with the change.
   */
  done(app: string, lock: LockRef | undefined, from: string, to: string, now: number, alone = false): void {
    if (lock === undefined) return;
    if (from !== to) this.carry(app, from, to, now, alone);
    if (lock.release) this.leave(app, to, lock.hash, now);
  }

  /** As SessionStore.unlock. `alias`: the id that the token leads to, though it may open nothing any more. Absence: undefined. */
  end(app: string, { id, hash: token }: TokenRef, alias: string | undefined, hash: string, now: number): void {
    for (const place of [id, alias, token]) if (place != null) this.leave(app, place, hash, now);
  }

  /** Ends a lock, or a place in its queue, where it stands: under an id, or the hash of a token. */
  leave(app: string, place: string, hash: string, now: number): void {
    const left = leaveLock(this.at(app, place, now), hash);
    if (left !== null) this.put(app, place, left);
  }

  /** Takes the lock of one place to another, unless that has one. `alone`: without those who wait. */
  carry(app: string, from: string, to: string, now: number, alone = false): void {
    const all = this.at(app, from, now);
    const state = alone ? { ...all, queue: [] } : all;
    if (lockText(state) === null) return;
    this.texts.remove(app, nameOf(from));
    if (lockText(this.at(app, to, now)) === null) this.put(app, to, state);
  }

  private at(app: string, place: string, now: number) {
    return lockAt(this.texts.get(app, nameOf(place)), now);
  }

  private put(app: string, place: string, state: Parameters<typeof lockText>[0]): void {
    const kept = lockText(state);
    if (kept === null) this.texts.remove(app, nameOf(place));
    else this.texts.put(app, nameOf(place), kept.text, kept.until);
  }
}

/** No name of a memo has a dot. */
function nameOf(place: string): string {
  return `lock.${place}`;
}

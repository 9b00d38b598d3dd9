/**
 * Gathers the updates of one session. Those that arrive while one is on its way to the store are applied one after the
 * other, and go to the store together as one compare-and-set. So 50 parallel updates cost two steps of the store; each for
 * itself, they would lose against each other 50 times. Between processes the compare-and-set decides, and the loser starts
 * again with the newer data.
 */
import { NOBODY, type Origin } from './events.ts';
import { isLive } from './expiry.ts';
import { lockLost } from './rules.ts';
import type { Session } from './session.ts';
import type { Change, LockRef, Members, SessionStore, Visit } from './store.ts';
import type { TokenRef } from './token.ts';
import { withMembers } from './transitions.ts';

/** How many updates are applied at most in one go. Each goes through the whole data, and other requests wait meanwhile. */
const MAX_GATHERED = 50;

/** What an update changes. `silent`: a touch, which makes no new version. */
export type Edited = Members & { readonly silent?: true };

/** Looks at the session as it is and says what is to change. May be called again on a newer one. Throws to refuse. */
export type Edit = (session: Session) => Edited;

interface Waiting {
  readonly edit: Edit;
  readonly now: number;
  readonly origin: Origin;
  readonly resolve: (visit: Visit | null) => void;
  readonly reject: (error: unknown) => void;
}

export class Updates {
  private readonly store: SessionStore;
  private readonly queues = new Map<string, Waiting[]>();

  constructor(store: SessionStore) {
    this.store = store;
  }

  /**
   * Applies an edit to a session; each counts as one version. Absence: null. Errors: what the edit throws, and with a lock
   * `lock_lost`. Only edits with the same lock go together. What callers do together is told as one change: of whoever asked for all of it,
   * else of nobody.
   */
  update(
    app: string,
    token: TokenRef,
    edit: Edit,
    now: number,
    lock?: LockRef,
    origin: Origin = NOBODY,
  ): Promise<Visit | null> {
    return new Promise((resolve, reject) => {
      const waiting = { edit, now, origin, resolve, reject };
      const bound = lock === undefined ? '' : `:${lock.hash}:${lock.release}`;
      const key = `${app}:${token.id ?? ''}:${token.hash}${bound}`;
      const queue = this.queues.get(key);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      this.queues.set(key, [waiting]);
      void this.drain(key, app, token, lock);
    });
  }

  private async drain(key: string, app: string, token: TokenRef, lock: LockRef | undefined): Promise<void> {
    for (;;) {
      const batch = this.queues.get(key)!.splice(0, MAX_GATHERED);
      if (batch.length === 0) {
        this.queues.delete(key);
        return;
      }
      try {
        await this.apply(app, token, batch, lock);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  private async apply(app: string, token: TokenRef, batch: readonly Waiting[], lock: LockRef | undefined) {
    const now = Math.max(...batch.map((waiting) => waiting.now));
    let base = await this.store.get(app, token, 'look', now);
    while (base !== null) {
      const { id, version } = base.session;
      const { at } = base;
      let change: Change = { of: id, expect: version, version, ...(lock && { lock }) };
      let session = base.session;
      let changes = 0;
      let by: Origin = NOBODY;
      // What to tell each caller, once the store has answered.
      const tell = batch.map(({ edit, origin, resolve, reject }): ((stored: Visit | null) => void) => {
        // An earlier update of the same step ended the session.
        if (!isLive(session, at)) return () => resolve(null);
        try {
          const { silent, ...edited } = edit(session);
          change = { ...change, ...edited, version: change.version + (silent ? 0 : 1) };
          session = { ...withMembers(session, edited), lastSeenAt: at, version: change.version };
        } catch (error) {
          return () => reject(error);
        }
        const [own, isFirst] = [session, changes++ === 0];
        by = isFirst ? origin : agreed(by, origin);
        return (stored) => resolve(stored && { ...before(stored, session, own), idle: isFirst ? stored.idle : 0 });
      });
      if (changes > 0 && !isLive(session, at)) {
        const visit = { session, at, idle: base.idle };
        if (await endInstead(this.store, app, token, base, now, lock, by)) {
          for (const one of tell) one(visit);
          return;
        }
        base = await this.store.get(app, token, 'look', now);
        continue;
      }
      const outcome = changes === 0 ? null : await this.store.update(app, token, change, now, by);
      if (outcome?.kind === 'conflict') {
        base = outcome;
        continue;
      }
      if (outcome?.kind === 'lost') throw lockLost();
      if (outcome !== null && outcome.kind !== 'updated')
        throw new Error(`an update that moves nothing: ${outcome.kind}`);
      for (const one of tell) one(outcome);
      return;
    }
    for (const { resolve } of batch) resolve(null);
  }
}

/**
 * Ends a session that a change leaves no time to live, instead of changing it: whoever asked for that is told as who ended it, at once and not
 * when it is swept. Gives whether it has ended now; it has not when it was changed, moved or ended meanwhile. Errors: `lock_lost`.
 */
export async function endInstead(
  store: SessionStore,
  app: string,
  token: TokenRef,
  before: Visit,
  now: number,
  lock: LockRef | undefined,
  origin: Origin,
): Promise<boolean> {
  const { version } = before.session;
  const ended = await store.revoke(app, { by: 'token', token, version, ...(lock && { lock }) }, now, origin);
  if (ended === 0 && lock !== undefined) await checkLock(before, () => store.get(app, token, 'look', now));
  return ended > 0;
}

/**
 * Called when a session did not end that was to end with a lock: if it is still there, as it was, then because of the lock.
 * Errors: `lock_lost`.
 */
export async function checkLock({ session: { id, version } }: Visit, look: () => Promise<Visit | null>) {
  const present = (await look())?.session;
  if (present?.id === id && present.version === version) throw lockLost();
}

/** Gives what two callers have in common. */
function agreed(one: Origin, other: Origin): Origin {
  if (one === other) return one;
  return { by: one.by === other.by ? one.by : null, note: one.note === other.note ? one.note : null };
}

/**
 * Gives what the caller of one edit sees, as if they had come one after the other: the session as it was stored, without what
 * the edits after that one changed. `last`, `own`: what was to be stored after the last edit, and after that one.
 */
function before({ session, at, idle }: Visit, last: Session, own: Session): Visit {
  if (own === last) return { session, at, idle };
  const changed = Object.entries(own).filter(([member, value]) => value !== last[member as keyof Session]);
  return { session: { ...session, ...Object.fromEntries(changed) }, at, idle };
}

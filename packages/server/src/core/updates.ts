/**
 * Gathers the updates of one session: those that arrive while one is on its way to the store are merged in order onto
 * the same base and travel in one compare-and-set. 50 parallel updates cost two store steps instead of 50 rounds of
 * losing against each other. Between processes the compare-and-set decides, and the loser starts again on newer data.
 */
import type { SessionStore, Visit } from './store.ts';
import type { TokenRef } from './token.ts';

/** Updates merged in one go: each reads the whole data, and others wait meanwhile. */
const MAX_GATHERED = 50;

interface Waiting {
  readonly merge: (data: string) => string;
  readonly now: number;
  readonly resolve: (visit: Visit | null) => void;
  readonly reject: (error: unknown) => void;
}

export class Updates {
  private readonly store: SessionStore;
  private readonly queues = new Map<string, Waiting[]>();

  constructor(store: SessionStore) {
    this.store = store;
  }

  /** Applies `merge` to the session's data; each call counts as one version. Absence: null. Errors: what merge throws. */
  update(app: string, token: TokenRef, merge: (data: string) => string, now: number): Promise<Visit | null> {
    return new Promise((resolve, reject) => {
      const waiting = { merge, now, resolve, reject };
      const key = `${app}:${token.id ?? ''}:${token.hash}`;
      const queue = this.queues.get(key);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      this.queues.set(key, [waiting]);
      void this.drain(key, app, token);
    });
  }

  private async drain(key: string, app: string, token: TokenRef): Promise<void> {
    for (;;) {
      const batch = this.queues.get(key)!.splice(0, MAX_GATHERED);
      if (batch.length === 0) {
        this.queues.delete(key);
        return;
      }
      try {
        await this.apply(app, token, batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
  }

  private async apply(app: string, token: TokenRef, batch: readonly Waiting[]): Promise<void> {
    const now = Math.max(...batch.map((waiting) => waiting.now));
    let base = await this.store.get(app, token, false, now);
    while (base !== null) {
      const { data, version } = base.session;
      const accepted: { waiting: Waiting; data: string }[] = [];
      const refused: { waiting: Waiting; error: unknown }[] = [];
      let merged = data;
      for (const waiting of batch) {
        try {
          merged = waiting.merge(merged);
          accepted.push({ waiting, data: merged });
        } catch (error) {
          refused.push({ waiting, error });
        }
      }
      if (accepted.length > 0) {
        const change = { expect: version, version: version + accepted.length, data: merged };
        const outcome = await this.store.update(app, token, change, now);
        if (outcome?.kind === 'conflict') {
          base = outcome;
          continue;
        }
        // Each caller sees the state after its own merge, as if they had come one after the other.
        accepted.forEach(({ waiting, data }, i) => {
          const session = outcome && { ...outcome.session, data, version: version + i + 1 };
          waiting.resolve(session && { session, at: outcome.at, idle: i === 0 ? outcome.idle : 0 });
        });
      }
      for (const { waiting, error } of refused) waiting.reject(error);
      return;
    }
    for (const { resolve } of batch) resolve(null);
  }
}

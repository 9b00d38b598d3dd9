/**
 * Idempotency keys: a request that is sent again within ten minutes gets the same answer again, with the same token,
 * although nobody kept that token. What is kept, as a memo of the store, is a random seed and a fingerprint of the request.
 * The token of a create is computed from the seed and the key, that of a rotation from the seed and the token that it
 * replaces (token.ts). Whoever steals the store cannot compute it without the key or that token, and whoever guesses a key
 * cannot compute it without the store.
 *
 * The memo is written before the session is made, and once more afterwards, with what was done. A request that finds a memo
 * does the same work with the same random characters, and so finds the session that is there already: of 20 requests at
 * once one makes a session. Rejected: keeping the answer, because that would keep the token.
 */
import { ServiceError } from './errors.ts';
import type { SessionStore } from './store.ts';
import { type Draw, drawFrom, fingerprint, newSeed } from './token.ts';

/** How long a key is remembered. Units: milliseconds. */
const REMEMBERED = 600_000;
/** A value that no memo has. With it a memo can be read without writing one. */
const LOOK = '\0';

/** What makes two requests the same one: who sends it, under which key, and what it says. */
export interface Repeatable {
  /** Keys of different callers are different keys. */
  readonly caller: string;
  readonly key: string;
  /** All that must be the same. */
  readonly request: string;
}

/** A request that has claimed its key. */
export interface Claim {
  /** True: the same request came before, so what it makes may be there already. */
  readonly repeated: boolean;
  /** The session it was about, as the first of them saw it; `''` for one that was drawn. */
  readonly id: string;
  /** What the first of them ended on the way. Absence: null while that is not known. */
  readonly revoked: readonly string[] | null;
  /** What a rotation's token is drawn from, with the token it replaces: more than one when that had been replaced before. */
  readonly seeds: readonly string[];
  /** Draws characters: for one purpose the same ones each time, for another purpose others. */
  readonly draw: (purpose: 'id' | 'token') => Draw;
  /** Notes that it was done. `seeds`: what a rotation drew its token from after all. */
  readonly finish: (revoked: readonly string[], seeds?: readonly string[]) => Promise<void>;
}

type Kept = readonly [
  request: string,
  seed: string,
  id: string,
  revoked: readonly string[] | null,
  seeds?: readonly string[],
];

export class Idempotency {
  private readonly store: SessionStore;

  constructor(store: SessionStore) {
    this.store = store;
  }

  /** Claims a key for a request about a session (`''` for one that will be drawn). Errors: `idempotency_key_reused`. */
  async claim(app: string, repeatable: Repeatable, id: string, now: number): Promise<Claim> {
    const text = JSON.stringify([fingerprint(repeatable.request), newSeed(), id, null] satisfies Kept);
    const found = await this.memo(app, repeatable, text, null, now);
    return this.claimOf(app, repeatable, found ?? text, found !== null, now);
  }

  /** Gives the claim of an earlier request. Absence: null when there was none. Errors: `idempotency_key_reused`. */
  async earlier(app: string, repeatable: Repeatable, now: number): Promise<Claim | null> {
    const found = await this.memo(app, repeatable, '', LOOK, now);
    return found ? this.claimOf(app, repeatable, found, true, now) : null;
  }

  private memo(app: string, { caller, key }: Repeatable, text: string, instead: string | null, now: number) {
    const name = fingerprint(JSON.stringify([caller, key]));
    return this.store.memo(app, name, { text, instead, until: now + REMEMBERED }, now);
  }

  private claimOf(app: string, repeatable: Repeatable, text: string, repeated: boolean, now: number): Claim {
    const [request, seed, id, revoked, seeds = [seed]] = JSON.parse(text) as Kept;
    if (request !== fingerprint(repeatable.request)) {
      throw new ServiceError('idempotency_key_reused', 'the Idempotency-Key was used before, with another request');
    }
    return {
      repeated,
      id,
      revoked,
      seeds,
      draw: (purpose) => drawFrom(seed, `${purpose}.${repeatable.key}`),
      finish: async (ended, used = seeds) => {
        if (revoked !== null) return;
        await this.memo(app, repeatable, JSON.stringify([request, seed, id, ended, used] satisfies Kept), text, now);
      },
    };
  }
}

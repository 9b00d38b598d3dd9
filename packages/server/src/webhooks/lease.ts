/**
 * Who of many processes sends: whoever has the lease, a text in the store that must be renewed. A process that was killed is replaced
 * when the lease is over. One that stood still (a stopped machine, a store that was away) knows by its own clock that it may not send
 * any more, before the store gives the lease to another.
 */
import { randomUUID } from 'node:crypto';
import type { SessionStore } from '../core/store.ts';
import { PLACE } from './state.ts';

/** Units: milliseconds. Another process takes over within LEASE + ASK, which is below five seconds. */
const LEASE = 3000;
export const ASK = 500;
/** What of the lease is left for a request that begins in its last moment. */
const MARGIN = 500;
const NAME = 'lease';

export class Lease {
  private readonly store: Pick<SessionStore, 'memo'>;
  private readonly clock: () => number;
  /** Only goes forward. Units: milliseconds. */
  private readonly elapsed: () => number;
  /** Absence: null when it is not ours. */
  private text: string | null = null;
  private heldUntil = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<SessionStore, 'memo'>, clock: () => number, elapsed: () => number) {
    this.store = store;
    this.clock = clock;
    this.elapsed = elapsed;
  }

  /** Whether this process may send at this moment. */
  get isHeld(): boolean {
    return this.text !== null && this.elapsed() < this.heldUntil;
  }

  /** Renews the lease, or asks for it. Gives whether it is ours now. Errors: those of the store. */
  async ask(): Promise<boolean> {
    const began = this.elapsed();
    const text = this.text ?? randomUUID();
    const now = this.clock();
    const taken = await this.store.memo(PLACE, NAME, { text, instead: this.text, until: now + LEASE }, now);
    this.text = taken === null ? text : null;
    if (taken === null) this.heldUntil = began + LEASE - MARGIN;
    return taken === null;
  }

  /** Gives it up, so that another has it at once. Errors: those of the store. */
  async release(): Promise<void> {
    const { text } = this;
    this.text = null;
    const now = this.clock();
    if (text !== null) await this.store.memo(PLACE, NAME, { text: '', instead: text, until: now }, now);
  }
}

/**
 * How far an import has come, kept in the store that it fills, as a memo beside its sessions: so it can never be that of another
 * store, and goes when the store is emptied. Written after what it speaks of, never before.
 */
import type { SessionStore } from '../core/store.ts';
import { fingerprint } from '../core/token.ts';

/** What an interrupted import left. */
export interface Reached {
  readonly position: string;
  /** Steps that were settled up to there, by all runs together. */
  readonly steps: number;
}

/** The name of an app that no user can have (validate.ts). */
const APP = '_moving';
/** How long an import can be gone on with. Units: milliseconds. */
const KEPT = 30 * 86_400_000;
/** The shortest time between two writes. Units: milliseconds. */
const PAUSE = 1000;
/** What stands where nothing is to be gone on with. */
const OVER = 'over';
/** What never stands there. */
const NEVER = 'never';

export class Checkpoint {
  private readonly store: Pick<SessionStore, 'memo'>;
  private readonly name: string;
  private readonly clock: () => number;
  /** What stands in the store, as far as we know. Absence: null for nothing. */
  private text: string | null = null;
  private noted: Reached | null = null;
  private writtenAt = Number.NEGATIVE_INFINITY;

  /** `what`: the words that name this import: what the next run must say, too. Only a fingerprint of them is kept. */
  constructor(store: Pick<SessionStore, 'memo'>, what: readonly string[], clock: () => number) {
    this.store = store;
    this.name = `import.${fingerprint(JSON.stringify(what))}`;
    this.clock = clock;
  }

  /** Gives what an earlier run left, and goes on from it. Absence: null. */
  async load(): Promise<Reached | null> {
    const now = this.clock();
    // There is no verb that only reads a memo. Nothing has this text, so nothing is replaced, and what is there is told.
    const there = await this.store.memo(APP, this.name, { text: OVER, instead: NEVER, until: now + 1 }, now);
    this.text = there || null;
    this.noted = this.text === null || this.text === OVER ? null : (JSON.parse(this.text) as Reached);
    return this.noted;
  }

  /** Notes that all is settled up to a position, `steps` more than before. Written now and then. */
  async reached(position: string, steps: number): Promise<void> {
    this.noted = { position, steps: (this.noted?.steps ?? 0) + steps };
    // A clock that was set back must not keep it from being written until the hour of then comes again.
    if (Math.abs(this.clock() - this.writtenAt) >= PAUSE) await this.keep();
  }

  /** Writes what was noted last. */
  async keep(): Promise<void> {
    if (this.noted !== null) await this.write(JSON.stringify(this.noted), KEPT);
  }

  /** Forgets it: there is nothing to go on with. */
  async done(): Promise<void> {
    this.noted = null;
    if (this.text !== null) await this.write(OVER, 1);
  }

  private async write(text: string, kept: number): Promise<void> {
    const now = this.clock();
    this.writtenAt = now;
    if (text === this.text) return;
    // Another run of the same import may have written meanwhile: the later one counts, because by neither a session is lost.
    for (let isKept = false; !isKept; ) {
      const memo = { text, instead: this.text, until: now + kept };
      const there = await this.store.memo(APP, this.name, memo, now);
      isKept = there === null;
      this.text = isKept ? text : there || null;
    }
  }
}

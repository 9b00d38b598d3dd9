/**
 * The quota of an app, which is exact though its sessions are in 256 partitions. A create first takes room: it adds a lease
 * and one to the count of the app, in one small key (keys.ts). Then the session is written, and the lease ends. What ends
 * sessions does not look here, so the count is never too low and may be too high. When it says full, the sessions are
 * counted, and that count takes its place. An app is full when that count says so and no lease is left that could give its room
 * back, as those do whose token or id was taken.
 *
 * A count walks the partitions one after the other, and is only kept if no lease was taken or ended meanwhile. A lease
 * whose session is not there yet counts as one: until it is settled, or lapses, because its process died. Moves take leases,
 * too: a count could otherwise miss a session between its two partitions.
 *
 * Rejected: a set of all ids, which takes 100 bytes a session, and which whatever ends a session would have to keep true; and
 * one count that all ends write, which a crash between the two keys would leave wrong.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session.ts';
import type { CreateOutcome, Move } from '../../core/store.ts';
import { ID_LENGTH, randomText } from '../../core/token.ts';
import type { FanOut } from './fan-out.ts';
import type { Keys } from './keys.ts';
import type { ScriptCalls } from './script-calls.ts';

/** A lease is named by the id of its session, and some characters of its own: two may be about one id. */
const OWN = 8;
/** Budgets that a lease outlasts: a claim that is waited for, a script that is answered late, and clocks that differ. */
const BUDGETS = 5;
/** How long a count is good. Sessions that a process without the quota creates are noticed then. Units: milliseconds. */
const GOOD_FOR = 60_000;
/**
 * How long nobody counts after a count, however many creates find an app full: twice as long as it took, within bounds. It is
 * 3 ms of Redis. Units: milliseconds.
 */
const PAUSES = 2;
const [MIN_PAUSE, MAX_PAUSE] = [20, 200];
/** Apps whose counts this process remembers. */
const KEPT = 1000;

/** What the script says: full for certain, or full if all leases become sessions. */
const [FULL, TAKEN, FULL_BY_LEASES] = [0, 1, 3];

type Moved = Exclude<CreateOutcome, { readonly kind: 'full' }>;

/** The counts of an app by this process: the last one, and one that waits to begin. */
interface Counting {
  last: Promise<unknown>;
  /** When the next may begin, by `performance.now()`. */
  notBefore: number;
  next: Promise<boolean> | null;
}

/** Sessions of an app that were written without a lease, and are not noted yet. */
interface Notes {
  waiting: number;
  last: Promise<void>;
  next: Promise<void> | null;
}

export class Quotas {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly fanOut: FanOut;
  private readonly countings = new Map<string, Counting>();
  private readonly notes = new Map<string, Notes>();

  constructor(calls: ScriptCalls, keys: Keys, fanOut: FanOut) {
    this.calls = calls;
    this.keys = keys;
    this.fanOut = fanOut;
  }

  /**
   * Writes a session once it has room. `add` writes it; `instead`: only if its cap ends another one, which leaves its room.
   * `comesFirst`: where there is no room, something else may be in its way that the caller is to be told instead.
   */
  async create(
    { app, id }: Session,
    max: number,
    comesFirst: boolean,
    now: number,
    add: (instead: boolean) => Promise<CreateOutcome>,
  ): Promise<CreateOutcome> {
    await this.fanOut.enter(app);
    const lease = await this.take(app, id, max, now);
    if (lease === null) return comesFirst ? add(true) : { kind: 'full' };
    const outcome = await add(false);
    this.settle(app, lease, outcome.kind === 'created' ? -outcome.revoked.length : -1);
    return outcome;
  }

  /** Writes a session that moves: it needs no room, because the one that it is a copy of ends. */
  async move({ id, counted }: Move, app: string, now: number, add: () => Promise<CreateOutcome>): Promise<Moved> {
    const lease = leaseOf(id);
    if (counted) await this.tryToTake(app, lease, '', now);
    const outcome = await add();
    if (counted) this.settle(app, lease, outcome.kind === 'created' ? -1 - outcome.revoked.length : -1);
    if (outcome.kind === 'full') throw new Error('a move needs no room of a quota');
    return outcome;
  }

  /**
   * Notes that a session was written without a lease, if anybody counts the app. What comes while one note is on its way goes
   * together in the next.
   */
  note(app: string): Promise<void> {
    const notes = this.notes.get(app) ?? { waiting: 0, last: Promise.resolve(), next: null };
    this.notes.set(app, notes);
    notes.waiting++;
    notes.next ??= notes.last
      .catch(() => {})
      .then(async () => {
        const { waiting, next } = notes;
        notes.waiting = 0;
        notes.next = null;
        notes.last = next!;
        try {
          await this.calls.callTimeless('quota-note', [this.keys.quota(app)], [waiting]);
        } finally {
          if (notes.next === null) this.notes.delete(app);
        }
      });
    return notes.next;
  }

  /** Takes room for a session. Gives the lease. Absence: null when the app has all the sessions of its quota. */
  private async take(app: string, id: string, max: number, now: number): Promise<string | null> {
    const lease = leaseOf(id);
    const patience = performance.now() + this.calls.timeout;
    for (let isSure = false; ; ) {
      const state = await this.tryToTake(app, lease, max, now);
      if (state === TAKEN) return lease;
      if (state === FULL && isSure) return null;
      if (performance.now() > patience) {
        if (state === FULL || state === FULL_BY_LEASES) return null;
        throw new ServiceError('store_unavailable', 'the sessions of the app could not be counted in time');
      }
      isSure = await this.counted(app, now);
    }
  }

  /** Ends a lease. Nobody waits for it: one that stays is ended by the next count. */
  private settle(app: string, lease: string, more: number): void {
    void this.calls.callTimeless('quota-settle', [this.keys.quota(app)], [lease, more]).catch(() => {});
  }

  private async tryToTake(app: string, lease: string, max: number | '', now: number): Promise<unknown> {
    const args = [lease, max, BUDGETS * this.calls.timeout];
    return (await this.calls.call('quota-take', [this.keys.quota(app)], now, args))![1];
  }

  /**
   * Counts the sessions of an app, with all who ask before it begins. One that runs already may have passed by what ended
   * since. Gives whether it was kept and no session is about to be written: then full is full.
   */
  private counted(app: string, now: number): Promise<boolean> {
    if (this.countings.size > KEPT) this.countings.clear();
    let counting = this.countings.get(app);
    if (counting === undefined) {
      counting = { last: Promise.resolve(), notBefore: 0, next: null };
      this.countings.set(app, counting);
    }
    counting.next ??= this.countNext(app, counting, now);
    return counting.next;
  }

  private async countNext(app: string, counting: Counting, now: number): Promise<boolean> {
    await counting.last;
    await delay(Math.max(0, counting.notBefore - performance.now()));
    counting.next = null;
    const began = performance.now();
    const count = this.count(app, now);
    counting.last = count
      .catch(() => {})
      .then(() => {
        const ended = performance.now();
        counting.notBefore = ended + Math.min(MAX_PAUSE, Math.max(MIN_PAUSE, PAUSES * (ended - began)));
      });
    return count;
  }

  private async count(app: string, now: number): Promise<boolean> {
    const key = [this.keys.quota(app)];
    const [at, changes, ...flat] = (await this.calls.call('quota-look', key, now, []))!;
    const texts = (flat as Buffer[]).map(String);
    const leases = texts.flatMap((name, i) => (i % 2 === 0 ? [{ name, until: Number(texts[i + 1]) }] : []));
    // Before the count: what is there now is in it, or has ended.
    const ids = leases.map(({ name }) => name.slice(0, ID_LENGTH));
    const visits = await this.fanOut.find(app, ids, now);
    const { sessions } = await this.fanOut.count(app, 0, now);
    const open = leases.filter(({ until }, i) => visits[i] === null && at < until);
    const ended = leases.filter((lease) => !open.includes(lease)).map(({ name }) => name);
    const args = [String(changes), sessions + open.length, GOOD_FOR, ...ended];
    const [, kept] = (await this.calls.call('quota-count', key, now, args))!;
    return kept === 1 && open.length === 0;
  }
}

function leaseOf(id: string): string {
  return id + randomText(OWN);
}

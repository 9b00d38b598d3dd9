/**
 * Last-seen and read counters, written behind. A get answers at once. What it counted is committed within a second, many
 * sessions in one transaction. Until then every read of this process adds what is still pending. The activity index follows
 * within ten seconds, or before it is read. It may be that late because moving its entries costs more than all the rest, and
 * lists are read far less often than sessions.
 *
 * Three things need care.
 * - A transaction reads a record, and some time later its commit becomes visible. In between nobody could tell whether the
 *   pending numbers are in the record or not. So the record carries how often it was flushed: whoever reads a record with
 *   the new number knows that the commit is in it. This needs no lock and counts nothing twice, also with several processes.
 * - A deadline that is about to pass cannot wait: another process, or this one after a crash, would see the session as
 *   expired although the touch was answered. Such a touch is committed before it is answered (`isUrgent`).
 * - A flush never inserts: a session revoked meanwhile stays gone.
 */
import { expiresAt, touched } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { StoredRecord } from './record.ts';
import { isFull } from './room.ts';
import type { Tables } from './tables.ts';

/** Units: milliseconds. Less than the guarantee allows, so that a large flush still ends in time. */
const FLUSH_AFTER = 600;
/** A touch whose session would end within this, by what is on the disk, is committed at once. */
const URGENT_WITHIN = 2000;
/** How long the activity index may lag behind the records. */
const INDEX_AFTER = 10_000;
/** How far the index of another process, or of one that crashed, can be behind. Whoever reads the index looks back as far. */
export const INDEX_LAG = INDEX_AFTER + 5_000;
/** Sessions in one transaction: its callback must not hold up the event loop. */
const SLICE = 500;
/** With more keys than this it is not worth while to look for those of one home. */
const LOOKED_THROUGH = 5000;

/** An instant at which nothing was counted. */
const NEVER = -1;

/**
 * What was counted of a session. It stays as long as there is anything to do for the session, and hot sessions use the same one
 * again and again: new ones for each flush would all outlive the young garbage.
 */
interface Seen {
  readonly key: string;
  /** Pending; `lastSeenAt` is NEVER when nothing is. */
  reads: number;
  lastSeenAt: number;
  /** On its way to the disk; as above. */
  flushingReads: number;
  flushingSeenAt: number;
  /** The number of flushes that the record will carry; 0 until a transaction has written it. */
  flushes: number;
}

export class WriteBehind {
  private readonly tables: Tables;
  private readonly onError: (error: unknown) => void;
  /** All for which there is anything to do, by the key of their session. */
  private readonly seen = new Map<string, Seen>();
  /** Those of which something may be pending. */
  private pending: Seen[] = [];
  /** Sessions whose record is committed and whose index entry is behind. */
  private readonly behind = new Set<Seen>();
  private timer: NodeJS.Timeout | null = null;
  private indexTimer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(tables: Tables, onError: (error: unknown) => void) {
    this.tables = tables;
    this.onError = onError;
  }

  /** Gives the session of a stored record with what is still pending. */
  current(key: string, { session, flushes }: StoredRecord): Session {
    const seen = this.seen.get(key);
    if (seen === undefined) return session;
    const isCounted = seen.flushingSeenAt === NEVER || (seen.flushes > 0 && flushes >= seen.flushes);
    if (isCounted && seen.lastSeenAt === NEVER) return session;
    if (isCounted) return touched(session, seen.lastSeenAt, seen.reads);
    return touched(session, Math.max(seen.lastSeenAt, seen.flushingSeenAt), seen.reads + seen.flushingReads);
  }

  /** Counts reads at `now`; none for a touch that is no read. */
  touch(key: string, reads: number, now: number): void {
    const seen = this.of(key);
    if (seen.lastSeenAt === NEVER) this.pending.push(seen);
    seen.reads += reads;
    if (seen.lastSeenAt < now) seen.lastSeenAt = now;
    this.flushSoon();
  }

  isUrgent(stored: Session, now: number): boolean {
    return (
      expiresAt(stored) - now < URGENT_WITHIN &&
      expiresAt(stored) < (stored.absoluteExpiresAt ?? Number.POSITIVE_INFINITY)
    );
  }

  /** Notes that a session's index entry is behind its record. */
  fallBehind(key: string): void {
    this.behind.add(this.of(key));
    if (!this.stopped) this.indexTimer ??= setTimeout(() => void this.settle().catch(this.tell), INDEX_AFTER);
  }

  /** Forgets what is pending for a session whose record took it over or is gone. */
  forget(key: string): void {
    const seen = this.seen.get(key);
    if (seen === undefined) return;
    seen.reads = 0;
    seen.lastSeenAt = NEVER;
    this.drop(seen);
  }

  /** Commits all that was counted before the call. Errors: `store_unavailable`; what was not committed stays pending. */
  flush(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.running = this.running.catch(() => {}).then(() => this.flushPending());
    return this.running;
  }

  /** Commits all that was counted before the call, and brings the activity index up to it. Errors: as `flush`. */
  async settle(): Promise<void> {
    await this.flush();
    if (this.indexTimer !== null) clearTimeout(this.indexTimer);
    this.indexTimer = null;
    // Neighbours in key order lie on the same pages, so a slice of them copies and writes far fewer pages than a random one.
    const behind = [...this.behind].sort(byKey);
    for (let i = 0; i < behind.length; i += SLICE) await this.reindex(behind.slice(i, i + SLICE));
  }

  /** Tells whether `settle` may have anything to do for the sessions of a home. */
  concerns(home: string): boolean {
    if (this.seen.size > LOOKED_THROUGH) return true;
    const prefix = `${home}:`;
    for (const key of this.seen.keys()) if (key.startsWith(prefix)) return true;
    return false;
  }

  /** Commits what is pending and counts no more. */
  async stop(): Promise<void> {
    // A flush that is under way and fails puts back what it had: nobody is to try that again and again, or to be told twice.
    this.stopped = true;
    for (const timer of [this.timer, this.indexTimer]) if (timer !== null) clearTimeout(timer);
    // Of a folder that is gone everybody knows already, and what was counted has nowhere to go.
    if (this.tables.environment.fault() === null) await this.settle().catch(this.onError);
    else await this.running.catch(() => {});
  }

  private of(key: string): Seen {
    let seen = this.seen.get(key);
    if (seen === undefined) {
      seen = { key, reads: 0, lastSeenAt: NEVER, flushingReads: 0, flushingSeenAt: NEVER, flushes: 0 };
      this.seen.set(key, seen);
    }
    return seen;
  }

  /** Lets go of one for which nothing is left to do. */
  private drop(seen: Seen): void {
    if (seen.lastSeenAt === NEVER && seen.flushingSeenAt === NEVER && !this.behind.has(seen))
      this.seen.delete(seen.key);
  }

  private async flushPending(): Promise<void> {
    const flushing: Seen[] = [];
    for (const seen of this.pending) {
      // Its session has ended, or it was listed twice because of that.
      if (seen.lastSeenAt === NEVER) continue;
      seen.flushingReads = seen.reads;
      seen.flushingSeenAt = seen.lastSeenAt;
      seen.flushes = 0;
      seen.reads = 0;
      seen.lastSeenAt = NEVER;
      flushing.push(seen);
    }
    this.pending = [];
    flushing.sort(byKey);
    try {
      for (let i = 0; i < flushing.length; i += SLICE) await this.commitWhatFits(flushing.slice(i, i + SLICE));
    } finally {
      for (const seen of flushing) if (seen.flushingSeenAt !== NEVER) this.putBack(seen);
    }
  }

  private flushSoon(): void {
    if (!this.stopped) this.timer ??= setTimeout(() => void this.flush().catch(this.tell), FLUSH_AFTER);
  }

  private tell = (error: unknown): void => {
    if (!this.stopped) this.onError(error);
  };

  /** On a full disk, fewer sessions at a time change fewer pages at a time. */
  private async commitWhatFits(slice: readonly Seen[]): Promise<void> {
    try {
      await this.commit(slice);
    } catch (error) {
      if (slice.length === 1 || !isFull(error)) throw error;
      const half = Math.ceil(slice.length / 2);
      await this.commitWhatFits(slice.slice(0, half));
      await this.commitWhatFits(slice.slice(half));
    }
  }

  private async commit(slice: readonly Seen[]): Promise<void> {
    await this.tables.transaction(() => {
      for (const seen of slice) {
        const flushes = this.tables.recount(seen.key, seen.flushingReads, seen.flushingSeenAt);
        if (flushes === null) continue;
        seen.flushes = flushes;
        this.fallBehind(seen.key);
      }
    });
    for (const seen of slice) {
      seen.flushingReads = 0;
      seen.flushingSeenAt = NEVER;
      this.drop(seen);
    }
  }

  private async reindex(slice: readonly Seen[]): Promise<void> {
    await this.tables.transaction(() => {
      for (const seen of slice) {
        const record = this.tables.record(seen.key);
        if (record !== null) this.tables.reindex(record);
        this.behind.delete(seen);
        this.drop(seen);
      }
    });
  }

  private putBack(seen: Seen): void {
    if (seen.lastSeenAt === NEVER) this.pending.push(seen);
    seen.reads += seen.flushingReads;
    seen.lastSeenAt = Math.max(seen.lastSeenAt, seen.flushingSeenAt);
    seen.flushingReads = 0;
    seen.flushingSeenAt = NEVER;
    this.flushSoon();
  }
}

function byKey(one: Seen, other: Seen): number {
  return one.key < other.key ? -1 : 1;
}

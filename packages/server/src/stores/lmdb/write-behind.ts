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

interface Seen {
  reads: number;
  lastSeenAt: number;
  /** The number that the record will carry; 0 until a transaction has written it. */
  flushes: number;
}

export class WriteBehind {
  private readonly tables: Tables;
  private readonly onError: (error: unknown) => void;
  private pending = new Map<string, Seen>();
  /** What is on its way to the disk. */
  private flushing = new Map<string, Seen>();
  /** Sessions whose record is committed and whose index entry is behind. */
  private readonly behind = new Set<string>();
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
    const pending = this.pending.get(key);
    const flushing = this.flushing.size === 0 ? undefined : this.flushing.get(key);
    const uncounted = flushing === undefined || (flushing.flushes > 0 && flushes >= flushing.flushes) ? null : flushing;
    if (pending === undefined && uncounted === null) return session;
    const lastSeenAt = Math.max(pending?.lastSeenAt ?? 0, uncounted?.lastSeenAt ?? 0);
    return touched(session, lastSeenAt, (pending?.reads ?? 0) + (uncounted?.reads ?? 0));
  }

  /** Counts reads at `now`; none for a touch that is no read. */
  touch(key: string, reads: number, now: number): void {
    const seen = this.pending.get(key);
    if (seen === undefined) this.pending.set(key, { reads, lastSeenAt: now, flushes: 0 });
    else {
      seen.reads += reads;
      if (seen.lastSeenAt < now) seen.lastSeenAt = now;
    }
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
    this.behind.add(key);
    if (!this.stopped) this.indexTimer ??= setTimeout(() => void this.settle().catch(this.tell), INDEX_AFTER);
  }

  /** Forgets what is pending for a session whose record took it over or is gone. */
  forget(key: string): void {
    this.pending.delete(key);
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
    const keys = [...this.behind].sort();
    for (let i = 0; i < keys.length; i += SLICE) await this.reindex(keys.slice(i, i + SLICE));
  }

  /** Tells whether `settle` may have anything to do for the sessions of a home. */
  concerns(home: string): boolean {
    const { pending, flushing, behind } = this;
    if (pending.size + flushing.size + behind.size > LOOKED_THROUGH) return true;
    const prefix = `${home}:`;
    for (const keys of [pending.keys(), flushing.keys(), behind]) {
      for (const key of keys) if (key.startsWith(prefix)) return true;
    }
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

  private async flushPending(): Promise<void> {
    if (this.pending.size === 0) return;
    this.flushing = this.pending;
    this.pending = new Map();
    try {
      const keys = [...this.flushing.keys()].sort();
      for (let i = 0; i < keys.length; i += SLICE) await this.commitWhatFits(keys.slice(i, i + SLICE));
    } finally {
      for (const [key, seen] of this.flushing) this.putBack(key, seen);
      this.flushing = new Map();
    }
  }

  private flushSoon(): void {
    if (!this.stopped) this.timer ??= setTimeout(() => void this.flush().catch(this.tell), FLUSH_AFTER);
  }

  private tell = (error: unknown): void => {
    if (!this.stopped) this.onError(error);
  };

  /** On a full disk, fewer sessions at a time change fewer pages at a time. */
  private async commitWhatFits(keys: readonly string[]): Promise<void> {
    try {
      await this.commit(keys);
    } catch (error) {
      if (keys.length === 1 || !isFull(error)) throw error;
      const half = Math.ceil(keys.length / 2);
      await this.commitWhatFits(keys.slice(0, half));
      await this.commitWhatFits(keys.slice(half));
    }
  }

  private async commit(keys: readonly string[]): Promise<void> {
    await this.tables.transaction(() => {
      for (const key of keys) {
        const seen = this.flushing.get(key)!;
        const flushes = this.tables.recount(key, seen.reads, seen.lastSeenAt);
        if (flushes === null) continue;
        seen.flushes = flushes;
        this.fallBehind(key);
      }
    });
    for (const key of keys) this.flushing.delete(key);
  }

  private async reindex(keys: readonly string[]): Promise<void> {
    await this.tables.transaction(() => {
      for (const key of keys) {
        const record = this.tables.record(key);
        if (record !== null) this.tables.reindex(record);
        this.behind.delete(key);
      }
    });
  }

  private putBack(key: string, { reads, lastSeenAt }: Seen): void {
    const newer = this.pending.get(key);
    this.pending.set(key, {
      reads: reads + (newer?.reads ?? 0),
      lastSeenAt: Math.max(lastSeenAt, newer?.lastSeenAt ?? 0),
      flushes: 0,
    });
    this.flushSoon();
  }
}

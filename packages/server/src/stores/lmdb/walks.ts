/**
 * What goes over many sessions: lists, counts, the sweep, and the end of all sessions of a subject or an app. Work is
 * cut into slices with a turn of the event loop between them, so that a walk over a million sessions holds nobody up.
 *
 * Walks that read run on one snapshot, after this process has committed what it had pending. So they see one state, and its
 * index is exact. Walks that end sessions go by session key, which no touch changes. So they meet each session that existed
 * when they began exactly once.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Transaction } from 'lmdb';
import { type Position, pageOf, readCursor, writeCursor } from '../../core/cursor.ts';
import { isLive } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Count, ListQuery, Page } from '../../core/store.ts';
import { activityKey, dueUntil, idOf, instantPrefix, keyOfDue, sessionKey, subjectPrefix, under } from './keys.ts';
import { isFull } from './room.ts';
import type { Tables } from './tables.ts';
import { INDEX_LAG, type WriteBehind } from './write-behind.ts';

/** Entries of a reading walk between two turns of the event loop. */
const READ_SLICE = 1000;
/** Sessions ended, or due entries looked at, in one transaction. */
const WRITE_SLICE = 200;

interface Range {
  readonly start: string;
  readonly end: string;
  readonly exclusiveStart?: boolean;
  readonly reverse?: boolean;
}

export class Walks {
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly decidedAt: (now: number) => number;

  /** `decidedAt` gives the instant to decide by (core/instant.ts). */
  constructor(tables: Tables, seen: WriteBehind, decidedAt: (now: number) => number) {
    this.tables = tables;
    this.seen = seen;
    this.decidedAt = decidedAt;
  }

  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    return this.look(now, async (snapshot, at) => {
      const since = query.activeSince === undefined ? 0 : query.activeSince + at - now;
      if (query.subject !== undefined) {
        const sessions = await this.ofSubject(app, query.subject, since, at, snapshot);
        return { ...pageOf(sessions, query), at };
      }
      const { start, end } = under(app);
      const range: Range = {
        start: after === null ? end : activityKey(app, after.lastSeenAt, after.id),
        end: query.activeSince === undefined ? start : instantPrefix(app, since - INDEX_LAG),
        exclusiveStart: true,
        reverse: true,
      };
      const { maxData = Number.POSITIVE_INFINITY } = query;
      const sessions: Session[] = [];
      let data = 0;
      let last: Position | null = null;
      for await (const { key } of slices(this.tables.activity, range, snapshot)) {
        const record = this.tables.record(sessionKey(app, idOf(key)), snapshot);
        if (record === null || !isActive(record.session, since, at)) continue;
        if (sessions.length === query.limit || data > maxData) return { sessions, cursor: writeCursor(last!), at };
        sessions.push(record.session);
        data += record.session.data.length;
        last = { lastSeenAt: record.indexedAt, id: record.session.id };
      }
      return { sessions, cursor: null, at };
    });
  }

  async count(app: string, activeSince: number, now: number): Promise<Count> {
    return this.look(now, async (snapshot, at) => {
      const since = activeSince + at - now;
      const subjects = new Set<string>();
      let sessions = 0;
      const exact = instantPrefix(app, since);
      const range = { start: instantPrefix(app, since - INDEX_LAG), end: under(app).end };
      for await (const { key, value } of slices(this.tables.activity, range, snapshot)) {
        const [subject, expiresAt] = value;
        // The entry alone is enough to decide, unless it may be behind its record.
        if (key < exact || (expiresAt !== null && expiresAt <= at)) {
          const record = this.tables.record(sessionKey(app, idOf(key)), snapshot);
          if (record === null || !isActive(record.session, since, at)) continue;
        }
        sessions++;
        if (subject !== null) subjects.add(subject);
      }
      return { sessions, subjects: subjects.size };
    });
  }

  revokeApp(app: string, now: number): Promise<number> {
    return this.end(this.tables.sessions, under(app), (key) => key, now);
  }

  revokeSubject(app: string, subject: string, except: string | undefined, now: number): Promise<number> {
    const toKey = (key: string) => (idOf(key) === except ? null : sessionKey(app, idOf(key)));
    return this.end(this.tables.subjects, under(subjectPrefix(app, subject)), toKey, now);
  }

  async sweep(now: number, limit: number): Promise<number> {
    this.tables.environment.releaseDeadReaders();
    await this.sweepMemos(now);
    let removed = 0;
    let start = dueUntil(now).start;
    while (removed < limit) {
      const slice = await smaller((most) =>
        this.tables.transaction(() => {
          const size = Math.min(most, limit - removed);
          return { ...this.sweepDue(this.decidedAt(now), start, size), size };
        }),
      );
      removed += slice.removed;
      if (slice.keys.length < slice.size) break;
      start = slice.keys.at(-1)!;
    }
    return removed;
  }

  /**
   * Tells whether an app has room for one more session under a quota: at the quota, what has expired is removed before it
   * is said to be full. In a transaction. Very much may be due: then it gives the key of `due` from which to go on, in
   * another transaction.
   */
  room(app: string, quota: number, now: number, start = ''): 'room' | 'full' | { readonly start: string } {
    if (this.tables.counts.of(app) < quota) return 'room';
    const { keys } = this.sweepDue(now, start, WRITE_SLICE);
    if (this.tables.counts.of(app) < quota) return 'room';
    return keys.length < WRITE_SLICE ? 'full' : { start: keys.at(-1)! };
  }

  /** Removes what is due, from a key of `due` on, looking at `limit` of them. In a transaction. */
  private sweepDue(now: number, start: string, limit: number): { removed: number; keys: string[] } {
    const keys = [...this.tables.due.getKeys({ ...dueUntil(now), start, exclusiveStart: true, limit })];
    return { removed: keys.filter((key) => this.sweepOne(keyOfDue(key), now)).length, keys };
  }

  /** Each login leaves a memo for a moment, so there may be many more of them than sessions to sweep. */
  private async sweepMemos(now: number): Promise<void> {
    const slice = (size: number) =>
      this.tables.transaction(() => ({ swept: this.tables.memos.sweep(this.decidedAt(now), size), size }));
    for (let last = await smaller(slice); last.swept === last.size; last = await smaller(slice));
  }

  /** Looks at one state, as of the instant at which all that this process had pending is in it. */
  private async look<T>(now: number, work: (snapshot: Transaction, at: number) => Promise<T>): Promise<T> {
    await this.seen.settle();
    return this.tables.snapshot((snapshot) => work(snapshot, this.decidedAt(now)));
  }

  /** Removes one session that is due, or notes when it will be. In a transaction. */
  private sweepOne(key: string, now: number): boolean {
    const record = this.tables.record(key);
    if (record === null) return false;
    if (isLive(record.session, now)) {
      this.tables.postpone(record);
      return false;
    }
    // Touched in this process and not committed yet: it comes up again with the next sweep.
    if (isLive(this.seen.current(key, record), now)) return false;
    this.tables.remove(record);
    return true;
  }

  /** Ends the sessions that a table's range leads to, slice by slice; gives how many were live. */
  private async end(
    table: Database<unknown, string>,
    range: Range,
    toKey: (key: string) => string | null,
    now: number,
  ): Promise<number> {
    let revoked = 0;
    let next = range;
    for (;;) {
      const { keys, ended, size } = await smaller((size) =>
        this.tables.transaction(() => {
          const at = this.decidedAt(now);
          let ended = 0;
          const found = [...table.getKeys({ ...next, limit: size })];
          for (const key of found.map(toKey)) {
            const record = key === null ? null : this.tables.record(key);
            if (key === null || record === null) continue;
            if (isLive(this.seen.current(key, record), at)) ended++;
            this.tables.remove(record);
            this.seen.forget(key);
          }
          return { keys: found, ended, size };
        }),
      );
      revoked += ended;
      if (keys.length < size) return revoked;
      next = { ...range, start: keys.at(-1)!, exclusiveStart: true };
    }
  }

  private async ofSubject(
    app: string,
    subject: string,
    activeSince: number,
    now: number,
    snapshot: Transaction,
  ): Promise<Session[]> {
    const sessions: Session[] = [];
    for await (const { key } of slices(this.tables.subjects, under(subjectPrefix(app, subject)), snapshot)) {
      const session = this.tables.record(sessionKey(app, idOf(key)), snapshot)?.session;
      if (session !== undefined && isActive(session, activeSince, now)) sessions.push(session);
    }
    return sessions;
  }
}

/** Runs a slice, and again with fewer sessions when a full disk has no room for the pages that it changes. */
async function smaller<T>(slice: (size: number) => Promise<T>): Promise<T> {
  for (let size = WRITE_SLICE; ; size = Math.ceil(size / 8)) {
    try {
      return await slice(size);
    } catch (error) {
      if (size === 1 || !isFull(error)) throw error;
    }
  }
}

function isActive(session: Session, activeSince: number, now: number): boolean {
  return session.lastSeenAt >= activeSince && isLive(session, now);
}

/** Walks a range of a table on a snapshot, with a turn of the event loop after each slice. */
async function* slices<V>(table: Database<V, string>, range: Range, snapshot: Transaction) {
  let next = range;
  for (;;) {
    const entries = [...table.getRange({ ...next, limit: READ_SLICE, transaction: snapshot })];
    yield* entries;
    if (entries.length < READ_SLICE) return;
    next = { ...range, start: entries.at(-1)!.key, exclusiveStart: true };
    await nextTurn();
  }
}

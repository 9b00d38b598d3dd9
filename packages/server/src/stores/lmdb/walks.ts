/**
 * What goes over many sessions: lists and the sweep; beside them counts (counting.ts) and ends (ending.ts). Work is cut into
 * slices with a turn of the event loop between them, so that a walk over a million sessions holds nobody up. Lists run on one
 * snapshot, after this process has committed what it had pending. So they see one state, and its index is exact. The few
 * sessions of one subject, which most lists are about, need no index: they are read at once, with what is pending added.
 */
import type { Transaction } from 'lmdb';
import { firstAfter, type Position, readCursor, writeCursor } from '../../core/cursor.ts';
import { isLive } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { ListQuery, Page } from '../../core/store.ts';
import type { StoreEvents } from '../../core/store-events.ts';
import { Counting, isActive } from './counting.ts';
import { Ending, type EndingParts } from './ending.ts';
import type { Entries } from './entries.ts';
import type { History } from './history.ts';
import {
  activityKey,
  appOf,
  dueUntil,
  homeOf,
  idOf,
  instantPrefix,
  keyOfDue,
  sessionKey,
  subjectPrefix,
  under,
} from './keys.ts';
import { Leftovers } from './leftovers.ts';
import { type Range, slices, smaller, WRITE_SLICE } from './slices.ts';
import type { Tables } from './tables.ts';
import { INDEX_LAG, type WriteBehind } from './write-behind.ts';

/** So many sessions of a subject are listed in one go. */
const FEW = 25;

export interface WalksParts extends Omit<EndingParts, 'counting' | 'leftovers'> {
  /** Absence: null when no app of this process has rules. */
  readonly past: History | null;
  readonly onError: StoreEvents['onError'];
  readonly onExpired: StoreEvents['onExpired'];
}

export class Walks {
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly entries: Entries;
  private readonly past: History | null;
  private readonly decidedAt: (now: number) => number;
  private readonly onExpired: StoreEvents['onExpired'];
  readonly counting: Counting;
  readonly leftovers: Leftovers;
  readonly ending: Ending;

  constructor(parts: WalksParts) {
    const { tables, seen, entries, ends, past, decidedAt, onError, onExpired } = parts;
    this.tables = tables;
    this.seen = seen;
    this.entries = entries;
    this.past = past;
    this.decidedAt = decidedAt;
    this.onExpired = onExpired;
    const counting = new Counting(tables, seen, decidedAt);
    const leftovers = new Leftovers(tables, ends, onError);
    this.counting = counting;
    this.leftovers = leftovers;
    this.ending = new Ending({ ...parts, counting, leftovers });
    // Of an app that ended before a process died.
    void leftovers.remove();
  }

  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const few = query.subject === undefined ? null : await this.listFew(app, query.subject, query, now);
    if (few !== null) return few;
    return this.look(app, now, async (snapshot, at) => {
      const since = query.activeSince === undefined ? 0 : query.activeSince + at - now;
      const home = this.tables.homes.of(app, snapshot);
      if (query.subject !== undefined) {
        const places = await this.ofSubject(home, query.subject, since, at, snapshot);
        const read = (id: string) => this.tables.record(sessionKey(home, id), snapshot)!.session;
        return { ...pageOf(firstAfter(places, query), query, read), at };
      }
      const { start, end } = under(home);
      const range: Range = {
        start: after === null ? end : activityKey(home, after.lastSeenAt, after.id),
        end: query.activeSince === undefined ? start : instantPrefix(home, since - INDEX_LAG),
        exclusiveStart: true,
        reverse: true,
      };
      const { maxData = Number.POSITIVE_INFINITY } = query;
      const sessions: Session[] = [];
      let data = 0;
      let last: Position | null = null;
      for await (const entries of slices(this.tables.activity, range, snapshot)) {
        for (const { key } of entries) {
          const record = this.tables.record(sessionKey(home, idOf(key)), snapshot);
          if (record === null || !isActive(record.session, since, at)) continue;
          if (sessions.length === query.limit || data > maxData) return { sessions, cursor: writeCursor(last!), at };
          sessions.push(record.session);
          data += record.session.data.length;
          last = { lastSeenAt: record.indexedAt, id: record.session.id };
        }
      }
      return { sessions, cursor: null, at };
    });
  }

  async sweep(now: number, limit: number): Promise<number> {
    this.tables.environment.releaseDeadReaders();
    // Of an app that another process ended, and did not come to the end.
    void this.leftovers.remove();
    await this.sweepMemos(now);
    await this.past?.sweep(now);
    let removed = 0;
    let start = dueUntil(now).start;
    while (removed < limit) {
      const slice = await smaller((most) =>
        this.tables.transaction(() => {
          const size = Math.min(most, limit - removed);
          return { ...this.sweepDue(this.decidedAt(now), start, size), size };
        }),
      );
      removed += slice.removed.length;
      for (const key of slice.removed) this.onExpired?.(appOf(homeOf(keyOfDue(key))), 1);
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
    const { counts, homes } = this.tables;
    const home = homes.of(app);
    if (counts.of(home)[0] < quota) return 'room';
    const { keys } = this.sweepDue(now, start, WRITE_SLICE);
    if (counts.of(home)[0] < quota) return 'room';
    return keys.length < WRITE_SLICE ? 'full' : { start: keys.at(-1)! };
  }

  /** Removes what is due, from a key of `due` on, looking at `limit` of them. In a transaction. */
  private sweepDue(now: number, start: string, limit: number): { removed: string[]; keys: string[] } {
    const keys = [...this.tables.due.getKeys({ ...dueUntil(now), start, exclusiveStart: true, limit })];
    return { removed: keys.filter((key) => this.sweepOne(key, now)), keys };
  }

  /** Each login leaves a memo for a moment, so there may be many more of them than sessions to sweep. */
  private async sweepMemos(now: number): Promise<void> {
    const slice = (size: number) =>
      this.tables.transaction(() => ({ swept: this.tables.memos.sweep(this.decidedAt(now), size), size }));
    for (let last = await smaller(slice); last.swept === last.size; last = await smaller(slice));
  }

  /** Looks at one state, as of the instant at which all that this process had pending for an app is in it. */
  private async look<T>(app: string, now: number, work: (snapshot: Transaction, at: number) => Promise<T>): Promise<T> {
    if (await this.tables.read(() => this.seen.concerns(this.tables.homes.of(app)))) await this.seen.settle();
    return this.tables.snapshot((snapshot) => work(snapshot, this.decidedAt(now)));
  }

  /** Removes one session that a key of `due` leads to, or notes when it will be. In a transaction. */
  private sweepOne(due: string, now: number): boolean {
    const key = keyOfDue(due);
    const record = this.tables.record(key);
    if (record === null) {
      // Of an app that has ended, or of nobody.
      void this.tables.due.remove(due);
      return false;
    }
    if (isLive(record.session, now)) {
      this.tables.postpone(record);
      return false;
    }
    // Touched in this process and not committed yet: it comes up again with the next sweep.
    if (isLive(this.seen.current(key, record), now)) return false;
    this.entries.end(key, record, 'idle', now);
    return true;
  }

  /** Gives where the sessions of a subject stand. There may be very many, with much data: records are read for a page only. */
  private async ofSubject(
    home: string,
    subject: string,
    activeSince: number,
    now: number,
    snapshot: Transaction,
  ): Promise<Position[]> {
    const places: Position[] = [];
    for await (const entries of slices(this.tables.subjects, under(subjectPrefix(home, subject)), snapshot)) {
      for (const { key } of entries) {
        const id = idOf(key);
        const times = this.tables.times(sessionKey(home, id), snapshot);
        if (times !== null && isActive(times, activeSince, now)) places.push({ id, lastSeenAt: times.lastSeenAt });
      }
    }
    return places;
  }

  /** Lists the sessions of a subject as this process sees them now. Absence: null when there are more than a few. */
  private listFew(app: string, subject: string, query: ListQuery, now: number): Promise<Page | null> {
    return this.tables.read(() => {
      const keys = this.tables.sessionKeysOf(app, subject, { limit: FEW + 1 });
      if (keys.length > FEW) return null;
      const at = this.decidedAt(now);
      const since = query.activeSince === undefined ? 0 : query.activeSince + at - now;
      const sessions = new Map<string, Session>();
      for (const key of keys) {
        const stored = this.tables.recordAt(key);
        const session = stored && this.seen.current(key, stored);
        if (session !== null && isActive(session, since, at)) sessions.set(session.id, session);
      }
      return { ...pageOf(firstAfter([...sessions.values()], query), query, (id) => sessions.get(id)!), at };
    });
  }
}

/** Reads the sessions of places. One place more than the page may have says that there is another page. */
function pageOf(places: readonly Position[], query: ListQuery, read: (id: string) => Session) {
  const { limit, maxData = Number.POSITIVE_INFINITY } = query;
  const sessions: Session[] = [];
  let data = 0;
  for (const { id } of places) {
    if (sessions.length === limit || data > maxData) return { sessions, cursor: writeCursor(sessions.at(-1)!) };
    const session = read(id);
    sessions.push(session);
    data += session.data.length;
  }
  return { sessions, cursor: null };
}

/**
 * How many sessions and subjects of an app are active. What each app has is kept (counts.ts); from that is taken off what has
 * expired and is not swept yet, and what was not active in the window. So nothing is walked where a window holds all there is.
 *
 * Another window is walked from both of its sides at once, over those in it and over those before it, and the shorter walk
 * answers. Rejected: sums for each span of time, which answer any window at once, because every touch would have to move a
 * session between them and its subject too: most of what a read costs now.
 */
import type { Transaction } from 'lmdb';
import { isLive } from '../../core/expiry.ts';
import type { Session } from '../../core/session.ts';
import type { Count } from '../../core/store.ts';
import { dueUntil, homeOf, idOf, instantPrefix, keyOfDue, sessionKey, subjectPrefix, under } from './keys.ts';
import { timesOf } from './record.ts';
import { INDEX_SLICE, slices } from './slices.ts';
import type { Tables } from './tables.ts';
import { INDEX_LAG, type WriteBehind } from './write-behind.ts';

/** So many slices of a window are walked before the other walk begins: small windows cost no more than themselves. */
const HEAD_START = 2;

/** What a count is about. */
interface Asked {
  readonly home: string;
  readonly since: number;
  readonly at: number;
  readonly snapshot: Transaction;
}

/** Sessions, and how many of them each subject has. */
class Tally {
  sessions = 0;
  readonly subjects = new Map<string, number>();

  /** `prefix`: with which the entries of the subject begin; null for a guest. */
  add(prefix: string | null): void {
    this.sessions++;
    if (prefix !== null) this.subjects.set(prefix, (this.subjects.get(prefix) ?? 0) + 1);
  }
}

export class Counting {
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly decidedAt: (now: number) => number;

  constructor(tables: Tables, seen: WriteBehind, decidedAt: (now: number) => number) {
    this.tables = tables;
    this.seen = seen;
    this.decidedAt = decidedAt;
  }

  /** As SessionStore.count. */
  async count(app: string, activeSince: number, now: number): Promise<Count> {
    const look = <T>(work: (asked: Asked) => Promise<T>) =>
      this.tables.snapshot((snapshot) => {
        const at = this.decidedAt(now);
        return work({ home: this.tables.homes.of(app, snapshot), since: activeSince + at - now, at, snapshot });
      });
    const all = await look((asked) => this.allOf(asked));
    if (all !== null) return all;
    if (await this.tables.read(() => this.seen.concerns(this.tables.homes.of(app)))) await this.seen.settle();
    return look((asked) => this.within(asked));
  }

  /** Gives how many records of a home had expired at an instant and are not swept yet. */
  expiredIn(home: string, at: number): Promise<number> {
    return this.tables.snapshot(async (snapshot) => (await this.expired(home, at, snapshot)).sessions);
  }

  private async expired(home: string, at: number, snapshot: Transaction): Promise<Tally> {
    const tally = new Tally();
    for await (const entries of slices(this.tables.due, dueUntil(at), snapshot)) {
      for (const { key } of entries) this.addExpired(tally, home, key, at, snapshot);
    }
    return tally;
  }

  /**
   * Puts a session into `tally` if a key of `due` leads to one of the home that has expired. Gives its key. Absence: null for
   * another one, and for one that goes on.
   */
  private addExpired(tally: Tally, home: string, due: string, at: number, snapshot: Transaction): string | null {
    const key = keyOfDue(due);
    if (homeOf(key) !== home) return null;
    const bytes = this.tables.sessions.getBinaryFast(key, { transaction: snapshot });
    if (bytes === undefined || isLive(timesOf(bytes), at)) return null;
    const record = this.tables.record(key, snapshot)!;
    if (isLive(this.seen.current(key, record), at)) return null;
    tally.add(prefixOf(home, record.session));
    return key;
  }

  /** Counts where nothing is older than the window: entries lag behind their sessions, so none of those is older either. */
  private async allOf(asked: Asked): Promise<Count | null> {
    const { home, since, at, snapshot } = asked;
    const range = { start: under(home).start, end: instantPrefix(home, since), limit: 1, transaction: snapshot };
    if ([...this.tables.activity.getKeys(range)].length > 0) return null;
    return this.without(await this.expired(home, at, snapshot), asked);
  }

  private async within(asked: Asked): Promise<Count> {
    const [inside, before] = [this.inside(asked), this.before(asked)];
    for (let step = 0; ; step++) {
      for (const walk of step < HEAD_START ? [inside] : [inside, before]) {
        const { done, value } = await walk.next();
        if (done) return value;
      }
    }
  }

  /** Counts those in the window. Yields after each slice. */
  private async *inside(asked: Asked): AsyncGenerator<undefined, Count> {
    const { home, since, at, snapshot } = asked;
    const subjects = new Set<string>();
    let sessions = 0;
    const exact = instantPrefix(home, since);
    const range = { start: instantPrefix(home, since - INDEX_LAG), end: under(home).end };
    for await (const entries of slices(this.tables.activity, range, snapshot, INDEX_SLICE)) {
      for (const { key, value } of entries) {
        const [subject, expiresAt] = value;
        // The entry alone is enough to decide, unless it may be behind its record.
        if (key < exact || (expiresAt !== null && expiresAt <= at)) {
          const record = this.tables.record(sessionKey(home, idOf(key)), snapshot);
          if (record === null || !isActive(record.session, since, at)) continue;
        }
        sessions++;
        if (subject !== null) subjects.add(subject);
      }
      yield;
    }
    return { sessions, subjects: subjects.size };
  }

  /** Counts all but those before the window, and those that have expired. Yields after each slice. */
  private async *before(asked: Asked): AsyncGenerator<undefined, Count> {
    const { home, since, at, snapshot } = asked;
    const tally = new Tally();
    const expired = new Set<string>();
    for await (const entries of slices(this.tables.due, dueUntil(at), snapshot)) {
      for (const { key } of entries) {
        const ended = this.addExpired(tally, home, key, at, snapshot);
        if (ended !== null) expired.add(ended);
      }
      yield;
    }
    const certain = instantPrefix(home, since - INDEX_LAG);
    const range = { start: under(home).start, end: instantPrefix(home, since) };
    for await (const entries of slices(this.tables.activity, range, snapshot, INDEX_SLICE)) {
      for (const { key, value } of entries) {
        if (expired.size > 0 && expired.has(sessionKey(home, idOf(key)))) continue;
        // The entry alone is enough to decide, unless it may be behind its record.
        const record = key < certain ? null : this.tables.record(sessionKey(home, idOf(key)), snapshot);
        if (record === null || record.session.lastSeenAt < since) tally.add(value[0]);
      }
      yield;
    }
    return this.without(tally, asked);
  }

  /** Gives what a home has without some. */
  private without(tally: Tally, { home, snapshot }: Asked): Count {
    const { counts } = this.tables;
    const [records, subjects] = counts.of(home, snapshot);
    let gone = 0;
    for (const [prefix, sessions] of tally.subjects) if (sessions === counts.ofSubject(prefix, snapshot)) gone++;
    return { sessions: records - tally.sessions, subjects: subjects - gone };
  }
}

/** Tells whether a session is live and was active since an instant. */
export function isActive(session: Parameters<typeof isLive>[0], since: number, at: number): boolean {
  return session.lastSeenAt >= since && isLive(session, at);
}

function prefixOf(home: string, { subject }: Session): string | null {
  return subject === null ? null : subjectPrefix(home, subject);
}

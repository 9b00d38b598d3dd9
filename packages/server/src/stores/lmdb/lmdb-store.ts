/**
 * The embedded store: SessionStore on LMDB. Every change is one write transaction, answered once it is on the disk;
 * reads are synchronous look-ups in memory-mapped pages. Several server processes may open one folder: LMDB's writer
 * lock makes their transactions one sequence.
 */
import { NOBODY, type Origin } from '../../core/events.ts';
import { idleFor, touched } from '../../core/expiry.ts';
import { type Clock, decidedBy } from '../../core/instant.ts';
import { LockTable } from '../../core/lock-table.ts';
import type { Credential, Session } from '../../core/session.ts';
import type {
  Cap,
  Change,
  Count,
  CreateOutcome,
  ListQuery,
  LockClaim,
  LockOutcome,
  LockRef,
  Memo,
  Page,
  RotateOutcome,
  Rotation,
  Selector,
  SessionStore,
  Touch,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import type { StoreEvents } from '../../core/store-events.ts';
import type { Installed, RecordsPage, Replace, StoredSession } from '../../core/stored-session.ts';
import type { TokenRef } from '../../core/token.ts';
import { begunAt, rotationLater } from '../../core/transitions.ts';
import type { Finding } from '../finding.ts';
import { AppEnds } from './app-ends.ts';
import { LmdbAudit } from './audit.ts';
import { Changes } from './changes.ts';
import { Entries } from './entries.ts';
import { healthOf } from './health.ts';
import { History } from './history.ts';
import { LmdbJournal } from './journal.ts';
import { idOf } from './keys.ts';
import type { StuckReader } from './readers.ts';
import { Records } from './records.ts';
import { Tables } from './tables.ts';
import { Telling } from './telling.ts';
import { Walks } from './walks.ts';
import { WriteBehind } from './write-behind.ts';

/** `onError` is told when counters could not be written behind. They stay pending. */
export interface LmdbOptions extends StoreEvents {
  /** The folder of the data file. Created when it is missing. */
  readonly path: string;
  readonly namespace: string;
  /** Read again as a verb acts (core/instant.ts). */
  readonly clock?: Clock | undefined;
}

const LOST = { kind: 'lost' } as const;
const NO_RULES = () => null;
const REASONS = { token: 'logout', id: 'revoked' } as const;

export class LmdbStore implements SessionStore {
  readonly journal: LmdbJournal;
  private readonly path: string;
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly walks: Walks;
  private readonly locks: LockTable;
  private readonly entries: Entries;
  private readonly changes: Changes;
  private readonly whole: Records;
  private readonly telling: Telling;
  private readonly decidedAt: (now: number) => number;

  constructor({ path, namespace, clock, onError, onTokenReuse, onExpired, onBatch, journal }: LmdbOptions) {
    const decidedAt = decidedBy(clock);
    const rules = journal ?? NO_RULES;
    const tables = new Tables(path, namespace, { onBatch }).noted();
    const seen = new WriteBehind(tables, onError);
    const past = new History(tables, rules, decidedAt);
    const telling = new Telling(tables, rules, past);
    const parts = { tables, seen, telling, rules, decidedAt };
    const ends = new AppEnds(parts);
    const locks = new LockTable(tables.memos);
    const entries = new Entries({ ...parts, ends, onTokenReuse });
    this.path = path;
    this.decidedAt = decidedAt;
    this.tables = tables;
    this.locks = locks;
    this.seen = seen;
    this.telling = telling;
    this.entries = entries;
    this.changes = new Changes({ ...parts, entries, locks });
    this.whole = new Records(tables, seen, decidedAt);
    this.walks = new Walks({ ...parts, entries, ends, past: journal ? past : null, onError, onExpired });
    this.journal = new LmdbJournal({ ...parts, past });
  }

  async create(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    quota?: number | null,
    lock?: LockRef,
    origin: Origin = NOBODY,
  ) {
    const { app, id, subject } = session;
    for (let start = ''; ; ) {
      const bytes = Buffer.byteLength(session.data);
      const outcome = await this.grow(bytes, now, (now, shift): CreateOutcome | { readonly start: string } => {
        const key = this.tables.sessionKey(app, id);
        if (this.entries.keyTaken(key, now) || this.entries.aliasTaken(app, credential, now)) return { kind: 'taken' };
        if (!this.locks.allows(app, credential.hash, lock, now)) return LOST;
        const revoked = this.entries.makeRoom(app, subject, cap, now, origin);
        if (!Array.isArray(revoked)) return revoked;
        // What the cap ended left its room.
        const room = quota == null || revoked.length > 0 ? 'room' : this.walks.room(app, quota, now, start);
        if (room === 'full') return { kind: 'full' };
        if (room !== 'room') return room;
        const begun = begunAt(session, session.lastSeenAt + shift);
        this.tables.insert(begun, credential);
        this.telling.created(begun, now);
        if (credential.alias) this.locks.carry(app, credential.hash, id, now);
        this.locks.done(app, lock, id, id, now);
        return { kind: 'created', at: now, revoked };
      });
      if ('kind' in outcome) return outcome;
      start = outcome.start;
    }
  }

  get(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    return this.tables.read((): Visit | null | Promise<Visit | null> => {
      const at = this.decidedAt(now);
      const entry = this.entries.open(app, token, at);
      if (entry === null) return null;
      const { session, key, stored } = entry;
      const idle = idleFor(session, at);
      if (touch === 'look') return { session, at, idle };
      const reads = touch === 'read' ? 1 : 0;
      if (this.seen.isUrgent(stored.session, at)) return this.touchAtOnce(app, token, reads, now);
      this.seen.touch(key, reads, at);
      return { session: touched(session, at, reads), at, idle };
    });
  }

  /** Touches a session whose deadline is about to pass. The transaction that commits the touch decides if it came in time. */
  private touchAtOnce(app: string, token: TokenRef, reads: number, now: number): Promise<Visit | null> {
    return this.write(now, (at) => {
      const entry = this.entries.open(app, token, at);
      if (entry === null) return null;
      const { session, key, stored } = entry;
      // Pending reads stay pending: the flush adds them.
      const next = touched(stored.session, Math.max(at, session.lastSeenAt), reads);
      if (this.tables.replace(stored, next)) this.seen.fallBehind(key);
      return { session: touched(session, at, reads), at, idle: idleFor(session, at) };
    });
  }

  getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    return Promise.all(tokens.map((token) => this.get(app, token, touch, now)));
  }

  find(app: string, id: string, now: number): Promise<Visit | null> {
    return this.tables.read(() => {
      const at = this.decidedAt(now);
      const session = this.entries.live(this.tables.sessionKey(app, id), at)?.session;
      return session === undefined ? null : { session, at, idle: idleFor(session, at) };
    });
  }

  update(app: string, token: TokenRef, change: Change, now: number, origin = NOBODY): Promise<UpdateOutcome | null> {
    const work = (at: number) => this.changes.update(app, token, change, at, origin);
    return this.grow(Buffer.byteLength(change.data ?? ''), now, work);
  }

  rotate(
    app: string,
    token: TokenRef,
    rotation: Rotation,
    now: number,
    origin = NOBODY,
  ): Promise<RotateOutcome | null> {
    return this.write(now, (at, shift) => this.changes.rotate(app, token, rotationLater(rotation, shift), at, origin));
  }

  async revoke(app: string, selector: Selector, now: number, origin = NOBODY): Promise<number> {
    if (selector.by === 'subject') return this.walks.ending.ofSubject(app, selector, now, origin);
    if (selector.by === 'app') return this.walks.ending.ofApp(app, now, origin);
    return this.write(now, (now) => {
      const byId = (id: string) => this.entries.live(this.tables.sessionKey(app, id), now);
      const entry = selector.by === 'token' ? this.entries.open(app, selector.token, now) : byId(selector.id);
      if (entry === null || (selector.version ?? entry.session.version) !== entry.session.version) return 0;
      if (!this.locks.allows(app, entry.session.id, selector.lock, now)) return 0;
      this.entries.end(entry.key, entry.stored, REASONS[selector.by], now, origin);
      this.seen.forget(entry.key);
      return 1;
    });
  }

  list(app: string, query: ListQuery, now: number): Promise<Page> {
    return this.walks.list(app, query, now);
  }

  count(app: string, activeSince: number, now: number): Promise<Count> {
    return this.walks.counting.count(app, activeSince, now);
  }

  apps(): Promise<string[]> {
    return this.tables.read(() => this.tables.apps().sort());
  }

  async memo(app: string, name: string, memo: Memo, now: number): Promise<string | null> {
    // Who only looks, or comes too late, needs no turn to write and no room on the disk.
    const { memos } = this.tables;
    const present = await this.tables.read(() => memos.present(app, name, this.decidedAt(now)));
    if (present !== memo.instead) return present ?? '';
    return this.grow(Buffer.byteLength(memo.text), now, (now, shift) =>
      this.tables.memos.memo(app, name, { ...memo, until: memo.until + shift }, now),
    );
  }

  /** Who waits asks often, and mostly in vain: that is a look-up, and no transaction. */
  async lock(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null> {
    const look = (at: number, shown: TokenRef) =>
      this.locks.claim(app, this.entries.open(app, shown, at)?.session ?? null, token, claim, at);
    const { outcome, keep } = await this.tables.read(() => look(this.decidedAt(now), token));
    if (keep === null) return outcome;
    // That it was replaced has been told.
    const again: TokenRef = { ...token, isLookedFor: true };
    return this.grow(0, now, (at) => {
      const { outcome, keep } = look(at, again);
      keep?.();
      return outcome;
    });
  }

  unlock(app: string, token: TokenRef, hash: string, now: number): Promise<void> {
    return this.write(now, (at) => {
      const key = this.tables.keyOfAlias(app, token.hash);
      this.locks.end(app, token, key === null ? undefined : idOf(key), hash, at);
    });
  }

  records(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage> {
    return this.whole.part(app, cursor, limit, now);
  }

  install(record: StoredSession, replace: Replace, now: number): Promise<Installed> {
    const bytes = Buffer.byteLength(record.session.data);
    const { session, credential } = record;
    return this.grow(bytes, now, (at) => {
      const outcome = this.entries.install(record, replace, at);
      if (outcome === 'installed' && credential.alias) this.locks.carry(session.app, credential.hash, session.id, at);
      return outcome;
    });
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.walks.sweep(now, limit);
  }

  /** Resolves once a write has reached the disk: a full or read-only disk is not ready. */
  ping(): Promise<void> {
    return this.tables.probe();
  }

  async close(): Promise<void> {
    await Promise.all([this.seen.stop(), this.walks.leftovers.stop()]);
    await this.tables.close();
  }

  /** Gives what an operator should know of the folder now: its findings. */
  health(): Finding[] {
    return healthOf(this.path, this.tables.environment, this.tables.homes.leftovers());
  }

  /** Gives how much of the data file is or was in use. Units: bytes. */
  mapBytes(): number {
    return this.tables.environment.mapBytes();
  }

  /** Gives the readers of all processes that have held an old state for ten seconds and longer, as far as `health` saw it. */
  stuckReaders(): StuckReader[] {
    return this.tables.environment.stuckReaders();
  }

  /** Frees the places of readers that dead processes left. Each sweep does it, too. */
  releaseDeadReaders(): void {
    this.tables.environment.releaseDeadReaders();
  }

  /** Gives the audit of what is committed. It shares the open tables, and closes with the store. */
  audit(): LmdbAudit {
    return new LmdbAudit(this.tables, this.path);
  }

  /** Every key and value, for tests. */
  dump(): { table: string; key: string; value: unknown }[] {
    return this.tables.dump();
  }

  /**
   * Runs a verb as one write transaction. It decides by the instant at which it has become the writer, however long it had to
   * wait for another process. `shift` is how much later that is than the instant it was asked at.
   */
  private write<T>(now: number, verb: (now: number, shift: number) => T): Promise<T> {
    return this.tables.transaction(() => this.decided(now, verb));
  }

  /** As `write`, for a verb that makes the store grow by so many bytes of data: refused where the disk is full. */
  private grow<T>(room: number, now: number, verb: (now: number, shift: number) => T): Promise<T> {
    return this.tables.growing(room, () => this.decided(now, verb));
  }

  private decided<T>(now: number, verb: (now: number, shift: number) => T): T {
    const at = this.decidedAt(now);
    return verb(at, at - now);
  }
}

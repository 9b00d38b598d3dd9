/**
 * The embedded store: SessionStore on LMDB. Every change is one write transaction, answered once it is on the disk;
 * reads are synchronous look-ups in memory-mapped pages. Several server processes may open one folder: LMDB's writer
 * lock makes their transactions one sequence.
 */
import { idleFor, touched } from '../../core/expiry.ts';
import { type Clock, decidedBy } from '../../core/instant.ts';
import { LockTable } from '../../core/lock-table.ts';
import { NO_JOURNAL } from '../../core/no-journal.ts';
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
  StoreEvents,
  Touch,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import type { Installed, RecordsPage, Replace, StoredSession } from '../../core/stored-session.ts';
import type { TokenRef } from '../../core/token.ts';
import { applyChange, begunAt, capOfMove, kept, moved, rotationLater, stepOf } from '../../core/transitions.ts';
import type { Finding } from '../finding.ts';
import { LmdbAudit } from './audit.ts';
import { Entries } from './entries.ts';
import { healthOf } from './health.ts';
import { idOf } from './keys.ts';
import type { StuckReader } from './readers.ts';
import { Records } from './records.ts';
import { Tables } from './tables.ts';
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

export class LmdbStore implements SessionStore {
  readonly journal = NO_JOURNAL;
  private readonly path: string;
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly walks: Walks;
  private readonly locks: LockTable;
  private readonly entries: Entries;
  private readonly whole: Records;
  private readonly decidedAt: (now: number) => number;

  constructor({ path, namespace, clock, onError, onTokenReuse, onExpired, onBatch }: LmdbOptions) {
    this.path = path;
    this.decidedAt = decidedBy(clock);
    this.tables = new Tables(path, namespace, { onBatch }).noted();
    this.locks = new LockTable(this.tables.memos);
    this.seen = new WriteBehind(this.tables, onError);
    this.entries = new Entries(this.tables, this.seen, onTokenReuse);
    this.whole = new Records(this.tables, this.seen, this.decidedAt);
    this.walks = new Walks(this.tables, this.seen, this.decidedAt, { onError, onExpired });
  }

  async create(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    quota?: number | null,
    lock?: LockRef,
  ) {
    const { app, id, subject } = session;
    for (let start = ''; ; ) {
      const bytes = Buffer.byteLength(session.data);
      const outcome = await this.grow(bytes, now, (now, shift): CreateOutcome | { readonly start: string } => {
        const key = this.tables.sessionKey(app, id);
        if (this.entries.keyTaken(key, now) || this.entries.aliasTaken(app, credential, now)) return { kind: 'taken' };
        if (!this.locks.allows(app, credential.hash, lock, now)) return LOST;
        const revoked = this.entries.makeRoom(app, subject, cap, now);
        if (!Array.isArray(revoked)) return revoked;
        // What the cap ended left its room.
        const room = quota == null || revoked.length > 0 ? 'room' : this.walks.room(app, quota, now, start);
        if (room === 'full') return { kind: 'full' };
        if (room !== 'room') return room;
        this.tables.insert(begunAt(session, session.lastSeenAt + shift), credential);
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

  update(app: string, token: TokenRef, change: Change, now: number): Promise<UpdateOutcome | null> {
    return this.grow(Buffer.byteLength(change.data ?? ''), now, (now): UpdateOutcome | null => {
      const entry = this.entries.open(app, token, now);
      const { move, lock } = change;
      if (entry === null || (move !== undefined && entry.stored.credential.hash !== token.hash)) return null;
      const { key, stored } = entry;
      const idle = idleFor(entry.session, now);
      if (entry.session.version !== change.expect) return { kind: 'conflict', session: entry.session, at: now, idle };
      const { id } = entry.session;
      if (!this.locks.allows(app, id, lock, now)) return LOST;
      const session = applyChange(entry.session, change, now);
      if (move === undefined) {
        // Pending reads stay pending: the flush adds them. If they were added here, too, they would be counted twice.
        const next = applyChange(stored.session, change, Math.max(now, entry.session.lastSeenAt));
        if (this.tables.replace(stored, next)) this.seen.fallBehind(key);
        this.locks.done(app, lock, id, id, now);
        return { kind: 'updated', session, at: now, idle, revoked: [] };
      }
      const revoked = this.entries.moveTo(
        entry,
        session,
        kept(stored.credential),
        capOfMove(stored.session, move),
        now,
      );
      if (!Array.isArray(revoked)) return revoked;
      this.locks.done(app, lock, id, session.id, now);
      return { kind: 'updated', session, at: now, idle, revoked };
    });
  }

  rotate(app: string, token: TokenRef, rotation: Rotation, now: number): Promise<RotateOutcome | null> {
    return this.write(now, (now, shift): RotateOutcome | null => {
      const entry = this.entries.open(app, token, now);
      if (entry === null) return null;
      const { stored, session: before } = entry;
      const { move, change, lock, expect = before.version } = rotation;
      const idle = idleFor(before, now);
      if (before.version !== expect) return { kind: 'conflict', session: before, at: now, idle };
      if (!this.locks.allows(app, before.id, lock, now)) return LOST;
      const step = stepOf(stored.credential, token.hash, rotationLater(rotation, shift), now);
      if (step.kind === 'replaced' || step.kind === 'crowded') return { kind: step.kind };
      if (step.kind === 'done') {
        this.locks.done(app, lock, before.id, before.id, now);
        return { kind: 'rotated', session: before, at: now, idle, revoked: [] };
      }
      const changed = (session: Session, at: number) => {
        if (change === undefined) return moved(session, move, at);
        return applyChange(session, { ...change, expect, ...(move && { move }) }, at);
      };
      const session = changed(before, now);
      const visit = { session, at: now, idle };
      if (step.kind === 'rotates') {
        if (this.entries.aliasTaken(app, rotation.credential, now)) return { kind: 'taken' };
        if (move !== undefined) {
          const revoked = this.entries.moveTo(entry, session, step.credential, capOfMove(before, move), now);
          if (!Array.isArray(revoked)) return revoked;
          this.locks.done(app, lock, before.id, session.id, now, true);
          return { kind: 'rotated', ...visit, revoked };
        }
        if (rotation.credential.alias) this.locks.carry(app, rotation.credential.hash, before.id, now);
      }
      this.locks.done(app, lock, before.id, before.id, now);
      // Pending reads stay pending: they are added by the flush, not here, or they would count twice.
      const next = changed(stored.session, Math.max(now, before.lastSeenAt));
      if (step.kind === 'rotates') {
        this.tables.remove(stored);
        this.tables.insert(next, step.credential, stored.flushes);
      } else if (change !== undefined && this.tables.replace(stored, next)) this.seen.fallBehind(entry.key);
      return step.kind === 'follows'
        ? { kind: 'repeated', ...visit, seeds: step.seeds }
        : { kind: 'rotated', ...visit, revoked: [] };
    });
  }

  async revoke(app: string, selector: Selector, now: number): Promise<number> {
    if (selector.by === 'subject') return this.walks.ending.ofSubject(app, selector.subject, selector.except, now);
    if (selector.by === 'app') return this.walks.ending.ofApp(app, now);
    return this.write(now, (now) => {
      const byId = (id: string) => this.entries.live(this.tables.sessionKey(app, id), now);
      const entry = selector.by === 'token' ? this.entries.open(app, selector.token, now) : byId(selector.id);
      if (entry === null || (selector.version ?? entry.session.version) !== entry.session.version) return 0;
      if (!this.locks.allows(app, entry.session.id, selector.lock, now)) return 0;
      this.tables.remove(entry.stored);
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

  memo(app: string, name: string, memo: Memo, now: number): Promise<string | null> {
    return this.grow(Buffer.byteLength(memo.text), now, (now, shift) =>
      this.tables.memos.memo(app, name, { ...memo, until: memo.until + shift }, now),
    );
  }

  /** Who waits asks often, and mostly in vain: that is a look-up, and no transaction. */
  async lock(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null> {
    const look = (at: number) =>
      this.locks.claim(app, this.entries.open(app, token, at)?.session ?? null, token, claim, at);
    const { outcome, keep } = await this.tables.read(() => look(this.decidedAt(now)));
    if (keep === null) return outcome;
    return this.grow(0, now, (at) => {
      const { outcome, keep } = look(at);
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

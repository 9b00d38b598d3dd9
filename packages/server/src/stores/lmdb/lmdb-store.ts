/**
 * The embedded store: SessionStore on LMDB. Every change is one write transaction, answered once it is on the disk;
 * reads are synchronous look-ups in memory-mapped pages. Several server processes may open one folder: LMDB's writer
 * lock makes their transactions one sequence.
 */
import { idleFor, isLive, touched } from '../../core/expiry.ts';
import type { Credential, Session } from '../../core/session.ts';
import type {
  Cap,
  Change,
  Count,
  CreateOutcome,
  ListQuery,
  Page,
  RotateOutcome,
  Rotation,
  Selector,
  SessionStore,
  UpdateOutcome,
  Visit,
} from '../../core/store.ts';
import { opens, type TokenRef } from '../../core/token.ts';
import { applyChange, moved, oldestFirst, rotated } from '../../core/transitions.ts';
import { LmdbAudit } from './audit.ts';
import { idOf, sessionKey, subjectPrefix, under } from './keys.ts';
import type { StoredRecord } from './record.ts';
import { Tables } from './tables.ts';
import { Walks } from './walks.ts';
import { WriteBehind } from './write-behind.ts';

export interface LmdbOptions {
  /** The folder of the data file. Created when it is missing. */
  readonly path: string;
  readonly namespace: string;
  /** Told when counters could not be written behind. They stay pending. */
  readonly onError: (error: unknown) => void;
}

/** A record as this process sees it: with what is pending. */
interface Entry {
  readonly key: string;
  readonly stored: StoredRecord;
  readonly session: Session;
}

export class LmdbStore implements SessionStore {
  private readonly tables: Tables;
  private readonly seen: WriteBehind;
  private readonly walks: Walks;

  constructor({ path, namespace, onError }: LmdbOptions) {
    this.tables = new Tables(path, namespace);
    this.seen = new WriteBehind(this.tables, onError);
    this.walks = new Walks(this.tables, this.seen);
  }

  create(session: Session, credential: Credential, cap: Cap | null, now: number): Promise<CreateOutcome> {
    const { app, id, subject } = session;
    return this.tables.transaction((): CreateOutcome => {
      if (this.keyTaken(sessionKey(app, id), now) || this.aliasTaken(app, credential, now)) return { kind: 'taken' };
      const live = cap === null || subject === null ? [] : this.ofSubject(app, subject, now);
      const surplus = cap === null ? 0 : Math.max(0, live.length + 1 - cap.max);
      if (cap !== null && surplus > 0 && cap.onLimit === 'refuse') {
        return { kind: 'refused', at: now, sessions: live.map((entry) => entry.session) };
      }
      const ending =
        cap === null
          ? []
          : oldestFirst(
              live.map((entry) => entry.session),
              cap.onLimit,
            ).slice(0, surplus);
      const revoked = ending.map((ended) => ended.id);
      for (const entry of live) if (revoked.includes(entry.session.id)) this.tables.remove(entry.stored);
      this.tables.insert(session, credential);
      return { kind: 'created', at: now, revoked };
    });
  }

  async get(app: string, token: TokenRef, touch: boolean, now: number): Promise<Visit | null> {
    const read = await this.tables.read(() => {
      const entry = this.open(app, token, now);
      if (entry === null) return null;
      const idle = idleFor(entry.session, now);
      if (!touch) return { visit: { session: entry.session, at: now, idle }, urgent: null };
      this.seen.touch(entry.key, now);
      const urgent = this.seen.isUrgent(entry.stored.session, now) ? entry.key : null;
      return { visit: { session: touched(entry.session, now, 1), at: now, idle }, urgent };
    });
    if (read === null || read.urgent === null) return read?.visit ?? null;
    const key = read.urgent;
    await this.seen.flush();
    // Another process may have swept or revoked it in between: then this touch came too late.
    return (await this.tables.read(() => this.live(key, now))) === null ? null : read.visit;
  }

  getMany(app: string, tokens: readonly TokenRef[], touch: boolean, now: number): Promise<(Visit | null)[]> {
    return Promise.all(tokens.map((token) => this.get(app, token, touch, now)));
  }

  async find(app: string, id: string, now: number): Promise<Visit | null> {
    const entry = await this.tables.read(() => this.live(sessionKey(app, id), now));
    return entry && { session: entry.session, at: now, idle: idleFor(entry.session, now) };
  }

  update(app: string, token: TokenRef, change: Change, now: number): Promise<UpdateOutcome | null> {
    return this.tables.transaction((): UpdateOutcome | null => {
      const entry = this.open(app, token, now);
      if (entry === null) return null;
      const { key, stored } = entry;
      const idle = idleFor(entry.session, now);
      if (entry.session.version !== change.expect) return { kind: 'conflict', session: entry.session, at: now, idle };
      // Pending reads stay pending: they are added by the flush, not here, or they would count twice.
      const next = applyChange(stored.session, change, Math.max(now, entry.session.lastSeenAt));
      if (this.tables.replace(stored, next)) this.seen.fallBehind(key);
      return { kind: 'updated', session: applyChange(entry.session, change, now), at: now, idle };
    });
  }

  rotate(app: string, token: TokenRef, rotation: Rotation, now: number): Promise<RotateOutcome | null> {
    return this.tables.transaction((): RotateOutcome | null => {
      const entry = this.open(app, token, now);
      if (entry === null) return null;
      const { key, stored } = entry;
      const { move } = rotation;
      if (this.aliasTaken(app, rotation.credential, now)) return { kind: 'taken' };
      if (move !== undefined && this.keyTaken(sessionKey(app, move.id), now)) return { kind: 'taken' };
      const credential = rotated(stored.credential, rotation, now);
      this.tables.remove(stored);
      if (move === undefined) {
        this.tables.insert(stored.session, credential, stored.flushes);
        return { kind: 'rotated', session: entry.session, at: now, idle: idleFor(entry.session, now) };
      }
      // Under its new key nothing is pending any more: what was counted moves along in the record.
      const session = moved(entry.session, move);
      this.tables.insert(session, credential);
      this.seen.forget(key);
      return { kind: 'rotated', session, at: now, idle: idleFor(session, now) };
    });
  }

  async revoke(app: string, selector: Selector, now: number): Promise<number> {
    if (selector.by === 'subject') return this.walks.revokeSubject(app, selector.subject, selector.except, now);
    if (selector.by === 'app') return this.walks.revokeApp(app, now);
    return this.tables.transaction(() => {
      const { open, live } = this;
      const entry = selector.by === 'token' ? open(app, selector.token, now) : live(sessionKey(app, selector.id), now);
      if (entry === null) return 0;
      this.tables.remove(entry.stored);
      this.seen.forget(entry.key);
      return 1;
    });
  }

  list(app: string, query: ListQuery, now: number): Promise<Page> {
    return this.walks.list(app, query, now);
  }

  count(app: string, activeSince: number, now: number): Promise<Count> {
    return this.walks.count(app, activeSince, now);
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.walks.sweep(now, limit);
  }

  /** Resolves once a write has reached the disk: a full or read-only disk is not ready. */
  ping(): Promise<void> {
    return this.tables.probe();
  }

  async close(): Promise<void> {
    await this.seen.stop();
    await this.tables.close();
  }

  /** Gives the audit of what is committed. It shares the open tables, and closes with the store. */
  audit(): LmdbAudit {
    return new LmdbAudit(this.tables);
  }

  /** Every key and value, for tests. */
  dump(): { table: string; key: string; value: unknown }[] {
    return this.tables.dump();
  }

  private live = (key: string, now: number): Entry | null => {
    const stored = this.tables.record(key);
    if (stored === null) return null;
    const session = this.seen.current(key, stored);
    return isLive(session, now) ? { key, stored, session } : null;
  };

  private open = (app: string, token: TokenRef, now: number): Entry | null => {
    const key = this.tables.keyOf(app, token);
    const entry = key === null ? null : this.live(key, now);
    return entry !== null && opens(entry.stored.credential, token, now) ? entry : null;
  };

  private ofSubject(app: string, subject: string, now: number): Entry[] {
    const keys = [...this.tables.subjects.getKeys(under(subjectPrefix(app, subject)))];
    return keys.map((key) => this.live(sessionKey(app, idOf(key)), now)).filter((entry) => entry !== null);
  }

  /** What a session left that has ended but was not swept yet is free. In a transaction. */
  private keyTaken(key: string, now: number): boolean {
    if (this.live(key, now) !== null) return true;
    const ended = this.tables.record(key);
    if (ended !== null) this.tables.remove(ended);
    return false;
  }

  private aliasTaken(app: string, credential: Pick<Credential, 'hash' | 'alias'>, now: number): boolean {
    const owner = credential.alias ? this.tables.keyOf(app, { id: null, hash: credential.hash }) : null;
    return owner !== null && this.keyTaken(owner, now);
  }
}

/**
 * The reference implementation of SessionStore: the contract in a form that runs. Each verb is one synchronous block, so it
 * is atomic without further work. Lists and counts walk through the whole app, because here being right matters more than
 * being fast. Everything is gone when the process ends. For tests, for trying things out, and for caches that may be lost.
 */
import { pageOf } from '../../core/cursor.ts';
import { ServiceError } from '../../core/errors.ts';
import { NOBODY, type Origin } from '../../core/events.ts';
import { idleFor, isLive, touched } from '../../core/expiry.ts';
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
import {
  type Installed,
  type RecordsPage,
  type Replace,
  type StoredSession,
  standsAs,
} from '../../core/stored-session.ts';
import type { TokenRef } from '../../core/token.ts';
import {
  applyChange,
  begunAt,
  capOfMove,
  isMeant,
  kept,
  moved,
  rotationLater,
  stepOf,
} from '../../core/transitions.ts';
import {
  type AppSessions,
  allLive,
  countOf,
  type Entry,
  isFull,
  linesOf,
  live,
  noSessions,
  ofSubject,
  openedBy,
  ownerOf,
  recordsOf,
  selected,
} from './app-sessions.ts';
import { Entries } from './entries.ts';
import { MemoryJournal } from './memory-journal.ts';
import { Notes } from './notes.ts';

interface MemoryOptions extends Pick<StoreEvents, 'onTokenReuse' | 'onExpired' | 'journal'> {
  /** Read again as a verb acts (core/instant.ts). */
  readonly clock?: Clock | undefined;
}

export class MemoryStore implements SessionStore {
  private readonly notes = new Notes();
  private readonly locks = new LockTable(this.notes);
  private readonly events: Pick<StoreEvents, 'onTokenReuse' | 'onExpired'>;
  readonly journal: MemoryJournal;
  private readonly entries: Entries;
  private readonly decidedAt: (now: number) => number;
  private closed = false;

  constructor({ clock, journal = () => null, ...events }: MemoryOptions = {}) {
    this.events = events;
    this.decidedAt = decidedBy(clock);
    this.journal = new MemoryJournal(journal, this.decidedAt);
    this.entries = new Entries(this.journal);
  }

  async create(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    asked: number,
    quota?: number | null,
    lock?: LockRef,
    origin: Origin = NOBODY,
  ): Promise<CreateOutcome> {
    const now = this.decidedAt(asked);
    const app = this.app(session.app);
    if (this.entries.idTaken(app, session.id, now) || this.entries.aliasTaken(app, credential, now))
      return { kind: 'taken' };
    if (!this.locks.allows(session.app, credential.hash, lock, now)) return LOST;
    const revoked = this.entries.makeRoom(app, session.subject, cap, now, origin);
    if (!Array.isArray(revoked)) return revoked;
    // What the cap ended left its room.
    if (revoked.length === 0 && isFull(app, quota ?? Number.POSITIVE_INFINITY, now)) return { kind: 'full' };
    this.entries.add(app, { session: begunAt(session, session.lastSeenAt + now - asked), credential });
    this.journal.created(session, now);
    if (credential.alias) this.locks.carry(session.app, credential.hash, session.id, now);
    this.locks.done(session.app, lock, session.id, session.id, now);
    return { kind: 'created', at: now, revoked };
  }

  async get(app: string, token: TokenRef, touch: Touch, asked: number): Promise<Visit | null> {
    const now = this.decidedAt(asked);
    const entry = this.open(this.app(app), token, now);
    if (entry === null) return null;
    const idle = idleFor(entry.session, now);
    if (touch !== 'look') entry.session = touched(entry.session, now, touch === 'read' ? 1 : 0);
    return { session: entry.session, at: now, idle };
  }

  async getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    return Promise.all(tokens.map((token) => this.get(app, token, touch, now)));
  }

  async find(app: string, id: string, asked: number): Promise<Visit | null> {
    const now = this.decidedAt(asked);
    const session = live(this.app(app), id, now)?.session ?? null;
    return session && { session, at: now, idle: idleFor(session, now) };
  }

  async update(
    app: string,
    token: TokenRef,
    change: Change,
    asked: number,
    origin: Origin = NOBODY,
  ): Promise<UpdateOutcome | null> {
    const now = this.decidedAt(asked);
    const sessions = this.app(app);
    const entry = this.open(sessions, token, now);
    const { move, lock } = change;
    if (entry === null || (move !== undefined && entry.credential.hash !== token.hash)) return null;
    const idle = idleFor(entry.session, now);
    if (!isMeant(entry.session, change)) return { kind: 'conflict', session: entry.session, at: now, idle };
    const { id } = entry.session;
    if (!this.locks.allows(app, id, lock, now)) return LOST;
    const session = applyChange(entry.session, change, now);
    let revoked: string[] = [];
    if (move === undefined) {
      entry.session = session;
      this.journal.updated(session, now, origin);
    } else {
      const room = this.entries.moveTo(
        sessions,
        entry,
        { session, credential: kept(entry.credential) },
        capOfMove(entry.session, move),
        now,
        origin,
      );
      if (!Array.isArray(room)) return room;
      revoked = room;
    }
    this.locks.done(app, lock, id, session.id, now);
    return { kind: 'updated', session, at: now, idle, revoked };
  }

  async rotate(
    app: string,
    token: TokenRef,
    rotation: Rotation,
    asked: number,
    origin: Origin = NOBODY,
  ): Promise<RotateOutcome | null> {
    const now = this.decidedAt(asked);
    const sessions = this.app(app);
    const entry = this.open(sessions, token, now);
    if (entry === null) return null;
    const { of, move, change, lock, expect = entry.session.version } = rotation;
    const idle = idleFor(entry.session, now);
    if (!isMeant(entry.session, { of, expect })) return { kind: 'conflict', session: entry.session, at: now, idle };
    const { id } = entry.session;
    if (!this.locks.allows(app, id, lock, now)) return LOST;
    const step = stepOf(entry.credential, token.hash, rotationLater(rotation, now - asked), now);
    if (step.kind === 'replaced' || step.kind === 'crowded') return { kind: step.kind };
    const changed =
      step.kind !== 'done' && change && applyChange(entry.session, { ...change, expect, ...(move && { move }) }, now);
    const session = changed || moved(entry.session, move, now);
    const visit = { session, at: now, idle };
    if (step.kind !== 'rotates') {
      entry.session = session;
      if (changed) this.journal.updated(session, now, origin);
      this.locks.done(app, lock, id, id, now);
      if (step.kind === 'follows') return { kind: 'repeated', ...visit, seeds: step.seeds };
      return { kind: 'rotated', ...visit, revoked: [] };
    }
    if (this.entries.aliasTaken(sessions, rotation.credential, now)) return { kind: 'taken' };
    const cap = move === undefined ? null : capOfMove(entry.session, move);
    const revoked = this.entries.moveTo(sessions, entry, { session, credential: step.credential }, cap, now, origin);
    if (!Array.isArray(revoked)) return revoked;
    if (move === undefined) {
      this.journal.rotated(session, null, now, origin);
      if (changed) this.journal.updated(session, now, origin);
    }
    if (rotation.credential.alias) this.locks.carry(app, rotation.credential.hash, id, now);
    this.locks.done(app, lock, id, session.id, now, true);
    return { kind: 'rotated', ...visit, revoked };
  }

  async revoke(app: string, selector: Selector, now: number, origin: Origin = NOBODY): Promise<number> {
    const sessions = this.app(app);
    const at = this.decidedAt(now);
    const ids = selected(sessions, selector, (token) => this.open(sessions, token, at), at);
    const lock = 'lock' in selector ? selector.lock : undefined;
    if (!ids.every((id) => this.locks.allows(app, id, lock, at))) return 0;
    for (const id of ids) this.entries.end(sessions, id, REASONS[selector.by], at, origin);
    return ids.length;
  }

  async list(app: string, query: ListQuery, asked: number): Promise<Page> {
    const now = this.decidedAt(asked);
    const sessions = this.app(app);
    const all = query.subject === undefined ? allLive(sessions, now) : ofSubject(sessions, query.subject, now);
    const since = query.activeSince === undefined ? 0 : query.activeSince + now - asked;
    const active = all.filter((session) => session.lastSeenAt >= since);
    return { ...pageOf(active, query), at: now };
  }

  async count(app: string, activeSince: number, asked: number): Promise<Count> {
    const now = this.decidedAt(asked);
    return countOf(this.app(app), activeSince + now - asked, now);
  }

  async apps(): Promise<string[]> {
    this.assertOpen();
    return [...this.entries.byApp.keys()].sort();
  }

  async memo(app: string, name: string, memo: Memo, asked: number): Promise<string | null> {
    this.assertOpen();
    const now = this.decidedAt(asked);
    return this.notes.memo(app, name, { ...memo, until: memo.until + now - asked }, now);
  }

  async lock(app: string, token: TokenRef, claim: LockClaim, asked: number): Promise<LockOutcome | null> {
    const now = this.decidedAt(asked);
    const session = this.open(this.app(app), token, now)?.session ?? null;
    const { outcome, keep } = this.locks.claim(app, session, token, claim, now);
    keep?.();
    return outcome;
  }

  async unlock(app: string, token: TokenRef, hash: string, now: number): Promise<void> {
    this.locks.end(app, token, this.app(app).aliases.get(token.hash), hash, this.decidedAt(now));
  }

  async records(app: string, cursor: string | null, limit: number, asked: number): Promise<RecordsPage> {
    const now = this.decidedAt(asked);
    return recordsOf(this.app(app), cursor, limit, now);
  }

  async install({ session, credential }: StoredSession, replace: Replace, asked: number): Promise<Installed> {
    const now = this.decidedAt(asked);
    const app = this.app(session.app);
    if (!isLive(session, now)) return 'expired';
    if (typeof replace === 'object') {
      if (!standsAs(live(app, session.id, now), replace)) return 'present';
    } else {
      const taken = this.entries.idTaken(app, session.id, now) || this.entries.aliasTaken(app, credential, now);
      if (taken && !replace) return 'present';
    }
    // A session of the same id that has expired has ended; one that lives goes on as what is given.
    if (live(app, session.id, now) === null) this.entries.end(app, session.id, 'replaced', now);
    this.entries.remove(app, session.id);
    const other = ownerOf(app, credential);
    if (other !== null) this.entries.end(app, other, 'replaced', now);
    this.entries.add(app, { session, credential });
    if (credential.alias) this.locks.carry(session.app, credential.hash, session.id, now);
    return 'installed';
  }

  async sweep(asked: number, limit: number): Promise<number> {
    const now = this.decidedAt(asked);
    let removed = 0;
    this.assertOpen();
    this.notes.sweep(now);
    this.journal.sweep(now);
    for (const app of this.entries.byApp.values()) {
      for (const { session } of app.byId.values()) {
        if (removed === limit) return removed;
        if (isLive(session, now)) continue;
        this.entries.end(app, session.id, 'idle', now);
        this.events.onExpired?.(session.app, 1);
        removed++;
      }
    }
    return removed;
  }

  async ping(): Promise<void> {
    this.assertOpen();
  }

  async close(): Promise<void> {
    this.entries.byApp.clear();
    this.notes.clear();
    this.journal.clear();
    this.closed = true;
  }

  /** Every key this store holds, for the audit of the conformance suite. */
  dump(): string[] {
    return [
      ...[...this.entries.byApp].flatMap(([name, app]) => linesOf(name, app)),
      ...this.notes.dump(),
      ...this.journal.dump(),
    ];
  }

  private assertOpen(): void {
    if (this.closed) throw new ServiceError('store_unavailable', 'the session store is closed');
  }

  private app(name: string): AppSessions {
    this.assertOpen();
    // A new app is entered with its first session: asking about names that do not exist costs no memory.
    return this.entries.byApp.get(name) ?? noSessions();
  }

  private open(app: AppSessions, token: TokenRef, now: number): Entry | null {
    return openedBy(app, token, now, (session) => this.events.onTokenReuse?.(session.app, session.id));
  }
}

const LOST = { kind: 'lost' } as const;

const REASONS = { token: 'logout', id: 'revoked', subject: 'subject', app: 'app' } as const;

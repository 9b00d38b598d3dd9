/**
 * The reference implementation of SessionStore: the contract, executable. Each verb is one synchronous block, so
 * atomicity needs no further thought. Lists and counts walk the whole app: right before fast. Nothing outlives the
 * process; for tests, for trying things out, and for caches that may be lost.
 */
import { pageOf } from '../../core/cursor.ts';
import { ServiceError } from '../../core/errors.ts';
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

interface Entry {
  session: Session;
  credential: Credential;
}

/** The sessions of one app, by id; and the two ways to them that are not the id. */
interface AppSessions {
  readonly byId: Map<string, Entry>;
  readonly bySubject: Map<string, Set<string>>;
  /** Hash of a token chosen by a caller → session id. */
  readonly aliases: Map<string, string>;
}

export class MemoryStore implements SessionStore {
  private readonly apps = new Map<string, AppSessions>();
  private closed = false;

  async create(session: Session, credential: Credential, cap: Cap | null, now: number): Promise<CreateOutcome> {
    const app = this.app(session.app);
    if (this.idTaken(app, session.id, now) || this.aliasTaken(app, credential, now)) return { kind: 'taken' };
    const revoked: string[] = [];
    if (cap !== null && session.subject !== null) {
      const live = this.ofSubject(app, session.subject, now);
      const surplus = live.length + 1 - cap.max;
      if (surplus > 0 && cap.onLimit === 'refuse') return { kind: 'refused', at: now, sessions: live };
      for (const { id } of oldestFirst(live, cap.onLimit).slice(0, Math.max(0, surplus))) {
        this.remove(app, id);
        revoked.push(id);
      }
    }
    this.add(app, { session, credential });
    return { kind: 'created', at: now, revoked };
  }

  async get(app: string, token: TokenRef, touch: boolean, now: number): Promise<Visit | null> {
    const entry = this.open(this.app(app), token, now);
    if (entry === null) return null;
    const idle = idleFor(entry.session, now);
    if (touch) entry.session = touched(entry.session, now, 1);
    return { session: entry.session, at: now, idle };
  }

  async getMany(app: string, tokens: readonly TokenRef[], touch: boolean, now: number): Promise<(Visit | null)[]> {
    return Promise.all(tokens.map((token) => this.get(app, token, touch, now)));
  }

  async find(app: string, id: string, now: number): Promise<Visit | null> {
    const entry = this.live(this.app(app), id, now);
    return entry && { session: entry.session, at: now, idle: idleFor(entry.session, now) };
  }

  async update(app: string, token: TokenRef, change: Change, now: number): Promise<UpdateOutcome | null> {
    const entry = this.open(this.app(app), token, now);
    if (entry === null) return null;
    const idle = idleFor(entry.session, now);
    if (entry.session.version !== change.expect) return { kind: 'conflict', session: entry.session, at: now, idle };
    entry.session = applyChange(entry.session, change, now);
    return { kind: 'updated', session: entry.session, at: now, idle };
  }

  async rotate(app: string, token: TokenRef, rotation: Rotation, now: number): Promise<RotateOutcome | null> {
    const sessions = this.app(app);
    const entry = this.open(sessions, token, now);
    if (entry === null) return null;
    if (this.aliasTaken(sessions, rotation.credential, now)) return { kind: 'taken' };
    if (rotation.move !== undefined && this.idTaken(sessions, rotation.move.id, now)) return { kind: 'taken' };
    const idle = idleFor(entry.session, now);
    this.remove(sessions, entry.session.id);
    const next: Entry = {
      session: rotation.move === undefined ? entry.session : moved(entry.session, rotation.move),
      credential: rotated(entry.credential, rotation, now),
    };
    this.add(sessions, next);
    return { kind: 'rotated', session: next.session, at: now, idle };
  }

  async revoke(app: string, selector: Selector, now: number): Promise<number> {
    const sessions = this.app(app);
    const ids = this.select(sessions, selector, now);
    for (const id of ids) this.remove(sessions, id);
    return ids.length;
  }

  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    const sessions = this.app(app);
    const all =
      query.subject === undefined ? this.allLive(sessions, now) : this.ofSubject(sessions, query.subject, now);
    const { activeSince = 0 } = query;
    const active = all.filter((session) => session.lastSeenAt >= activeSince);
    return { ...pageOf(active, query.cursor, query.limit), at: now };
  }

  async count(app: string, activeSince: number, now: number): Promise<Count> {
    const active = this.allLive(this.app(app), now).filter((session) => session.lastSeenAt >= activeSince);
    const subjects = new Set(active.map((session) => session.subject).filter((subject) => subject !== null));
    return { sessions: active.length, subjects: subjects.size };
  }

  async sweep(now: number, limit: number): Promise<number> {
    let removed = 0;
    this.assertOpen();
    for (const app of this.apps.values()) {
      for (const { session } of app.byId.values()) {
        if (removed === limit) return removed;
        if (isLive(session, now)) continue;
        this.remove(app, session.id);
        removed++;
      }
    }
    return removed;
  }

  async ping(): Promise<void> {
    this.assertOpen();
  }

  async close(): Promise<void> {
    this.apps.clear();
    this.closed = true;
  }

  /** Every key this store holds, for the audit of the conformance suite. */
  dump(): string[] {
    const lines: string[] = [];
    for (const [name, app] of this.apps) {
      for (const entry of app.byId.values()) lines.push(`session ${name} ${JSON.stringify(entry)}`);
      for (const [subject, ids] of app.bySubject) lines.push(`subject ${name} ${subject} ${[...ids]}`);
      for (const [hash, id] of app.aliases) lines.push(`alias ${name} ${hash} ${id}`);
    }
    return lines;
  }

  private assertOpen(): void {
    if (this.closed) throw new ServiceError('store_unavailable', 'the session store is closed');
  }

  private app(name: string): AppSessions {
    this.assertOpen();
    // A new app is entered with its first session: asking about names that do not exist costs no memory.
    return this.apps.get(name) ?? { byId: new Map(), bySubject: new Map(), aliases: new Map() };
  }

  private live(app: AppSessions, id: string, now: number): Entry | null {
    const entry = app.byId.get(id);
    return entry !== undefined && isLive(entry.session, now) ? entry : null;
  }

  private open(app: AppSessions, token: TokenRef, now: number): Entry | null {
    const id = token.id ?? app.aliases.get(token.hash);
    const entry = id === undefined ? null : this.live(app, id, now);
    return entry !== null && opens(entry.credential, token, now) ? entry : null;
  }

  private allLive(app: AppSessions, now: number): Session[] {
    return [...app.byId.values()].map((entry) => entry.session).filter((session) => isLive(session, now));
  }

  private ofSubject(app: AppSessions, subject: string, now: number): Session[] {
    const ids = app.bySubject.get(subject) ?? [];
    return [...ids].map((id) => app.byId.get(id)!.session).filter((session) => isLive(session, now));
  }

  private select(app: AppSessions, selector: Selector, now: number): string[] {
    switch (selector.by) {
      case 'token': {
        const entry = this.open(app, selector.token, now);
        return entry === null ? [] : [entry.session.id];
      }
      case 'id':
        return this.live(app, selector.id, now) === null ? [] : [selector.id];
      case 'subject':
        return this.ofSubject(app, selector.subject, now)
          .map((session) => session.id)
          .filter((id) => id !== selector.except);
      case 'app':
        return this.allLive(app, now).map((session) => session.id);
    }
  }

  /** What a session left that has ended but was not swept yet is free. */
  private idTaken(app: AppSessions, id: string, now: number): boolean {
    if (this.live(app, id, now) !== null) return true;
    this.remove(app, id);
    return false;
  }

  private aliasTaken(app: AppSessions, credential: Pick<Credential, 'hash' | 'alias'>, now: number): boolean {
    const owner = credential.alias ? app.aliases.get(credential.hash) : undefined;
    return owner !== undefined && this.idTaken(app, owner, now);
  }

  private add(app: AppSessions, entry: Entry): void {
    const { session, credential } = entry;
    this.apps.set(session.app, app);
    app.byId.set(session.id, entry);
    if (session.subject !== null) {
      const ids = app.bySubject.get(session.subject) ?? new Set();
      app.bySubject.set(session.subject, ids.add(session.id));
    }
    for (const held of [credential, credential.previous]) if (held?.alias) app.aliases.set(held.hash, session.id);
  }

  private remove(app: AppSessions, id: string): void {
    const entry = app.byId.get(id);
    if (entry === undefined) return;
    const { session, credential } = entry;
    app.byId.delete(id);
    if (app.byId.size === 0) this.apps.delete(session.app);
    for (const held of [credential, credential.previous]) if (held?.alias) app.aliases.delete(held.hash);
    if (session.subject === null) return;
    const ids = app.bySubject.get(session.subject);
    ids?.delete(id);
    if (ids?.size === 0) app.bySubject.delete(session.subject);
  }
}

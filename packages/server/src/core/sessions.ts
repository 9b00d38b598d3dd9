/**
 * The verbs of the service: decide by policy, then one store call. Values come in checked (validate.ts makes their
 * types), `now` comes in once per request. What is not here: HTTP, storage, and any clock.
 */
import { cursorFor, cursorIn } from './cursor.ts';
import { ServiceError } from './errors.ts';
import { type HistoryEntry, NOBODY, type Origin } from './events.ts';
import { type Claim, Idempotency, type Repeatable } from './idempotency.ts';
import { type Locked, type LockRequest, LockWaiting, type Timer } from './lock-waiting.ts';
import { journalRulesOf, type PolicySource } from './policy.ts';
import { type Changed, type Conditions, type MovingEdit, type Replaced, Replacements } from './replacements.ts';
import { type Rotated, type RotateRequest, Rotations } from './rotations.ts';
import {
  begin,
  capOf,
  checkDraft,
  checkMembers,
  checkVersion,
  type Draft,
  type Expect,
  endsAtOnce,
  limitReached,
  quotaReached,
} from './rules.ts';
import type { Session } from './session.ts';
import type { Count, ListQuery, LockRef, Page, Selector, SessionStore, Touch, Visit } from './store.ts';
import { hashOfLock, isSessionId, newSessionId, newToken, parseToken, type SECRET_LENGTH } from './token.ts';
import { begunAt } from './transitions.ts';
import { checkLock, type Edit, Updates } from './updates.ts';
import { type AppName, isCallerToken, isReservedApp, type Subject } from './validate.ts';
import { type Batch, wholeList } from './whole-list.ts';

export interface NewSession extends Draft {
  readonly tokenKind: keyof typeof SECRET_LENGTH;
}

export interface Created {
  /** The only time the token is shown. */
  readonly token: string;
  readonly session: Session;
  /** The instant it was created at. */
  readonly at: number;
  /** Ids of the sessions that the subject's cap ended. */
  readonly revoked: readonly string[];
  /** The same request was done before; this is what it made. */
  readonly repeated: boolean;
}

/** What the end of one session depends on, and who asks for it. */
export interface How {
  readonly expect?: Expect | undefined;
  readonly lock?: LockRef | undefined;
  readonly origin?: Origin;
}

export class Sessions {
  readonly policy: PolicySource;
  private readonly store: SessionStore;
  private readonly updates: Updates;
  private readonly replacements: Replacements;
  private readonly rotations: Rotations;
  private readonly idempotency: Idempotency;
  private readonly locks: LockWaiting;

  /** `timer`: for those who wait for a lock. Absence: null; nobody waits then. */
  constructor(store: SessionStore, policy: PolicySource, timer: Timer | null = null) {
    this.store = store;
    this.policy = policy;
    this.updates = new Updates(store);
    this.replacements = new Replacements(store, policy);
    this.rotations = new Rotations(store, policy);
    this.idempotency = new Idempotency(store);
    this.locks = new LockWaiting(store, timer);
  }

  /**
   * Creates a session. A subject at its cap loses its oldest or least recently used session, in the same atomic step.
   * Sent again with the same key, it gives the same session and token. Errors: `invalid_value` for timeouts,
   * `data_too_large`, `session_limit_reached`, `session_quota_reached`, `idempotency_key_reused`, `session_not_found` when
   * the session that the key made has ended.
   */
  async create(draft: NewSession, now: number, repeatable?: Repeatable, origin: Origin = NOBODY): Promise<Created> {
    checkDraft(draft, this.policy(draft.app));
    if (repeatable === undefined) return this.createOnce(draft, now, undefined, origin);
    const claim = await this.idempotency.claim(draft.app, repeatable, '', now);
    // A session whose timeout is 0 or less ends at once, so an earlier request cannot have left one. Any other session is
    // looked for first, so that a repeated request neither counts against the quota nor ends another session twice.
    const made = claim.repeated && !endsAtOnce(draft) ? await this.madeBefore(draft, now, claim) : null;
    if (made === null && claim.revoked !== null && !endsAtOnce(draft)) throw madeHasEnded();
    const created = made ?? (await this.createOnce(draft, now, claim, origin));
    await claim.finish(created.revoked);
    return created;
  }

  /** Reads the session of a token, and touches it if that is asked for. Absence: null. */
  get(app: AppName, token: string, touch: Touch, now: number): Promise<Visit | null> {
    return this.store.get(app, parseToken(token), touch, now);
  }

  /** Looks for the session of a token that its visitor has not sent. No touch, no sign of a theft; nobody takes it over from elsewhere for that. Absence: null. */
  lookFor(app: AppName, token: string, now: number): Promise<Visit | null> {
    return this.store.get(app, { ...parseToken(token), isLookedFor: true }, 'look', now);
  }

  /** Reads the sessions of many tokens, each for itself, in their order. */
  getMany(app: AppName, tokens: readonly string[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    return this.store.getMany(app, tokens.map(parseToken), touch, now);
  }

  /** Reads a session by its public id. Never a touch. Absence: null, also for what is no id. */
  async find(app: AppName, id: string, now: number): Promise<Visit | null> {
    // A text that is no id may be a token in the wrong place. No store is to see it.
    return isSessionId(id) ? this.store.find(app, id, now) : null;
  }

  /**
   * Changes a session. No parallel change is lost, so the edit may be called again on newer data. Slides the idle
   * deadline. Absence: null. Errors: `data_too_large`, `version_mismatch`, `lock_lost`, `invalid_value` for timeouts, and what
   * the edit throws; the session is unchanged then.
   */
  update(
    app: AppName,
    token: string,
    edit: Edit,
    now: number,
    expect?: Expect,
    lock?: LockRef,
    origin: Origin = NOBODY,
  ): Promise<Visit | null> {
    const checked: Edit = (session) => {
      checkVersion(session, expect);
      const edited = edit(session);
      checkMembers(session, edited, this.policy(session.app));
      return edited;
    };
    return this.freeing(lock, this.updates.update(app, parseToken(token), checked, now, lock, origin));
  }

  /**
   * Changes a session and binds it to a subject. With another one it moves there: its token stays, its id does not, and its
   * absolute timeout starts anew. Absence and errors as `update`, and `session_limit_reached`, `token_replaced`.
   */
  bind(
    app: AppName,
    token: string,
    edit: MovingEdit,
    now: number,
    expect?: Expect,
    lock?: LockRef,
    origin: Origin = NOBODY,
  ): Promise<Changed | null> {
    const checked: MovingEdit = (session) => {
      checkVersion(session, expect);
      return edit(session);
    };
    return this.freeing(lock, this.replacements.change(app, token, checked, now, lock, origin));
  }

  /** Creates or replaces the session of a token that the caller chose. See replacements.ts. */
  replace(app: AppName, token: string, draft: Draft, conditions: Conditions, now: number): Promise<Replaced> {
    return this.freeing(conditions.lock, this.replacements.replace(app, token, draft, conditions, now));
  }

  /** Gives the session of a token a new one. See rotations.ts. */
  rotate(
    app: AppName,
    token: string,
    request: RotateRequest,
    now: number,
    repeatable?: Repeatable,
  ): Promise<Rotated | null> {
    return this.freeing(request.lock, this.rotations.rotate(app, token, request, now, repeatable));
  }

  /**
   * Locks the session of a token for its caller, or a token that a caller may choose, and gives the session as it is then.
   * Waits for others who have the lock, or were there first. A lock is advice: it stops only who asks for it, and changes that
   * name one which does not hold. Absence: null. Errors: `session_locked`.
   */
  lock(app: AppName, token: string, request: LockRequest, now: number): Promise<Locked | null> {
    return this.locks.ask(app, parseToken(token), isCallerToken(token, this.policy(app)), request, now);
  }

  /** Ends a lock. One that does not hold, or of another session, changes nothing. */
  async unlock(app: AppName, token: string, lock: string, now: number): Promise<void> {
    const hash = hashOfLock(lock);
    await this.store.unlock(app, parseToken(token), hash, now);
    this.locks.released(hash);
  }

  /** Lets nobody wait for a lock any longer: the server stops. Resolves when the store knows. */
  stopWaiting(): Promise<void> {
    return this.locks.stop();
  }

  /** Ends the session of a token. Errors: `version_mismatch`, `lock_lost`. */
  revokeByToken(app: AppName, token: string, now: number, how: How = {}): Promise<number> {
    const by = { by: 'token', token: parseToken(token) } as const;
    return this.revokeOne(app, by, () => this.store.get(app, by.token, 'look', now), now, how);
  }

  /** Ends a session by its public id. A text that is no id ends none. Errors: `version_mismatch`, `lock_lost`. */
  async revokeById(app: AppName, id: string, now: number, how: How = {}): Promise<number> {
    if (!isSessionId(id)) return 0;
    return this.revokeOne(app, { by: 'id', id }, () => this.store.find(app, id, now), now, how);
  }

  /** Ends sessions and gives how many. */
  async revoke(
    app: AppName,
    selector: Extract<Selector, { by: 'subject' | 'app' }>,
    now: number,
    origin: Origin = NOBODY,
  ): Promise<number> {
    if (selector.by === 'subject' && selector.except !== undefined && !isSessionId(selector.except)) {
      throw new ServiceError('invalid_format', 'except must be the id of a session', { field: 'except' });
    }
    return this.store.revoke(app, selector, now, origin);
  }

  /** Gives all sessions of a subject. See whole-list.ts. */
  bySubject(app: AppName, subject: Subject, now: number): AsyncGenerator<Batch, void, void> {
    return wholeList((query) => this.store.list(app, query, now), { subject }, now);
  }

  /** Gives all sessions touched within `window` milliseconds. See whole-list.ts. */
  activeWithin(app: AppName, window: number, now: number): AsyncGenerator<Batch, void, void> {
    return wholeList((query) => this.store.list(app, query, now), { activeSince: now - window }, now);
  }

  /** Gives a page of the app's sessions, or of a subject's, most recent activity first. Errors: `invalid_cursor`, also for a cursor of another list. */
  async list(app: AppName, query: ListQuery, now: number): Promise<Page> {
    const list = { app, subject: query.subject };
    const after = query.cursor === undefined ? {} : { cursor: cursorIn(list, query.cursor) };
    const page = await this.store.list(app, { ...query, ...after }, now);
    return { ...page, cursor: page.cursor === null ? null : cursorFor(list, page.cursor) };
  }

  /** Gives what has ended of a subject, the latest end first. */
  history(app: AppName, subject: Subject, now: number): Promise<readonly HistoryEntry[]> {
    return this.store.journal.history(app, subject, now);
  }

  /** Erases what has ended of a subject, and gives how much that was. */
  eraseHistory(app: AppName, subject: Subject): Promise<number> {
    return this.store.journal.eraseHistory(app, subject);
  }

  /** Counts the sessions touched within `window` milliseconds, and their distinct subjects. */
  count(app: AppName, window: number, now: number): Promise<Count> {
    return this.store.count(app, now - window, now);
  }

  /** Gives the apps that have sessions and are served, in order. */
  async apps(): Promise<string[]> {
    return (await this.store.apps()).filter((app) => this.serves(app));
  }

  /** Tells whether the policy serves an app. Sessions that the store still has from before do not matter. */
  serves(app: string): boolean {
    if (isReservedApp(app)) return false;
    try {
      this.policy(app);
      return true;
    } catch (error) {
      if (error instanceof ServiceError && error.code === 'app_not_found') return false;
      throw error;
    }
  }

  /** Tells whether the policy serves an app and gives it a journal. */
  keepsEvents(app: string): boolean {
    return this.serves(app) && journalRulesOf(this.policy(app)) !== null;
  }

  /** Resolves when the store would do its work now. Errors: `store_unavailable`. */
  ping(): Promise<void> {
    return this.store.ping();
  }

  /** Ends one session, of a version that is expected. `look`: gives it as it is. */
  private async revokeOne(
    app: AppName,
    selector: Extract<Selector, { by: 'token' | 'id' }>,
    look: () => Promise<Visit | null>,
    now: number,
    { expect, lock, origin = NOBODY }: How,
  ): Promise<number> {
    if (lock === undefined && (expect === undefined || expect === '*'))
      return this.store.revoke(app, selector, now, origin);
    for (;;) {
      const before = await look();
      if (before === null) return 0;
      checkVersion(before.session, expect);
      const only = { ...selector, version: before.session.version, ...(lock && { lock }) };
      const revoked = await this.freeing(lock && { ...lock, release: true }, this.store.revoke(app, only, now, origin));
      if (revoked > 0) return revoked;
      if (lock !== undefined) await checkLock(before, look);
    }
  }

  /** Does a change, and lets those know who wait in this process when it has ended a lock. */
  private async freeing<T>(lock: LockRef | undefined, change: Promise<T>): Promise<T> {
    const done = await change;
    if (lock?.release === true) this.locks.released(lock.hash);
    return done;
  }

  private async createOnce(draft: NewSession, now: number, claim: Claim | undefined, origin: Origin): Promise<Created> {
    for (;;) {
      const id = newSessionId(draft.subject, claim?.draw('id'));
      const { token, credential } = newToken(id, draft.tokenKind, claim?.draw('token'));
      const session = begin(draft, id, now);
      // Its timeout is 0 or less. Nobody could ever use it, so it is not stored.
      if (endsAtOnce(draft)) return { token, session, at: now, revoked: [], repeated: claim?.repeated ?? false };
      const policy = this.policy(draft.app);
      const { maxSessions } = policy;
      const outcome = await this.store.create(session, credential, capOf(policy), now, maxSessions, undefined, origin);
      if (outcome.kind === 'created') {
        const { at, revoked } = outcome;
        return { token, session: begunAt(session, at), at, revoked, repeated: false };
      }
      if (outcome.kind === 'refused') throw limitReached(outcome);
      // With a key the same id is drawn each time, so what is there may be what an earlier request made. It may also be the
      // last session that the quota had room for.
      const made = claim === undefined ? null : await this.madeBefore(draft, now, claim);
      if (made !== null) return made;
      if (outcome.kind === 'full') throw quotaReached(policy);
      // `taken`: the id exists already. Without a key that is chance (once in 2^83), and another id is drawn.
      if (claim !== undefined) throw madeHasEnded();
    }
  }

  /** Gives what the same request created before. Absence: null. */
  private async madeBefore(draft: NewSession, now: number, { draw, revoked }: Claim): Promise<Created | null> {
    const id = newSessionId(draft.subject, draw('id'));
    const { token } = newToken(id, draft.tokenKind, draw('token'));
    const visit = await this.get(draft.app, token, 'look', now);
    return visit && { token, session: visit.session, at: visit.at, revoked: revoked ?? [], repeated: true };
  }
}

function madeHasEnded(): ServiceError {
  return new ServiceError('session_not_found', 'the session this key created is no longer there');
}

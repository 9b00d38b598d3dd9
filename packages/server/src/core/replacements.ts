/**
 * Changes that may move a session to another subject. Each is a step of its own: they cannot be gathered like plain updates
 * (updates.ts), because the session has another id afterwards.
 * Also `replace`, for the session store of a framework: it chooses its tokens itself and writes whole sessions.
 */
import { ServiceError } from './errors.ts';
import { NOBODY, type Origin } from './events.ts';
import type { PolicySource } from './policy.ts';
import {
  asLogin,
  begin,
  capOf,
  checkDraft,
  checkMembers,
  checkVersion,
  type Draft,
  type Expect,
  endsAtOnce,
  limitReached,
  lockLost,
  quotaReached,
  tokenReplaced,
} from './rules.ts';
import type { Session } from './session.ts';
import type { LockRef, SessionStore, Visit } from './store.ts';
import { newSessionId, parseToken, type TokenRef } from './token.ts';
import { begunAt, withMembers } from './transitions.ts';
import { type Edited, endInstead } from './updates.ts';
import { type AppName, checkCallerToken, type Subject } from './validate.ts';

/** What a change did. `revoked`: ids of the sessions that the cap of a new subject ended. */
export interface Changed extends Visit {
  readonly revoked: readonly string[];
}

export interface Replaced extends Changed {
  /** False: there was a session, and it was replaced. */
  readonly created: boolean;
}

/** An edit that may name another subject. */
export type MovingEdit = (session: Session) => Edited & { readonly subject: Subject | null };

export interface Conditions {
  readonly ifMatch?: Expect | undefined;
  /** There must be none. */
  readonly ifNoneMatch: boolean;
  readonly lock?: LockRef | undefined;
  readonly origin?: Origin;
}

export class Replacements {
  private readonly store: SessionStore;
  private readonly policy: PolicySource;

  constructor(store: SessionStore, policy: PolicySource) {
    this.store = store;
    this.policy = policy;
  }

  /**
   * Changes a session, and moves it when the edit names another subject. Its token stays, its id does not. The edit may be
   * called again on newer data. Absence: null. Errors: `session_limit_reached`, `token_replaced` for a move with a token that
   * a rotation replaced, `lock_lost`, of `checkMembers`, and what the edit throws.
   */
  async change(
    app: AppName,
    token: string,
    edit: MovingEdit,
    now: number,
    lock?: LockRef,
    origin: Origin = NOBODY,
  ): Promise<Changed | null> {
    for (;;) {
      const before = await this.store.get(app, parseToken(token), 'look', now);
      if (before === null) return null;
      const { subject, silent: _silent, ...edited } = edit(before.session);
      const { id, version } = before.session;
      const policy = this.policy(app);
      const moves = subject !== before.session.subject;
      const members = moves && subject !== null ? asLogin(before.session, edited, policy) : edited;
      checkMembers(before.session, members, policy);
      if (!moves && endsAtOnce(members)) {
        const ref = parseToken(token);
        const { at, idle } = before;
        const session = { ...withMembers(before.session, members), lastSeenAt: at, version: version + 1 };
        if (await endInstead(this.store, app, ref, before, now, lock, origin))
          return { session, at, idle, revoked: [] };
        continue;
      }
      const counted = policy.maxSessions !== null;
      const move = { id: newSessionId(subject), subject, cap: endsAtOnce(members) ? null : capOf(policy), counted };
      const change = {
        ...members,
        of: id,
        expect: version,
        version: version + 1,
        ...(moves && { move }),
        ...(lock && { lock }),
      };
      const outcome = await this.store.update(app, parseToken(token), change, now, origin);
      if (outcome?.kind === 'updated') return outcome;
      if (outcome?.kind === 'refused') throw limitReached(outcome);
      if (outcome?.kind === 'lost') throw lockLost();
      if (outcome === null) await this.checkMoves(app, token, before, now);
      // It was changed, moved or ended meanwhile, or the new id exists: try again with what is there now.
    }
  }

  /**
   * Creates a session under a token that the caller chose, or replaces the one it opens: data, subject and timeouts are
   * the draft's, id (unless the subject is another), creation and counters stay. The absolute timeout counts from the
   * login, or from the creation before one, so no number of replacements prolongs it. Errors: `version_mismatch` when a
   * condition does not hold, `lock_lost`, `invalid_format` for the token, `session_limit_reached`, `session_quota_reached`,
   * `token_replaced`, `data_too_large`, `invalid_value`.
   */
  async replace(app: AppName, token: string, draft: Draft, conditions: Conditions, now: number): Promise<Replaced> {
    checkDraft(draft, this.policy(app));
    for (;;) {
      const before = await this.store.get(app, parseToken(token), 'look', now);
      const done =
        before === null
          ? await this.create(app, token, draft, conditions, now)
          : await this.overwrite(app, token, draft, conditions, before, now);
      if (done !== null) return done;
    }
  }

  /**
   * Called after a move that found nothing. If the session is still there, unchanged, then the token is one that a rotation
   * has replaced, in its grace. It can move nothing, so trying again would never end. Errors: `token_replaced`.
   */
  private async checkMoves(app: AppName, token: string, { session: { id, version } }: Visit, now: number) {
    const present = (await this.store.get(app, parseToken(token), 'look', now))?.session;
    if (present?.id !== id || present.version !== version) return;
    throw tokenReplaced('it moves the session to no other subject');
  }

  /** Absence: null when somebody else created it meanwhile. */
  private async create(app: AppName, token: string, draft: Draft, { ifMatch, lock, origin }: Conditions, now: number) {
    if (ifMatch !== undefined) {
      const message = 'there is no such session, and If-Match says that there must be one';
      // Who guesses tokens learns as much from this as from a session that is not found.
      throw new ServiceError('version_mismatch', message, { opensNothing: true });
    }
    const policy = this.policy(app);
    const ref = parseToken(checkCallerToken(token, policy));
    const session = begin(draft, newSessionId(draft.subject), now);
    if (endsAtOnce(draft)) {
      // Nothing is stored, but the lock means what it always does.
      if (lock !== undefined) await this.useLock(app, ref, lock, now);
      return { session, at: now, idle: 0, revoked: [], created: true };
    }
    const credential = { hash: ref.hash, alias: true, previous: [] };
    const { maxSessions } = policy;
    const outcome = await this.store.create(session, credential, capOf(policy), now, maxSessions, lock, origin);
    if (outcome.kind === 'taken') return null;
    if (outcome.kind === 'lost') throw lockLost();
    if (outcome.kind === 'full') {
      // The last that it had room for may be this very one, of somebody else.
      if ((await this.store.get(app, parseToken(token), 'look', now)) !== null) return null;
      throw quotaReached(policy);
    }
    if (outcome.kind === 'refused') throw limitReached(outcome);
    const { at, revoked } = outcome;
    return { session: begunAt(session, at), at, idle: 0, revoked, created: true };
  }

  /** Looks at a lock, and ends it if that is asked for, where there is no change to do so. Errors: `lock_lost`. */
  private async useLock(app: AppName, token: TokenRef, { hash, release }: LockRef, now: number) {
    const nobody = { asks: [], stays: false, begins: true };
    if ((await this.store.lock(app, token, nobody, now))?.holder !== hash) throw lockLost();
    if (release) await this.store.unlock(app, token, hash, now);
  }

  /** Absence: null when it ended meanwhile. */
  private async overwrite(
    app: AppName,
    token: string,
    draft: Draft,
    { ifMatch, ifNoneMatch, lock, origin }: Conditions,
    before: Visit,
    now: number,
  ): Promise<Replaced | null> {
    if (ifNoneMatch) {
      throw new ServiceError('version_mismatch', 'the session exists, and If-None-Match says that it must not');
    }
    checkVersion(before.session, ifMatch);
    if (endsAtOnce(draft)) {
      const { version } = before.session;
      const ref = parseToken(token);
      if (!(await endInstead(this.store, app, ref, before, now, lock, origin ?? NOBODY))) return null;
      const session = { ...before.session, ...draft, version: version + 1, idleTimeout: 0, lastSeenAt: before.at };
      return { ...before, session, revoked: [], created: false };
    }
    const changed = await this.change(
      app,
      token,
      (session) => {
        checkVersion(session, ifMatch);
        return overwritten(draft);
      },
      now,
      lock,
      origin,
    );
    return changed && { ...changed, created: false };
  }
}

/** Gives what a draft changes of a session. Members about the device that it leaves out stay as they are; null clears one. */
function overwritten({ app: _app, ...members }: Draft): ReturnType<MovingEdit> {
  return members;
}

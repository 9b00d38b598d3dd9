/**
 * SessionStore: what a store must do, in prose. `stores/memory` is the executable specification; the conformance suite
 * (`test/conformance/suite.ts`) holds every store to it.
 *
 * Rules for all verbs
 * - One verb is one atomic step, whatever other verbs, processes and sweeps do meanwhile. `revoke` of a whole app, `list`,
 *   `count`, `records` and `sweep` are exempt where they say so.
 * - Absent, expired, revoked, wrong secret and wrong app are one answer: null, 0 or left out. Expiry is decided by
 *   comparing the record's own deadlines with `now` (core/expiry.ts); sweeping only collects garbage.
 * - A store never chooses a timeout, an id or a limit: the arguments and the record carry them.
 * - `now` is the caller's clock, in epoch milliseconds. A store with a clock decides by that one, read as the verb acts:
 *   after all that was waited for, and in the very step that changes or reads. It says so in `at`, and moves the instants
 *   it is given (of a new session, `graceUntil`, `activeSince`, of a memo) by the difference.
 * - Create, install, update, rotate and revoke resolve once the change is as durable as the store can make it. `reads` and
 *   `lastSeenAt` may become durable up to one second later, but every answer already includes them.
 * - Of an app whose rules say so (`StoreEvents.journal`), a verb that changes a session writes an event into its journal (events.ts) in the
 *   same step: no change without its event, and no event without its change. Each session has exactly one `session.ended`, whoever removes
 *   it, be it a sweep or a verb that meets what has expired. A session that a verb ended is told so, not as expired. `install` tells only of
 *   what it ends (`replaced`). Where `origin` is left out, nobody is named.
 * - Only a failing store rejects, always with the ServiceError `store_unavailable` (and `list` and `records` with
 *   `invalid_cursor`).
 */
import type { Journal, Origin } from './events.ts';
import type { OnLimit } from './policy.ts';
import type { Credential, Session } from './session.ts';
import type { Installed, RecordsPage, Replace, StoredSession } from './stored-session.ts';
import type { TokenRef } from './token.ts';

export interface SessionStore {
  /**
   * Adds a session and applies the cap of its subject in the same step: the sessions that must end to make room are
   * revoked, or nothing is created when the cap says refuse. A guest (subject null) has no cap.
   * `taken`: a live session has the id or the alias; nothing was changed.
   * `quota`: how many live sessions the app may have; none when it is left out. `full`: it has them, and the cap ends none
   * to make room; nothing was changed. It is exact, whatever other processes create or end meanwhile: decided where the
   * session is written, or by room that was set aside for it before. A create that failed half-way may hold its room for
   * a few time budgets.
   * `lock`: see `lock`. Where the token stands apart from the session (its alias), that the lock holds may be seen a step before
   * the session is written; then nobody else gets the lock in between.
   */
  create(
    session: Session,
    credential: Credential,
    cap: Cap | null,
    now: number,
    quota?: number | null,
    lock?: LockRef,
    origin?: Origin,
  ): Promise<CreateOutcome>;

  /**
   * Reads a session by token, and touches it if that is asked for. A token that a rotation replaced and whose grace is
   * over opens nothing; the store tells of it (`StoreEvents`).
   */
  get(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null>;

  /** Reads many at once, in the order asked; each for itself, so one that is absent hides no other. */
  getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]>;

  /** Reads a session by its public id. Never a touch. */
  find(app: string, id: string, now: number): Promise<Visit | null>;

  /**
   * Changes a session if its version is still `change.expect`, and touches it (without counting a read). An absolute timeout
   * counts from the session's login, or from its creation before one; with a move to a subject, from this very step.
   * `conflict`: the version differs; the answer carries the session as it is, nothing was changed.
   * With `move`, the session gets another subject and with it a new id, and its present token goes on to open it: at no
   * instant both, or neither. A token that was replaced (in its grace) moves nothing: that is null. The cap of the new subject
   * applies as with create. Where subjects live apart this may take several steps; a failure in between may leave a
   * second session behind that no token opens.
   */
  update(app: string, token: TokenRef, change: Change, now: number, origin?: Origin): Promise<UpdateOutcome | null>;

  /**
   * Gives a session a new credential, keeping id, data and times; the old token reads until `graceUntil`, whatever comes
   * later, and those replaced before it read until theirs. Does not touch. With `change` the session is also changed and
   * touched in the same step, as by `update`.
   * One token has one successor. Rotating a token that was replaced, in its grace, gives no new credential: `repeated` tells
   * what its successor is drawn from (token.ts), seed by seed up to the first token that opens the session now; the change
   * is made all the same. `replaced`: the successor is not what is asked for: with `move`; or one of the tokens on the way, or the one asked
   * for, is a caller's (it has no `seed`), unless it is the very successor. `crowded`: as many tokens as can be kept are within their
   * grace (transitions.ts). Nothing was changed then.
   * With `move`, the session gets a new subject and with it a new id, and its old id and all its tokens end at once: a
   * change of privilege has no grace. The cap of the new subject applies as with create. Where subjects live apart a move may be
   * two steps, the new session first: for a moment both are there, and a failure in between may leave both.
   * A rotation to the credential it has already, or to the successor of the token, is no second rotation: it makes the change
   * alone, and with a `seed`, which is of one request, not even that. With `move` it is `taken`.
   * A retry of a move that failed half-way, with the same id and credential, finishes it.
   * `taken`: the new alias or id exists. `conflict`: the version is not `expect`, or the session not `of`. Nothing was changed then.
   */
  rotate(app: string, token: TokenRef, rotation: Rotation, now: number, origin?: Origin): Promise<RotateOutcome | null>;

  /**
   * Ends sessions and gives how many. Once it resolves, nothing in flight can bring one back. With a version, the session
   * of a token or an id ends only at that version, and with a lock only while that holds.
   * A whole app, or hundreds of one subject, may end in several steps: what was acknowledged before the call is gone when
   * it resolves.
   */
  revoke(app: string, selector: Selector, now: number, origin?: Origin): Promise<number>;

  /**
   * Gives a page of sessions, most recent activity first (equal instants: by id, descending), and a cursor for the next
   * one, null on the last. A session that exists throughout a walk is in it once, unless its own activity moved it.
   */
  list(app: string, query: ListQuery, now: number): Promise<Page>;

  /**
   * Counts live sessions and the distinct subjects they belong to; guests are no subject. One snapshot of each
   * subject; a store that keeps subjects apart may count them one after the other.
   */
  count(app: string, activeSince: number, now: number): Promise<Count>;

  /** Gives the apps that have sessions, in order. One whose last session has ended may be named a little longer. */
  apps(): Promise<string[]>;

  /**
   * Remembers a short text under a name until an instant, if what stands there now is `instead` (null: nothing).
   * Gives null when it did, else what stands there ('' for nothing). What it remembers is no session: no list, count or revoke sees it.
   */
  memo(app: string, name: string, memo: Memo, now: number): Promise<string | null>;

  /**
   * Asks for the lock of a session, for one or several who wait, in their order. Whoever comes first has it, as long as its
   * lease; who comes later stands in a queue of the store, whichever process it is in, and keeps its place by asking again
   * (core/lock.ts). The session is read in the same step; that is no touch. Nothing here waits: the caller asks again.
   * A lock is advice to those who ask for it. What is changed without one is changed. A change with one (`lock` of
   * a change, a rotation, a create, a selector) is made only while it holds, and `release` ends it in the same step.
   * It belongs to the session, whichever of its tokens is shown: it goes along when a change that carries it moves the session
   * to another id, and ends when another change does, or with the session. A token that opens nothing has a lock with `begins`; once
   * a session has that token, it is the session's. It may take as long as a lease until nothing of it is left in the store.
   * Absence: null when the token opens nothing, and `begins` is false.
   */
  lock(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null>;

  /** Ends the lock of a hash, or its place in the queue, whether the token opens a session or not. Another lock stays. */
  unlock(app: string, token: TokenRef, hash: string, now: number): Promise<void>;

  /**
   * Gives a part of a walk over the live sessions of an app, each with what opens it, as it stands at that moment. That is no
   * touch. They come in ascending order of their ids, which no read and no change of a session moves: a session that is there all
   * along, under one id, comes exactly once. `cursor`: null to begin, then the one of the part before; a foreign one is refused with
   * `invalid_cursor`. A part has up to `limit` sessions, and may have fewer (none, too) where the walk is not at its end:
   * only a null cursor is the end. Very large sessions make a part short.
   */
  records(app: string, cursor: string | null, limit: number, now: number): Promise<RecordsPage>;

  /**
   * Puts a session in as it was elsewhere: id, instants, version, reads, both deadlines, the tokens in their grace and what
   * their successors are drawn from, all by the record; no instant is moved by the clock of the store, which only decides
   * whether the session is live. No cap and no quota refuses it, and whoever counts for them knows of it from then on.
   * `present`: without `replace`, a live session has its id, or is opened by the token of its credential where that is an alias.
   * With `replace` the record stands afterwards as given: in the place of the session of its id, and a session
   * of another id that had the alias as its present token is ended. `expired`: nothing was changed.
   * A replaced token that is an alias (in `previous`) leads to it unless another session has that alias.
   * With a record as `replace` the new one takes the place of the session of its id only while that stands so: every member as
   * given (of its data the version tells), and the same present token. Else `present`: it was used, changed or rotated since, or has
   * ended, or another session has the alias; nothing was changed. So what was read can be brought up to date, and nothing that
   * happens meanwhile is lost or brought back.
   * As durable as a create. Twice is as good as once. A lock of the session stays as it is.
   */
  install(record: StoredSession, replace: Replace, now: number): Promise<Installed>;

  /** Removes up to `limit` sessions whose deadline has passed, of any app, and gives how many. */
  sweep(now: number, limit: number): Promise<number>;

  /** What happened to its sessions, and what is kept of those that have ended. */
  readonly journal: Journal;

  /** Resolves when the store would do its work now. */
  ping(): Promise<void>;

  /** Makes everything durable that is not yet, and lets go. Every later verb rejects. */
  close(): Promise<void>;
}

/** What a read does: `look` changes nothing, `slide` moves the idle deadline, `read` also counts a read. */
export type Touch = 'look' | 'slide' | 'read';

/** A lock that a change is bound to, by the hash of its name. */
export interface LockRef {
  readonly hash: string;
  /** Whether the lock ends with the change. */
  readonly release: boolean;
}

export interface LockClaim {
  /** Who asks, in their order: the hash of the lock that each will have, and for how long. Units: milliseconds. */
  readonly asks: readonly { readonly hash: string; readonly lease: number }[];
  /** Whether those who do not get it stand in the queue. */
  readonly stays: boolean;
  /** Whether a token that opens nothing has a lock, too: a caller may choose it. */
  readonly begins: boolean;
}

export interface LockOutcome {
  /** The hash of who asked and has the lock now. Absence: null. */
  readonly granted: string | null;
  /** The hash of the lock that holds now. Absence: null: those who wait were there first. */
  readonly holder: string | null;
  /** As it was when the lock was given. Absence: null when the token opens nothing, or nobody got it. */
  readonly session: Session | null;
  readonly at: number;
}

/** The lock that a change is bound to does not hold. Nothing was changed. */
export interface Lost {
  readonly kind: 'lost';
}

export interface Memo {
  readonly text: string;
  readonly instead: string | null;
  readonly until: number;
}

/** What a verb saw of a session. */
export interface Visit {
  /** As it stands after the verb. */
  readonly session: Session;
  /** The instant the verb decided by. */
  readonly at: number;
  /** How long the session had not been touched before. Units: milliseconds. */
  readonly idle: number;
}

export interface Cap {
  readonly max: number;
  readonly onLimit: OnLimit;
}

/** Nothing was changed: the subject has as many sessions as its cap allows. */
export interface Refused {
  readonly kind: 'refused';
  readonly at: number;
  readonly sessions: readonly Session[];
}

export type CreateOutcome =
  | { readonly kind: 'created'; readonly at: number; readonly revoked: readonly string[] }
  | Refused
  | Lost
  | { readonly kind: 'taken' }
  | { readonly kind: 'full' };

/** Another subject for a session, and the id it has there. `cap`: of that subject. */
export interface Move {
  readonly id: string;
  readonly subject: string | null;
  readonly cap: Cap | null;
  /** Whether its app has a quota. A move needs no room of it, but who counts meanwhile must know. Default: no. */
  readonly counted?: boolean;
}

/** What may be changed of a session. A member left out stays. Only the owner of the session's clock touches lastSeenAt. */
export interface Members {
  readonly data?: string;
  readonly ip?: string | null;
  readonly userAgent?: string | null;
  readonly label?: string | null;
  readonly idleTimeout?: number | null;
  readonly absoluteTimeout?: number | null;
}

export interface Change extends Members, Aimed {
  readonly expect: number;
  /** The new version: `expect` plus the number of updates gathered in this change (0 for one without data). */
  readonly version: number;
  readonly move?: Move;
  readonly lock?: LockRef;
}

/** What was made for one session. */
export interface Aimed {
  /**
   * The id of that session: if the token opens another one by now, which has moved or was made anew, that is a `conflict` as of a
   * version. What was read of the one, or drawn for it, does not fit the other. Absence: whatever the token opens.
   */
  readonly of?: string | undefined;
}

/** `revoked`: what the cap of a new subject ended. */
export type UpdateOutcome =
  | ({ readonly kind: 'updated'; readonly revoked: readonly string[] } & Visit)
  | ({ readonly kind: 'conflict' } & Visit)
  | Refused
  | Lost
  | { readonly kind: 'taken' };

export interface Rotation extends Aimed {
  readonly credential: Pick<Credential, 'hash' | 'alias'>;
  /** What the credential was drawn from, with the old token. Absence: undefined when the caller chose it. */
  readonly seed?: string;
  readonly graceUntil: number;
  /** Only at this version. A change needs it. */
  readonly expect?: number;
  readonly move?: Move;
  readonly change?: Members & { readonly version: number };
  readonly lock?: LockRef;
}

/** `revoked`: what the cap of a new subject ended. */
export type RotateOutcome =
  | ({ readonly kind: 'rotated'; readonly revoked: readonly string[] } & Visit)
  | ({ readonly kind: 'repeated'; readonly seeds: readonly string[] } & Visit)
  | ({ readonly kind: 'conflict' } & Visit)
  | Refused
  | Lost
  | { readonly kind: 'replaced' | 'crowded' | 'taken' };

export type Selector =
  | { readonly by: 'token'; readonly token: TokenRef; readonly version?: number; readonly lock?: LockRef }
  | { readonly by: 'id'; readonly id: string; readonly version?: number; readonly lock?: LockRef }
  | { readonly by: 'subject'; readonly subject: string; readonly except?: string }
  | { readonly by: 'app' };

export interface ListQuery {
  /** Only this subject's sessions. */
  readonly subject?: string;
  /** Only sessions touched at or after this instant. */
  readonly activeSince?: number;
  /** From the page before. Opaque; a foreign one is refused with `invalid_cursor`. */
  readonly cursor?: string;
  readonly limit: number;
  /**
   * Ends the page with the session whose data makes it longer than this, so that a page of very large sessions is bounded, too.
   * Units: characters. Absence: only `limit` ends it.
   */
  readonly maxData?: number;
}

export interface Page {
  readonly sessions: readonly Session[];
  readonly cursor: string | null;
  readonly at: number;
  /**
   * Of sessions that were last seen before this instant, one that was touched at that moment may be missing: it moved past the
   * page. Absence: undefined when the page shows one instant.
   */
  readonly exactTo?: number;
}

export interface Count {
  readonly sessions: number;
  readonly subjects: number;
}

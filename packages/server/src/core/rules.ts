/** What the verbs ask of a session before they call the store: versions, timeouts, sizes, caps. Pure, and shared. */
import { byActivity } from './cursor.ts';
import { ServiceError } from './errors.ts';
import { begunOf } from './expiry.ts';
import type { Policy } from './policy.ts';
import { EMPTY_DATA, type Session } from './session.ts';
import type { Cap, Members, Refused } from './store.ts';
import { type AppName, checkTimeouts, type Ip, type Subject, type Timeouts } from './validate.ts';

/** What a session is made of. Texts are checked. */
export interface Draft extends Timeouts {
  readonly app: AppName;
  readonly subject: Subject | null;
  /** Of the device, as `userAgent` and `label`. Absence: nothing is said of it; null: there is none. */
  readonly ip?: Ip | null;
  readonly userAgent?: string | null;
  readonly label?: string | null;
  /** Compact JSON text of an object. */
  readonly data: string;
}

/** The versions one of which a session must have; `*`: any; `none`: there must be no session. */
export type Expect = readonly number[] | '*' | 'none';

/** Checks timeouts and size of what a session is to be. Errors: `invalid_value`, `data_too_large`. */
export function checkDraft(draft: Draft, policy: Policy): void {
  checkTimeouts(draft, policy);
  checkDataSize(draft.data, policy.maxDataBytes);
}

/** Gives a new session of a draft. */
export function begin(draft: Draft, id: string, now: number): Session {
  const { app, subject, idleTimeout, absoluteTimeout, ip = null, userAgent = null, label = null, data } = draft;
  return {
    id,
    app,
    subject,
    createdAt: now,
    authenticatedAt: subject === null ? null : now,
    lastSeenAt: now,
    idleTimeout,
    absoluteExpiresAt: absoluteTimeout === null ? null : now + absoluteTimeout,
    version: 1,
    reads: 1,
    ip,
    userAgent,
    label,
    data,
  };
}

/** Gives the absolute timeout that a session was given. Units: milliseconds. Absence: null for none. */
function absoluteTimeoutOf(session: Session): number | null {
  return session.absoluteExpiresAt === null ? null : session.absoluteExpiresAt - begunOf(session);
}

/**
 * Checks what is to be changed of a session. A timeout that stays is as it was given, whatever the policy allows by now.
 * Errors: `data_too_large`, `invalid_value`.
 */
export function checkMembers(session: Session, { data, idleTimeout, absoluteTimeout }: Members, policy: Policy): void {
  if (data !== undefined) checkDataSize(data, policy.maxDataBytes, session.data);
  if (idleTimeout === undefined && absoluteTimeout === undefined) return;
  checkTimeouts(
    {
      idleTimeout: idleTimeout === undefined ? session.idleTimeout : idleTimeout,
      absoluteTimeout: absoluteTimeout === undefined ? absoluteTimeoutOf(session) : absoluteTimeout,
    },
    {
      ...policy,
      ...(idleTimeout === undefined && { minIdleTimeout: 0, maxIdleTimeout: Number.POSITIVE_INFINITY }),
      ...(absoluteTimeout === undefined && { maxAbsoluteTimeout: null }),
    },
  );
}

/**
 * Gives what a change becomes when it is a login: the absolute timeout starts anew, as asked for or as the policy says.
 * Every session ends: where the policy has no absolute timeout and the session no idle one, it gets that of the policy.
 */
export function asLogin<M extends Members>(session: Session, members: M, policy: Policy): M & Members {
  const { absoluteTimeout = policy.absoluteTimeout, idleTimeout = session.idleTimeout } = members;
  const endless = absoluteTimeout === null && idleTimeout === null && members.idleTimeout === undefined;
  return { ...members, absoluteTimeout, ...(endless && { idleTimeout: policy.idleTimeout }) };
}

export function endsAtOnce(timeouts: Pick<Members, 'idleTimeout' | 'absoluteTimeout'>): boolean {
  return (timeouts.idleTimeout ?? 1) <= 0 || (timeouts.absoluteTimeout ?? 1) <= 0;
}

export function capOf({ maxSessionsPerSubject: max, onLimit }: Policy): Cap | null {
  return max === null ? null : { max, onLimit };
}

/** Gives the error for an app that has all the sessions of its quota. */
export function quotaReached({ maxSessions }: Policy): ServiceError {
  const message = `the app has its ${maxSessions} sessions, as many as its policy allows`;
  return new ServiceError('session_quota_reached', message);
}

/** Gives the error for a cap that refuses the new session instead of ending another one. */
export function limitReached({ sessions }: Refused): ServiceError {
  const message = `the subject has ${sessions.length} sessions, as many as its app allows`;
  // Stores meet them in the order of their keys. A user who is asked which one to end has a list, as any other.
  return new ServiceError('session_limit_reached', message, { sessions: [...sessions].sort(byActivity) });
}

/** Gives the error of a token that a rotation replaced. `why`: what it does not get. */
export function tokenReplaced(why: string): ServiceError {
  return new ServiceError('token_replaced', `a rotation replaced the token: ${why}`, { field: 'token' });
}

/** Gives the error of a lock that does not hold. */
export function lockLost(): ServiceError {
  const message = 'the lock that Session-Lock names does not hold: its lease is over, or it was ended';
  return new ServiceError('lock_lost', message);
}

/** Errors: `version_mismatch`. */
export function checkVersion({ version }: Session, expect: Expect | undefined): void {
  if (expect === 'none') {
    throw new ServiceError('version_mismatch', 'the session exists, and If-None-Match says that it must not');
  }
  if (expect === undefined || expect === '*' || expect.includes(version)) return;
  throw new ServiceError('version_mismatch', `the session is at version ${version}, which If-Match does not name`);
}

/**
 * Checks the size of data as it is stored. `before`: what it was; an app whose limit was lowered can still shrink what it
 * has. Units: bytes of UTF-8. Errors: `data_too_large`.
 */
export function checkDataSize(data: string, max: number, before = ''): void {
  // UTF-8 needs at most 3 bytes for each UTF-16 unit. So a text that is short enough need not be counted.
  if (data === EMPTY_DATA || data.length * 3 <= max) return;
  const size = Buffer.byteLength(data);
  if (size > max && size >= Buffer.byteLength(before)) {
    throw new ServiceError('data_too_large', `the session data must not exceed ${max} bytes`, { field: 'data' });
  }
}

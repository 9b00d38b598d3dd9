/** What the verbs ask of a session before they call the store: versions, timeouts, sizes, caps. Pure, and shared. */
import { ServiceError } from './errors.ts';
import type { Policy } from './policy.ts';
import { EMPTY_DATA, type Session } from './session.ts';
import type { Cap, Refused } from './store.ts';
import { type AppName, checkTimeouts, type Ip, type Subject, type Timeouts } from './validate.ts';

/** What a session is made of. Texts are checked. */
export interface Draft extends Timeouts {
  readonly app: AppName;
  readonly subject: Subject | null;
  readonly ip: Ip | null;
  readonly userAgent: string | null;
  readonly label: string | null;
  /** Compact JSON text of an object. */
  readonly data: string;
}

/** The versions one of which a session must have; `*`: any. */
export type Expect = readonly number[] | '*';

/** Checks timeouts and size of what a session is to be. Errors: `invalid_value`, `data_too_large`. */
export function checkDraft(draft: Draft, policy: Policy): void {
  checkTimeouts(draft, policy);
  checkDataSize(draft.data, policy.maxDataBytes);
}

/** Gives a new session of a draft. */
export function begin(draft: Draft, id: string, now: number): Session {
  const { app, subject, idleTimeout, absoluteTimeout, ip, userAgent, label, data } = draft;
  return {
    id,
    app,
    subject,
    createdAt: now,
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
export function absoluteTimeoutOf({ createdAt, absoluteExpiresAt }: Session): number | null {
  return absoluteExpiresAt === null ? null : absoluteExpiresAt - createdAt;
}

export function endsAtOnce(timeouts: {
  readonly idleTimeout: number | null;
  readonly absoluteTimeout?: number | null;
}) {
  return (timeouts.idleTimeout ?? 1) <= 0 || (timeouts.absoluteTimeout ?? 1) <= 0;
}

export function capOf({ maxSessionsPerSubject: max, onLimit }: Policy): Cap | null {
  return max === null ? null : { max, onLimit };
}

/** Gives the error of an app that has all the sessions of its quota. */
export function quotaReached({ maxSessions }: Policy): ServiceError {
  const message = `the app has its ${maxSessions} sessions, as many as its policy allows`;
  return new ServiceError('session_quota_reached', message);
}

/** Gives the error of a cap that ends nobody. */
export function limitReached({ sessions }: Refused): ServiceError {
  const message = `the subject has ${sessions.length} sessions, as many as its app allows`;
  return new ServiceError('session_limit_reached', message, { sessions });
}

/** Errors: `version_mismatch`. */
export function checkVersion({ version }: Session, expect: Expect | undefined): void {
  if (expect === undefined || expect === '*' || expect.includes(version)) return;
  throw new ServiceError('version_mismatch', `the session is at version ${version}, which If-Match does not name`);
}

/**
 * Checks the size of data as it is stored. `before`: what it was; an app whose limit was lowered can still shrink what it
 * has. Units: bytes of UTF-8. Errors: `data_too_large`.
 */
export function checkDataSize(data: string, max: number, before = ''): void {
  if (data.length < before.length) return;
  // UTF-8 needs at most 3 bytes for each UTF-16 unit: most texts need no counting.
  if (data === EMPTY_DATA || data.length * 3 <= max) return;
  if (Buffer.byteLength(data) > max) {
    throw new ServiceError('data_too_large', `the session data must not exceed ${max} bytes`, { field: 'data' });
  }
}

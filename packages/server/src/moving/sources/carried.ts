/** What a session of another library becomes: the record that our adapter of its platform would have made, under the same token. */
import { MAX_TIMEOUT } from '../../core/policy.ts';
import type { StoredSession } from '../../core/stored-session.ts';
import { importedCredential } from '../../core/token.ts';
import { CALLER_TOKEN_LENGTH, isCallerToken } from '../../core/validate.ts';
import type { LeftReason } from '../left.ts';
import type { Found } from '../source.ts';

/** What a source read. `lost`: values that have no form here, each by its name. */
export type Carried =
  | { readonly kind: 'session'; readonly record: StoredSession; readonly lost: readonly string[] }
  | { readonly kind: 'left'; readonly reason: LeftReason; readonly example: string };

/** Units: epoch milliseconds and milliseconds. */
export interface Times {
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly idleTimeout: number | null;
  readonly absoluteExpiresAt: number | null;
}

export interface Carriable {
  readonly app: string;
  /** What the cookie has. */
  readonly token: string;
  readonly subject: string | null;
  readonly data: string;
  readonly times: Times;
  readonly lost?: readonly string[];
}

export function carry({ app, token, subject, data, times, lost = [] }: Carriable): Carried {
  if (!isOurs(token)) return { kind: 'left', reason: 'invalid_token', example: nameOf(token) };
  const { id, credential } = importedCredential(token, subject);
  const session = {
    id,
    app,
    subject,
    ...times,
    authenticatedAt: subject === null ? null : times.createdAt,
    version: 1,
    reads: 1,
    ip: null,
    userAgent: null,
    label: null,
    data,
  };
  // By the rules of core it is judged where it is installed (moving/checked-record.ts).
  return { kind: 'session', record: { session, credential }, lost };
}

/** Tells whether our server and our adapters take a text for a token: long enough, and of their characters. */
function isOurs(token: string): boolean {
  return isCallerToken(token, { minCallerTokenLength: CALLER_TOKEN_LENGTH.min });
}

/** Gives what a session can be called by whose subject is not known: the token itself must not be shown. */
export function nameOf(token: string): string {
  return importedCredential(token, null).id;
}

/** Gives the steps of a source. That a value was lost comes after its session, so that it is told again with it. */
export function* foundOf(carried: Carried, position: string): Generator<Found> {
  if (carried.kind === 'left') {
    yield { ...carried, position };
    return;
  }
  const { record, lost } = carried;
  yield { kind: 'session', record, position };
  for (const name of lost) {
    yield { kind: 'left', reason: 'value', example: `${name} of ${record.session.id}`, position };
  }
}

/**
 * Gives the times of a session of which only its deadline is known. With the timeout that the library begins each time, the deadline
 * says when somebody was last there. Without it, what is left of its time is its timeout, from now on: so it never lives longer
 * without a visit than it would have. Units: milliseconds. `deadline`: null for none.
 */
export function timesUntil(deadline: number | null, timeout: number | null, now: number): Times {
  if (deadline === null) {
    const idleTimeout = timeout ?? MAX_TIMEOUT;
    return { createdAt: now, lastSeenAt: now, idleTimeout, absoluteExpiresAt: null };
  }
  // What is over already is told as expired, by the store.
  const began = timeout === null ? Math.min(now, deadline - 1) : Math.min(now, deadline - timeout, deadline - 1);
  const lastSeenAt = Math.max(0, Math.floor(began));
  const idleTimeout = Math.ceil(deadline) - lastSeenAt;
  return { createdAt: lastSeenAt, lastSeenAt, idleTimeout, absoluteExpiresAt: null };
}

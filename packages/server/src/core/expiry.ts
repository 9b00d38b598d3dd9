/**
 * The timeout arithmetic, all of it. Deadlines are computed from the record and never stored, so they cannot disagree with
 * it. A session is live until just before its deadline; at the deadline itself it has expired.
 */
import type { Session } from './session.ts';

type Timed = Pick<Session, 'lastSeenAt' | 'idleTimeout' | 'absoluteExpiresAt'>;

/** Gives the instant at which the session ends unless it is touched. Absence: Infinity when it has no timeout. */
export function expiresAt(session: Timed): number {
  const idle = session.idleTimeout === null ? Number.POSITIVE_INFINITY : session.lastSeenAt + session.idleTimeout;
  return Math.min(idle, session.absoluteExpiresAt ?? Number.POSITIVE_INFINITY);
}

/** Gives the instant that the absolute timeout counts from: the login, or the creation before one. */
export function begunOf({ createdAt, authenticatedAt }: Pick<Session, 'createdAt' | 'authenticatedAt'>): number {
  return authenticatedAt ?? createdAt;
}

export function isLive(session: Timed, now: number): boolean {
  return now < expiresAt(session);
}

/** Gives the session as it stands after a touch at `now`. A clock that went back never moves lastSeenAt back. */
export function touched(session: Session, now: number, reads: number): Session {
  return { ...session, lastSeenAt: Math.max(session.lastSeenAt, now), reads: session.reads + reads };
}

/** Gives how long the session had not been touched at `now`. Units: milliseconds, never negative. */
export function idleFor(session: Timed, now: number): number {
  return Math.max(0, now - session.lastSeenAt);
}

/** Tells whether use never lengthens the session: its absolute timeout is no longer than its idle one. The classic `no_resave`. */
export function isFixed(session: Session): session is Session & { idleTimeout: number; absoluteExpiresAt: number } {
  const { absoluteExpiresAt, idleTimeout } = session;
  return absoluteExpiresAt !== null && idleTimeout !== null && absoluteExpiresAt - begunOf(session) <= idleTimeout;
}

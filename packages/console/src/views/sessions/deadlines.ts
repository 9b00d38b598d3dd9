/** How much is left of a session by its two deadlines. Pure: the present is an argument, in epoch milliseconds. */
import type { Session } from '../../api/types.ts';

export interface Left {
  /** Of the deadline. ISO 8601. */
  readonly at: string;
  /** 0 when it is over. */
  readonly seconds: number;
  /** Of the whole: 0 to 1. */
  readonly part: number;
}

/** Gives what is left until nobody has been there for too long. Absence: null when no idleness ends the session. */
export function idleLeft(
  { lastSeenAt, idleTimeout }: Pick<Session, 'lastSeenAt' | 'idleTimeout'>,
  now: number,
): Left | null {
  if (idleTimeout === null) return null;
  return left(Date.parse(lastSeenAt) + idleTimeout * 1000, idleTimeout * 1000, now);
}

/** Gives what is left until the session ends in any case. Absence: null when there is no such instant. */
export function absoluteLeft(
  {
    absoluteExpiresAt,
    authenticatedAt,
    createdAt,
  }: Pick<Session, 'absoluteExpiresAt' | 'authenticatedAt' | 'createdAt'>,
  now: number,
): Left | null {
  if (absoluteExpiresAt === null) return null;
  const end = Date.parse(absoluteExpiresAt);
  return left(end, end - Date.parse(authenticatedAt ?? createdAt), now);
}

function left(end: number, whole: number, now: number): Left {
  const rest = Math.max(0, end - now);
  return {
    at: new Date(end).toISOString(),
    seconds: rest / 1000,
    part: whole <= 0 ? 0 : Math.min(1, rest / whole),
  };
}

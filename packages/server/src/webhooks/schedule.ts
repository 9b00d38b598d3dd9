/** When what failed is sent again. Units: milliseconds. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Before each attempt, by Standard Webhooks. After the last one it is a dead letter. */
const DELAYS = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;
/** The longest that an event is tried for, where the receiver puts it off (`Retry-After`) instead of failing. */
const LONGEST = DELAYS.reduce<number>((sum, delay) => sum + delay, 0);
/** So that what failed together is not sent again at one instant. */
const JITTER = 0.1;

/** How often something was tried, and since when. */
export interface Tried {
  readonly attempts: number;
  readonly since: number;
}

/**
 * Gives when to try again what has failed, and how many attempts then count: one that the receiver put off (`retryAfter`) does not.
 * Absence: `due` is null when it is given up.
 */
export function afterFailure(tried: Tried, retryAfter: number | null, now: number, chance: () => number) {
  const attempts = retryAfter === null ? tried.attempts + 1 : tried.attempts;
  const delay = DELAYS[attempts];
  if (delay === undefined || now - tried.since > LONGEST * (1 + JITTER)) return { attempts, due: null };
  return { attempts, due: now + (retryAfter ?? Math.round(delay * (1 + JITTER * chance()))) };
}

/** A receiver that fails so often in a row is down: then it is asked with one request at a time, after rests, until it answers. */
export const DOWN_AFTER = 20;
const FIRST_REST = 5 * SECOND;
const LONGEST_REST = MINUTE;

/** `rests`: those there were since it is down. */
export function restOf(rests: number): number {
  return Math.min(FIRST_REST * 2 ** rests, LONGEST_REST);
}

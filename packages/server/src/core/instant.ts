/**
 * The instant a verb decides by. The caller's `now` is older than the verb when something was waited for in between: a
 * claim, a queue, the turn of another writer. A store that runs where its caller runs reads the clock again as it acts.
 */

/** Gives the present instant in epoch milliseconds. */
export type Clock = () => number;

/**
 * Gives what makes of a caller's `now` the instant to decide by: never before it, also when the clock was set back.
 * Without a clock the caller's is the one that counts.
 */
export function decidedBy(clock: Clock | undefined): (now: number) => number {
  return clock === undefined ? (now) => now : (now) => Math.max(now, clock());
}

/**
 * The instant that a verb decides by. When something was waited for in between (a claim, a queue, the turn of another
 * writer), the `now` that the caller passed is in the past. So a store that runs in the same process as its caller reads the
 * clock again when it acts.
 */

/** Gives the present instant in epoch milliseconds. */
export type Clock = () => number;

/**
 * Gives a function from a caller's `now` to the instant to decide by. That is never earlier than `now`, also when the clock
 * was set back. Without a clock it is `now` itself.
 */
export function decidedBy(clock: Clock | undefined): (now: number) => number {
  return clock === undefined ? (now) => now : (now) => Math.max(now, clock());
}

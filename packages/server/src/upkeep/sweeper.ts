/** Removes what has expired, every so often, in steps that leave room for requests. Garbage collection: no answer depends on it. */
import { setTimeout as delay } from 'node:timers/promises';

/** Sessions removed in one step of the store. */
const STEP = 1000;

export interface SweeperOptions {
  /** Removes up to `limit` expired sessions and gives how many. */
  readonly sweep: (now: number, limit: number) => Promise<number>;
  readonly clock: () => number;
  /** Units: milliseconds. */
  readonly interval: number;
  readonly onSwept: (removed: number) => void;
  /** Counts what there is: at the start, and after each sweep. `isStopped`: whether it should leave off. */
  readonly count: (now: number, isStopped: () => boolean) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Starts the sweeper. Gives a function that stops it and resolves when no sweep is under way. */
export function startSweeper(options: SweeperOptions): () => Promise<void> {
  const { sweep, clock, interval, onSwept, count, onError } = options;
  const stopped = new AbortController();
  const isStopped = () => stopped.signal.aborted;
  const rounds = (async () => {
    await count(clock(), isStopped).catch(onError);
    for (;;) {
      await delay(interval, undefined, { signal: stopped.signal });
      try {
        let removed = 0;
        let step = STEP;
        while (step === STEP && !isStopped()) {
          step = await sweep(clock(), STEP);
          removed += step;
        }
        if (removed > 0) onSwept(removed);
        await count(clock(), isStopped);
      } catch (error) {
        onError(error);
      }
    }
  })();
  const ended = rounds.catch(() => {});
  return () => {
    stopped.abort();
    return ended;
  };
}

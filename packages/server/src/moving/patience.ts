/** What is asked of a store again, because it may be away for a moment: a Redis that fails over, or that is busy. */
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../core/errors.ts';

/** Units: milliseconds. Their sum is longer than a failover takes. */
const PAUSES = [200, 500, 1000, 2000, 4000, 8000, 8000, 8000];

/**
 * Does work that may be done twice, and again while the store is away, after each of the pauses (milliseconds) and not after the
 * signal. Errors: those of the last attempt.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  { pauses = PAUSES, signal }: { readonly pauses?: readonly number[]; readonly signal?: AbortSignal } = {},
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      const isAway = error instanceof ServiceError && error.code === 'store_unavailable';
      if (!isAway || signal?.aborted) throw error;
      await delay(pause);
    }
  }
  return work();
}

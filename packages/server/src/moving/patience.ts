/** What is asked of a store again, because it may be away for a moment: a Redis that fails over, or that is busy. */
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceError } from '../core/errors.ts';

/** Units: milliseconds. Their sum is longer than a failover takes. */
const PAUSES = [200, 500, 1000, 2000, 4000, 8000, 8000, 8000];

/** Does work that may be done twice, and again while the store is away. Errors: those of the last attempt. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'store_unavailable') throw error;
      await delay(pause);
    }
  }
  return work();
}

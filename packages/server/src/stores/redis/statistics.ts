/** What a Redis holds of ours, and what its masters say of their memory. */
import type { JournalStatistics, StoreStatistics } from '../statistics.ts';
import type { RedisStore } from './redis-store.ts';

/** Counts each app: a look at its 256 partitions. Errors: `store_unavailable`. */
export async function redisStatistics(store: RedisStore): Promise<StoreStatistics> {
  const apps: { app: string; sessions: number; subjects: number }[] = [];
  for (const app of await store.apps()) {
    const counted = await store.count(app, 0, Date.now());
    // Of an app whose last session has ended the name may stand a little longer.
    if (counted.sessions > 0) apps.push({ app, ...counted });
  }
  const journals: JournalStatistics[] = [];
  for (const app of await store.journal.apps()) {
    const { events, bytes } = await store.journal.extent(app);
    journals.push({ app, events, bytes });
  }
  return { apps, journals, engine: await store.memory() };
}

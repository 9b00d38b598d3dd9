import type { Redis } from 'ioredis';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { races, type SharedStore } from '../conformance/races.ts';
import { startRedis } from '../support/redis.ts';
import { dumpRedis, linesOf } from '../support/redis-dump.ts';
import { startCluster } from '../support/redis-topologies.ts';
import type { Cleanup } from '../support/server.ts';

function shared(cleanup: Cleanup, url: string, masters: readonly Redis[]): SharedStore {
  return {
    env: { RS_STORE: url },
    contents: async () => {
      const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
      const store = new RedisStore({ url, namespace: 'drs', timeout: 5000, onError });
      await store.ready();
      // An empty app stays in the register until the next sweep.
      await store.sweep(Date.now(), 1);
      await store.close();
      return linesOf(await dumpRedis(masters));
    },
  };
}

races('one Redis server', async (t) => {
  const { port, admin } = await startRedis(t);
  return shared(t, `redis://127.0.0.1:${port}`, [admin]);
});

races('Redis Cluster', async (t) => {
  const cluster = await startCluster(t);
  const masters = await cluster.masters();
  return shared(
    t,
    cluster.url,
    masters.map(({ admin }) => admin),
  );
});

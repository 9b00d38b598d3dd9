import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { races } from '../conformance/races.ts';
import { startRedis } from '../support/redis.ts';
import { dumpRedis, linesOf } from './redis-audit.ts';

races('one Redis server', async (t) => {
  const { port, admin } = await startRedis(t);
  const url = `redis://127.0.0.1:${port}`;
  return {
    env: { RS_STORE: url },
    contents: async () => {
      const onError = (error: unknown) => t.after(() => Promise.reject(error));
      const store = new RedisStore({ url, namespace: 'drs', timeout: 5000, onError });
      await store.ready();
      await store.sweep(Date.now(), 1);
      await store.close();
      return linesOf(await dumpRedis([admin]));
    },
  };
});

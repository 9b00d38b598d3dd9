/** The stores that the v1 suite runs on, each empty, and read once its servers have stopped. */
import type { Redis } from 'ioredis';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { faultsOf, faultsOfRedis } from '../support/audit.ts';
import { PATIENT, startRedis } from '../support/redis.ts';
import { dumpRedis, linesOf, withoutFormat } from '../support/redis-dump.ts';
import { STEADY, startCluster } from '../support/redis-topologies.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import type { StoreOfSuite } from './harness.ts';

const NAMESPACE = 'drs';

/** A process keeps it to itself, and it ends with it. */
export async function memory(): Promise<StoreOfSuite> {
  return { env: { RS_STORE: 'memory:' }, shared: false, contents: async () => [], faults: async () => [] };
}

export async function lmdb(cleanup: Cleanup): Promise<StoreOfSuite> {
  const path = temporaryFolder(cleanup);
  const use = async <T>(work: (store: LmdbStore) => Promise<T>): Promise<T> => {
    const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
    const store = new LmdbStore({ path, namespace: NAMESPACE, onError });
    return work(store).finally(() => store.close());
  };
  return {
    env: { RS_STORE: `lmdb:${path}` },
    shared: true,
    contents: () =>
      use(async (store) => {
        await store.sweep(Date.now(), 10_000);
        return store.dump().map((entry) => JSON.stringify(entry));
      }),
    faults: () => use((store) => faultsOf(store.audit())),
  };
}

export async function redis(cleanup: Cleanup): Promise<StoreOfSuite> {
  const { port, admin } = await startRedis(cleanup);
  return onRedis(cleanup, `redis://127.0.0.1:${port}`, [admin]);
}

export async function cluster(cleanup: Cleanup): Promise<StoreOfSuite> {
  const { url, masters } = await startCluster(cleanup, STEADY);
  const servers = (await masters()).map(({ admin }) => admin);
  return onRedis(cleanup, url, servers);
}

function onRedis(cleanup: Cleanup, url: string, masters: readonly Redis[]): StoreOfSuite {
  return {
    env: { RS_STORE: url, ...PATIENT },
    shared: true,
    contents: async () => {
      const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
      const store = new RedisStore({ url, namespace: NAMESPACE, timeout: 30_000, onError });
      await store.ready();
      // An empty app stays in the register until the next sweep.
      await store.sweep(Date.now(), 10_000);
      await store.close();
      return linesOf(withoutFormat(await dumpRedis(masters)));
    },
    faults: () => faultsOfRedis({ url, namespace: NAMESPACE }),
  };
}

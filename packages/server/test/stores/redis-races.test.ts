/**
 * G1 to G4 between two processes whose clocks are ten seconds apart, on every form of Redis. `npm test` runs a part of the
 * rounds (lmdb-races.test.ts runs all of them), `npm run test:races` all.
 */
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { races, type SharedStore } from '../conformance/races.ts';
import { faultsOfRedis } from '../support/audit.ts';
import { forAllTests, PATIENT } from '../support/redis.ts';
import { dumpRedis, linesOf, withoutFormat } from '../support/redis-dump.ts';
import { type Cleanup, skewed } from '../support/server.ts';
import { TOPOLOGIES, type Topology } from '../support/topologies.ts';

const NAMESPACE = 'drs';
const CLOCKS = [skewed(5000), skewed(-5000)] as const;

async function shared(cleanup: Cleanup, { url, env, tls, masters }: Topology): Promise<SharedStore> {
  const servers = await masters();
  for (const server of servers) await server.flushall();
  return {
    env: { ...env, ...PATIENT },
    contents: async () => {
      const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
      const store = new RedisStore({ url, tls, namespace: NAMESPACE, timeout: 30_000, onError });
      await store.ready();
      // An empty app stays in the register until the next sweep.
      await store.sweep(Date.now(), 1);
      await store.close();
      return linesOf(withoutFormat(await dumpRedis(servers)));
    },
    faults: () => faultsOfRedis({ url, tls, namespace: NAMESPACE }),
  };
}

for (const [name, start] of Object.entries(TOPOLOGIES)) {
  const topology = forAllTests(start);
  const apart = async (t: Cleanup) => ({ ...(await shared(t, topology())), own: CLOCKS });
  races(`${name}, with clocks that are 10 s apart`, apart, name === 'one Redis server' ? 0.3 : 0.1);
}

/** A RedisStore for the conformance suite: an empty key space, time as an argument, and the audit of what it leaves. */
import type { Redis } from 'ioredis';
import { RedisAudit } from '../../src/stores/redis/audit.ts';
import type { TlsFiles } from '../../src/stores/redis/connection.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import type { StoreUnderTest } from '../conformance/harness.ts';
import { faultsOf } from './audit.ts';
import { dumpRedis, linesOf } from './redis-dump.ts';
import type { Cleanup } from './server.ts';

const NAMESPACE = 'test';

/** Opens an empty store. `servers`: the masters, asked for all they hold. `auditUrl`: with an account that may scan. */
export async function openOn(
  cleanup: Cleanup,
  url: string,
  servers: readonly Redis[],
  { tls = {}, forgetful = false, auditUrl = url }: { tls?: TlsFiles; forgetful?: boolean; auditUrl?: string } = {},
): Promise<StoreUnderTest> {
  for (const server of servers) await server.flushall();
  const onError = (error: unknown) => cleanup.after(() => Promise.reject(error));
  const reused: string[] = [];
  const onTokenReuse = (_app: string, id: string) => reused.push(id);
  const open = () =>
    new RedisStore({ url, namespace: NAMESPACE, timeout: 20_000, tls, clock: 'argument', onError, onTokenReuse });
  const store = open();
  cleanup.after(() => store.close());
  await store.ready();
  return {
    store: forgetful ? forgetting(store, servers) : store,
    contents: async () => {
      // An empty app stays in the register until the next sweep. At this instant nothing has expired.
      const sweeper = open();
      await sweeper.ready();
      await sweeper.sweep(1, 1);
      await sweeper.close();
      // Memos end by their TTL, which is Redis' own time.
      return linesOf((await dumpRedis(servers)).filter(({ key, ttl }) => !(key.endsWith(':n') && ttl > 0)));
    },
    faults: async () => {
      const audit = new RedisAudit({
        url: auditUrl,
        namespace: NAMESPACE,
        timeout: 20_000,
        tls,
        replicas: 0,
        settle: 100,
      });
      try {
        return await faultsOf(audit);
      } finally {
        await audit.close();
      }
    },
    reused,
  };
}

/** A store whose servers have forgotten the scripts whenever a verb begins. */
function forgetting(store: RedisStore, servers: readonly Redis[]): RedisStore {
  return new Proxy(store, {
    get: (target, name) => {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function' || name === 'close') return member;
      return async (...args: unknown[]) => {
        await Promise.all(servers.map((server) => server.script('FLUSH')));
        return member.apply(target, args);
      };
    },
  });
}

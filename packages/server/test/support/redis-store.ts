/** A RedisStore for the conformance suite: an empty key space, time as an argument, and the audit of what it leaves. */
import assert from 'node:assert/strict';
import type { Redis } from 'ioredis';
import type { JournalSource } from '../../src/core/events.ts';
import type { TlsFiles } from '../../src/stores/redis/connection.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import type { StoreUnderTest } from '../conformance/harness.ts';
import { faultsOfRedis } from './audit.ts';
import { dumpRedis, type KeyDump, linesOf } from './redis-dump.ts';
import type { Cleanup } from './server.ts';

const NAMESPACE = 'test';

/**
 * Opens an empty store. `servers`: the masters, asked for all they hold. After the test the whole key space is audited, and
 * once the store has ended all sessions it must be empty again (G7). Not `audited`: the test leaves what no audit can
 * pass, or ends the servers first. `auditUrl`: with an account that may scan. `timeout` is long, because the machine may be busy.
 * A `forgetful` store is audited and not emptied: the one that remembers scripts writes the same, and its suite empties it.
 */
export async function openOn(
  cleanup: Cleanup,
  url: string,
  servers: readonly Redis[],
  options: {
    tls?: TlsFiles;
    forgetful?: boolean;
    audited?: boolean;
    auditUrl?: string;
    timeout?: number;
    journal?: JournalSource | undefined;
  } = {},
): Promise<StoreUnderTest> {
  const { tls = {}, forgetful = false, audited = true, auditUrl = url, timeout = 20_000, journal } = options;
  for (const server of servers) await server.flushall();
  // Servers that the end of the test has stopped are no failure: its own connections are closed before they are.
  const onError = (error: unknown) => {
    if (servers.every(({ status }) => status === 'ready')) cleanup.after(() => Promise.reject(error));
  };
  const reused: string[] = [];
  const onTokenReuse = (_app: string, id: string) => reused.push(id);
  const store = new RedisStore({
    url,
    namespace: NAMESPACE,
    timeout,
    tls,
    clock: 'argument',
    onError,
    onTokenReuse,
    journal,
  });
  const audit = () => faultsOfRedis({ url: auditUrl, namespace: NAMESPACE, tls });
  const finish = async () => {
    assert.deepEqual(await audit(), [], 'the audit after the test');
    if (!forgetful) await leaveNothing(store, servers);
  };
  cleanup.after(async () => {
    try {
      if (audited) await finish();
    } finally {
      await store.close();
    }
  });
  await store.ready();
  return {
    store: forgetful ? forgetting(store, servers) : store,
    contents: async () => {
      // An empty app stays in the register until the next sweep. At this instant nothing has expired.
      await store.sweep(1, 1);
      return linesOf(withoutMemos(await dumpRedis(servers)));
    },
    faults: audit,
    reused,
  };
}

/** Ends all sessions and checks that nothing stays behind. */
async function leaveNothing(store: RedisStore, servers: readonly Redis[]): Promise<void> {
  const dumps = await dumpRedis(servers);
  if (dumps.length > 0) await store.sweep(Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY);
  // What has no deadline is left.
  const register = (await dumpRedis(servers)).find(({ key }) => key === `${NAMESPACE}:apps`);
  for (const app of register?.entries.keys() ?? []) await store.revoke(app, { by: 'app' }, 0);
  for (const app of dumps.length > 0 ? await store.journal.apps() : []) {
    await store.journal.settle(Number.MAX_SAFE_INTEGER);
    await store.journal.trim(app, (await store.journal.extent(app)).last);
  }
  const left = withoutJournals(withoutMemos(await dumpRedis(servers)));
  assert.deepEqual(linesOf(left), [], 'left behind after all sessions ended');
}

/** Memos and locks end by their TTL, which is Redis' own time: the things that no sweep collects. */
function withoutMemos(dumps: readonly KeyDump[]): KeyDump[] {
  return dumps.filter(({ key, ttl }) => !(/:(n|l|l:\w+)$/.test(key) && ttl > 0));
}

/** What stays of a journal whose events were all dropped: how far it has come. And histories, which end by their TTL. */
function withoutJournals(dumps: readonly KeyDump[]): KeyDump[] {
  return dumps.filter(({ key, ttl, entries }) => {
    if (/:h:/.test(key)) return ttl <= 0;
    if (/:o$/.test(key)) return [...entries.keys()].some((field) => field !== 'n' && field !== 't');
    return !/:(journals|e}:k)$/.test(key);
  });
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

/** A session that goes from one store to another, and on, is the same at the end: to the byte of its line. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { exported, imported, installAll, sessionLines, sessionsOfEveryForm } from '../support/moving.ts';
import { startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../support/server.ts';

const T0 = 1_800_000_000_000;

const STORES = {
  memory: async () => new MemoryStore(),
  lmdb: async (t: Cleanup) => {
    const onError = (error: unknown) => t.after(() => Promise.reject(error));
    const store = new LmdbStore({ path: temporaryFolder(t), namespace: 'test', onError });
    t.after(() => store.close());
    return store;
  },
  redis: async (t: Cleanup) => {
    const { port, admin } = await startRedis(t);
    return (await openOn(t, `redis://127.0.0.1:${port}/0`, [admin])).store;
  },
};
type Name = keyof typeof STORES;

describe('the interchange format', () => {
  for (const [from, to] of [
    ['memory', 'lmdb'],
    ['memory', 'redis'],
    ['lmdb', 'memory'],
    ['lmdb', 'redis'],
    ['redis', 'memory'],
    ['redis', 'lmdb'],
    ['lmdb', 'lmdb'],
  ] satisfies [Name, Name][]) {
    test(`from ${from} to ${to}, every session is the same bytes`, async (t) => {
      const cleanup = lastFirst(t);
      const source = await STORES[from](cleanup);
      const target = await STORES[to](cleanup);
      const records = sessionsOfEveryForm(T0);
      await installAll(source, records, T0);
      const text = await exported(source, T0);
      const { tally } = await imported(cleanup, target, text, T0);
      assert.deepEqual([tally.taken, tally.present, tally.allLeft()], [records.length, 0, []]);
      const again = await exported(target, T0);
      assert.deepEqual(sessionLines(again), sessionLines(text));
      const twice = await imported(cleanup, target, text, T0);
      assert.deepEqual([twice.tally.taken, twice.tally.present], [0, records.length], 'twice is as good as once');
      assert.deepEqual(sessionLines(await exported(target, T0)), sessionLines(text));
    });
  }

  test('what has expired meanwhile is left out, and told with one of its ids', async (t) => {
    const source = new MemoryStore();
    await installAll(source, sessionsOfEveryForm(T0), T0);
    const text = await exported(source, T0);
    const store = new MemoryStore();
    // One form in seven ends a millisecond after T0.
    const { tally } = await imported(t, store, text, T0 + 1);
    const [left, ...others] = tally.allLeft();
    assert.deepEqual([left!.reason, left!.count, others], ['expired', 8, []]);
    assert.match(left!.example, /^[0-9a-f]{2}[A-Za-z0-9]{14}$/);
  });

  test('a store that fails for a moment is asked again, and one that fails for good is told with what came before', async (t) => {
    const source = new MemoryStore();
    const records = sessionsOfEveryForm(T0);
    await installAll(source, records, T0);
    const text = await exported(source, T0);
    const fails = (times: number) => {
      const store = new MemoryStore();
      const install = store.install.bind(store);
      let left = times;
      store.install = async (...words) => {
        if (left-- > 0) throw new ServiceError('store_unavailable', 'away');
        return install(...words);
      };
      return store;
    };
    const { tally } = await imported(t, fails(100), text, T0);
    assert.equal(tally.taken, records.length);
    await assert.rejects(imported(t, fails(Number.POSITIVE_INFINITY), text, T0), /away/);
  });

  test('no token is in it, and a line has all its members in one order', async () => {
    const source = new MemoryStore();
    await installAll(source, sessionsOfEveryForm(T0), T0);
    const text = await exported(source, T0);
    assert.doesNotMatch(text, /rs[0-9a-f]{2}[A-Za-z0-9]{36}|chosen-/);
    const members = new Set(sessionLines(text).map((line) => Object.keys(JSON.parse(line)).join()));
    assert.deepEqual(
      [...members],
      [
        'id,app,subject,createdAt,authenticatedAt,lastSeenAt,idleTimeout,absoluteExpiresAt,version,reads,ip,userAgent,label,data,token,replaced',
      ],
    );
  });
});

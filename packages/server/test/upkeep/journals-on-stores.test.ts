/** Every store drops what a journal keeps no longer: up to an instant at which nothing happened, and up to a size. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JournalRules, type JournalSource, START } from '../../src/core/events.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { trimJournals } from '../../src/upkeep/journal-keeper.ts';
import { APP, put, SECOND, T0 } from '../conformance/harness.ts';
import { startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../support/server.ts';

const RULES: JournalRules = { events: true, updates: false, history: null };
const SHORT = 100 * SECOND;

const onError = (error: unknown) => assert.fail(`${error}`);
const STORES: Record<string, (cleanup: Cleanup, journal: JournalSource) => Promise<SessionStore>> = {
  'the memory store': async (_cleanup, journal) => new MemoryStore({ journal }),
  'the embedded store': async (cleanup, journal) =>
    new LmdbStore({ path: temporaryFolder(cleanup), namespace: 'test', onError, journal }),
  'one Redis server': async (cleanup, journal) => {
    const { port } = await startRedis(cleanup);
    const url = `redis://127.0.0.1:${port}`;
    const store = new RedisStore({ url, namespace: 'test', timeout: 60_000, clock: 'argument', onError, journal });
    await store.ready();
    return store;
  },
};

for (const [name, open] of Object.entries(STORES)) {
  test(`on ${name} what is old goes, what a consumer waits for stays, and a loss is counted`, async (t) => {
    const ends = lastFirst(t);
    const store = await open(ends, () => RULES);
    ends.after(() => store.close());
    const { journal } = store;
    for (let second = 0; second < 60; second++) {
      const at = T0 + second * SECOND;
      await put(store, { createdAt: at, lastSeenAt: at });
    }
    await journal.settle(T0 + SHORT);
    const left = async () => (await journal.read(APP, START, 1000)).events.map(({ position }) => position);
    const all = await left();
    const consumers: { name: string; position: string }[] = [];
    const lost: unknown[] = [];
    const trim = (at: number, bytes: number) =>
      trimJournals(
        {
          ...{ journal, keep: SHORT, bytes, interval: SECOND, clock: () => at },
          ...{ isUsed: () => true, consumers: async () => consumers, onSizes: () => {}, onError },
          onDropped: (...what) => lost.push(what),
        },
        at,
      );
    // Positions may be of the clock of the store. What is kept is told by when an event came into its journal.
    const cameAt = (nth: number) => Number(all[nth]!.split('-')[0]);
    await trim(cameAt(9) + SHORT + 1, 1e9);
    const kept = await left();
    const dropped = all.indexOf(kept[0]!);
    assert.ok(dropped >= 10 && cameAt(dropped) > cameAt(9), `${dropped} are gone`);
    assert.deepEqual(kept, all.slice(dropped));
    assert.deepEqual((await journal.read(APP, START, 1)).events[0]?.position, all[dropped]);

    consumers.push({ name: 'mail', position: all[29]! });
    await trim(cameAt(59) + 10 * SHORT, 1e9);
    assert.deepEqual(await left(), all.slice(30));
    const { bytes, events } = await journal.extent(APP);
    assert.equal(events, 30);
    await trim(cameAt(59) + SECOND, Math.ceil(bytes / 2));
    const half = (await left()).length;
    assert.ok(half >= 12 && half <= 18, `${half} are left of 30`);
    assert.deepEqual(lost, [[APP, 'mail', 30 - half]]);

    consumers.length = 0;
    await trim(cameAt(59) + 10 * SHORT, 1e9);
    assert.deepEqual(await left(), []);
    await put(store, { createdAt: T0 + SHORT, lastSeenAt: T0 + SHORT });
    await journal.settle(T0 + SHORT);
    const [next, ...more] = await left();
    assert.deepEqual([more.length, Number(next!.split('-')[0]) >= cameAt(59)], [0, true]);
  });
}

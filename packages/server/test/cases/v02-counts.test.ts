/** V2: what keeps the quota exact is audited, made for stores that lack it, and heals after a crash. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { open as openLmdb } from 'lmdb';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, make, put, T0 } from '../conformance/harness.ts';
import { faultsOf, faultsOfRedis } from '../support/audit.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const onError = (error: unknown) => assert.fail(String(error));

/** Changes the tables of a store that nobody has open. */
async function tamper(path: string, change: (root: ReturnType<typeof openLmdb>) => Promise<unknown>) {
  const root = openLmdb({ path, noSubdir: false, maxDbs: 64, maxReaders: 512 });
  await change(root);
  await root.close();
}

async function isFull(store: LmdbStore | RedisStore, quota: number): Promise<boolean> {
  const { session, credential } = make({ subject: 'next' });
  return (await store.create(session, credential, null, T0, quota)).kind === 'full';
}

describe('the counts of the embedded store', () => {
  const open = (path: string) => new LmdbStore({ path, namespace: 'test', onError });

  test('V2: a store that an earlier version wrote is counted when it is opened (kind: no counts yet)', async (t) => {
    const path = temporaryFolder(t);
    const before = open(path);
    for (let i = 0; i < 3; i++) await put(before, { subject: `u${i}` });
    await before.close();
    await tamper(path, async (root) => {
      await root.openDB({ name: 'test:totals' }).drop();
      await root.remove('totalled test');
    });
    const store = open(path);
    t.after(() => store.close());
    assert.deepEqual(await faultsOf(store.audit()), []);
    assert.equal(await isFull(store, 3), true);
    assert.equal(await isFull(store, 4), false);
  });

  test('G4: the audit finds a count that is wrong, of an app with sessions and of one without, and mends it', async (t) => {
    const path = temporaryFolder(t);
    const before = open(path);
    await put(before);
    await before.close();
    await tamper(path, async (root) => {
      const totals = root.openDB({ name: 'test:totals', encoding: 'msgpack' });
      await totals.put(APP, [7, 1]);
      await totals.put('gone', [2, 0]);
    });
    const store = open(path);
    t.after(() => store.close());
    const faults = await faultsOf(store.audit());
    assert.deepEqual(faults.map((fault) => fault.slice(0, fault.indexOf(': ', 8))).sort(), [
      'count: totals gone',
      'count: totals shop',
    ]);
    const mended: (string | null)[] = [];
    const onFinding = (finding: { mended: string | null }) => mended.push(finding.mended);
    await store.audit().run({ repair: true, onFinding, onProgress: () => {} });
    assert.deepEqual(mended, ['counted', 'counted']);
    assert.deepEqual(await faultsOf(store.audit()), []);
    assert.equal(await isFull(store, 2), false);
  });
});

describe('room that is set aside in Redis', () => {
  const server = forAllTests((cleanup) => startRedis(cleanup));
  const url = () => `redis://127.0.0.1:${server().port}`;
  const KEY = '{test:shop:q}:q';
  const open = async (cleanup: Cleanup) => {
    await server().admin.flushall();
    const store = new RedisStore({ url: url(), namespace: 'test', timeout: 2000, clock: 'argument', onError });
    cleanup.after(() => store.close());
    await store.ready();
    return store;
  };

  test('V2: a process that dies between the two steps holds its room for a short lease, and no longer', async (t) => {
    const store = await open(t);
    assert.equal(await isFull(store, 2), false);
    // What it leaves: a lease that nobody settles, and its room.
    await server().admin.zadd(KEY, T0 + 5000, `${make().session.id}abcdefgh`);
    await server().admin.zincrby(KEY, 1, 'count');
    assert.equal(await isFull(store, 2), true);
    const { session, credential } = make({ createdAt: T0 + 5000 });
    assert.equal((await store.create(session, credential, null, T0 + 5000, 2)).kind, 'created');
    assert.equal(await isFull(store, 2), true);
  });

  test('V2: a count that was lost is made again, and one that is too high is none to refuse by', async (t) => {
    const store = await open(t);
    for (let i = 0; i < 2; i++) await put(store);
    assert.equal(await isFull(store, 3), false);
    await server().admin.zadd(KEY, 99, 'count');
    assert.equal(await isFull(store, 4), false);
    await server().admin.del(KEY);
    assert.equal(await isFull(store, 4), true);
  });

  test('G4, G7: the audit knows the count of an app, and finds one whose app has no sessions', async (t) => {
    const store = await open(t);
    assert.equal(await isFull(store, 3), false);
    assert.deepEqual(await faultsOfRedis({ url: url(), namespace: 'test' }), []);
    await store.revoke(APP, { by: 'app' }, T0);
    assert.equal(await server().admin.exists(KEY), 0, 'it goes with its app');
    await server().admin.zadd(KEY, 1, 'count');
    assert.match((await faultsOfRedis({ url: url(), namespace: 'test' })).join(), /^quota: \{test:shop:q\}:q: /);
  });
});

/** What is written behind by the embedded store, and what is not (decision 0005). Reads the committed state directly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { unpackRecord } from '../../src/stores/lmdb/record.ts';
import { APP, HOUR, put, SECOND, T0 } from '../conformance/harness.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

function open(cleanup: Cleanup): LmdbStore {
  const path = temporaryFolder(cleanup);
  const store = new LmdbStore({ path, namespace: 'test', onError: (error) => assert.fail(String(error)) });
  cleanup.after(() => store.close());
  return store;
}

/** The only session, as it is on the disk. */
function committed(store: LmdbStore) {
  const row = store.dump().find((entry) => entry.table === 'sessions')?.value as string;
  const { reads, lastSeenAt } = unpackRecord(Buffer.from(row, 'latin1')).session;
  return { reads, seen: lastSeenAt - T0 };
}

test('a get is answered before it is committed, and committed within a second', async (t) => {
  const store = open(t);
  const { ref } = await put(store, { idleTimeout: HOUR });
  // The store's own timer; the commit itself takes what the disk takes.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (let i = 1; i <= 3; i++) await store.get(APP, ref, 'read', T0 + i * SECOND);
  assert.deepEqual(committed(store), { reads: 1, seen: 0 });
  t.mock.timers.tick(1000);
  t.mock.timers.reset();
  await until(() => committed(store).reads !== 1);
  assert.deepEqual(committed(store), { reads: 4, seen: 3 * SECOND });
});

test('a get whose session is about to expire is committed before it is answered', async (t) => {
  const store = open(t);
  const { ref } = await put(store, { idleTimeout: 10 * SECOND });
  await store.get(APP, ref, 'read', T0 + 8 * SECOND + 1);
  assert.deepEqual(committed(store), { reads: 2, seen: 8 * SECOND + 1 });
});

test('an absolute deadline that no touch can move is no reason to hurry', async (t) => {
  const store = open(t);
  const { ref } = await put(store, { idleTimeout: HOUR, absoluteExpiresAt: T0 + 10 * SECOND });
  await store.get(APP, ref, 'read', T0 + 9 * SECOND);
  assert.deepEqual(committed(store), { reads: 1, seen: 0 });
});

test('closing commits what is pending', async (t) => {
  const path = temporaryFolder(t);
  const options = { path, namespace: 'test', onError: (error: unknown) => assert.fail(String(error)) };
  const first = new LmdbStore(options);
  const { ref } = await put(first, { idleTimeout: HOUR });
  await first.get(APP, ref, 'read', T0 + SECOND);
  await first.close();
  const second = new LmdbStore(options);
  t.after(() => second.close());
  assert.deepEqual(committed(second), { reads: 2, seen: SECOND });
});

test('the first change right after the creation moves the activity entry at once, a later one leaves it behind', async (t) => {
  const store = open(t);
  const { ref } = await put(store, { idleTimeout: HOUR });
  const update = (expect: number, at: number) =>
    store.update(APP, ref, { expect, version: expect + 1, data: `{"n":${at}}` }, at);
  const activity = () => store.dump().filter((entry) => entry.table === 'activity');
  const standsAt = () => Number(activity()[0]!.key.split(':')[1]) - T0;
  await update(1, T0 + 100);
  assert.deepEqual([activity().length, standsAt()], [1, 100]);
  await update(2, T0 + 200);
  await update(3, T0 + 9 * SECOND);
  assert.deepEqual([activity().length, standsAt()], [1, 100]);
  assert.deepEqual((await store.list(APP, { limit: 1 }, T0 + 10 * SECOND)).sessions[0]?.lastSeenAt, T0 + 9 * SECOND);
  assert.deepEqual([activity().length, standsAt()], [1, 9 * SECOND]);
});

test('the few sessions of a subject are listed with what is pending, and nothing has to be committed for it', async (t) => {
  const store = open(t);
  const { ref, session } = await put(store, { idleTimeout: HOUR, subject: 'ada' });
  await store.get(APP, ref, 'read', T0 + SECOND);
  const { sessions } = await store.list(APP, { subject: 'ada', limit: 10 }, T0 + 2 * SECOND);
  assert.deepEqual(
    sessions.map(({ id, reads, lastSeenAt }) => ({ id, reads, seen: lastSeenAt - T0 })),
    [{ id: session.id, reads: 2, seen: SECOND }],
  );
  assert.deepEqual(committed(store), { reads: 1, seen: 0 });
});

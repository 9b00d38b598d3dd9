/** The reads of one event-loop turn travel together, and each is answered for itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { APP, make, makeAliased, put, SECOND, T0 } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));
const open = (t: { after(fn: () => unknown): void }) =>
  openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { audited: false });

test('60 reads of one turn are one command, whatever partitions they are in', async (t) => {
  const { store } = await open(t);
  const made = await Promise.all(Array.from({ length: 60 }, (_, i) => put(store, { subject: `u${i}` })));
  await store.get(APP, made[0]!.ref, 'read', T0);
  await server().admin.config('RESETSTAT');
  const visits = await Promise.all(made.map(({ ref }) => store.get(APP, ref, 'read', T0 + SECOND)));
  assert.ok(visits.every((visit) => visit !== null));
  const stats = await server().admin.info('commandstats');
  assert.match(stats, /cmdstat_evalsha:calls=1,/);
});

test('a session that cannot be read fails alone', async (t) => {
  const { store } = await open(t);
  const [good, bad] = [await put(store, { subject: 'a' }), await put(store, { subject: 'b' })];
  await server().admin.hset(`{test:${APP}:${bad.session.id.slice(0, 2)}}:s`, bad.session.id, 'damaged');
  const reads = [good, bad, make(), good].map(({ ref }) => store.get(APP, ref, 'read', T0 + SECOND));
  const [first, second, third, fourth] = await Promise.allSettled(reads);
  assert.ok(first?.status === 'fulfilled' && first.value?.session.reads === 2);
  assert.ok(second?.status === 'rejected' && second.reason instanceof ServiceError);
  assert.ok(third?.status === 'fulfilled' && third.value === null);
  assert.ok(fourth?.status === 'fulfilled' && fourth.value?.session.reads === 3);
});

test('a read that Redis cannot count now says why, and calls no session unreadable', async (t) => {
  const redis = await startRedis(t, ['--maxmemory-policy', 'noeviction']);
  const { store } = await openOn(t, `redis://127.0.0.1:${redis.port}`, [redis.admin], { audited: false });
  const { ref } = await put(store);
  const reasonIs = (reason: RegExp) =>
    assert.rejects(store.get(APP, ref, 'read', T0 + SECOND), ({ cause }: Error) => reason.test(String(cause)));
  await redis.admin.config('SET', 'maxmemory', '1');
  await reasonIs(/OOM command not allowed/);
  assert.notEqual(await store.get(APP, ref, 'look', T0 + SECOND), null);
  await redis.admin.config('SET', 'maxmemory', '0');
  await redis.admin.call('REPLICAOF', '127.0.0.1', '1');
  await reasonIs(/READONLY You can't write/);
});

test('installs of one turn are one command, also of sessions that only an alias leads to, and again', async (t) => {
  const { store } = await open(t);
  const records = Array.from({ length: 40 }, (_, i) =>
    makeAliased(`a-token-from-elsewhere-${i}`, { subject: `u${i}` }),
  );
  const installs = () => Promise.all(records.map((record) => store.install(record, false, T0)));
  await store.install(make(), false, T0);
  for (const [outcome, commands] of [
    // What became the first of its partition is entered afterwards, and a quota is told once.
    ['installed', 3],
    ['present', 1],
  ] as const) {
    await server().admin.config('RESETSTAT');
    assert.deepEqual(new Set(await installs()), new Set([outcome]));
    const stats = await server().admin.info('commandstats');
    assert.ok(Number(/cmdstat_evalsha:calls=(\d+),/.exec(stats)![1]) <= commands, stats);
  }
  const opened = await Promise.all(
    records.map(({ session, credential: { hash } }) =>
      store.get(APP, { id: null, hash }, 'look', T0).then((visit) => visit?.session.id === session.id),
    ),
  );
  assert.ok(opened.every(Boolean));
});

test('an alias or a session that stands in the way is claimed, replaced or left as before', async (t) => {
  const { store } = await open(t);
  const one = makeAliased('a-token-of-two-sessions', { subject: 'one' });
  const other = makeAliased('a-token-of-two-sessions', { subject: 'other' });
  const again = { ...one, session: { ...one.session, version: 7 } };
  const results = await Promise.all([one, other, again].map((record) => store.install(record, false, T0)));
  assert.deepEqual(results, ['installed', 'present', 'present']);
  assert.equal(await store.install(again, true, T0), 'installed');
  const at = (await store.get(APP, { id: null, hash: one.credential.hash }, 'look', T0))!;
  assert.deepEqual([at.session.id, at.session.version], [one.session.id, 7]);
  assert.equal(await store.install(other, true, T0), 'installed');
  assert.equal(
    (await store.get(APP, { id: null, hash: one.credential.hash }, 'look', T0))!.session.id,
    other.session.id,
  );
  assert.equal(await store.find(APP, one.session.id, T0), null);
  const moved = makeAliased('another-token-of-the-same-session', { subject: 'other', id: other.session.id });
  assert.equal(await store.install(moved, false, T0), 'present');
  assert.equal(await store.get(APP, { id: null, hash: moved.credential.hash }, 'look', T0), null);
});

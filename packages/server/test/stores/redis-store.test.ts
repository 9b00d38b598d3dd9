import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSessionId } from '../../src/core/token.ts';
import { APP, HOUR, make, put, T0 } from '../conformance/harness.ts';
import { conformance } from '../conformance/suite.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));

conformance('Redis, one server', (t, journal) =>
  openOn(t, `redis://127.0.0.1:${server().port}`, [server().admin], { journal }),
);

test('a cap that is new to a subject with very many sessions ends them all, though Lua hands over only 8,000 at once', async (t) => {
  const { admin, port } = server();
  const journal = () => ({ events: true, updates: false, history: HOUR });
  const { store } = await openOn(t, `redis://127.0.0.1:${port}`, [admin], { journal });
  const one = await put(store, { subject: 'robot' });
  // Creating them would read and write the list of them as often.
  const ids = Array.from({ length: 9000 }, () => newSessionId('robot'));
  const key = (table: string) => `{test:${APP}:${one.session.id.slice(0, 2)}}:${table}`;
  const record = (await admin.hgetBuffer(key('s'), one.session.id))!;
  await admin.hset(key('s'), new Map(ids.map((id) => [id, record])));
  await admin.hset(key('u'), '+robot', [one.session.id, ...ids].join(''));
  await admin.zadd(key('a'), ...ids.flatMap((id) => [T0, id]));
  await admin.zadd(key('d'), ...ids.flatMap((id) => [T0 + HOUR, id]));
  const { session, credential } = make({ subject: 'robot', createdAt: T0 + 1 });
  const outcome = await store.create(session, credential, { max: 2, onLimit: 'revokeOldest' }, T0 + 1);
  assert.equal(outcome.kind === 'created' && outcome.revoked.length, 9000);
  assert.deepEqual(await store.count(session.app, 0, T0 + 1), { sessions: 2, subjects: 1 });
});

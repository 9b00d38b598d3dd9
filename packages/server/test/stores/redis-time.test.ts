/** G6: Redis' TIME decides, whatever the clocks of the server processes say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, HOUR, make, SECOND } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));
const FAST = 5 * SECOND;
const SLOW = -5 * SECOND;

test('two processes whose clocks are 10 s apart agree on every instant', async (t) => {
  const open = () => {
    const url = `redis://127.0.0.1:${server().port}`;
    const store = new RedisStore({
      url,
      namespace: 'time',
      timeout: 2000,
      onError: (error) => assert.fail(String(error)),
    });
    t.after(() => store.close());
    return store;
  };
  const [one, other] = [open(), open()];
  await Promise.all([one.ready(), other.ready()]);
  for (const [store, skew, reader, readerSkew] of [
    [one, FAST, other, SLOW],
    [other, SLOW, one, FAST],
  ] as const) {
    const began = Date.now();
    const now = began + skew;
    const { session, credential, ref } = make({
      createdAt: now,
      idleTimeout: HOUR,
      absoluteExpiresAt: now + 20 * SECOND,
    });
    const outcome = await store.create(session, credential, null, now);
    assert.ok(outcome.kind === 'created' && Math.abs(outcome.at - began) < SECOND, 'Redis says when');
    const visit = await reader.get(APP, ref, 'read', Date.now() + readerSkew);
    assert.ok(visit !== null && visit.idle < SECOND);
    assert.equal(visit.session.createdAt, outcome.at);
    assert.equal(visit.session.absoluteExpiresAt, outcome.at + 20 * SECOND, 'no clock moves the absolute deadline');
    assert.ok(Math.abs(visit.at - Date.now()) < SECOND);
    const activeSince = Date.now() + readerSkew - 3 * SECOND;
    const { sessions } = await reader.count(APP, activeSince, Date.now() + readerSkew);
    assert.equal(sessions, 1, 'a window is as long on every clock');
    assert.equal((await reader.list(APP, { activeSince, limit: 5 }, Date.now() + readerSkew)).sessions.length, 1);
    assert.equal(await store.revoke(APP, { by: 'app' }, Date.now() + skew), 1);
  }
});

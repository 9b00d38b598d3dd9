/** G6: Redis' TIME decides, whatever the clocks of the server processes say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToken } from '../../src/core/token.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { APP, HOUR, make, SECOND } from '../conformance/harness.ts';
import { forAllTests, startRedis } from '../support/redis.ts';

const server = forAllTests((cleanup) => startRedis(cleanup));
const FAST = HOUR;
const SLOW = -HOUR;
/** Less than the clocks are apart, and more than the test takes on a busy machine. */
const WINDOW = 120 * SECOND;

test('two processes whose clocks are two hours apart agree on every instant', async (t) => {
  const open = () => {
    const url = `redis://127.0.0.1:${server().port}`;
    const store = new RedisStore({
      url,
      namespace: 'time',
      timeout: 30_000,
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
      idleTimeout: 10 * HOUR,
      absoluteExpiresAt: now + 20 * HOUR,
    });
    const outcome = await store.create(session, credential, null, now);
    assert.ok(outcome.kind === 'created' && isBetween(began, outcome.at, Date.now()), 'Redis says when');
    const asked = Date.now();
    const visit = await reader.get(APP, ref, 'read', Date.now() + readerSkew);
    assert.ok(visit !== null && isBetween(0, visit.idle, Date.now() - began));
    assert.equal(visit.session.createdAt, outcome.at);
    assert.equal(visit.session.absoluteExpiresAt, outcome.at + 20 * HOUR, 'no clock moves the absolute deadline');
    assert.ok(isBetween(asked, visit.at, Date.now()));
    const activeSince = Date.now() + readerSkew - WINDOW;
    const { sessions } = await reader.count(APP, activeSince, Date.now() + readerSkew);
    assert.equal(sessions, 1, 'a window is as long on every clock');
    assert.equal((await reader.list(APP, { activeSince, limit: 5 }, Date.now() + readerSkew)).sessions.length, 1);
    assert.equal(await store.revoke(APP, { by: 'app' }, Date.now() + skew), 1);
  }
});

test('a chosen token that a rotation leads to lasts as long as the timeouts that the rotation gives', async (t) => {
  const { port, admin } = server();
  const onError = (error: unknown) => assert.fail(String(error));
  const store = new RedisStore({ url: `redis://127.0.0.1:${port}`, namespace: 'ttl', timeout: 30_000, onError });
  t.after(() => store.close());
  await store.ready();
  const now = Date.now();
  const { session, credential, ref } = make({ createdAt: now, idleTimeout: 60_000, absoluteExpiresAt: now + HOUR });
  await store.create(session, credential, null, now);
  const { hash } = parseToken('chosen-by-the-caller-0099');
  const change = { version: 2, idleTimeout: 100 * HOUR, absoluteTimeout: 90 * HOUR };
  const rotation = { credential: { hash, alias: true }, graceUntil: now + 60_000, expect: 1, change };
  const left = () => admin.pttl(`{ttl:${APP}:${hash}}:t`);
  assert.equal((await store.rotate(APP, ref, rotation, now))?.kind, 'rotated');
  assert.ok((await left()) > 90 * HOUR);
  const longer = { ...rotation, expect: 2, change: { version: 3, absoluteTimeout: 99 * HOUR } };
  assert.equal((await store.rotate(APP, ref, longer, now))?.kind, 'rotated', 'the same once more');
  assert.ok((await left()) > 99 * HOUR);
});

/** Redis and this process read the same clock; Redis cuts off what is less than a millisecond. */
function isBetween(earliest: number, instant: number, latest: number): boolean {
  return instant >= earliest - 1 && instant <= latest + 1;
}

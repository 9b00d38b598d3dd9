import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { Quota } from '../../src/core/quota.ts';

const SECOND = 1000;

/** A quota over a store that has as many sessions as it is told, and tells how often it was asked. */
function open(sessions: number) {
  const store = {
    sessions,
    asked: 0,
    count: async () => ({ sessions: store.sessions, subjects: 0, asked: store.asked++ }),
  };
  return { store, quota: new Quota(store) };
}

const isFull = (error: unknown) => error instanceof ServiceError && error.code === 'session_quota_reached';

test('an app without a quota is never counted', async () => {
  const { store, quota } = open(5);
  await quota.take('shop', null, 0);
  assert.equal(store.asked, 0);
});

test('what is created is added to the count, and the one too many is refused', async () => {
  const { store, quota } = open(7);
  for (let i = 0; i < 3; i++) await quota.take('shop', 10, i);
  await assert.rejects(quota.take('shop', 10, 3), isFull);
  assert.equal(store.asked, 1);
  await quota.take('blog', 10, 3);
  assert.equal(store.asked, 2, 'each app for itself');
});

test('near the quota room that came free is seen within a second, far from it the count is good for ten', async () => {
  const { store, quota } = open(9);
  await quota.take('shop', 10, 0);
  await assert.rejects(quota.take('shop', 10, SECOND - 1), isFull);
  store.sessions = 5;
  await quota.take('shop', 10, SECOND);
  await quota.take('shop', 10, 11 * SECOND - 1);
  assert.equal(store.asked, 2);
  await quota.take('shop', 10, 11 * SECOND);
  assert.equal(store.asked, 3);
});

test('creates that come together are counted once, and exactly as many as there is room for go through', async () => {
  const { store, quota } = open(4);
  const taken = await Promise.allSettled(Array.from({ length: 20 }, () => quota.take('shop', 10, 0)));
  assert.equal(taken.filter(({ status }) => status === 'fulfilled').length, 6);
  assert.equal(store.asked, 1);
});

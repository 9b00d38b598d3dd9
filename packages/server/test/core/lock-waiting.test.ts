/**
 * Who waits for a lock, as its session goes away under it. The clock stands still here: a place in the queue that nobody takes
 * back would hold the others up for ever.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LockRequest, Timer } from '../../src/core/lock-waiting.ts';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { hashOfLock } from '../../src/core/token.ts';
import type { AppName } from '../../src/core/validate.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { APP, put, T0 } from '../conformance/harness.ts';
import { until } from '../support/until.ts';

const later: Timer = (run, delay) => {
  const timer = setTimeout(run, delay);
  return () => clearTimeout(timer);
};

const app = APP as AppName;
const request = (more: Partial<LockRequest> = {}): LockRequest => ({
  lease: 60_000,
  wait: 30_000,
  signal: new AbortController().signal,
  isGone: () => false,
  ...more,
});

test('who waits with a token that is replaced learns so, and holds up nobody who has the new one', async () => {
  const store = new MemoryStore();
  const sessions = new Sessions(store, () => DEFAULT_POLICY, later);
  const { token } = await put(store);
  const held = await sessions.lock(app, token, request(), T0);
  let waits = 0;
  const onWait = () => waits++;
  const waiting = [1, 2, 3].map(() => sessions.lock(app, token, request({ onWait }), T0));
  await until(() => waits === 3);
  const lock = { hash: hashOfLock(held!.lock), release: true };
  const rotated = await sessions.rotate(app, token, { grace: 0, lock }, T0);
  assert.deepEqual(await Promise.all(waiting), [null, null, null]);
  await sessions.stopWaiting();
  assert.ok(await sessions.lock(app, rotated!.token, request({ wait: 0 }), T0), 'those before it have gone');
});

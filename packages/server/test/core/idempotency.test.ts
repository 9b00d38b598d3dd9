/** Requests that are sent again with their key after an answer that was lost though the store had done its work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import type { Repeatable } from '../../src/core/idempotency.ts';
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts';
import type { RotateRequest } from '../../src/core/rotations.ts';
import { type NewSession, Sessions } from '../../src/core/sessions.ts';
import { checkApp, checkSubject } from '../../src/core/validate.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

const NOW = 1_800_000_000_000;
const APP = checkApp('shop');
const KEY: Repeatable = { caller: 'c', key: 'k', request: 'r' };

/** A store that does its work and whose answer is lost, once for each verb named: replicas did not have it in time. */
function open(lost: 'create' | 'rotate', policy: Partial<Policy> = {}) {
  const store = new MemoryStore();
  const verb = store[lost].bind(store) as (...args: unknown[]) => Promise<unknown>;
  let isLost = false;
  const losing = async (...args: unknown[]) => {
    const done = await verb(...args);
    if (isLost) return done;
    isLost = true;
    throw new ServiceError('store_unavailable', 'too few replicas have it');
  };
  Object.assign(store, { [lost]: losing });
  return { store, sessions: new Sessions(store, () => ({ ...DEFAULT_POLICY, ...policy })) };
}

const draft = (timeouts: Partial<NewSession> = {}): NewSession => ({
  app: APP,
  subject: checkSubject('joe'),
  ip: null,
  userAgent: null,
  label: null,
  data: '{}',
  idleTimeout: 7_200_000,
  absoluteTimeout: null,
  tokenKind: 'standard',
  ...timeouts,
});
const isLost = (error: unknown) => error instanceof ServiceError && error.code === 'store_unavailable';

test('a create that took the last room of its app is found again, not counted against itself', async () => {
  const { store, sessions } = open('create', { maxSessions: 1 });
  await assert.rejects(sessions.create(draft(), NOW, KEY), isLost);
  const later = NOW + 60_000;
  const again = await sessions.create(draft(), later, KEY);
  assert.equal(again.repeated, true);
  assert.equal((await sessions.get(APP, again.token, 'look', later))?.session.id, again.session.id);
  assert.equal((await store.count(APP, 0, later)).sessions, 1);
});

test('a create that ends at once is answered the same again: it was never there', async () => {
  const { sessions } = open('create');
  const [first, again] = [
    await sessions.create(draft({ idleTimeout: 0 }), NOW, KEY),
    await sessions.create(draft({ idleTimeout: 0 }), NOW, KEY),
  ];
  assert.deepEqual(again, { ...first, repeated: true });
});

for (const [what, request] of Object.entries<RotateRequest>({
  'a rotation without grace': { grace: 0 },
  'a rotation with grace': { grace: 1000 },
  'a login': { subject: checkSubject('ann') },
  'a rotation to a token of the caller': { token: 'chosen-by-the-caller-0001', grace: 0 },
})) {
  test(`${what} is found again, and no second one is made`, async () => {
    const { store, sessions } = open('rotate');
    const { token } = await sessions.create(draft(), NOW);
    await assert.rejects(sessions.rotate(APP, token, request, NOW, KEY), isLost);
    const again = await sessions.rotate(APP, token, request, NOW, KEY);
    assert.equal((await sessions.get(APP, again!.token, 'look', NOW))?.session.id, again!.session.id);
    assert.equal((await sessions.rotate(APP, token, request, NOW, KEY))?.token, again!.token);
    assert.equal((await store.count(APP, 0, NOW)).sessions, 1);
  });
}

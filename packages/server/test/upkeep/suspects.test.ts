/** A token that a rotation had replaced is told of in the journal, and no request notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalRules } from '../../src/core/events.ts';
import { newToken, parseToken } from '../../src/core/token.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { suspectsOf } from '../../src/upkeep/suspects.ts';
import { APP, put, SECOND, T0 } from '../conformance/harness.ts';
import { until } from '../support/until.ts';

const RULES: JournalRules = { events: true, updates: false, history: null };

/** A store whose clock is set by hand, and what tells of its suspects. */
function opened(rules: JournalRules | null = RULES) {
  const clock = { now: T0 };
  const errors: unknown[] = [];
  const store: MemoryStore = new MemoryStore({
    clock: () => clock.now,
    journal: () => rules,
    onTokenReuse: (app, id) => suspected(app, id),
  });
  const suspected = suspectsOf({
    store,
    rules: () => rules,
    clock: () => clock.now,
    onError: (error) => errors.push(error),
  });
  const suspects = async () =>
    (await store.journal.read(APP, '0-0', 1000)).events.filter(({ event }) => event.type === 'session.suspect');
  return { store, clock, errors, suspects };
}

/** Gives a session whose token was replaced, with that token. */
async function rotated(store: MemoryStore) {
  const made = await put(store, { userAgent: 'Firefox' });
  const { credential } = newToken(made.session.id, 'standard');
  await store.rotate(APP, made.ref, { credential, graceUntil: T0 }, T0);
  return made;
}

const passed = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

test('a replaced token is told with the session it was of, once a minute', async () => {
  const { store, clock, suspects } = opened();
  const { ref, session } = await rotated(store);
  for (let second = 1; second < 60; second++) {
    clock.now = T0 + second * SECOND;
    assert.equal(await store.get(APP, ref, 'read', clock.now), null);
  }
  await until(async () => (await suspects()).length > 0);
  await passed();
  const [told, ...more] = await suspects();
  assert.equal(more.length, 0);
  const { count: _, ...event } = told!.event;
  assert.deepEqual(event, {
    ...{ type: 'session.suspect', at: clock.now, session: session.id, subject: session.subject, version: 1 },
    ...{ ip: session.ip, userAgent: 'Firefox', presentedIp: null, presentedUserAgent: null },
  });
  clock.now = T0 + 61 * SECOND;
  await store.get(APP, ref, 'read', clock.now);
  await until(async () => (await suspects()).length === 2);
});

test('each session is told of for itself, and one that has ended is not', async () => {
  const { store, suspects } = opened();
  const all = await Promise.all([rotated(store), rotated(store), rotated(store)]);
  await Promise.all(all.map(({ ref }) => store.get(APP, ref, 'read', T0 + 1)));
  await store.revoke(APP, { by: 'id', id: all[0]!.session.id }, T0 + 1);
  await until(async () => (await suspects()).length === 2);
  const told = (await suspects()).map(({ event }) => event.session).sort();
  assert.deepEqual(told, [all[1]!.session.id, all[2]!.session.id].sort());
});

test('an app without a journal pays nothing for it', async () => {
  const { store, suspects } = opened(null);
  const { ref } = await rotated(store);
  store.find = () => assert.fail('asked for a session');
  await store.get(APP, ref, 'read', T0 + 1);
  await passed();
  assert.deepEqual(await suspects(), []);
  assert.deepEqual(await store.journal.apps(), []);
});

test('a store that cannot write it is told of, and the request is answered as ever', async () => {
  const { store, errors } = opened();
  const { ref } = await rotated(store);
  const away = new Error('away');
  store.journal.append = () => Promise.reject(away);
  assert.equal(await store.get(APP, parseToken(newToken(ref.id!, 'classic').token), 'read', T0 + 1), null);
  assert.equal(await store.get(APP, ref, 'read', T0 + 1), null);
  await until(() => errors.length > 0);
  assert.deepEqual(errors, [away]);
});

/** Updates gathered into one compare-and-set act as if they had come one after the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Members } from '../../src/core/store.ts';
import { parseToken } from '../../src/core/token.ts';
import { Updates } from '../../src/core/updates.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { APP, put, T0 } from '../conformance/harness.ts';

test('what comes after an update that ends the session finds none, though they travel together', async () => {
  const store = new MemoryStore();
  const { token } = await put(store);
  const ref = parseToken(token);
  const updates = new Updates(store);
  // The first goes at once; the others wait for it, and are gathered.
  const idleTimeouts = [60_000, 50_000, 0, 60_000, 60_000];
  const visits = await Promise.all(
    idleTimeouts.map((idleTimeout) => updates.update(APP, ref, () => ({ silent: true, idleTimeout }), T0)),
  );
  assert.deepEqual(
    visits.map((visit) => visit?.session.idleTimeout),
    [60_000, 50_000, 0, undefined, undefined],
  );
  assert.equal(await store.get(APP, ref, 'look', T0), null);
});

/** Two values for each member: a member that is new to the contract is missing here until it has some. */
const VALUES: { readonly [M in keyof Members]-?: readonly [Members[M], Members[M]] } = {
  data: ['{"of":"one"}', '{"of":"two"}'],
  ip: ['192.0.2.1', '192.0.2.2'],
  userAgent: ['one', 'two'],
  label: ['one', 'two'],
  idleTimeout: [50_000, 60_000],
  absoluteTimeout: [500_000, 600_000],
};

test('each caller sees its own edit of any member, and not the one that traveled with it', async () => {
  const store = new MemoryStore();
  for (const [member, values] of Object.entries(VALUES)) {
    const ref = parseToken((await put(store)).token);
    const updates = new Updates(store);
    const seen = await Promise.all(
      [{}, { [member]: values[0] }, { [member]: values[1] }].map((edited) =>
        updates.update(APP, ref, () => edited, T0),
      ),
    );
    const [, one, two] = seen.map((visit) => visit!.session);
    const at = member === 'absoluteTimeout' ? 'absoluteExpiresAt' : (member as keyof Omit<Members, 'absoluteTimeout'>);
    assert.deepEqual([one!.version, two!.version], [3, 4]);
    assert.notEqual(one![at], two![at], member);
    assert.deepEqual((await store.get(APP, ref, 'look', T0))?.session, two);
  }
});

test('a caller sees what another process changed without a new version meanwhile', async () => {
  const store = new MemoryStore();
  const ref = parseToken((await put(store)).token);
  const label = { label: 'new' };
  const edit = () => {
    void store.update(APP, ref, { expect: 1, version: 1, ip: '192.0.2.9' }, T0);
    return label;
  };
  const visit = await new Updates(store).update(APP, ref, edit, T0);
  assert.deepEqual([visit?.session.ip, visit?.session.label], ['192.0.2.9', 'new']);
});

test('updates that travel together are told of whoever asked for all of them, else of nobody', async () => {
  const store = new MemoryStore({ journal: () => ({ events: true, updates: true, history: null }) });
  const [shop, blog] = ['shop', 'blog'].map((by) => ({ by, note: null }));
  for (const [callers, told] of [
    [[shop, shop, shop], 'shop'],
    [[shop, shop, blog], null],
    [[shop, shop, undefined], null],
  ] as const) {
    const ref = parseToken((await put(store)).token);
    const updates = new Updates(store);
    // The first goes alone.
    await Promise.all(
      [shop, ...callers].map((origin, i) => updates.update(APP, ref, () => ({ label: `${i}` }), T0, undefined, origin)),
    );
    const { events } = await store.journal.read(APP, '0-0', 100);
    assert.deepEqual(
      events.slice(-2).map(({ event: { type, version, by } }) => [type, version, by]),
      [
        ['session.updated', 2, 'shop'],
        ['session.updated', 5, told],
      ],
    );
  }
});

/** Updates gathered into one compare-and-set act as if they had come one after the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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

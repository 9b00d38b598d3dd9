/** A store that runs beside its caller and has a clock: what was waited for since `now` counts (core/instant.ts). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cleanup } from '../support/server.ts';
import { APP, HOUR, make, put, SECOND, type StoreUnderTest, T0 } from './harness.ts';

/** Opens an empty store with a clock. */
type OpenWithClock = (cleanup: Cleanup, clock: () => number) => Promise<StoreUnderTest>;

export function clockConformance(name: string, openWith: OpenWithClock): void {
  const open = async (cleanup: Cleanup) => {
    const world = { now: T0 };
    return { world, ...(await openWith(cleanup, () => world.now)) };
  };

  describe(`${name} with a clock`, () => {
    test('R1: what was asked for before a deadline and is done after it finds nothing (kind: every verb)', async (t) => {
      const { world, store } = await open(t);
      const { ref, session } = await put(store, { absoluteExpiresAt: T0 + 10 * SECOND });
      const [asked, credential] = [T0 + 9 * SECOND, make().credential];
      assert.notEqual(await store.get(APP, ref, 'look', asked), null);
      world.now = T0 + 10 * SECOND;
      for (const touch of ['look', 'slide', 'read'] as const) {
        assert.equal(await store.get(APP, ref, touch, asked), null, touch);
        assert.deepEqual(await store.getMany(APP, [ref], touch, asked), [null], touch);
      }
      assert.equal(await store.find(APP, session.id, asked), null);
      assert.equal(await store.update(APP, ref, { expect: 1, version: 2, data: '{"a":1}' }, asked), null);
      const move = { id: make({ subject: 'b' }).session.id, subject: 'b', cap: null };
      assert.equal(await store.update(APP, ref, { expect: 1, version: 2, move }, asked), null);
      assert.equal(await store.rotate(APP, ref, { credential, graceUntil: asked }, asked), null);
      assert.equal(await store.rotate(APP, ref, { credential, graceUntil: asked, move }, asked), null);
      assert.deepEqual((await store.list(APP, { limit: 10 }, asked)).sessions, []);
      assert.deepEqual((await store.list(APP, { limit: 10, subject: 'user123' }, asked)).sessions, []);
      assert.deepEqual(await store.count(APP, 0, asked), { sessions: 0, subjects: 0 });
      for (const by of ['token', 'id', 'subject', 'app'] as const) {
        assert.equal(await store.revoke(APP, { by, token: ref, id: session.id, subject: 'user123' }, asked), 0, by);
      }
    });

    test('R1: what has expired takes no place of its subject, and the sweep removes it at once', async (t) => {
      const { world, store } = await open(t);
      await put(store, { absoluteExpiresAt: T0 + 10 * SECOND });
      await put(store, { subject: 'other', absoluteExpiresAt: T0 + 10 * SECOND });
      world.now = T0 + 10 * SECOND;
      const { session, credential } = make();
      const outcome = await store.create(session, credential, { max: 1, onLimit: 'refuse' }, T0);
      assert.deepEqual(outcome, { kind: 'created', at: world.now, revoked: [] });
      assert.equal(await store.sweep(T0, 10), 2);
    });

    test('R1: a session begins, a grace and a memo end, and a window opens as much later as the verb acted', async (t) => {
      const { world, store } = await open(t);
      world.now = T0 + 5 * SECOND;
      const made = await put(store, { absoluteExpiresAt: T0 + HOUR });
      const { session: begun, at } = (await store.get(APP, made.ref, 'look', T0))!;
      assert.deepEqual(
        [at, begun.createdAt, begun.lastSeenAt, begun.absoluteExpiresAt],
        [world.now, world.now, world.now, world.now + HOUR],
      );
      const { credential } = make({ id: made.session.id });
      await store.rotate(APP, made.ref, { credential, graceUntil: T0 + 10 * SECOND }, T0);
      assert.equal(await store.memo(APP, 'k', { text: 'a', instead: null, until: T0 + 10 * SECOND }, T0), null);
      world.now = T0 + 15 * SECOND - 1;
      assert.notEqual(await store.get(APP, made.ref, 'look', T0), null);
      assert.equal(await store.memo(APP, 'k', { text: 'b', instead: null, until: T0 }, T0), 'a');
      assert.equal((await store.count(APP, T0 - 10 * SECOND, T0)).sessions, 1);
      world.now = T0 + 15 * SECOND;
      assert.equal(await store.get(APP, made.ref, 'look', T0), null);
      assert.equal(await store.memo(APP, 'k', { text: 'b', instead: null, until: T0 }, T0), null);
      assert.equal((await store.count(APP, T0 - 10 * SECOND + 1, T0)).sessions, 0);
      assert.equal((await store.list(APP, { limit: 5, activeSince: T0 - 10 * SECOND }, T0)).sessions.length, 1);
      assert.deepEqual((await store.list(APP, { limit: 5, activeSince: T0 - 9 * SECOND }, T0)).sessions, []);
    });

    test('R1: a clock that was set back does not bring back what has ended by the clock of the caller', async (t) => {
      const { world, store } = await open(t);
      const { ref } = await put(store, { absoluteExpiresAt: T0 + 10 * SECOND });
      world.now = T0 - HOUR;
      assert.equal((await store.get(APP, ref, 'read', T0 + 9 * SECOND))?.at, T0 + 9 * SECOND);
      assert.equal(await store.get(APP, ref, 'read', T0 + 10 * SECOND), null);
    });
  });
}

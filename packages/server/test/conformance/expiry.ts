/** G6 and G7: what has expired is gone for every verb, swept or not; nothing stays behind. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APP, HOUR, make, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

export function expirySection(open: OpenStore): void {
  describe('expiry', () => {
    test('a session is live until just before its idle deadline and gone at it, for every verb, swept or not', async (t) => {
      const { store } = await open(t);
      const { ref, session, credential } = await put(store, { idleTimeout: 10 * SECOND });
      const [before, at] = [T0 + 10 * SECOND - 1, T0 + 10 * SECOND];
      assert.notEqual(await store.get(APP, ref, 'look', before), null);
      assert.equal((await store.count(APP, 0, before)).sessions, 1);
      assert.equal(await store.get(APP, ref, 'read', at), null);
      assert.deepEqual(await store.getMany(APP, [ref], 'read', at), [null]);
      assert.equal(await store.find(APP, session.id, at), null);
      assert.equal(await store.update(APP, ref, { expect: 1, version: 2, data: '{"a":1}' }, at), null);
      assert.equal(await store.rotate(APP, ref, { credential, graceUntil: at }, at), null);
      assert.deepEqual((await store.list(APP, { limit: 10 }, at)).sessions, []);
      assert.deepEqual((await store.list(APP, { limit: 10, subject: 'user123' }, at)).sessions, []);
      assert.deepEqual(await store.count(APP, 0, at), { sessions: 0, subjects: 0 });
      for (const by of ['token', 'id', 'subject', 'app'] as const) {
        const selector = { by, token: ref, id: session.id, subject: 'user123' };
        assert.equal(await store.revoke(APP, selector, at), 0, by);
      }
    });

    test('a touch slides the idle deadline, a look does not', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store, { idleTimeout: 10 * SECOND });
      await store.get(APP, ref, 'read', T0 + 7 * SECOND);
      await store.get(APP, ref, 'look', T0 + 12 * SECOND);
      assert.notEqual(await store.get(APP, ref, 'look', T0 + 17 * SECOND - 1), null);
      assert.equal(await store.get(APP, ref, 'read', T0 + 17 * SECOND), null);
    });

    test('no touch or update moves a session past its absolute deadline', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store, { idleTimeout: HOUR, absoluteExpiresAt: T0 + 20 * SECOND });
      await store.get(APP, ref, 'read', T0 + 19 * SECOND);
      await store.update(APP, ref, { expect: 1, version: 2, idleTimeout: 9 * HOUR }, T0 + 20 * SECOND - 1);
      assert.equal(await store.get(APP, ref, 'read', T0 + 20 * SECOND), null);
      assert.deepEqual(await store.count(APP, 0, T0 + 20 * SECOND), { sessions: 0, subjects: 0 });
    });

    test('an idle timeout of null or of a century never ends a session; one of 0 ends it at once', async (t) => {
      const { store } = await open(t);
      const none = await put(store, { idleTimeout: null });
      const century = await put(store, { idleTimeout: 3_155_760_000_000 });
      assert.notEqual(await store.get(APP, none.ref, 'read', T0 + 1e12), null);
      assert.notEqual(await store.get(APP, century.ref, 'read', T0 + 1e12), null);
      await store.update(APP, none.ref, { expect: 1, version: 1, idleTimeout: 0 }, T0 + 1e12);
      assert.equal(await store.get(APP, none.ref, 'read', T0 + 1e12), null);
    });

    test('sweep removes what has expired, at most its limit, and nothing that lives', async (t) => {
      const { store, faults } = await open(t);
      for (let i = 0; i < 7; i++) await put(store, { subject: `u${i}`, idleTimeout: 10 * SECOND });
      const kept = await put(store, { idleTimeout: 10 * SECOND });
      await store.get(APP, kept.ref, 'read', T0 + 9 * SECOND);
      const now = T0 + 15 * SECOND;
      assert.equal(await store.sweep(now, 3), 3);
      assert.equal(await store.sweep(now, 100), 4);
      assert.equal(await store.sweep(now, 100), 0);
      assert.equal((await store.get(APP, kept.ref, 'look', now))?.session.reads, 2);
      assert.deepEqual(await faults(), []);
    });

    test('a session that was touched is swept once its new deadline has passed', async (t) => {
      const { store, contents } = await open(t);
      const { ref } = await put(store, { idleTimeout: 10 * SECOND });
      await store.get(APP, ref, 'read', T0 + 8 * SECOND);
      assert.equal(await store.sweep(T0 + 12 * SECOND, 100), 0);
      assert.equal(await store.sweep(T0 + 18 * SECOND, 100), 1);
      assert.deepEqual(await contents(), []);
    });

    test('an update that shortens the timeout lets the sweep find it in time', async (t) => {
      const { store, contents } = await open(t);
      const { ref } = await put(store, { idleTimeout: HOUR });
      await store.update(APP, ref, { expect: 1, version: 1, idleTimeout: 10 * SECOND }, T0);
      assert.equal(await store.sweep(T0 + 10 * SECOND, 100), 1);
      assert.deepEqual(await contents(), []);
    });

    test('after all sessions ended, each in its own way, the store is empty', async (t) => {
      const { store, contents } = await open(t);
      const revoked = await put(store, { subject: 'a', absoluteExpiresAt: T0 + HOUR });
      await put(store, { subject: 'b', idleTimeout: 10 * SECOND });
      const rotated = await put(store, { subject: null });
      const aliased = makeAliased('chosen-by-the-caller-0001', { subject: 'c' });
      await store.create(aliased.session, aliased.credential, null, T0);
      const next = make({ id: rotated.session.id });
      await store.rotate(APP, rotated.ref, { credential: next.credential, graceUntil: T0 + HOUR }, T0);
      const renamed = makeAliased('chosen-by-the-caller-0002');
      await store.rotate(APP, aliased.ref, { credential: renamed.credential, graceUntil: T0 + HOUR }, T0);
      await store.get(APP, revoked.ref, 'read', T0 + SECOND);
      await store.revoke(APP, { by: 'token', token: revoked.ref }, T0 + SECOND);
      assert.equal(await store.sweep(T0 + 10 * SECOND, 100), 1);
      assert.equal(await store.revoke(APP, { by: 'subject', subject: 'c' }, T0 + SECOND), 1);
      assert.equal(await store.revoke(APP, { by: 'app' }, T0 + SECOND), 1);
      assert.deepEqual(await contents(), []);
    });
  });
}

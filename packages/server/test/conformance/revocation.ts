/** Revoke by every selector: exact counts, nothing else touched. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APP, make, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

export function revocationSection(open: OpenStore): void {
  describe('revocation', () => {
    test('by token and by id it ends that session, once', async (t) => {
      const { store } = await open(t);
      const [a, b, c] = [await put(store), await put(store), await put(store)];
      assert.equal(await store.revoke(APP, { by: 'token', token: a.ref }, T0), 1);
      assert.equal(await store.revoke(APP, { by: 'token', token: a.ref }, T0), 0);
      assert.equal(await store.revoke(APP, { by: 'id', id: b.session.id }, T0), 1);
      assert.equal(await store.revoke(APP, { by: 'id', id: b.session.id }, T0), 0);
      assert.deepEqual((await store.list(APP, { limit: 9 }, T0)).sessions, [c.session]);
    });

    test('by token and by id it ends a session at one version only, if that is asked for', async (t) => {
      const { store } = await open(t);
      const [a, b] = [await put(store), await put(store)];
      const selectors = [
        { by: 'token', token: a.ref },
        { by: 'id', id: b.session.id },
      ] as const;
      for (const selector of selectors) {
        assert.equal(await store.revoke(APP, { ...selector, version: 2 }, T0), 0);
        assert.equal((await store.list(APP, { limit: 9 }, T0)).sessions.length, selector.by === 'token' ? 2 : 1);
        assert.equal(await store.revoke(APP, { ...selector, version: 1 }, T0), 1);
        assert.equal(await store.revoke(APP, { ...selector, version: 1 }, T0), 0);
      }
    });

    test('by subject it ends all of theirs, or all but one, and nobody else’s', async (t) => {
      const { store, faults } = await open(t);
      const mine = [await put(store), await put(store), await put(store)];
      const others = [await put(store, { subject: 'user1234' }), await put(store, { subject: null })];
      const elsewhere = await put(store, { app: 'blog' });
      const except = mine[1]!.session.id;
      assert.equal(await store.revoke(APP, { by: 'subject', subject: 'user123', except }, T0), 2);
      assert.notEqual(await store.get(APP, mine[1]!.ref, 'look', T0), null);
      assert.equal(await store.revoke(APP, { by: 'subject', subject: 'user123' }, T0), 1);
      assert.equal(await store.revoke(APP, { by: 'subject', subject: 'user123' }, T0), 0);
      for (const other of others) assert.notEqual(await store.get(APP, other.ref, 'look', T0), null);
      assert.notEqual(await store.get('blog', elsewhere.ref, 'look', T0), null);
      assert.deepEqual(await faults(), []);
    });

    test('by app it ends everything of it, guests too, and nothing of another app', async (t) => {
      const { store, contents } = await open(t);
      for (let i = 0; i < 450; i++) await put(store, { subject: i % 10 === 0 ? null : `u${i % 7}` });
      const apps = ['sho', 'shop-', 'shopp'];
      for (const app of apps) await put(store, { app });
      assert.equal(await store.revoke(APP, { by: 'app' }, T0), 450);
      assert.equal(await store.revoke(APP, { by: 'app' }, T0), 0);
      for (const app of apps) assert.equal(await store.revoke(app, { by: 'app' }, T0), 1, app);
      assert.deepEqual(await contents(), []);
    });

    test('by app it ends the hundreds of two users with their tokens and their data, and counts none that had expired', async (t) => {
      const { store, contents } = await open(t);
      const absoluteExpiresAt = T0 + SECOND;
      const many = Array.from({ length: 240 }, (_, i) => ({
        subject: i % 2 === 0 ? 'dave' : 'user4',
        ...(i % 3 === 0 && { absoluteExpiresAt }),
      }));
      const made = await Promise.all(many.map((overrides) => put(store, overrides)));
      const chosen = makeAliased('a-token-of-the-caller', { data: `{"long":"${'x'.repeat(400)}"}` });
      await store.create(chosen.session, chosen.credential, null, T0);
      const rotation = { credential: make({ id: chosen.session.id }).credential, graceUntil: T0 + 9 * SECOND };
      assert.equal((await store.rotate(APP, chosen.ref, rotation, T0))?.kind, 'rotated');
      const other = await put(store, { app: 'blog' });
      assert.equal(await store.revoke(APP, { by: 'app' }, T0 + 2 * SECOND), 161);
      for (const { ref } of [made[1]!, chosen]) assert.equal(await store.get(APP, ref, 'look', T0 + 2 * SECOND), null);
      assert.deepEqual(await store.count(APP, 0, T0 + 2 * SECOND), { sessions: 0, subjects: 0 });
      assert.equal(await store.revoke('blog', { by: 'id', id: other.session.id }, T0), 1);
      await store.sweep(T0 + 2 * SECOND, 200);
      assert.deepEqual(await contents(), []);
    });
  });
}

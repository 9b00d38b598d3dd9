/** Memos, the list of apps, and what reads do that count and that do not. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { APP, HOUR, type OpenStore, put, SECOND, T0 } from './harness.ts';

/**
 * How long the memos here are kept. Redis also counts in its own time, whatever instant a call names, and removes a memo of a
 * second after a second: on a busy machine that is in the middle of a test.
 */
const KEPT = HOUR;

export function memosSection(open: OpenStore): void {
  describe('memos and apps', () => {
    test('a memo is kept once, replaced only by who knows it, and gone at its end', async (t) => {
      const { store } = await open(t);
      const memo = (text: string, instead: string | null, at = T0) =>
        store.memo(APP, 'name', { text, instead, until: at + KEPT }, at);
      assert.equal(await memo('a', null), null);
      assert.equal(await memo('b', null), 'a');
      assert.equal(await memo('b', 'x'), 'a');
      assert.equal(await memo('b', 'a'), null);
      assert.equal(await memo('c', null), 'b');
      assert.equal(
        await store.memo('blog', 'name', { text: 'z', instead: null, until: T0 + 1 }, T0),
        null,
        'another app',
      );
      assert.deepEqual((await store.list(APP, { limit: 5 }, T0)).sessions, []);
      assert.equal(await store.revoke(APP, { by: 'app' }, T0), 0);
      assert.equal(await memo('c', null), 'b', 'the end of all sessions ends no memo');
      assert.equal(await memo('d', null, T0 + KEPT), null, 'it is over');
    });

    test('of 20 that put their memo first exactly one does, and the others see it', async (t) => {
      const { store } = await open(t);
      const put = (i: number) => store.memo(APP, 'race', { text: `${i}`, instead: null, until: T0 + KEPT }, T0);
      const found = await Promise.all(Array.from({ length: 20 }, (_, i) => put(i)));
      const winner = found.indexOf(null);
      assert.deepEqual(
        found.filter((_, i) => i !== winner),
        Array.from({ length: 19 }, () => `${winner}`),
      );
    });

    test('the apps are those that have sessions, in order', async (t) => {
      const { store } = await open(t);
      assert.deepEqual(await store.apps(), []);
      for (const app of ['shop', 'blog', 'shop-2', 'Zoo', 'blog']) await put(store, { app });
      assert.deepEqual(await store.apps(), ['Zoo', 'blog', 'shop', 'shop-2']);
      await store.revoke('blog', { by: 'app' }, T0);
      await store.sweep(T0, 10);
      assert.deepEqual(await store.apps(), ['Zoo', 'shop', 'shop-2']);
    });

    test('a slide moves the idle deadline and counts no read; a look does neither', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store, { idleTimeout: 10 * SECOND });
      await store.get(APP, ref, 'look', T0 + 5 * SECOND);
      const slid = await store.get(APP, ref, 'slide', T0 + 9 * SECOND);
      assert.deepEqual(slid, {
        session: { ...session, lastSeenAt: T0 + 9 * SECOND },
        at: T0 + 9 * SECOND,
        idle: 9 * SECOND,
      });
      assert.equal((await store.get(APP, ref, 'read', T0 + 18 * SECOND))?.session.reads, 2);
      assert.equal(await store.get(APP, ref, 'look', T0 + 28 * SECOND), null);
    });

    test('the end of a session by token may ask for a version', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      assert.equal(await store.revoke(APP, { by: 'token', token: ref, version: 2 }, T0), 0);
      assert.equal(await store.revoke(APP, { by: 'token', token: ref, version: 1 }, T0), 1);
      assert.equal(await store.revoke(APP, { by: 'token', token: ref, version: 1 }, T0), 0);
    });
  });
}

/** The lock of a session: who has it, who is next, what a change with a lock does, and where a lock goes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STANDS } from '../../src/core/lock.ts';
import type { LockClaim, SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken, type TokenRef } from '../../src/core/token.ts';
import { APP, HOUR, make, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

const LEASE = 60 * SECOND;
const CHOSEN = 'a-token-that-the-caller-chose';

type Asks = Partial<Omit<LockClaim, 'asks'>> & { readonly now?: number; readonly lease?: number };

/** Asks for locks, and gives the hash that got it, or null. */
async function ask(store: SessionStore, ref: TokenRef, hashes: readonly string[], asks: Asks = {}) {
  const { now = T0, lease = LEASE, stays = true, begins = false } = asks;
  const claim = { asks: hashes.map((hash) => ({ hash, lease })), stays, begins };
  const outcome = await store.lock(APP, ref, claim, now);
  return outcome?.granted ?? null;
}

function update(store: SessionStore, ref: TokenRef, expect: number, hash: string, more: object = {}, now = T0) {
  const change = { expect, version: expect + 1, lock: { hash, release: false }, data: `{"by":"${hash}"}`, ...more };
  return store.update(APP, ref, change, now);
}

const released = (hash: string) => ({ lock: { hash, release: true } });

export function locksSection(open: OpenStore): void {
  describe('locks', () => {
    test('one has it, with the session as it is then; who asks again, because the answer was lost, has it too', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      const claim = { asks: [{ hash: 'a', lease: LEASE }], stays: true, begins: false };
      assert.deepEqual(await store.lock(APP, ref, claim, T0), { granted: 'a', holder: 'a', session, at: T0 });
      assert.deepEqual(await store.lock(APP, ref, claim, T0), { granted: 'a', holder: 'a', session, at: T0 });
      const other = { asks: [{ hash: 'b', lease: LEASE }], stays: true, begins: true };
      assert.deepEqual(await store.lock(APP, ref, other, T0), { granted: null, holder: 'a', session: null, at: T0 });
      assert.deepEqual((await store.get(APP, ref, 'look', T0))?.session, session, 'to lock is no touch');
    });

    test('those who wait are served in the order in which they came, whoever asks first then', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      assert.equal(await ask(store, ref, ['a']), 'a');
      assert.equal(await ask(store, ref, ['b', 'c']), null);
      assert.equal(await ask(store, ref, ['d']), null);
      await store.unlock(APP, ref, 'a', T0);
      assert.equal(await ask(store, ref, ['d']), null);
      assert.equal(await ask(store, ref, ['c']), null, 'b is first');
      assert.equal(await ask(store, ref, ['e'], { stays: false }), null, 'who does not wait overtakes nobody');
      assert.equal(await ask(store, ref, ['c', 'b']), 'b');
      await store.unlock(APP, ref, 'b', T0);
      assert.equal(await ask(store, ref, ['d']), null);
      assert.equal(await ask(store, ref, ['c']), 'c');
      await store.unlock(APP, ref, 'c', T0);
      assert.equal(await ask(store, ref, ['e'], { stays: false }), null);
      assert.equal(await ask(store, ref, ['d']), 'd');
    });

    test('who does not wait leaves no place; who waits keeps its place by asking, and loses it when it does not', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a']);
      await ask(store, ref, ['b'], { stays: false });
      await ask(store, ref, ['c', 'd']);
      const later = T0 + STANDS - 1;
      await ask(store, ref, ['d'], { now: later });
      await store.unlock(APP, ref, 'a', later);
      assert.equal(await ask(store, ref, ['d'], { now: later }), null, 'c still stands before it');
      assert.equal(await ask(store, ref, ['d'], { now: T0 + STANDS }), 'd', 'c died');
    });

    test('one who leaves the queue holds up nobody, and a foreign lock ends nothing', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a']);
      await ask(store, ref, ['b', 'c']);
      await store.unlock(APP, ref, 'b', T0);
      await store.unlock(APP, ref, 'x', T0);
      assert.equal((await update(store, ref, 1, 'a'))?.kind, 'updated');
      await store.unlock(APP, ref, 'a', T0);
      assert.equal(await ask(store, ref, ['c']), 'c');
    });

    test('a lease that is over holds up nobody, and changes nothing any more', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a'], { lease: SECOND });
      assert.equal(await ask(store, ref, ['b'], { now: T0 + SECOND - 1, stays: false }), null);
      assert.deepEqual(await update(store, ref, 1, 'a', {}, T0 + SECOND), { kind: 'lost' });
      assert.equal(await ask(store, ref, ['b'], { now: T0 + SECOND }), 'b');
      assert.deepEqual(await update(store, ref, 1, 'a', released('a'), T0 + SECOND), { kind: 'lost' });
      const now = await store.get(APP, ref, 'look', T0 + SECOND);
      assert.deepEqual([now?.session.version, now?.session.data], [1, '{}']);
      assert.equal((await update(store, ref, 1, 'b', {}, T0 + SECOND))?.kind, 'updated');
    });

    test('a change with a lock that holds is made, without one too, with a lost one none is', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      await ask(store, ref, ['a']);
      assert.equal((await update(store, ref, 1, 'a'))?.kind, 'updated');
      assert.equal((await store.update(APP, ref, { expect: 2, version: 3, data: '{"n":1}' }, T0))?.kind, 'updated');
      assert.deepEqual(await update(store, ref, 3, 'b'), { kind: 'lost' });
      const credential = newToken(session.id, 'standard').credential;
      const rotation = { credential, graceUntil: T0, lock: { hash: 'b', release: true } };
      assert.deepEqual(await store.rotate(APP, ref, rotation, T0), { kind: 'lost' });
      const move = { id: newSessionId('user9'), subject: 'user9', cap: null };
      assert.deepEqual(await update(store, ref, 3, 'b', { move }), { kind: 'lost' });
      assert.deepEqual(await store.rotate(APP, ref, { ...rotation, move }, T0), { kind: 'lost' });
      const lock = { hash: 'b', release: false };
      assert.equal(await store.revoke(APP, { by: 'token', token: ref, lock }, T0), 0);
      assert.equal(await store.revoke(APP, { by: 'id', id: session.id, lock }, T0), 0);
      const left = (await store.get(APP, ref, 'look', T0))?.session;
      assert.deepEqual([left?.id, left?.version, left?.data, left?.subject], [session.id, 3, '{"n":1}', 'user123']);
      assert.equal((await store.list(APP, { subject: 'user9', limit: 5 }, T0)).sessions.length, 0);
      assert.equal(await store.revoke(APP, { by: 'token', token: ref, lock: { hash: 'a', release: false } }, T0), 1);
    });

    test('a change can end its lock in the same step; one that was not made ends none', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a']);
      await ask(store, ref, ['b']);
      assert.equal((await update(store, ref, 7, 'a', released('a')))?.kind, 'conflict');
      assert.equal(await ask(store, ref, ['b']), null);
      assert.equal((await update(store, ref, 1, 'a', released('a')))?.kind, 'updated');
      assert.deepEqual(await update(store, ref, 2, 'a'), { kind: 'lost' });
      assert.equal(await ask(store, ref, ['b']), 'b');
    });

    test('the lock is the session’s: a rotation keeps it, for the old token and the new one', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      await ask(store, ref, ['a']);
      const { token, credential } = newToken(session.id, 'standard');
      const next = parseToken(token);
      assert.equal((await store.rotate(APP, ref, { credential, graceUntil: T0 + HOUR }, T0))?.kind, 'rotated');
      for (const one of [ref, next]) assert.equal(await ask(store, one, ['b'], { stays: false }), null);
      const again = newToken(session.id, 'standard');
      const rotation = { credential: again.credential, graceUntil: T0, lock: { hash: 'a', release: true } };
      assert.equal((await store.rotate(APP, next, rotation, T0))?.kind, 'rotated');
      assert.equal(await ask(store, parseToken(again.token), ['b']), 'b');
      await store.unlock(APP, next, 'b', T0);
      assert.equal(
        await ask(store, parseToken(again.token), ['c']),
        'c',
        'ended by a token that opens nothing any more',
      );
    });

    test('a move that carries the lock takes it along; any other move ends it', async (t) => {
      const { store } = await open(t);
      const moveTo = (subject: string) => ({ id: newSessionId(subject), subject, cap: null });
      const { ref } = await put(store);
      await ask(store, ref, ['a']);
      await ask(store, ref, ['b']);
      assert.equal((await update(store, ref, 1, 'a', { move: moveTo('u2') }))?.kind, 'updated');
      assert.equal(await ask(store, ref, ['c'], { stays: false }), null);
      assert.equal((await update(store, ref, 2, 'a'))?.kind, 'updated', 'it is still its own');
      const login = moveTo('u3');
      const { token, credential } = newToken(login.id, 'standard');
      const rotation = { credential, graceUntil: T0, move: login, lock: { hash: 'a', release: false } };
      assert.equal((await store.rotate(APP, ref, rotation, T0))?.kind, 'rotated');
      const next = parseToken(token);
      assert.equal((await update(store, next, 3, 'a', released('a')))?.kind, 'updated');
      assert.equal(await ask(store, next, ['b'], { stays: false }), 'b', 'nobody is before it');
      const change = { expect: 4, version: 5, move: moveTo('u4') };
      assert.equal((await store.update(APP, next, change, T0))?.kind, 'updated');
      assert.deepEqual(await update(store, next, 5, 'b'), { kind: 'lost' });
      assert.equal(await ask(store, next, ['d'], { stays: false }), 'd');
      assert.equal((await update(store, next, 5, 'd', { move: moveTo('u5'), ...released('d') }))?.kind, 'updated');
      assert.equal(await ask(store, next, ['e'], { stays: false }), 'e', 'a move can end it, too');
    });

    test('who waits with a token that is replaced can leave, and holds up nobody who has the new one', async (t) => {
      for (const chosen of [false, true]) {
        const { store } = await open(t);
        const made = chosen ? makeAliased(CHOSEN) : make();
        const { ref, session } = made;
        await store.create(session, made.credential, null, T0);
        await ask(store, ref, ['a']);
        await ask(store, ref, ['b', 'c']);
        const { token, credential } = newToken(session.id, 'standard');
        assert.equal((await store.rotate(APP, ref, { credential, graceUntil: T0 }, T0))?.kind, 'rotated');
        for (const hash of ['b', 'c']) await store.unlock(APP, ref, hash, T0);
        const next = parseToken(token);
        assert.equal(await ask(store, next, ['d'], { stays: false }), null, 'its holder has it still');
        await store.unlock(APP, ref, 'a', T0);
        assert.equal(await ask(store, next, ['d'], { stays: false }), 'd', `chosen: ${chosen}`);
      }
    });

    test('a login takes the lock along, and not those who wait with the token before it', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a']);
      await ask(store, ref, ['b']);
      const move = { id: newSessionId('u2'), subject: 'u2', cap: null };
      const { token, credential } = newToken(move.id, 'standard');
      const rotation = { credential, graceUntil: T0, move, lock: { hash: 'a', release: false } };
      assert.equal((await store.rotate(APP, ref, rotation, T0))?.kind, 'rotated');
      const next = parseToken(token);
      assert.equal(await ask(store, next, ['c'], { stays: false }), null);
      assert.equal((await update(store, next, 1, 'a', released('a')))?.kind, 'updated');
      assert.equal(await ask(store, next, ['c'], { stays: false }), 'c');
    });

    test('the end of a session ends its lock', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a']);
      await store.revoke(APP, { by: 'token', token: ref }, T0);
      assert.equal(await ask(store, ref, ['b']), null);
      assert.equal(
        await store.lock(APP, ref, { asks: [{ hash: 'b', lease: 1 }], stays: true, begins: false }, T0),
        null,
      );
      assert.equal(await update(store, ref, 1, 'a'), null);
      await store.unlock(APP, ref, 'a', T0);
    });

    test('a token that opens nothing can be locked, and who creates its session with the lock keeps it', async (t) => {
      const { store } = await open(t);
      const { ref, session, credential } = makeAliased(CHOSEN);
      const asks = [{ hash: 'a', lease: LEASE }];
      assert.equal(await store.lock(APP, ref, { asks, stays: true, begins: false }, T0), null);
      const got = await store.lock(APP, ref, { asks, stays: true, begins: true }, T0);
      assert.deepEqual(got, { granted: 'a', holder: 'a', session: null, at: T0 });
      assert.equal(await ask(store, ref, ['b'], { begins: true }), null);
      const create = (hash: string, release = false, now = T0) =>
        store.create({ ...session, lastSeenAt: now, createdAt: now }, credential, null, now, null, { hash, release });
      assert.deepEqual(await create('x'), { kind: 'lost' });
      assert.equal(await store.get(APP, ref, 'look', T0), null, 'nothing was created');
      assert.equal((await create('a')).kind, 'created');
      assert.equal(await ask(store, ref, ['c'], { stays: false, begins: true }), null);
      assert.equal((await update(store, ref, 1, 'a', released('a')))?.kind, 'updated');
      assert.equal(await ask(store, ref, ['b'], { begins: true }), 'b');
      await store.unlock(APP, ref, 'b', T0);
      assert.equal(await ask(store, ref, ['d']), 'd');
    });

    test('a create can end the lock of its token', async (t) => {
      const { store } = await open(t);
      const { ref, session, credential } = makeAliased(CHOSEN);
      assert.equal(await ask(store, ref, ['a'], { begins: true, lease: SECOND }), 'a');
      const lock = { hash: 'a', release: true };
      const late = { ...session, createdAt: T0 + SECOND, lastSeenAt: T0 + SECOND };
      assert.deepEqual(await store.create(late, credential, null, T0 + SECOND, null, lock), { kind: 'lost' });
      assert.equal(
        await ask(store, ref, ['a'], { begins: true, now: T0 + SECOND }),
        'a',
        'the lease had blocked nobody',
      );
      assert.equal((await store.create(late, credential, null, T0 + SECOND, null, lock)).kind, 'created');
      assert.equal(await ask(store, ref, ['b'], { now: T0 + SECOND, stays: false }), 'b');
    });

    test('whoever creates the session of a locked token without the lock, the lock holds on', async (t) => {
      const { store } = await open(t);
      const { ref, session, credential } = makeAliased(CHOSEN);
      await ask(store, ref, ['a'], { begins: true });
      assert.equal((await store.create(session, credential, null, T0)).kind, 'created');
      assert.equal(await ask(store, ref, ['b'], { begins: true }), null);
      assert.equal((await update(store, ref, 1, 'a'))?.kind, 'updated');
      await store.unlock(APP, ref, 'a', T0);
      assert.equal(await ask(store, ref, ['b'], { begins: true }), 'b');
      assert.deepEqual(await update(store, ref, 2, 'a'), { kind: 'lost' });
    });

    test('locks of sessions and of apps have nothing to do with each other', async (t) => {
      const { store } = await open(t);
      const [one, other] = [await put(store), await put(store)];
      assert.equal(await ask(store, one.ref, ['a']), 'a');
      assert.equal(await ask(store, other.ref, ['b']), 'b');
      assert.deepEqual(await update(store, other.ref, 1, 'a'), { kind: 'lost' });
      await store.unlock(APP, other.ref, 'a', T0);
      assert.equal((await update(store, one.ref, 1, 'a'))?.kind, 'updated');
      const { ref } = makeAliased(CHOSEN);
      assert.equal(await ask(store, ref, ['c'], { begins: true }), 'c');
      const claim = { asks: [{ hash: 'd', lease: LEASE }], stays: true, begins: true };
      assert.equal((await store.lock('blog', ref, claim, T0))?.granted, 'd');
      assert.equal(await store.lock('blog', make().ref, { ...claim, begins: false }, T0), null);
    });

    test('of 20 who ask at once one has the lock, and each has it once until all had', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      const waiting = Array.from({ length: 20 }, (_, i) => `w${i}`);
      const served: string[] = [];
      while (waiting.length > 0) {
        const got = (await Promise.all(waiting.map((hash) => ask(store, ref, [hash])))).filter((one) => one !== null);
        assert.equal(got.length, 1);
        served.push(...got);
        waiting.splice(waiting.indexOf(got[0]!), 1);
        await store.unlock(APP, ref, got[0]!, T0);
      }
      assert.equal(new Set(served).size, 20);
    });

    test('what is left of a lock is gone when its lease is over', async (t) => {
      const { store, contents } = await open(t);
      const { ref } = await put(store);
      await ask(store, ref, ['a', 'b']);
      await ask(store, makeAliased(CHOSEN).ref, ['c'], { begins: true });
      await store.revoke(APP, { by: 'app' }, T0);
      await store.sweep(T0 + LEASE + STANDS, 100);
      assert.deepEqual(await contents(), []);
    });
  });
}

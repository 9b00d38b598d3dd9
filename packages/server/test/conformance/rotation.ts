/** Rotation: a new token for the same session, the grace of the old one, and the move of a guest to a subject. More in successors.ts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken, type TokenRef } from '../../src/core/token.ts';
import { APP, type Made, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

/** Stores a session under a token that its caller chose. */
async function aliased(store: SessionStore, name: string): Promise<Made> {
  const made = makeAliased(`chosen-by-the-caller-${name}`);
  await store.create(made.session, made.credential, null, T0);
  return made;
}

export function rotationSection(open: OpenStore): void {
  describe('rotation', () => {
    test('a rotation gives a new token and keeps id, data, times and counters', async (t) => {
      const { store, faults } = await open(t);
      const { ref, session } = await put(store, { data: '{"cart":[1]}' });
      await store.get(APP, ref, 'read', T0 + SECOND);
      const next = newToken(session.id, 'standard');
      const outcome = await store.rotate(APP, ref, { credential: next.credential, graceUntil: T0 }, T0 + 3 * SECOND);
      assert.deepEqual(outcome, {
        kind: 'rotated',
        session: { ...session, reads: 2, lastSeenAt: T0 + SECOND },
        at: T0 + 3 * SECOND,
        idle: 2 * SECOND,
        revoked: [],
      });
      assert.equal(await store.get(APP, ref, 'read', T0 + 3 * SECOND), null);
      assert.equal((await store.get(APP, parseToken(next.token), 'read', T0 + 3 * SECOND))?.session.reads, 3);
      assert.deepEqual(await faults(), []);
    });

    test('the old token works until its grace is over and not after, whatever rotations come later', async (t) => {
      const { store, faults } = await open(t);
      for (const kind of ['of our own', 'chosen by the caller']) {
        const { ref, session } = kind === 'of our own' ? await put(store) : await aliased(store, '0011');
        const second = parseToken('chosen-by-the-caller-0012');
        const away = { credential: { hash: second.hash, alias: true }, graceUntil: T0 + 10 * SECOND };
        assert.equal((await store.rotate(APP, ref, away, T0))?.kind, 'rotated');
        let last = second;
        for (const grace of [0, 1, 20]) {
          const next = newToken(session.id, 'standard');
          const rotation = { credential: next.credential, graceUntil: T0 + SECOND + grace };
          assert.equal((await store.rotate(APP, last, rotation, T0 + SECOND))?.kind, 'rotated');
          assert.equal((await store.get(APP, last, 'look', T0 + SECOND)) !== null, grace > 0);
          last = parseToken(next.token);
        }
        assert.notEqual(await store.get(APP, ref, 'read', T0 + 10 * SECOND - 1), null);
        assert.equal(await store.get(APP, ref, 'read', T0 + 10 * SECOND), null);
        assert.notEqual(await store.get(APP, last, 'read', T0 + 10 * SECOND), null);
        assert.deepEqual(await faults(), []);
        assert.equal(await store.revoke(APP, { by: 'app' }, T0 + 10 * SECOND), 1);
      }
    });

    test('a move gives the session a subject and a new id, and the old id and token end at once', async (t) => {
      const { store, faults } = await open(t);
      const guest = await put(store, { subject: null, data: '{"cart":[1]}' });
      await store.get(APP, guest.ref, 'read', T0 + SECOND);
      const id = newSessionId('joe');
      const next = newToken(id, 'standard');
      const move = { id, subject: 'joe', cap: null };
      const rotation = { credential: next.credential, graceUntil: T0 + 60 * SECOND, move };
      const outcome = await store.rotate(APP, guest.ref, rotation, T0 + 2 * SECOND);
      assert.equal(outcome?.kind, 'rotated');
      assert.equal(await store.get(APP, guest.ref, 'read', T0 + 2 * SECOND), null);
      assert.equal(await store.find(APP, guest.session.id, T0 + 2 * SECOND), null);
      const moved = await store.get(APP, parseToken(next.token), 'read', T0 + 2 * SECOND);
      assert.deepEqual([moved?.session.id, moved?.session.subject, moved?.session.reads], [id, 'joe', 3]);
      assert.equal(moved?.session.data, '{"cart":[1]}');
      assert.deepEqual((await store.list(APP, { subject: 'joe', limit: 5 }, T0 + 2 * SECOND)).sessions.length, 1);
      assert.deepEqual(await store.count(APP, 0, T0 + 2 * SECOND), { sessions: 1, subjects: 1 });
      assert.deepEqual(await faults(), []);
    });

    test('a rotation to a token or an id that exists is taken and changes nothing', async (t) => {
      const { store } = await open(t);
      const other = makeAliased('chosen-by-the-caller-0003', { subject: 'x' });
      await store.create(other.session, other.credential, null, T0);
      const { ref, session } = await put(store);
      const { credential } = other;
      assert.deepEqual(await store.rotate(APP, ref, { credential, graceUntil: T0 }, T0), { kind: 'taken' });
      const move = { id: other.session.id, subject: 'x', cap: null };
      const next = newToken(move.id, 'standard');
      const moving = { credential: next.credential, graceUntil: T0, move };
      assert.deepEqual(await store.rotate(APP, ref, moving, T0), { kind: 'taken' });
      assert.deepEqual((await store.get(APP, ref, 'look', T0))?.session, session);
    });

    test('a rotation to the token it has already changes nothing: a retry is no second rotation', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      const { token, credential } = newToken(session.id, 'standard');
      const rotation = { credential, graceUntil: T0 + 10 * SECOND };
      for (const at of [T0, T0 + SECOND]) assert.equal((await store.rotate(APP, ref, rotation, at))?.kind, 'rotated');
      for (const known of [ref, parseToken(token)]) {
        assert.notEqual(
          await store.get(APP, known, 'read', T0 + 2 * SECOND),
          null,
          'the grace is still that of the first',
        );
      }
      assert.equal(await store.get(APP, ref, 'read', T0 + 10 * SECOND), null);
    });

    test('a rotation at another version than the expected one changes nothing', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      const { credential } = newToken(session.id, 'standard');
      const outcome = await store.rotate(APP, ref, { credential, graceUntil: T0, expect: 2 }, T0);
      assert.deepEqual(outcome, { kind: 'conflict', session, at: T0, idle: 0 });
      assert.notEqual(await store.get(APP, ref, 'look', T0), null);
      assert.equal((await store.rotate(APP, ref, { credential, graceUntil: T0, expect: 1 }, T0))?.kind, 'rotated');
    });

    test('a token that was rotated away is told apart from one that never was, after its grace', async (t) => {
      const { store, reused } = await open(t);
      const { ref, session } = await put(store);
      const { credential } = newToken(session.id, 'standard');
      await store.rotate(APP, ref, { credential, graceUntil: T0 + SECOND }, T0);
      await store.get(APP, ref, 'read', T0);
      await store.get(APP, parseToken(newToken(session.id, 'standard').token), 'read', T0 + SECOND);
      assert.deepEqual(reused, []);
      assert.equal(await store.get(APP, ref, 'read', T0 + SECOND), null);
      assert.deepEqual(reused, [session.id]);
    });

    test('it is told apart where it is to end or to lock its session, too', async (t) => {
      const { store, reused } = await open(t);
      const asks = [{ hash: 'a', lease: SECOND }];
      const lock = (ref: TokenRef, begins: boolean, at: number) =>
        store.lock(APP, ref, { asks, stays: false, begins }, at);
      const end = (token: TokenRef, at: number) => store.revoke(APP, { by: 'token', token }, at);
      for (const kind of ['of our own', 'chosen by the caller']) {
        const before = reused.length;
        const told = () => reused.slice(before);
        const begins = kind !== 'of our own';
        const { ref, session } = begins ? await aliased(store, '0013') : await put(store);
        const next = newToken(session.id, 'standard');
        await store.rotate(APP, ref, { credential: next.credential, graceUntil: T0 + SECOND }, T0);
        const never = parseToken(newToken(session.id, 'standard').token);
        assert.equal((await lock(ref, begins, T0))?.granted, 'a', kind);
        await store.unlock(APP, ref, 'a', T0);
        assert.equal(await lock(never, false, T0 + SECOND), null);
        assert.equal(await end(never, T0 + SECOND), 0);
        assert.deepEqual(told(), [], kind);
        // A token that is free again may be locked before it has a session.
        assert.equal((await lock(ref, begins, T0 + SECOND))?.session ?? null, null);
        assert.deepEqual(told(), [session.id], `the lock of a token ${kind}`);
        assert.equal(await end(ref, T0 + SECOND), 0);
        assert.deepEqual(told(), [session.id, session.id], `the end by a token ${kind}`);
        assert.equal(await end({ ...ref, isLookedFor: true }, T0 + SECOND), 0);
        assert.equal(told().length, 2, 'who looks for it is no visitor');
        assert.equal(await end(parseToken(next.token), T0 + SECOND), 1);
      }
    });

    test('a token that is looked for opens its session, and is no sign of a theft when it was replaced', async (t) => {
      const { store, reused } = await open(t);
      const own = newToken(newSessionId('joe'), 'standard').token;
      for (const { ref, session } of [await put(store), await aliased(store, 'looked')]) {
        const lookedFor = { ...ref, isLookedFor: true } as const;
        assert.equal((await store.get(APP, lookedFor, 'look', T0))?.session.id, session.id);
        const { credential } = newToken(session.id, 'standard');
        await store.rotate(APP, ref, { credential, graceUntil: T0 + SECOND }, T0);
        assert.equal((await store.get(APP, lookedFor, 'look', T0))?.session.id, session.id, 'in its grace');
        assert.equal(await store.get(APP, lookedFor, 'look', T0 + SECOND), null);
      }
      assert.equal(await store.get(APP, { ...parseToken(own), isLookedFor: true }, 'look', T0), null);
      assert.deepEqual(reused, []);
    });

    test('a token that a caller chose is free again once it was rotated away and its grace is over', async (t) => {
      const { store, faults } = await open(t);
      const first = makeAliased('chosen-by-the-caller-0004');
      await store.create(first.session, first.credential, null, T0);
      const next = parseToken('chosen-by-the-caller-0005');
      const rotation = { credential: { hash: next.hash, alias: true }, graceUntil: T0 + SECOND };
      await store.rotate(APP, first.ref, rotation, T0);
      const second = makeAliased('chosen-by-the-caller-0004', { subject: 'other' });
      assert.equal((await store.create(second.session, second.credential, null, T0)).kind, 'taken');
      assert.equal((await store.create(second.session, second.credential, null, T0 + SECOND)).kind, 'created');
      assert.equal((await store.get(APP, first.ref, 'look', T0 + SECOND))?.session.id, second.session.id);
      assert.equal(await store.revoke(APP, { by: 'id', id: first.session.id }, T0 + SECOND), 1);
      assert.equal((await store.get(APP, first.ref, 'look', T0 + SECOND))?.session.id, second.session.id);
      assert.deepEqual(await faults(), []);
    });

    test('a token that a caller chose can come back after its grace, and not within it', async (t) => {
      const { store, faults } = await open(t);
      const chosen = makeAliased('chosen-by-the-caller-0006');
      await store.create(chosen.session, chosen.credential, null, T0);
      const between = newToken(chosen.session.id, 'standard');
      const away = { credential: between.credential, graceUntil: T0 + SECOND };
      assert.equal((await store.rotate(APP, chosen.ref, away, T0))?.kind, 'rotated');
      const back = { credential: { hash: chosen.ref.hash, alias: true }, graceUntil: T0 + SECOND };
      const ref = parseToken(between.token);
      assert.deepEqual(await store.rotate(APP, ref, back, T0 + 999), { kind: 'taken' });
      assert.equal((await store.rotate(APP, ref, back, T0 + SECOND))?.kind, 'rotated');
      assert.equal((await store.get(APP, chosen.ref, 'look', T0 + SECOND))?.session.id, chosen.session.id);
      assert.equal(await store.get(APP, ref, 'look', T0 + SECOND), null);
      assert.deepEqual(await faults(), []);
    });

    test('a retry of a rotation leaves a token that was free again to the session that has it now', async (t) => {
      const { store, faults } = await open(t);
      const chosen = makeAliased('chosen-by-the-caller-0007');
      await store.create(chosen.session, chosen.credential, null, T0);
      const next = newToken(chosen.session.id, 'standard');
      const rotation = { credential: next.credential, graceUntil: T0 };
      await store.rotate(APP, chosen.ref, rotation, T0);
      const other = makeAliased('chosen-by-the-caller-0007', { subject: 'other' });
      assert.equal((await store.create(other.session, other.credential, null, T0)).kind, 'created');
      assert.equal((await store.rotate(APP, parseToken(next.token), rotation, T0))?.kind, 'rotated');
      assert.equal((await store.get(APP, chosen.ref, 'look', T0))?.session.id, other.session.id);
      assert.deepEqual(await faults(), []);
    });

    test('a move to the token that the session has is taken: a change of privilege needs another', async (t) => {
      const { store } = await open(t);
      const chosen = makeAliased('chosen-by-the-caller-0008', { subject: null });
      await store.create(chosen.session, chosen.credential, null, T0);
      const move = { id: newSessionId('joe'), subject: 'joe', cap: null };
      const rotation = { credential: chosen.credential, graceUntil: T0 + SECOND, move };
      assert.deepEqual(await store.rotate(APP, chosen.ref, rotation, T0), { kind: 'taken' });
      assert.deepEqual((await store.get(APP, chosen.ref, 'look', T0))?.session, chosen.session);
    });

    test('of parallel rotations to one token that a caller chose, without grace, the token opens the session', async (t) => {
      const { store, faults } = await open(t);
      for (let round = 0; round < 20; round++) {
        const { ref, session } = await put(store);
        const chosen = parseToken(`chosen-by-the-caller-1${round}`);
        const rotation = { credential: { hash: chosen.hash, alias: true }, graceUntil: T0 };
        await Promise.all(Array.from({ length: 5 }, () => store.rotate(APP, ref, rotation, T0)));
        assert.equal((await store.get(APP, chosen, 'look', T0))?.session.id, session.id);
      }
      assert.deepEqual(await faults(), []);
    });

    test('of parallel rotations of one token without grace exactly one wins', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      const tokens = Array.from({ length: 20 }, () => newToken(session.id, 'standard'));
      const outcomes = await Promise.all(
        tokens.map(({ credential }) => store.rotate(APP, ref, { credential, graceUntil: T0 }, T0 + SECOND)),
      );
      assert.equal(outcomes.filter((outcome) => outcome?.kind === 'rotated').length, 1);
      const live = await store.getMany(
        APP,
        tokens.map(({ token }) => parseToken(token)),
        'look',
        T0 + SECOND,
      );
      assert.deepEqual(
        live.map((visit) => visit !== null),
        outcomes.map((outcome) => outcome !== null),
      );
    });
  });
}

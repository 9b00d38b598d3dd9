/** Rotation: a new token for the same session, the grace of the old one, and the move of a guest to a subject. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import { APP, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

export function rotationSection(open: OpenStore): void {
  describe('rotation', () => {
    test('a rotation gives a new token and keeps id, data, times and counters', async (t) => {
      const { store, faults } = await open(t);
      const { ref, session } = await put(store, { data: '{"cart":[1]}' });
      await store.get(APP, ref, true, T0 + SECOND);
      const next = newToken(session.id, 'standard');
      const outcome = await store.rotate(APP, ref, { credential: next.credential, graceUntil: T0 }, T0 + 3 * SECOND);
      assert.deepEqual(outcome, {
        kind: 'rotated',
        session: { ...session, reads: 2, lastSeenAt: T0 + SECOND },
        at: T0 + 3 * SECOND,
        idle: 2 * SECOND,
      });
      assert.equal(await store.get(APP, ref, true, T0 + 3 * SECOND), null);
      assert.equal((await store.get(APP, parseToken(next.token), true, T0 + 3 * SECOND))?.session.reads, 3);
      assert.deepEqual(await faults(), []);
    });

    test('the old token works during the grace and not after; a second rotation ends it at once', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      const second = newToken(session.id, 'standard');
      await store.rotate(APP, ref, { credential: second.credential, graceUntil: T0 + 10 * SECOND }, T0);
      assert.notEqual(await store.get(APP, ref, true, T0 + 10 * SECOND - 1), null);
      assert.equal(await store.get(APP, ref, true, T0 + 10 * SECOND), null);
      const third = newToken(session.id, 'standard');
      const rotation = { credential: third.credential, graceUntil: T0 + 10 * SECOND };
      await store.rotate(APP, parseToken(second.token), rotation, T0 + SECOND);
      assert.equal(await store.get(APP, ref, true, T0 + SECOND), null);
      for (const token of [second.token, third.token]) {
        assert.notEqual(await store.get(APP, parseToken(token), true, T0 + SECOND), null);
      }
    });

    test('a move gives the session a subject and a new id, and the old id and token end at once', async (t) => {
      const { store, faults } = await open(t);
      const guest = await put(store, { subject: null, data: '{"cart":[1]}' });
      await store.get(APP, guest.ref, true, T0 + SECOND);
      const id = newSessionId('joe');
      const next = newToken(id, 'standard');
      const move = { id, subject: 'joe' };
      const rotation = { credential: next.credential, graceUntil: T0 + 60 * SECOND, move };
      const outcome = await store.rotate(APP, guest.ref, rotation, T0 + 2 * SECOND);
      assert.equal(outcome?.kind, 'rotated');
      assert.equal(await store.get(APP, guest.ref, true, T0 + 2 * SECOND), null);
      assert.equal(await store.find(APP, guest.session.id, T0 + 2 * SECOND), null);
      const moved = await store.get(APP, parseToken(next.token), true, T0 + 2 * SECOND);
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
      const move = { id: other.session.id, subject: 'x' };
      const next = newToken(move.id, 'standard');
      const moving = { credential: next.credential, graceUntil: T0, move };
      assert.deepEqual(await store.rotate(APP, ref, moving, T0), { kind: 'taken' });
      assert.deepEqual((await store.get(APP, ref, false, T0))?.session, session);
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
        false,
        T0 + SECOND,
      );
      assert.deepEqual(
        live.map((visit) => visit !== null),
        outcomes.map((outcome) => outcome !== null),
      );
    });
  });
}

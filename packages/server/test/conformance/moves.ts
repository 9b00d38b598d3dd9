/** The move to another subject: a new id, caps, and the token that stays. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Move, SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken, type TokenRef } from '../../src/core/token.ts';
import { APP, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

const TOKENS = ['of our own', 'chosen by the caller'] as const;

/** Stores a guest and gives it with its token. */
async function guest(store: SessionStore, kind: (typeof TOKENS)[number]) {
  if (kind === 'of our own') return put(store, { subject: null, data: '{"cart":[1]}' });
  const made = makeAliased(`chosen-by-the-caller-${newSessionId(null)}`, { subject: null, data: '{"cart":[1]}' });
  await store.create(made.session, made.credential, null, T0);
  return made;
}

function to(subject: string | null, cap: Move['cap'] = null): Move {
  return { id: newSessionId(subject), subject, cap };
}

export function movesSection(open: OpenStore): void {
  describe('moves that keep the token', () => {
    for (const kind of TOKENS) {
      test(`a token ${kind} opens the session at its new subject, under its new id, again and again`, async (t) => {
        const { store, contents, faults } = await open(t);
        const { ref, session } = await guest(store, kind);
        let last = session;
        for (const [i, subject] of ['joe', 'ann', null, 'joe'].entries()) {
          const move = to(subject);
          const change = { expect: i + 1, version: i + 2, data: `{"n":${i}}`, move };
          const at = T0 + i * SECOND;
          const outcome = await store.update(APP, ref, change, at);
          const authenticatedAt = subject === null ? null : at;
          const members = { id: move.id, subject, authenticatedAt, version: i + 2, data: change.data };
          const expected = { ...last, ...members, lastSeenAt: at };
          const idle = at - last.lastSeenAt;
          assert.deepEqual(outcome, { kind: 'updated', session: expected, at, idle, revoked: [] });
          assert.deepEqual((await store.get(APP, ref, 'look', at))?.session, expected);
          assert.equal(await store.find(APP, last.id, at), null, 'the old id is gone');
          assert.deepEqual((await store.list(APP, { limit: 5 }, at)).sessions, [expected]);
          assert.deepEqual(await faults(), []);
          last = expected;
        }
        const visit = await store.get(APP, ref, 'read', T0 + 9 * SECOND);
        assert.equal(visit?.session.reads, 2);
        assert.equal(await store.revoke(APP, { by: 'token', token: ref }, T0 + 9 * SECOND), 1);
        assert.equal(await store.get(APP, ref, 'look', T0 + 9 * SECOND), null);
        assert.deepEqual(await contents(), []);
      });

      test(`a move of a token ${kind} races updates, and none is lost`, async (t) => {
        const { store, faults } = await open(t);
        const { ref } = await guest(store, kind);
        const write = async (key: number, move: Move | null): Promise<void> => {
          for (;;) {
            const visit = await store.get(APP, ref, 'look', T0);
            const { version, data } = visit!.session;
            const merged = JSON.stringify({ ...JSON.parse(data), [`k${key}`]: key });
            const change = { expect: version, version: version + 1, data: merged };
            const outcome = await store.update(APP, ref, move === null ? change : { ...change, move }, T0);
            if (outcome?.kind === 'updated') return;
            assert.equal(outcome?.kind, 'conflict', 'at no instant the token opens nothing');
          }
        };
        await Promise.all(Array.from({ length: 16 }, (_, i) => write(i, i % 5 === 0 ? to(`u${i}`) : null)));
        const session = (await store.get(APP, ref, 'look', T0))?.session;
        assert.deepEqual([session?.version, Object.keys(JSON.parse(session!.data)).length], [17, 17]);
        assert.equal((await store.list(APP, { limit: 50 }, T0)).sessions.length, 1);
        assert.deepEqual(await faults(), []);
      });

      test(`a move of a token ${kind} races its end, and nothing comes back (G2)`, async (t) => {
        const { store, contents } = await open(t);
        for (let round = 0; round < 20; round++) {
          const { ref } = await guest(store, kind);
          const move = store.update(APP, ref, { expect: 1, version: 2, move: to('joe') }, T0);
          const ended = await store.revoke(APP, { by: 'token', token: ref }, T0);
          await move;
          if (ended === 0)
            assert.equal(await store.revoke(APP, { by: 'token', token: ref }, T0), 1, 'neither ended nor there');
          assert.equal(await store.get(APP, ref, 'look', T0), null);
        }
        assert.deepEqual(await contents(), []);
      });
    }

    test('a token that was replaced moves nothing, though it still reads', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store, { subject: null });
      const next = newToken(session.id, 'standard');
      await store.rotate(APP, ref, { credential: next.credential, graceUntil: T0 + 10 * SECOND }, T0);
      assert.equal(await store.update(APP, ref, { expect: 1, version: 2, move: to('joe') }, T0), null);
      const outcome = await store.update(APP, parseToken(next.token), { expect: 1, version: 2, move: to('joe') }, T0);
      assert.equal(outcome?.kind, 'updated');
      assert.equal(await store.get(APP, ref, 'look', T0), null, 'a change of subject has no grace');
    });

    test('a move with a token that was replaced ends nobody at the cap of the other subject', async (t) => {
      const { store } = await open(t);
      const [{ ref, session }, held] = [await put(store, { subject: null }), await put(store, { subject: 'joe' })];
      const { credential } = newToken(session.id, 'standard');
      await store.rotate(APP, ref, { credential, graceUntil: T0 + 10 * SECOND }, T0);
      const move = to('joe', { max: 1, onLimit: 'revokeOldest' });
      assert.equal(await store.update(APP, ref, { expect: 1, version: 2, move }, T0), null);
      const next = newToken(move.id, 'standard').credential;
      const rotation = { credential: next, graceUntil: T0, move };
      assert.deepEqual(await store.rotate(APP, ref, rotation, T0), { kind: 'replaced' });
      assert.notEqual(await store.get(APP, held.ref, 'look', T0), null);
      assert.notEqual(await store.get(APP, ref, 'look', T0), null);
    });

    test('what was made for the session before a move is a conflict: its new token would name that one', async (t) => {
      const { store, faults } = await open(t);
      for (const kind of TOKENS) {
        const { ref, session } = await guest(store, kind);
        const move = to('joe');
        await store.update(APP, ref, { of: session.id, expect: 1, version: 2, move }, T0);
        const { credential } = newToken(session.id, 'standard');
        const rotated = await store.rotate(APP, ref, { of: session.id, credential, graceUntil: T0 + SECOND }, T0);
        assert.deepEqual([rotated?.kind, rotated && 'session' in rotated && rotated.session.id], ['conflict', move.id]);
        for (const more of [{}, { move: to('ann') }]) {
          const change = { of: session.id, expect: 2, version: 3, data: '{}', ...more };
          const changed = await store.update(APP, ref, change, T0);
          assert.deepEqual(
            [changed?.kind, changed && 'session' in changed && changed.session.id],
            ['conflict', move.id],
          );
          const moved = { of: session.id, credential, graceUntil: T0, ...more };
          assert.equal((await store.rotate(APP, ref, moved, T0))?.kind, 'conflict');
        }
        const { session: present } = (await store.get(APP, ref, 'look', T0))!;
        assert.deepEqual([present.id, present.version, present.data], [move.id, 2, '{"cart":[1]}']);
        const next = newToken(move.id, 'standard');
        const again = { of: move.id, credential: next.credential, graceUntil: T0 };
        assert.equal((await store.rotate(APP, ref, again, T0))?.kind, 'rotated');
        assert.equal((await store.get(APP, parseToken(next.token), 'look', T0))?.session.id, move.id);
      }
      assert.deepEqual(await faults(), []);
    });

    test('a move to an id that exists is taken, at another version a conflict; nothing was changed', async (t) => {
      const { store, faults } = await open(t);
      const [mine, other] = [await put(store, { subject: null }), await put(store, { subject: 'joe' })];
      const move = { ...to('joe'), id: other.session.id };
      assert.deepEqual(await store.update(APP, mine.ref, { expect: 1, version: 2, move }, T0), { kind: 'taken' });
      const conflict = await store.update(APP, mine.ref, { expect: 2, version: 3, move: to('joe') }, T0);
      assert.deepEqual(conflict, { kind: 'conflict', session: mine.session, at: T0, idle: 0 });
      assert.deepEqual((await store.get(APP, mine.ref, 'look', T0))?.session, mine.session);
      assert.deepEqual(await faults(), []);
    });
  });

  describe('caps of moves', () => {
    const moves = {
      'with a new token': async (store: SessionStore, ref: TokenRef, move: Move) => {
        const { credential } = newToken(move.id, 'standard');
        return store.rotate(APP, ref, { credential, graceUntil: T0, move }, T0 + SECOND);
      },
      'with the same token': (store: SessionStore, ref: TokenRef, move: Move) =>
        store.update(APP, ref, { expect: 1, version: 2, move }, T0 + SECOND),
    };
    for (const [how, moveTo] of Object.entries(moves)) {
      test(`a move ${how} ends the oldest at the cap, or is refused and changes nothing`, async (t) => {
        const { store, faults } = await open(t);
        const held = [
          await put(store, { subject: 'joe', createdAt: T0 - 2 }),
          await put(store, { subject: 'joe', createdAt: T0 - 1 }),
        ];
        const mine = await put(store, { subject: null });
        const refused = await moveTo(store, mine.ref, to('joe', { max: 2, onLimit: 'refuse' }));
        assert.equal(refused?.kind, 'refused');
        assert.deepEqual((await store.get(APP, mine.ref, 'look', T0 + SECOND))?.session, mine.session);
        const moved = await moveTo(store, mine.ref, to('joe', { max: 2, onLimit: 'revokeOldest' }));
        assert.ok(moved?.kind === 'rotated' || moved?.kind === 'updated');
        assert.deepEqual(moved.revoked, [held[0]!.session.id]);
        const ids = (await store.list(APP, { subject: 'joe', limit: 9 }, T0 + SECOND)).sessions.map(({ id }) => id);
        assert.deepEqual(ids.sort(), [held[1]!.session.id, moved.session.id].sort());
        assert.deepEqual(await faults(), []);
      });
    }
  });
}

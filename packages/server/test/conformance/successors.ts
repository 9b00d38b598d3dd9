/** One token has one successor, whoever rotates it; and a rotation that changes the session in the same step. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Rotation, SessionStore } from '../../src/core/store.ts';
import { newSeed, newSessionId, newToken, parseToken, successorOf } from '../../src/core/token.ts';
import { MOST_REPLACED } from '../../src/core/transitions.ts';
import { APP, HOUR, type Made, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

/** Gives a rotation as core makes it, and the token that it leads to. */
function follow(token: string, id: string, graceUntil: number, more: Partial<Rotation> = {}) {
  const seed = newSeed();
  const next = successorOf(token, seed, id);
  const rotation: Rotation = { credential: { hash: parseToken(next).hash, alias: false }, seed, graceUntil, ...more };
  return { next, rotation };
}

/** Rotates a token that no rotation has replaced. Gives the next one. */
async function rotate(store: SessionStore, token: string, id: string, graceUntil: number, at: number) {
  const { next, rotation } = follow(token, id, graceUntil);
  assert.equal((await store.rotate(APP, parseToken(token), rotation, at))?.kind, 'rotated');
  return next;
}

const drawn = (token: string, seeds: readonly string[], id: string) =>
  seeds.reduce((last, seed) => successorOf(last, seed, id), token);

async function chosen(store: SessionStore, name: string): Promise<Made> {
  const made = makeAliased(`chosen-by-the-caller-${name}`);
  await store.create(made.session, made.credential, null, T0);
  return made;
}

export function successorsSection(open: OpenStore): void {
  describe('successors', () => {
    test('whoever rotates a token in its grace is told what its one successor is drawn from, and changes nothing', async (t) => {
      const { store, faults } = await open(t);
      for (const made of [await put(store), await chosen(store, '0020')]) {
        const { id } = made.session;
        const next = await rotate(store, made.token, id, T0 + 10 * SECOND, T0);
        for (const at of [T0, T0 + 9 * SECOND]) {
          const outcome = await store.rotate(APP, made.ref, follow(made.token, id, at + HOUR).rotation, at);
          assert.ok(outcome?.kind === 'repeated');
          assert.equal(drawn(made.token, outcome.seeds, id), next);
          assert.deepEqual(outcome.session, made.session);
        }
        assert.notEqual(await store.get(APP, parseToken(next), 'look', T0 + 10 * SECOND), null);
        assert.equal(await store.get(APP, made.ref, 'look', T0 + 10 * SECOND), null, 'its grace is that of the first');
        const late = follow(made.token, id, T0 + HOUR).rotation;
        assert.equal(await store.rotate(APP, made.ref, late, T0 + 10 * SECOND), null);
      }
      assert.deepEqual(await faults(), []);
    });

    test('the successor stays the same when it is replaced itself, and is the next that opens when its grace is over', async (t) => {
      const { store } = await open(t);
      const { token, ref, session } = await put(store);
      const { id } = session;
      const first = await rotate(store, token, id, T0 + 60 * SECOND, T0);
      const second = await rotate(store, first, id, T0 + 5 * SECOND, T0);
      const third = await rotate(store, second, id, T0, T0);
      for (const [at, expected] of [
        [T0 + 4 * SECOND, first],
        [T0 + 5 * SECOND, third],
      ] as const) {
        const outcome = await store.rotate(APP, ref, follow(token, id, at).rotation, at);
        assert.ok(outcome?.kind === 'repeated');
        assert.equal(drawn(token, outcome.seeds, id), expected);
        assert.notEqual(await store.get(APP, parseToken(expected), 'look', at), null);
      }
    });

    test('of parallel rotations of one token with a grace one is made, and all lead to its token', async (t) => {
      const { store, faults } = await open(t);
      const { token, ref, session } = await put(store);
      const { id } = session;
      const asked = Array.from({ length: 20 }, () => follow(token, id, T0 + 10 * SECOND));
      const outcomes = await Promise.all(asked.map(({ rotation }) => store.rotate(APP, ref, rotation, T0)));
      const given = outcomes.map((outcome, i) =>
        outcome?.kind === 'repeated' ? drawn(token, outcome.seeds, id) : asked[i]!.next,
      );
      assert.equal(outcomes.filter((outcome) => outcome?.kind === 'rotated').length, 1);
      assert.deepEqual([...new Set(given)].length, 1);
      for (const one of [token, given[0]!]) assert.notEqual(await store.get(APP, parseToken(one), 'look', T0), null);
      assert.deepEqual(await faults(), []);
    });

    test('without a grace a token is over at once, for a process whose clock is behind, too', async (t) => {
      const { store, reused } = await open(t);
      const { token, ref, session } = await put(store);
      await rotate(store, token, session.id, T0 + 5, T0 + 5);
      assert.equal(await store.rotate(APP, ref, follow(token, session.id, T0 + 5).rotation, T0 + 4), null);
      assert.equal(await store.get(APP, ref, 'look', T0 + 4), null);
      assert.ok(reused.includes(session.id));
    });

    test('a token that was replaced gets no other subject and no other chosen token, and the one chosen then again', async (t) => {
      const { store, faults } = await open(t);
      const [made, plain] = [await put(store), await put(store, { subject: 'joe' })];
      const target = parseToken('chosen-by-the-caller-0021');
      const choose = (name: string): Rotation => ({
        credential: { hash: parseToken(`chosen-by-the-caller-${name}`).hash, alias: true },
        graceUntil: T0 + 10 * SECOND,
      });
      assert.equal((await store.rotate(APP, made.ref, choose('0021'), T0))?.kind, 'rotated');
      const derived = follow(made.token, made.session.id, T0).rotation;
      for (const rotation of [choose('0022'), derived])
        assert.deepEqual(await store.rotate(APP, made.ref, rotation, T0), { kind: 'replaced' });
      assert.equal((await store.rotate(APP, made.ref, choose('0021'), T0))?.kind, 'rotated', 'the very same');
      await rotate(store, plain.token, plain.session.id, T0 + 10 * SECOND, T0);
      const move = { id: newSessionId('ann'), subject: 'ann', cap: null };
      const moving = { ...follow(plain.token, move.id, T0).rotation, move };
      assert.deepEqual(await store.rotate(APP, plain.ref, moving, T0), { kind: 'replaced' });
      assert.deepEqual(await store.rotate(APP, plain.ref, choose('0023'), T0), { kind: 'replaced' });
      assert.equal(await store.get(APP, parseToken('chosen-by-the-caller-0023'), 'look', T0), null);
      assert.equal((await store.get(APP, target, 'look', T0))?.session.id, made.session.id);
      assert.deepEqual(await faults(), []);
    });

    test('no promised grace is cut: one rotation more than can be kept is refused until a grace is over', async (t) => {
      const { store } = await open(t);
      const { token, session } = await put(store);
      const tokens = [token];
      for (let i = 0; i < MOST_REPLACED; i++)
        tokens.push(await rotate(store, tokens.at(-1)!, session.id, T0 + (i + 1) * SECOND, T0));
      const last = tokens.at(-1)!;
      const { rotation } = follow(last, session.id, T0);
      assert.deepEqual(await store.rotate(APP, parseToken(last), rotation, T0), { kind: 'crowded' });
      for (const one of tokens) assert.notEqual(await store.get(APP, parseToken(one), 'look', T0), null);
      assert.equal((await store.rotate(APP, parseToken(last), rotation, T0 + SECOND))?.kind, 'rotated');
    });

    test('each token that was replaced is told apart from a guess after its grace, not only the last', async (t) => {
      const { store, reused } = await open(t);
      const { token, session } = await put(store);
      const first = await rotate(store, token, session.id, T0 + SECOND, T0);
      const second = await rotate(store, first, session.id, T0, T0);
      for (const one of [token, first]) assert.equal(await store.get(APP, parseToken(one), 'read', T0 + SECOND), null);
      assert.deepEqual(reused, [session.id, session.id]);
      assert.notEqual(await store.get(APP, parseToken(second), 'read', T0 + SECOND), null);
    });

    test('what is stored beside a replaced token is not its successor', async (t) => {
      const { store, contents } = await open(t);
      const { token, session } = await put(store);
      const next = await rotate(store, token, session.id, T0 + SECOND, T0);
      const text = (await contents()).join('\n');
      // Redis has its 32 bytes.
      const { hash } = parseToken(next);
      const forms = [hash, Buffer.from(hash.slice(2), 'base64url').toString('latin1')];
      assert.ok(
        forms.some((form) => text.includes(form)),
        'the dump shows the hashes',
      );
      for (const secret of [token.slice(18), next.slice(18)]) assert.ok(!text.includes(secret), 'a secret is stored');
    });
  });

  describe('rotations that change the session', () => {
    const change = { version: 2, data: '{"a":1}', ip: '10.0.0.9', userAgent: null, label: 'phone' };
    const times = { idleTimeout: 60 * SECOND, absoluteTimeout: 100 * SECOND };

    test('change and touch it in the same step; an absolute timeout counts from the login', async (t) => {
      const { store, faults } = await open(t);
      const { token, ref, session } = await put(store, { data: `{"long":"${'x'.repeat(400)}"}` });
      const more = { expect: 1, change: { ...change, ...times } };
      const { next, rotation } = follow(token, session.id, T0 + 60 * SECOND, more);
      const at = T0 + 50 * SECOND;
      const { idleTimeout } = times;
      const absoluteExpiresAt = T0 + 100 * SECOND;
      const expected = { ...session, ...change, idleTimeout, absoluteExpiresAt, lastSeenAt: at };
      const outcome = await store.rotate(APP, ref, rotation, at);
      assert.deepEqual(outcome, { kind: 'rotated', session: expected, at, idle: 50 * SECOND, revoked: [] });
      assert.deepEqual((await store.get(APP, parseToken(next), 'look', at))?.session, expected);
      assert.deepEqual((await store.list(APP, { limit: 5 }, at)).sessions, [expected]);
      assert.equal(await store.get(APP, parseToken(next), 'look', T0 + 100 * SECOND), null);
      assert.deepEqual(await faults(), []);
      assert.equal(await store.sweep(T0 + 100 * SECOND, 10), 1);
    });

    test('at another version change nothing; with a token in its grace they change all the same, and once', async (t) => {
      const { store } = await open(t);
      const { token, ref, session } = await put(store);
      const id = session.id;
      const { next, rotation } = follow(token, id, T0 + 10 * SECOND, { expect: 1, change });
      const early = { ...rotation, expect: 2 };
      assert.equal((await store.rotate(APP, ref, early, T0))?.kind, 'conflict');
      for (const _ of [1, 2]) {
        const outcome = await store.rotate(APP, ref, { ...rotation, expect: 1 }, T0);
        if (outcome?.kind === 'conflict') break;
        assert.ok(outcome?.kind === 'rotated');
      }
      assert.equal((await store.get(APP, parseToken(next), 'look', T0))?.session.version, 2);
      const again = { ...rotation, expect: 2, change: { version: 3, label: 'again' } };
      assert.equal((await store.rotate(APP, ref, again, T0))?.kind, 'rotated', 'the same request: done');
      const other = follow(token, id, T0, { expect: 2, change: { version: 3, label: 'other' } }).rotation;
      const outcome = await store.rotate(APP, ref, other, T0);
      assert.ok(outcome?.kind === 'repeated');
      assert.deepEqual([outcome.session.label, outcome.session.version], ['other', 3]);
      assert.deepEqual((await store.get(APP, parseToken(next), 'look', T0))?.session, outcome.session);
    });

    test('with a subject log someone in: the absolute timeout starts anew, and the age of the session', async (t) => {
      const { store, faults } = await open(t);
      const cap = { max: 2, onLimit: 'revokeOldest' } as const;
      const guest = await put(store, { subject: null, absoluteExpiresAt: T0 + 30 * HOUR, idleTimeout: 99 * HOUR });
      assert.equal(guest.session.authenticatedAt, null);
      const first = await put(store, { subject: 'joe', createdAt: T0 + HOUR }, cap);
      const at = T0 + 29 * HOUR;
      const move = { id: newSessionId('joe'), subject: 'joe', cap };
      const login = { version: 2, absoluteTimeout: 90 * HOUR, label: 'laptop' };
      const { credential } = newToken(move.id, 'standard');
      const rotation = { credential, graceUntil: at, move, expect: 1, change: login };
      // The other one's idle timeout is over by now.
      const outcome = await store.rotate(APP, guest.ref, rotation, at);
      assert.ok(outcome?.kind === 'rotated');
      const { session } = outcome;
      assert.deepEqual(
        [session.subject, session.createdAt, session.authenticatedAt, session.absoluteExpiresAt, session.lastSeenAt],
        ['joe', T0, at, at + 90 * HOUR, at],
      );
      assert.deepEqual([session.label, session.version, outcome.revoked], ['laptop', 2, []]);
      assert.deepEqual((await store.find(APP, move.id, at))?.session, session);
      assert.equal(await store.find(APP, first.session.id, at), null);
      const older = await put(store, { subject: 'joe', createdAt: at - 1000 });
      const last = await put(store, { subject: 'joe', createdAt: at + SECOND }, cap).catch(() => null);
      assert.notEqual(last, null);
      assert.equal(await store.find(APP, older.session.id, at + SECOND), null, 'it logged in first');
      assert.notEqual(await store.find(APP, move.id, at + SECOND), null, 'though its session is older');
      assert.deepEqual(await faults(), []);
    });

    test('a move away from all subjects has no login any more', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store, { absoluteExpiresAt: T0 + HOUR });
      const move = { id: newSessionId(null), subject: null, cap: null };
      const { credential } = newToken(move.id, 'standard');
      await store.rotate(APP, ref, { credential, graceUntil: T0, move }, T0 + SECOND);
      const left = (await store.find(APP, move.id, T0 + SECOND))?.session;
      assert.deepEqual(left, { ...session, id: move.id, subject: null, authenticatedAt: null });
    });
  });
}

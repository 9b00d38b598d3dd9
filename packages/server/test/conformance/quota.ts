/** The quota of an app: how many live sessions it may have. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Session } from '../../src/core/session.ts';
import type { Cap, SessionStore } from '../../src/core/store.ts';
import { APP, make, makeAliased, type OpenStore, SECOND, T0 } from './harness.ts';

const QUOTA = 3;
const OLDEST: Cap = { max: 1, onLimit: 'revokeOldest' };

/** Creates a session under the quota. */
async function create(store: SessionStore, overrides: Partial<Session> = {}, cap: Cap | null = null, now = T0) {
  const made = make({ createdAt: now, ...overrides });
  const outcome = await store.create(made.session, made.credential, cap, now, QUOTA);
  return { ...made, outcome, kind: outcome.kind };
}

async function fill(store: SessionStore, overrides: Partial<Session> = {}, now = T0) {
  const made = [];
  for (let i = 0; i < QUOTA; i++) made.push(await create(store, { subject: `u${i}`, ...overrides }, null, now));
  assert.deepEqual(
    made.map(({ kind }) => kind),
    ['created', 'created', 'created'],
  );
  return made;
}

export function quotaSection(open: OpenStore): void {
  describe('the quota of an app', () => {
    test('V2: of many creates at once exactly as many as the quota get in; other apps have room of their own', async (t) => {
      const { store, faults } = await open(t);
      const kinds = (await Promise.all(Array.from({ length: 20 }, () => create(store)))).map(({ kind }) => kind);
      assert.equal(kinds.filter((kind) => kind === 'created').length, QUOTA);
      assert.equal(kinds.filter((kind) => kind === 'full').length, 20 - QUOTA);
      assert.equal((await store.count(APP, 0, T0)).sessions, QUOTA);
      assert.equal((await create(store, { app: 'blog' })).kind, 'created');
      assert.deepEqual(await faults(), []);
    });

    test('V2: sessions made without a quota count, once there is one; a lower one lets nobody in', async (t) => {
      const { store } = await open(t);
      for (let i = 0; i < QUOTA + 1; i++) {
        const { session, credential } = make();
        assert.equal((await store.create(session, credential, null, T0)).kind, 'created');
      }
      assert.equal((await create(store)).kind, 'full');
      const { session, credential } = make();
      assert.equal((await store.create(session, credential, null, T0, QUOTA + 2)).kind, 'created');
    });

    test('V3: what has expired takes no room, swept or not', async (t) => {
      const { store, faults } = await open(t);
      await fill(store, { idleTimeout: 10 * SECOND });
      assert.equal((await create(store, {}, null, T0 + 10 * SECOND - 1)).kind, 'full');
      await fill(store, { absoluteExpiresAt: T0 + 20 * SECOND }, T0 + 10 * SECOND);
      assert.equal((await create(store, {}, null, T0 + 20 * SECOND - 1)).kind, 'full');
      assert.equal((await create(store, {}, null, T0 + 20 * SECOND)).kind, 'created');
      assert.deepEqual(await faults(), []);
    });

    test('V3: a touch keeps the room of its session', async (t) => {
      const { store } = await open(t);
      const [first] = await fill(store, { idleTimeout: 10 * SECOND });
      await store.get(APP, first!.ref, 'read', T0 + 8 * SECOND);
      const kinds = [];
      for (let i = 0; i < QUOTA; i++) kinds.push((await create(store, {}, null, T0 + 10 * SECOND)).kind);
      assert.deepEqual(kinds, ['created', 'created', 'full']);
    });

    test('V3: what has ended leaves its room at once, however it ended', async (t) => {
      const { store, contents } = await open(t);
      for (const by of ['token', 'id', 'subject', 'app'] as const) {
        const [first] = await fill(store);
        assert.equal((await create(store)).kind, 'full');
        const { ref, session } = first!;
        const ended = await store.revoke(APP, { by, token: ref, id: session.id, subject: 'u0' }, T0);
        for (let i = 0; i < ended; i++) assert.equal((await create(store, {}, null, T0)).kind, 'created', by);
        assert.equal((await create(store)).kind, 'full', by);
        await store.revoke(APP, { by: 'app' }, T0);
      }
      assert.deepEqual(await contents(), []);
    });

    test('V2: a session that its cap lets in instead of another one needs no room; taken and refused come before full', async (t) => {
      const { store } = await open(t);
      const aliased = makeAliased('chosen-by-the-caller-0001', { subject: 'u9' });
      const put = () => store.create(aliased.session, aliased.credential, null, T0, QUOTA);
      assert.equal((await put()).kind, 'created');
      const old = await create(store, { subject: 'u0' });
      assert.equal((await create(store, { subject: 'u1' })).kind, 'created');
      const { outcome } = await create(store, { subject: 'u0' }, OLDEST);
      assert.deepEqual(outcome.kind === 'created' && outcome.revoked, [old.session.id]);
      assert.equal((await create(store, { subject: 'new' }, OLDEST)).kind, 'full');
      assert.equal((await create(store, { subject: null }, OLDEST)).kind, 'full');
      assert.equal((await create(store, { subject: 'u1' }, { max: 1, onLimit: 'refuse' })).kind, 'refused');
      assert.equal((await store.count(APP, 0, T0)).sessions, QUOTA);
    });

    test('a lock that does not hold is told of before there is no room; with one that holds there is none', async (t) => {
      const { store, contents } = await open(t);
      const { session, credential, ref } = makeAliased('chosen-by-the-caller-0014', { subject: 'u9' });
      const put = (hash: string, subject: string | null = 'u9') =>
        store.create({ ...session, subject }, credential, null, T0, QUOTA, { hash, release: true });
      const asks = [{ hash: 'a', lease: 60_000 }];
      assert.equal((await store.lock(APP, ref, { asks, stays: false, begins: true }, T0))?.granted, 'a');
      await fill(store);
      for (const subject of ['u9', null]) {
        assert.deepEqual(await put('b', subject), { kind: 'lost' });
        assert.deepEqual(await put('a', subject), { kind: 'full' });
      }
      assert.equal(await store.get(APP, ref, 'look', T0), null);
      assert.equal((await store.count(APP, 0, T0)).sessions, QUOTA);
      await store.revoke(APP, { by: 'app' }, T0);
      assert.equal((await put('a')).kind, 'created', 'it holds after all of these');
      await store.revoke(APP, { by: 'app' }, T0);
      assert.deepEqual(await contents(), []);
    });

    test('V2: a rotation and a move take no room and leave none', async (t) => {
      const { store } = await open(t);
      const [first, second, third] = await fill(store);
      const next = make({ id: first!.session.id });
      assert.equal(
        (await store.rotate(APP, first!.ref, { credential: next.credential, graceUntil: T0 }, T0))?.kind,
        'rotated',
      );
      const moved = make({ subject: 'a' });
      const move = (id: string, subject: string) => ({ id, subject, cap: null, counted: true });
      const rotation = { credential: moved.credential, graceUntil: T0, move: move(moved.session.id, 'a') };
      assert.equal((await store.rotate(APP, second!.ref, rotation, T0))?.kind, 'rotated');
      const change = { expect: 1, version: 2, move: move(make({ subject: 'b' }).session.id, 'b') };
      assert.equal((await store.update(APP, third!.ref, change, T0))?.kind, 'updated');
      assert.equal((await create(store)).kind, 'full');
      assert.equal(await store.revoke(APP, { by: 'token', token: moved.ref }, T0), 1);
      assert.deepEqual([(await create(store)).kind, (await create(store)).kind], ['created', 'full']);
    });
  });
}

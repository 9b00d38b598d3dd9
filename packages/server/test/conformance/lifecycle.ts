/** Create, get, find, update; counters, versions, caps; a closed store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { parseToken } from '../../src/core/token.ts';
import { APP, HOUR, make, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

export function lifecycleSection(open: OpenStore): void {
  describe('lifecycle', () => {
    test('a created session is read back whole', async (t) => {
      const { store } = await open(t);
      const made = await put(store, {
        subject: 'joe',
        userAgent: 'curl/8',
        label: 'phone',
        absoluteExpiresAt: T0 + 9 * HOUR,
        data: '{"a":1.0}',
      });
      const visit = await store.get(APP, made.ref, 'look', T0 + 5 * SECOND);
      assert.deepEqual(visit, { session: made.session, at: T0 + 5 * SECOND, idle: 5 * SECOND });
      assert.deepEqual((await store.find(APP, made.session.id, T0 + 5 * SECOND))?.session, made.session);
    });

    test('a get that touches counts a read and moves lastSeenAt; one that does not leaves both', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      const first = await store.get(APP, ref, 'read', T0 + 2 * SECOND);
      assert.deepEqual([first?.session.reads, first?.session.lastSeenAt, first?.idle], [2, T0 + 2000, 2000]);
      const look = await store.get(APP, ref, 'look', T0 + 3 * SECOND);
      assert.deepEqual([look?.session.reads, look?.session.lastSeenAt, look?.idle], [2, T0 + 2000, 1000]);
      const third = await store.get(APP, ref, 'read', T0 + 4 * SECOND);
      assert.deepEqual([third?.session.reads, third?.session.lastSeenAt, third?.idle], [3, T0 + 4000, 2000]);
    });

    test('a clock that went back never moves lastSeenAt back', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      const visit = await store.get(APP, ref, 'read', T0 - 5 * SECOND);
      assert.deepEqual([visit?.session.lastSeenAt, visit?.idle, visit?.session.reads], [T0, 0, 2]);
    });

    test('only the right token in the right app opens a session', async (t) => {
      const { store } = await open(t);
      const made = await put(store);
      const wrongSecret = parseToken(`${made.token.slice(0, -1)}${made.token.endsWith('A') ? 'B' : 'A'}`);
      assert.equal(wrongSecret.id, made.session.id);
      for (const [app, ref] of [
        [APP, wrongSecret],
        ['blog', made.ref],
        [APP, make().ref],
      ] as const) {
        assert.equal(await store.get(app, ref, 'read', T0), null);
        assert.equal(await store.update(app, ref, { expect: 1, version: 2, data: '{}' }, T0), null);
        assert.equal(await store.revoke(app, { by: 'token', token: ref }, T0), 0);
      }
      assert.equal((await store.get(APP, made.ref, 'look', T0))?.session.reads, 1);
    });

    test('an update changes what it names, raises the version and touches without counting a read', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store, { label: 'old' });
      const now = T0 + 7 * SECOND;
      const change = { expect: 1, version: 2, data: '{"a":1}', label: 'new', ip: '10.0.0.1', idleTimeout: 2 * HOUR };
      const outcome = await store.update(APP, ref, change, now);
      const { expect: _, ...members } = change;
      const wanted = { ...session, ...members, lastSeenAt: now };
      assert.deepEqual(outcome, { kind: 'updated', revoked: [], session: wanted, at: now, idle: 7 * SECOND });
      assert.deepEqual((await store.get(APP, ref, 'look', now))?.session, wanted);
    });

    test('an update on another version is a conflict, carries the session and changes nothing', async (t) => {
      const { store } = await open(t);
      const { ref, session } = await put(store);
      const outcome = await store.update(APP, ref, { expect: 2, version: 3, data: '{"a":1}' }, T0 + SECOND);
      assert.deepEqual(outcome, { kind: 'conflict', session, at: T0 + SECOND, idle: SECOND });
      assert.deepEqual((await store.get(APP, ref, 'look', T0 + SECOND))?.session, session);
    });

    test('reads counted before an update are in its answer and stay', async (t) => {
      const { store } = await open(t);
      const { ref } = await put(store);
      for (let i = 1; i <= 3; i++) await store.get(APP, ref, 'read', T0 + i * SECOND);
      const outcome = await store.update(APP, ref, { expect: 1, version: 2, data: '{"a":1}' }, T0 + 4 * SECOND);
      assert.ok(outcome?.kind === 'updated');
      assert.deepEqual([outcome.session.reads, outcome.idle], [4, SECOND]);
      assert.equal((await store.get(APP, ref, 'read', T0 + 5 * SECOND))?.session.reads, 5);
    });

    test('getMany answers in order, and an absent session hides no other', async (t) => {
      const { store } = await open(t);
      const [a, b] = [await put(store, { subject: 'a' }), await put(store, { subject: 'b' })];
      const visits = await store.getMany(APP, [b.ref, make().ref, a.ref, b.ref], 'read', T0 + SECOND);
      assert.deepEqual(
        visits.map((visit) => visit?.session.subject ?? null),
        ['b', null, 'a', 'b'],
      );
      assert.equal((await store.get(APP, b.ref, 'look', T0 + SECOND))?.session.reads, 3);
    });

    test('an id that exists is taken, and the session under it stays as it was', async (t) => {
      const { store } = await open(t);
      const { session, ref } = await put(store, { data: '{"mine":1}' });
      const other = make({ id: session.id, data: '{"other":1}' });
      assert.deepEqual(await store.create(other.session, other.credential, null, T0), { kind: 'taken' });
      assert.equal((await store.get(APP, ref, 'look', T0))?.session.data, '{"mine":1}');
    });

    test('a token chosen by the caller leads to its session, is taken while it lives and free after it', async (t) => {
      const { store, faults } = await open(t);
      const token = 'sess:PHP-like.chosen~by-the-caller';
      const first = makeAliased(token);
      assert.equal((await store.create(first.session, first.credential, null, T0)).kind, 'created');
      assert.equal((await store.get(APP, parseToken(token), 'read', T0))?.session.id, first.session.id);
      const second = makeAliased(token);
      assert.equal((await store.create(second.session, second.credential, null, T0)).kind, 'taken');
      assert.equal(await store.revoke(APP, { by: 'id', id: first.session.id }, T0), 1);
      assert.equal(await store.get(APP, parseToken(token), 'read', T0), null);
      assert.equal((await store.create(second.session, second.credential, null, T0)).kind, 'created');
      const third = makeAliased(token, { createdAt: T0 + 2 * HOUR });
      assert.equal((await store.create(third.session, third.credential, null, T0 + 2 * HOUR)).kind, 'created');
      assert.deepEqual(await faults(), []);
    });

    test('a cap ends the oldest, the least recently used, or refuses; other subjects and guests are untouched', async (t) => {
      const { store } = await open(t);
      const ids: string[] = [];
      const refs = [];
      for (let i = 0; i < 3; i++) {
        const made = await put(store, { createdAt: T0 + i * SECOND });
        ids.push(made.session.id);
        refs.push(made.ref);
      }
      await put(store, { subject: 'other' });
      await store.get(APP, refs[0]!, 'read', T0 + 9 * SECOND);
      const create = async (
        onLimit: 'revokeOldest' | 'revokeLeastRecentlyUsed' | 'refuse',
        subject: string | null = 'user123',
      ) => {
        const made = make({ createdAt: T0 + 10 * SECOND, subject });
        return {
          made,
          outcome: await store.create(made.session, made.credential, { max: 3, onLimit }, T0 + 10 * SECOND),
        };
      };
      const refused = await create('refuse');
      assert.equal(refused.outcome.kind === 'refused' && refused.outcome.sessions.length, 3);
      const lru = await create('revokeLeastRecentlyUsed');
      assert.deepEqual(lru.outcome, { kind: 'created', at: T0 + 10 * SECOND, revoked: [ids[1]] });
      const oldest = await create('revokeOldest');
      assert.deepEqual(oldest.outcome, { kind: 'created', at: T0 + 10 * SECOND, revoked: [ids[0]] });
      assert.equal((await create('refuse', null)).outcome.kind, 'created');
      const left = await store.list(APP, { subject: 'user123', limit: 10 }, T0 + 10 * SECOND);
      const wanted = [ids[2], lru.made.session.id, oldest.made.session.id].sort();
      assert.deepEqual(left.sessions.map((session) => session.id).sort(), wanted);
      assert.equal((await store.list(APP, { subject: 'other', limit: 10 }, T0)).sessions.length, 1);
    });

    test('a closed store rejects every verb with store_unavailable, and closing twice is fine', async (t) => {
      const { store } = await open(t);
      const { ref, session, credential } = await put(store);
      // What is looked at after the test cannot be ended by a store that is closed.
      await store.revoke(APP, { by: 'app' }, T0);
      await store.close();
      await store.close();
      const verbs = [
        () => store.create(session, credential, null, T0),
        () => store.get(APP, ref, 'read', T0),
        () => store.getMany(APP, [ref], 'read', T0),
        () => store.find(APP, session.id, T0),
        () => store.update(APP, ref, { expect: 1, version: 2 }, T0),
        () => store.rotate(APP, ref, { credential, graceUntil: T0 }, T0),
        () => store.revoke(APP, { by: 'app' }, T0),
        () => store.revoke(APP, { by: 'token', token: ref }, T0),
        () => store.list(APP, { limit: 1 }, T0),
        () => store.count(APP, 0, T0),
        () => store.sweep(T0, 1),
        () => store.ping(),
      ];
      for (const verb of verbs) {
        await assert.rejects(verb, (error) => error instanceof ServiceError && error.code === 'store_unavailable');
      }
    });
  });
}

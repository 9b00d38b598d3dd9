/** Whole sessions: read in a walk, and put in as they were elsewhere. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Session } from '../../src/core/session.ts';
import type { SessionStore } from '../../src/core/store.ts';
import type { StoredSession } from '../../src/core/stored-session.ts';
import { importedCredential, newSeed, newSessionId, newToken, parseToken, successorOf } from '../../src/core/token.ts';
import { APP, HOUR, type Made, make, makeAliased, type OpenStore, put, SECOND, T0 } from './harness.ts';

const CHOSEN = 'a-token-that-the-caller-chose';

/** Walks through all records, a few at a time, and gives them. `between` runs after each part. */
export async function recordsOf(
  store: SessionStore,
  { app = APP, limit = 3, now = T0, between = async () => {} }: Walk = {},
): Promise<StoredSession[]> {
  const records: StoredSession[] = [];
  let cursor: string | null = null;
  do {
    const part = await store.records(app, cursor, limit, now);
    assert.ok(part.records.length <= limit);
    records.push(...part.records);
    cursor = part.cursor;
    await between();
  } while (cursor !== null);
  return records;
}

interface Walk {
  readonly app?: string;
  readonly limit?: number;
  readonly now?: number;
  readonly between?: () => Promise<unknown>;
}

const byId = (a: StoredSession, b: StoredSession) => (a.session.id < b.session.id ? -1 : 1);

/** Gives a session and its record, with members that a create never gives. */
function whole(overrides: Partial<Session> = {}, made: Made = make(overrides)): Made & { record: StoredSession } {
  return { ...made, record: { session: made.session, credential: made.credential } };
}

/** Gives sessions of every kind: those of a token of our own form, and those that only an alias leads to. */
export function everyKind(): StoredSession[] {
  const grown = whole({
    createdAt: T0 - 9 * HOUR,
    authenticatedAt: T0 - 8 * HOUR,
    lastSeenAt: T0 - 7,
    absoluteExpiresAt: T0 + 5 * HOUR + 1,
    version: 70_000,
    reads: 1_000_001,
    ip: '::1',
    userAgent: 'Ünï/1.0 😀',
    label: '',
    data: '{"n":1.0,"big":12345678901234567890,"u":"\\u00e9é😀\\ud83d\\ude00"}',
  });
  const replaced = (id: string, until: number, seed: string | null, alias = false) => {
    const { credential } = alias ? makeAliased(`an-old-token-${id}`) : newToken(id, 'standard');
    return { hash: credential.hash, alias, until, seed };
  };
  const inGrace = make({ subject: 'rotated' });
  const { id } = inGrace.session;
  const previous = [
    replaced(id, 0, newSeed()),
    replaced(id, T0 + 30 * SECOND, null),
    replaced(id, T0 + 40 * SECOND, newSeed(), true),
  ];
  return [
    grown.record,
    { session: inGrace.session, credential: { ...inGrace.credential, previous } },
    whole({ subject: null, idleTimeout: null }).record,
    whole({ subject: null, lastSeenAt: T0 - HOUR + 1, data: `{"long":"${'x'.repeat(65_000)}"}` }).record,
    whole({ subject: '😀'.repeat(128), label: 'x'.repeat(64), userAgent: '' }).record,
    whole({ subject: 'a\0b', idleTimeout: null, absoluteExpiresAt: T0 + 1 }).record,
    whole({}, makeAliased(CHOSEN, { subject: 'aliased' })).record,
    whole({}, makeAliased(`${CHOSEN} of a guest without an end 😀`, { subject: null, idleTimeout: null })).record,
    whole({ subject: 'aliased', data: `{"x":"${'y'.repeat(300)}"}` }).record,
  ];
}

async function installAll(store: SessionStore, records: readonly StoredSession[], replace = false, now = T0) {
  const outcomes = await Promise.all(records.map((record) => store.install(record, replace, now)));
  assert.deepEqual(
    outcomes,
    records.map(() => 'installed'),
  );
}

export function installsSection(open: OpenStore): void {
  describe('whole sessions', () => {
    test('what was put in comes out, to the letter; and the lists and counts have it', async (t) => {
      const { store, faults, contents } = await open(t);
      const records = everyKind();
      await installAll(store, records);
      assert.deepEqual(await recordsOf(store), records.toSorted(byId));
      assert.deepEqual(await store.count(APP, 0, T0), { sessions: records.length, subjects: 5 });
      const { sessions } = await store.list(APP, { limit: 100 }, T0);
      assert.deepEqual(
        sessions.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        records.toSorted(byId).map(({ session }) => session),
      );
      assert.equal((await store.list(APP, { subject: 'aliased', limit: 9 }, T0)).sessions.length, 2);
      assert.deepEqual(await faults(), []);
      assert.equal(await store.revoke(APP, { by: 'app' }, T0), records.length);
      assert.deepEqual(await contents(), []);
    });

    test('a walk finds what creates, touches, changes and rotations have made, and is no touch', async (t) => {
      const { store } = await open(t);
      const made = await put(store, { data: '{"a":1}' });
      await store.get(APP, made.ref, 'read', T0 + SECOND);
      await store.update(APP, made.ref, { expect: 1, version: 2, data: '{"a":2}', label: 'l' }, T0 + 2 * SECOND);
      const seed = newSeed();
      const next = parseToken(successorOf(made.token, seed, made.session.id));
      const until = T0 + 60 * SECOND;
      const credential = { hash: next.hash, alias: false };
      await store.rotate(APP, made.ref, { credential, seed, graceUntil: until }, T0 + 2 * SECOND);
      const records = await recordsOf(store, { now: T0 + 3 * SECOND });
      const session = {
        ...made.session,
        reads: 2,
        version: 2,
        lastSeenAt: T0 + 2 * SECOND,
        data: '{"a":2}',
        label: 'l',
      };
      const previous = [{ hash: made.ref.hash, alias: false, until, seed }];
      assert.deepEqual(records, [{ session, credential: { ...credential, previous } }]);
      assert.deepEqual(await recordsOf(store, { now: T0 + 4 * SECOND }), records);
    });

    test('a walk has what is there all along once, whatever comes, goes and changes meanwhile', async (t) => {
      const { store } = await open(t);
      const stays = await Promise.all(Array.from({ length: 40 }, (_, i) => put(store, { subject: `u${i % 7}` })));
      const goes = await Promise.all(Array.from({ length: 20 }, (_, i) => put(store, { subject: `g${i}` })));
      let turn = 0;
      const between = async () => {
        turn++;
        const gone = goes[turn];
        if (gone !== undefined) await store.revoke(APP, { by: 'token', token: gone.ref }, T0);
        await put(store, { subject: `new${turn}` });
        const { ref } = stays[turn % 40]!;
        await store.get(APP, ref, 'read', T0 + turn);
        await store.update(APP, ref, { expect: 1, version: 1, label: `${turn}` }, T0 + turn);
      };
      const ids = (await recordsOf(store, { limit: 5, between })).map(({ session }) => session.id);
      assert.ok(turn > 5);
      assert.equal(new Set(ids).size, ids.length, 'none comes twice');
      for (const { session } of stays) assert.ok(ids.includes(session.id));
    });

    test('a part has sessions with much data a few at a time, and a walk gives them all', async (t) => {
      const { store } = await open(t);
      const data = `{"long":"${'x'.repeat(60_000)}"}`;
      for (let i = 0; i < 60; i++) await put(store, { subject: `u${i}`, data });
      const first = await store.records(APP, null, 1000, T0);
      assert.ok(first.records.length < 40, 'not four million characters at once');
      assert.equal((await recordsOf(store, { limit: 1000 })).length, 60);
    });

    test('a walk passes by what has expired; another app has none of it; a foreign cursor is refused', async (t) => {
      const { store } = await open(t);
      for (let i = 0; i < 5; i++) await put(store, { subject: `u${i}`, idleTimeout: SECOND });
      const left = await put(store);
      assert.deepEqual(
        (await recordsOf(store, { now: T0 + SECOND, limit: 1 })).map(({ session }) => session.id),
        [left.session.id],
      );
      assert.deepEqual(await store.records('blog', null, 10, T0), { records: [], cursor: null });
      for (const cursor of ['', 'x', 'aWQ6', Buffer.from(`id:${left.session.id}x`).toString('base64url')]) {
        await assert.rejects(store.records(APP, cursor, 1, T0), { code: 'invalid_cursor' });
      }
    });

    test('each of its tokens opens it, as long as it did: of our own form, chosen, and replaced', async (t) => {
      const { store, reused } = await open(t);
      const made = make();
      const older = newToken(made.session.id, 'standard');
      const chosen = makeAliased(CHOSEN);
      const seed = newSeed();
      const previous = [
        { ...chosen.credential, until: T0 + 20 * SECOND, seed: newSeed() },
        { ...older.credential, until: T0 + 10 * SECOND, seed },
      ];
      await installAll(store, [{ session: made.session, credential: { ...made.credential, previous } }]);
      const opens = async (token: string, now: number) =>
        (await store.get(APP, parseToken(token), 'look', now))?.session.id ?? null;
      for (const token of [made.token, older.token, CHOSEN]) assert.equal(await opens(token, T0), made.session.id);
      assert.equal(await opens(older.token, T0 + 10 * SECOND), null);
      assert.equal(await opens(CHOSEN, T0 + 20 * SECOND - 1), made.session.id);
      assert.equal(await opens(CHOSEN, T0 + 20 * SECOND), null);
      assert.deepEqual(reused, [made.session.id, made.session.id]);
      // One token has one successor, as before.
      const rotation = { credential: { hash: 'x', alias: false }, seed: newSeed(), graceUntil: T0 };
      const repeated = await store.rotate(APP, parseToken(older.token), rotation, T0);
      assert.deepEqual(repeated?.kind === 'repeated' && repeated.seeds, [seed]);
    });

    test('a session of another system has the id and the alias that follow from its token', async (t) => {
      const { store } = await open(t);
      const imported = importedCredential('an-id-of-another-system', 'user123');
      assert.deepEqual(imported, importedCredential('an-id-of-another-system', 'user123'));
      assert.notEqual(imported.id, importedCredential('an-id-of-another-system2', 'user123').id);
      const { session } = make({ id: imported.id });
      await installAll(store, [{ session, credential: imported.credential }]);
      const ref = parseToken('an-id-of-another-system');
      assert.equal((await store.get(APP, ref, 'read', T0))?.session.id, imported.id);
      // A token of that system may look like one of ours.
      const lookalike = newToken(newSessionId(null), 'classic').token;
      const other = importedCredential(lookalike, null);
      await installAll(store, [
        { session: make({ id: other.id, subject: null }).session, credential: other.credential },
      ]);
      assert.equal((await store.get(APP, parseToken(lookalike), 'look', T0))?.session.id, other.id);
    });

    test('present: a live session has the id or the token, and nothing was changed; what has expired is in nobody’s way', async (t) => {
      const { store, faults } = await open(t);
      const held = whole({ subject: 'held', data: '{"held":1}', idleTimeout: SECOND });
      const chosen = whole({}, makeAliased(CHOSEN, { subject: 'chosen', idleTimeout: SECOND }));
      await installAll(store, [held.record, chosen.record]);
      const before = await recordsOf(store);
      const sameId = { ...held.record, session: { ...held.session, data: '{}', version: 9 } };
      const sameAlias = whole({}, makeAliased(CHOSEN, { subject: 'else' })).record;
      for (const record of [sameId, sameAlias]) assert.equal(await store.install(record, false, T0), 'present');
      assert.deepEqual(await recordsOf(store), before);
      const later = (record: StoredSession) => ({ ...record, session: { ...record.session, lastSeenAt: T0 + SECOND } });
      await installAll(store, [sameId, sameAlias].map(later), false, T0 + SECOND);
      assert.deepEqual(await recordsOf(store, { now: T0 + SECOND }), [sameId, sameAlias].map(later).toSorted(byId));
      assert.equal((await store.get(APP, parseToken(CHOSEN), 'look', T0 + SECOND))?.session.subject, 'else');
      assert.deepEqual(await faults(), []);
    });

    test('expired: the record itself is over, and nothing was changed', async (t) => {
      const { store } = await open(t);
      const { session, record } = whole();
      await installAll(store, [record]);
      for (const over of [
        { ...session, idleTimeout: SECOND, lastSeenAt: T0 - SECOND },
        { ...session, absoluteExpiresAt: T0 },
      ]) {
        for (const replace of [false, true]) {
          assert.equal(await store.install({ ...record, session: over }, replace, T0), 'expired');
        }
      }
      assert.deepEqual(await recordsOf(store), [record]);
    });

    test('with replace the record stands as given: its subject, its tokens, its deadlines, and nothing of the one before', async (t) => {
      const { store, faults, contents } = await open(t);
      const old = everyKind();
      await installAll(store, old);
      for (const { session } of old) await store.find(APP, session.id, T0);
      const changed = old.map(({ session }, i): StoredSession => {
        const alias = i % 2 === 0 ? makeAliased(`the-next-token-${i}`).credential : null;
        const label = `again ${i}`;
        const next = {
          ...session,
          version: 3,
          reads: 4,
          lastSeenAt: T0 - i,
          idleTimeout: HOUR,
          data: '{"new":1}',
          label,
        };
        return { session: next, credential: alias ?? newToken(session.id, 'standard').credential };
      });
      await installAll(store, changed, true);
      assert.deepEqual(await recordsOf(store), changed.toSorted(byId));
      assert.equal(await store.get(APP, parseToken(CHOSEN), 'look', T0), null, 'the token before is over');
      assert.equal((await store.get(APP, parseToken('the-next-token-0'), 'look', T0))?.session.version, 3);
      assert.deepEqual(await faults(), []);
      // And back, with the counters of the first: no touch of the one before is added.
      await store.get(APP, parseToken('the-next-token-0'), 'read', T0 + 5);
      await installAll(store, old, true);
      assert.deepEqual(await recordsOf(store), old.toSorted(byId));
      assert.deepEqual(await faults(), []);
      assert.equal(await store.revoke(APP, { by: 'app' }, T0), old.length);
      assert.deepEqual(await contents(), []);
    });

    test('with replace a token leads to the record, and the session of another id that had it has ended', async (t) => {
      const { store, faults } = await open(t);
      // A guest that logged in with the token kept: elsewhere it has another id by now.
      const guest = whole({}, makeAliased(CHOSEN, { subject: null }));
      const user = whole({}, makeAliased(CHOSEN, { subject: 'user123', version: 2 }));
      await installAll(store, [guest.record]);
      await installAll(store, [user.record], true);
      assert.deepEqual(await recordsOf(store), [user.record]);
      assert.equal((await store.get(APP, user.ref, 'look', T0))?.session.id, user.session.id);
      assert.equal((await store.count(APP, 0, T0)).sessions, 1);
      assert.deepEqual(await faults(), []);
      // One that merely had it before its last rotation goes on.
      const rotated = make({ subject: 'rotated' });
      const previous = [{ ...makeAliased('its-old-token').credential, until: T0 + HOUR, seed: newSeed() }];
      await installAll(store, [{ session: rotated.session, credential: { ...rotated.credential, previous } }]);
      const taker = whole({}, makeAliased('its-old-token', { subject: 'taker' }));
      assert.equal(await store.install(taker.record, false, T0), 'present');
      await installAll(store, [taker.record], true);
      assert.equal((await store.get(APP, taker.ref, 'look', T0))?.session.id, taker.session.id);
      assert.equal((await store.get(APP, rotated.ref, 'look', T0))?.session.id, rotated.session.id);
      assert.deepEqual(await faults(), []);
    });

    test('in the place of a session as it stood: only while it stands so, and never where it has ended', async (t) => {
      const { store, faults } = await open(t);
      const live = { ip: '::1', label: 'l', absoluteExpiresAt: T0 + 9 * HOUR };
      for (const made of [whole(live), whole({ subject: null }, makeAliased(CHOSEN, { subject: null }))]) {
        const { ref, session, record } = made;
        const next = { ...record, session: { ...session, version: 5, reads: 9, data: '{"next":1}' } };
        const stand = async () => (await store.find(APP, session.id, T0))!.session;
        await installAll(store, [record]);
        const changes: (() => Promise<unknown>)[] = [
          () => store.get(APP, ref, 'slide', T0 + 1),
          () => store.get(APP, ref, 'read', T0 + 1),
          () => store.update(APP, ref, { expect: 1, version: 2, data: '{"live":1}' }, T0 + 1),
          () => store.update(APP, ref, { expect: 2, version: 2, label: 'another' }, T0 + 1),
          () => store.update(APP, ref, { expect: 2, version: 2, ip: null, idleTimeout: null }, T0 + 1),
          () => store.update(APP, ref, { expect: 2, version: 2, absoluteTimeout: 2 * HOUR }, T0 + 1),
        ];
        for (const change of changes) {
          const before = await stand();
          await change();
          const after = await stand();
          assert.notDeepEqual(after, before);
          assert.equal(await store.install(next, { ...record, session: before }, T0 + 1), 'present');
          assert.deepEqual(await stand(), after);
        }
        assert.equal(await store.install(next, { ...record, session: await stand() }, T0 + 1), 'installed');
        assert.deepEqual(await stand(), next.session);
        const token = newToken(session.id, 'standard');
        const rotation = { credential: token.credential, seed: newSeed(), graceUntil: T0 + HOUR };
        assert.equal((await store.rotate(APP, ref, rotation, T0 + 1))?.kind, 'rotated');
        const there = { ...record, session: await stand() };
        assert.equal(await store.install(next, there, T0 + 1), 'present', 'its token is another one now');
        assert.equal((await store.get(APP, parseToken(token.token), 'look', T0 + 1))?.session.id, session.id);
        const [last] = (await store.records(APP, null, 1, T0 + 1)).records;
        // Its own token may be another one.
        assert.equal(await store.install(next, last!, T0 + 1), 'installed');
        assert.equal((await store.get(APP, ref, 'look', T0 + 1))?.session.id, session.id);
        assert.equal(await store.get(APP, parseToken(token.token), 'look', T0 + 1), null);
        assert.equal(await store.revoke(APP, { by: 'id', id: session.id }, T0 + 1), 1);
        assert.equal(await store.install(next, { ...record, session: next.session }, T0 + 1), 'present');
        assert.equal(await store.find(APP, session.id, T0 + 1), null, 'what has ended is not brought back');
        assert.equal(await store.get(APP, ref, 'look', T0 + 1), null);
      }
      assert.deepEqual(await faults(), []);
    });

    test('twice is as good as once, one after the other and at the same time', async (t) => {
      const { store, faults } = await open(t);
      const { record } = whole({}, makeAliased(CHOSEN, { subject: null }));
      const own = whole({ subject: 'own' }).record;
      for (const one of [record, own]) {
        const outcomes = await Promise.all(Array.from({ length: 8 }, () => store.install(one, false, T0)));
        assert.deepEqual(outcomes.toSorted(), ['installed', ...new Array(7).fill('present')]);
        const again = await Promise.all(Array.from({ length: 8 }, () => store.install(one, true, T0)));
        assert.deepEqual(again, new Array(8).fill('installed'));
      }
      assert.deepEqual(await recordsOf(store), [record, own].toSorted(byId));
      assert.equal((await store.get(APP, parseToken(CHOSEN), 'look', T0))?.session.id, record.session.id);
      assert.deepEqual(await faults(), []);
    });

    test('no quota refuses it, and it takes room of the quota from then on; in the place of another it takes none', async (t) => {
      const { store } = await open(t);
      const create = async (quota: number) => {
        const { session, credential } = make();
        return (await store.create(session, credential, null, T0, quota)).kind;
      };
      assert.deepEqual([await create(3), await create(3)], ['created', 'created']);
      const first = whole().record;
      await installAll(store, [first]);
      assert.equal(await create(3), 'full');
      await installAll(store, [whole().record]);
      assert.deepEqual([await create(4), await create(5), await create(5)], ['full', 'created', 'full']);
      await installAll(store, [first, first], true);
      assert.deepEqual([await create(6), await create(6)], ['created', 'full']);
      assert.equal(await store.revoke(APP, { by: 'id', id: first.session.id }, T0), 1);
      assert.deepEqual([await create(6), await create(6)], ['created', 'full']);
    });

    test('no cap refuses or ends one, and the next login counts it', async (t) => {
      const { store } = await open(t);
      const cap = { max: 2, onLimit: 'refuse' } as const;
      await put(store, { subject: 'u' }, cap);
      await installAll(store, [whole({ subject: 'u' }).record, whole({ subject: 'u' }).record]);
      const { session, credential } = make({ subject: 'u' });
      assert.equal((await store.create(session, credential, cap, T0)).kind, 'refused');
      assert.equal((await store.list(APP, { subject: 'u', limit: 9 }, T0)).sessions.length, 3);
    });

    test('what was put in lives on like any other: touched, changed, rotated, moved, ended, swept', async (t) => {
      const { store, faults, contents } = await open(t);
      const guest = whole({}, makeAliased(CHOSEN, { subject: null, idleTimeout: 10 * SECOND }));
      await installAll(store, [guest.record]);
      const now = T0 + 9 * SECOND;
      assert.equal((await store.get(APP, guest.ref, 'read', now))?.session.reads, 2);
      const moved = make({ subject: 'user123' }).session.id;
      const move = { id: moved, subject: 'user123', cap: null };
      assert.equal((await store.update(APP, guest.ref, { expect: 1, version: 2, move }, now))?.kind, 'updated');
      const next = parseToken(newToken(moved, 'standard').token);
      const rotation = { credential: { hash: next.hash, alias: false }, graceUntil: now };
      assert.equal((await store.rotate(APP, guest.ref, rotation, now))?.kind, 'rotated');
      assert.equal((await store.get(APP, next, 'look', now))?.session.subject, 'user123');
      assert.equal(await store.sweep(now + 10 * SECOND, 10), 1);
      assert.deepEqual(await faults(), []);
      assert.deepEqual(await contents(), []);
    });

    test('a lock of the token goes on: it is the session’s from then on', async (t) => {
      const { store } = await open(t);
      const { ref, record } = whole({}, makeAliased(CHOSEN));
      const claim = (hash: string, begins: boolean) => ({ asks: [{ hash, lease: HOUR }], stays: false, begins });
      assert.equal((await store.lock(APP, ref, claim('first', true), T0))?.granted, 'first');
      await installAll(store, [record]);
      assert.equal((await store.lock(APP, ref, claim('second', true), T0))?.granted, null);
      await installAll(store, [record], true);
      assert.equal((await store.lock(APP, ref, claim('second', true), T0))?.granted, null);
      await store.unlock(APP, ref, 'first', T0);
      assert.equal((await store.lock(APP, ref, claim('second', true), T0))?.granted, 'second');
    });

    test('against creates and ends at the same time: one session of a token, and an end stays one', async (t) => {
      const { store, faults } = await open(t);
      for (let round = 0; round < 20; round++) {
        const token = `${CHOSEN}-${round}`;
        const mine = makeAliased(token, { subject: `u${round}` });
        const theirs = whole({}, makeAliased(token, { subject: null }));
        const [created, installed] = await Promise.all([
          store.create(mine.session, mine.credential, null, T0),
          store.install(theirs.record, false, T0),
        ]);
        const won = created.kind === 'created';
        assert.equal(installed, won ? 'present' : 'installed');
        const opened = await store.get(APP, mine.ref, 'look', T0);
        assert.equal(opened?.session.id, won ? mine.session.id : theirs.session.id);
        const id = opened!.session.id;
        const [ended, again] = await Promise.all([
          store.revoke(APP, { by: 'id', id }, T0),
          store.install(theirs.record, false, T0),
        ]);
        assert.equal(ended, 1);
        const after = await store.get(APP, mine.ref, 'look', T0);
        assert.equal(after?.session.id ?? null, again === 'installed' ? theirs.session.id : null);
        await store.revoke(APP, { by: 'app' }, T0);
      }
      assert.deepEqual(await faults(), []);
    });
  });
}

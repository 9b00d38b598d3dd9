/** Lists, cursors, counts and activity. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import type { ListQuery, SessionStore } from '../../src/core/store.ts';
import { wholeList } from '../../src/core/whole-list.ts';
import { APP, type Made, type OpenStore, put, SECOND, T0 } from './harness.ts';

export function listsSection(open: OpenStore): void {
  describe('lists', () => {
    test('most recent activity comes first, and the window cuts at its instant', async (t) => {
      const { store } = await open(t);
      const made = [];
      for (let i = 0; i < 4; i++) made.push(await put(store, { subject: `u${i}`, createdAt: T0 + i * SECOND }));
      await store.get(APP, made[1]!.ref, 'read', T0 + 9 * SECOND);
      const subjects = async (query: Partial<ListQuery>) =>
        (await store.list(APP, { limit: 10, ...query }, T0 + 10 * SECOND)).sessions.map((session) => session.subject);
      assert.deepEqual(await subjects({}), ['u1', 'u3', 'u2', 'u0']);
      assert.deepEqual(await subjects({ activeSince: T0 + 2 * SECOND }), ['u1', 'u3', 'u2']);
      assert.deepEqual(await subjects({ activeSince: T0 + 2 * SECOND + 1 }), ['u1', 'u3']);
      assert.deepEqual(await subjects({ subject: 'u3' }), ['u3']);
      assert.deepEqual(await subjects({ subject: 'u3', activeSince: T0 + 4 * SECOND }), []);
      assert.deepEqual(await subjects({ subject: 'nobody' }), []);
    });

    test('a walk in pages gives each session once, in order, by app and by subject', async (t) => {
      const { store } = await open(t);
      for (let i = 0; i < 23; i++) await put(store, { createdAt: T0 + (i % 5) * SECOND });
      for (const query of [{}, { subject: 'user123' }, { activeSince: T0 }]) {
        const all = await walk(store, query, 23);
        for (const limit of [1, 10, 22, 23]) assert.deepEqual(await walk(store, query, limit), all);
        assert.equal(new Set(all).size, 23);
      }
    });

    test('a session that exists throughout a walk is in it, whatever is created, touched and ended meanwhile', async (t) => {
      const { store } = await open(t);
      const steady = new Set<string>();
      const restless = [];
      for (let i = 0; i < 90; i++) {
        const made = await put(store, { createdAt: T0 + i });
        if (i % 3 === 0) restless.push(made);
        else steady.add(made.session.id);
      }
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const query: ListQuery = cursor === null ? { limit: 7 } : { limit: 7, cursor };
        const page = await store.list(APP, query, T0 + SECOND);
        seen.push(...page.sessions.map((session) => session.id));
        cursor = page.cursor;
        const one = restless.pop();
        if (one !== undefined && restless.length % 2 === 0) await store.get(APP, one.ref, 'read', T0 + SECOND);
        else if (one !== undefined) await store.revoke(APP, { by: 'token', token: one.ref }, T0 + SECOND);
        await put(store, { createdAt: T0 + SECOND });
      } while (cursor !== null);
      assert.equal(new Set(seen).size, seen.length, 'none twice');
      for (const id of steady) assert.ok(seen.includes(id), 'none skipped');
    });

    test('a page ends with the session whose data makes it longer than asked for, and the next page goes on', async (t) => {
      const { store } = await open(t);
      const data = JSON.stringify('x'.repeat(998));
      for (let i = 0; i < 7; i++) await put(store, { createdAt: T0 + i, data });
      for (const query of [{}, { subject: 'user123' }]) {
        const lengths: number[] = [];
        let cursor: string | null = null;
        do {
          const more: Partial<ListQuery> = cursor === null ? {} : { cursor };
          const page = await store.list(APP, { ...query, ...more, limit: 5, maxData: 2500 }, T0 + SECOND);
          lengths.push(page.sessions.length);
          cursor = page.cursor;
        } while (cursor !== null);
        assert.deepEqual(lengths, [3, 3, 1]);
        const roomy = await store.list(APP, { ...query, limit: 5, maxData: 100_000 }, T0 + SECOND);
        assert.equal(roomy.sessions.length, 5);
      }
    });

    for (const of of [{}, { subject: 'user123' }, { activeSince: T0 }]) {
      test(`a whole list has each session that is there all the time once, in order: ${JSON.stringify(of)}`, async (t) => {
        const { store } = await open(t);
        // So long that only a few are in a page.
        const data = JSON.stringify('x'.repeat(40_000));
        const made: Made[] = [];
        for (let i = 0; i < 45; i++) made.push(await put(store, { createdAt: T0 + i * 40, data }));
        const ending = made.filter((_, i) => i % 9 === 4);
        const steady = made.filter((one) => !ending.includes(one)).map(({ session }) => session.id);
        let now = T0 + 5 * SECOND;
        const list = (query: ListQuery) => store.list(APP, query, now);
        const given: string[] = [];
        // The window is that of the beginning, however long the list takes.
        for await (const { sessions } of wholeList(list, of, now)) {
          given.push(...sessions.map(({ id }) => id));
          if (now === T0 + 5 * SECOND) {
            const instants = sessions.map(({ lastSeenAt }) => lastSeenAt);
            assert.deepEqual(
              instants,
              [...instants].sort((a, b) => b - a),
            );
          }
          now += 2 * SECOND;
          const end = ending.pop();
          if (end === undefined) continue;
          // Meanwhile some are touched that were given and some that were not, one ends, and one begins.
          const rest = made.filter(({ session }) => steady.includes(session.id) && !given.includes(session.id));
          for (const one of [made.at(-1), rest[0], rest.at(-1)]) if (one) await store.get(APP, one.ref, 'read', now);
          await store.revoke(APP, { by: 'token', token: end.ref }, now);
          await put(store, { createdAt: now, data });
        }
        assert.equal(new Set(given).size, given.length, 'none twice');
        for (const id of steady) assert.ok(given.includes(id), 'none left out');
      });
    }

    test('a cursor that no list gave is refused', async (t) => {
      const { store } = await open(t);
      await put(store);
      const foreign = ['', 'x', 'AAAA', '🦊', Buffer.from('1:shop').toString('base64url'), 'A'.repeat(100_000)];
      for (const cursor of foreign) {
        for (const query of [
          { limit: 5, cursor },
          { limit: 5, cursor, subject: 'user123' },
        ]) {
          const refused = (error: unknown) => error instanceof ServiceError && error.code === 'invalid_cursor';
          await assert.rejects(store.list(APP, query, T0), refused, cursor.slice(0, 20));
        }
      }
    });

    test('count tells sessions and distinct subjects active since an instant; guests are no subject', async (t) => {
      const { store } = await open(t);
      for (const [i, subject] of ['a', 'a', 'b', null, null].entries())
        await put(store, { subject, createdAt: T0 + i * SECOND });
      await put(store, { app: 'blog', subject: 'c' });
      const now = T0 + 9 * SECOND;
      assert.deepEqual(await store.count(APP, T0, now), { sessions: 5, subjects: 2 });
      assert.deepEqual(await store.count(APP, T0 + 1, now), { sessions: 4, subjects: 2 });
      assert.deepEqual(await store.count(APP, T0 + 2 * SECOND, now), { sessions: 3, subjects: 1 });
      assert.deepEqual(await store.count(APP, T0 + 3 * SECOND, now), { sessions: 2, subjects: 0 });
      assert.deepEqual(await store.count('none', 0, now), { sessions: 0, subjects: 0 });
    });

    test('a subject leaves the count with their last session', async (t) => {
      const { store } = await open(t);
      const [a, b] = [await put(store), await put(store)];
      await store.revoke(APP, { by: 'token', token: a.ref }, T0);
      assert.deepEqual(await store.count(APP, 0, T0), { sessions: 1, subjects: 1 });
      await store.revoke(APP, { by: 'token', token: b.ref }, T0);
      assert.deepEqual(await store.count(APP, 0, T0), { sessions: 0, subjects: 0 });
    });
  });
}

async function walk(store: SessionStore, query: Partial<ListQuery>, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.list(
      APP,
      cursor === null ? { ...query, limit } : { ...query, limit, cursor },
      T0 + 10 * SECOND,
    );
    ids.push(...page.sessions.map((session) => session.id));
    cursor = page.cursor;
  } while (cursor !== null);
  return ids;
}

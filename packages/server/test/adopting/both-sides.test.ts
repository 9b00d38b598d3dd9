/** Lists, counts, caps and ends cover both sides while sessions come over; and who only looks takes nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SessionStore } from '../../src/core/store.ts';
import { newSessionId, newToken, parseToken } from '../../src/core/token.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { RedisStore } from '../../src/stores/redis/redis-store.ts';
import { NOT_INSTALLED, oldLibrary } from '../support/old-library.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';
import { adopting } from './sides.ts';

const old = forAllTests((cleanup) => startRedis(cleanup));
const own = forAllTests((cleanup) => startRedis(cleanup));
const namespace = 'drs';
const onError = () => {};

const STORES: Record<string, (t: Cleanup) => SessionStore> = {
  memory: () => new MemoryStore({ clock: Date.now }),
  lmdb: (t) => new LmdbStore({ path: temporaryFolder(t), namespace, clock: Date.now, onError }),
  redis: () => new RedisStore({ url: `redis://127.0.0.1:${own().port}`, namespace, timeout: 30_000, onError }),
};

let last = 0;

async function open(t: Cleanup, of: string) {
  const ours = STORES[of]!(t);
  const { store } = await adopting(t, ours, old().port);
  t.after(() => ours.close());
  return { app: `both${++last}`, ours, store, theirs: oldLibrary(t, 3, old().port) };
}

const get = (store: SessionStore, app: string, token: string) => store.get(app, parseToken(token), 'read', Date.now());

/** Walks through a list in pages. */
async function walk(
  store: SessionStore,
  app: string,
  query: { subject?: string; activeSince?: number },
  limit: number,
) {
  const all = [];
  let cursor: string | null = null;
  do {
    const page = await store.list(app, { ...query, limit, ...(cursor !== null && { cursor }) }, Date.now());
    assert.ok(page.sessions.length <= limit);
    all.push(...page.sessions);
    ({ cursor } = page);
  } while (cursor !== null);
  return all;
}

for (const of of Object.keys(STORES)) {
  describe(`both sides, with the store ${of}`, { skip: NOT_INSTALLED }, () => {
    test('a list has the sessions of both, each once and in order, however it is cut; and takes none', async (t) => {
      const { app, store, theirs } = await open(t, of);
      const tokens: string[] = [];
      for (let i = 0; i < 40; i++) tokens.push(await theirs.create(app, `user${i % 4}`));
      for (const token of tokens.slice(0, 15)) assert.notEqual(await get(store, app, token), null);
      const [score] = await old().admin.zrange(`rs:${app}:_sessions`, '0', '0');
      // One that was seen long before the others.
      await old().admin.zadd(`rs:${app}:_sessions`, `${Math.floor(Date.now() / 1000) - 3000}`, score!);
      await old().admin.hset(`rs:${app}:${score!.split(':')[0]}`, 'la', `${Math.floor(Date.now() / 1000) - 3000}`);
      for (const limit of [1, 3, 7, 40, 100]) {
        const all = await walk(store, app, {}, limit);
        assert.equal(all.length, 40, `pages of ${limit}`);
        assert.equal(new Set(all.map(({ id }) => id)).size, 40);
        const places = all.map(({ lastSeenAt, id }) => [lastSeenAt, id] as const);
        assert.deepEqual(
          places,
          [...places].sort((a, b) => b[0] - a[0] || (a[1] < b[1] ? 1 : -1)),
        );
        assert.equal((await walk(store, app, { subject: 'user1' }, limit)).length, 10);
      }
      const recent = await store.list(app, { activeSince: Date.now() - 600_000, limit: 100 }, Date.now());
      assert.equal(recent.sessions.length, 39);
      assert.notEqual(await theirs.get(app, tokens.at(-1)!), null, 'it is where it was');
      assert.equal(await old().admin.zcard(`rs:${app}:_sessions`), 25);
    });

    test('a count has the sessions of both, and each user once', async (t) => {
      const { app, store, ours, theirs } = await open(t, of);
      const tokens: string[] = [];
      for (let i = 0; i < 30; i++) tokens.push(await theirs.create(app, `user${i % 6}`));
      const since = Date.now() - 600_000;
      assert.deepEqual(await store.count(app, since, Date.now()), { sessions: 30, subjects: 6 });
      for (const token of [0, 1, 6].map((i) => tokens[i]!)) await get(store, app, token);
      assert.deepEqual(await store.count(app, since, Date.now()), { sessions: 30, subjects: 6 });
      for (const token of tokens.slice(0, 20)) await get(store, app, token);
      assert.deepEqual(await store.count(app, since, Date.now()), { sessions: 30, subjects: 6 });
      assert.equal((await ours.count(app, since, Date.now())).sessions, 20);
      assert.ok((await store.apps()).includes(app));
    });

    test('an id that a list has shown leads to its session, and ends it there', async (t) => {
      const { app, store, theirs } = await open(t, of);
      const token = await theirs.create(app, 'ann');
      const other = await theirs.create(app, 'ann');
      const { sessions } = await store.list(app, { subject: 'ann', limit: 10 }, Date.now());
      for (const { id } of sessions) assert.equal((await store.find(app, id, Date.now()))?.session.subject, 'ann');
      assert.notEqual(await theirs.get(app, token), null, 'nobody has taken it');
      for (const { id } of sessions) assert.equal(await store.revoke(app, { by: 'id', id }, Date.now()), 1);
      for (const one of [token, other]) {
        assert.equal(await theirs.get(app, one), null);
        assert.equal(await get(store, app, one), null);
      }
    });

    test('an end of a user, of all but one, and of an app ends what is on either side, and counts it', async (t) => {
      const { app, store, theirs } = await open(t, of);
      const tokens = await Promise.all(Array.from({ length: 6 }, () => theirs.create(app, 'ann')));
      const [bob, cid] = [await theirs.create(app, 'bob'), await theirs.create(app, 'cid')];
      const kept = (await get(store, app, tokens[0]!))!.session.id;
      assert.equal(await store.revoke(app, { by: 'subject', subject: 'ann', except: kept }, Date.now()), 5);
      for (const token of tokens.slice(1)) assert.equal(await theirs.get(app, token), null);
      assert.notEqual(await get(store, app, tokens[0]!), null);
      const { sessions } = await store.list(app, { subject: 'bob', limit: 10 }, Date.now());
      const except = sessions[0]!.id;
      assert.equal(await store.revoke(app, { by: 'subject', subject: 'bob', except }, Date.now()), 0);
      assert.notEqual(await theirs.get(app, bob), null, 'the one to keep was on the other side');
      assert.equal(await store.revoke(app, { by: 'app' }, Date.now()), 3);
      for (const token of [tokens[0]!, bob, cid]) {
        assert.equal(await theirs.get(app, token), null);
        assert.equal(await get(store, app, token), null);
      }
      assert.equal(await old().admin.zcard(`rs:${app}:_users`), 0);
    });

    test('a cap counts what the user has on the other side', async (t) => {
      const { app, store, theirs } = await open(t, of);
      const tokens: string[] = [];
      for (let i = 0; i < 3; i++) tokens.push(await theirs.create(app, 'ann', { d: { i } }));
      const now = Date.now();
      const session = {
        ...{ id: '', app, subject: 'ann', createdAt: now, authenticatedAt: now, lastSeenAt: now, idleTimeout: 60_000 },
        ...{ absoluteExpiresAt: null, version: 1, reads: 1, ip: null, userAgent: null, label: null, data: '{}' },
      };
      const id = newSessionId('ann');
      const { credential } = newToken(id, 'standard');
      const cap = { max: 3, onLimit: 'refuse' } as const;
      assert.equal((await store.create({ ...session, id }, credential, cap, now)).kind, 'refused');
      const oldest = { max: 3, onLimit: 'revokeOldest' } as const;
      const created = await store.create({ ...session, id }, credential, oldest, Date.now());
      assert.equal(created.kind === 'created' && created.revoked.length, 1);
      assert.equal((await store.list(app, { subject: 'ann', limit: 10 }, Date.now())).sessions.length, 3);
      assert.equal((await Promise.all(tokens.map((token) => get(store, app, token)))).filter(Boolean).length, 2);
    });

    test('what is no session of redis-sessions is none here, and stays where it is', async (t) => {
      const { app, store, theirs } = await open(t, of);
      const { admin } = old();
      const token = await theirs.create(app, 'ann', { d: { a: 1 } });
      const dead = 'D'.repeat(64);
      for (const fields of [{ r: 1 }, { id: 'x', r: 1, w: 1, ttl: 10, la: 1, ip: '1.1.1.1' }]) {
        await admin.del(`rs:${app}:${dead}`);
        await admin.hset(`rs:${app}:${dead}`, fields);
        assert.equal(await get(store, app, dead), null);
        assert.equal(await admin.exists(`rs:${app}:${dead}`), 1);
      }
      await admin.set(`rs:${app}:${'E'.repeat(64)}`, 'text');
      assert.equal(await get(store, app, 'E'.repeat(64)), null);
      await admin.hset(`rs:${app}:${token}`, 'd', '[1]');
      assert.equal(await get(store, app, token), null);
      assert.equal(await admin.hget(`rs:${app}:${token}`, 'd'), '[1]', 'put back');
      assert.equal((await admin.zscore(`rs:${app}:_sessions`, `${token}:ann`)) !== null, true);
      await admin.hset(`rs:${app}:${token}`, 'd', '{"b":2}');
      assert.equal((await get(store, app, token))?.session.data, '{"b":2}');
    });
  });
}

test('the end of an app comes to its end, also where its old index has entries that are no text', {
  skip: NOT_INSTALLED,
}, async (t) => {
  const { app, store, theirs } = await open(t, 'memory');
  const { admin } = old();
  const index = `rs:${app}:_sessions`;
  await theirs.create(app, 'ann');
  await admin.zadd(index, 1, Buffer.from([0xff, 0xfe]), 2, Buffer.from(`${'b'.repeat(64)}:us\xff`, 'latin1'));
  assert.equal(await store.revoke(app, { by: 'app' }, Date.now()), 1);
  assert.equal(await admin.exists(index), 0);
});

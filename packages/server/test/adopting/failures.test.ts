/** What happens to sessions that come over when a process dies half-way, and when the old Redis is away. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseToken } from '../../src/core/token.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { NOT_INSTALLED, oldLibrary } from '../support/old-library.ts';
import { freePorts, PATIENT, startRedis } from '../support/redis.ts';
import { type Cleanup, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { adopting, type Lines } from './sides.ts';

const APP = 'forum';
const adopt = (port: number) => `redis://127.0.0.1:${port}/0?namespace=rs`;
/** Gives the status; 404 for the empty object that the classic API answers with where there is no session. */
const statusOf = async (server: ServerProcess, path: string) => {
  const response = await fetch(`${server.url}${path}`);
  return (await response.text()) === '{}' ? 404 : response.status;
};

describe('a server that is killed while it takes sessions over', { skip: NOT_INSTALLED }, () => {
  test('loses none: what it had taken, the next one finds, by its token or by itself', async (t) => {
    const old = await startRedis(t);
    const theirs = oldLibrary(t, 4, old.port);
    const tokens = await Promise.all(Array.from({ length: 400 }, (_, i) => theirs.create(APP, `user${i}`)));
    const env = { ...PATIENT, RS_STORE: `lmdb:${temporaryFolder(t)}`, RS_ADOPT: adopt(old.port) };
    let next = 0;
    for (let round = 0; round < 4; round++) {
      const server = await startServer(t, env);
      const asking = tokens
        .slice(next, next + 100)
        .map((token) => statusOf(server, `/${APP}/get/${token}`).catch(() => 0));
      next += 100;
      // As soon as the first of them is on its way.
      await until(async () => (await old.admin.keys('rest-sessions-adopt:rs:claim:*')).length > next - 100);
      await server.end('SIGKILL');
      await Promise.all(asking);
    }
    const server = await startServer(t, env);
    const statuses = await Promise.all(tokens.map((token) => statusOf(server, `/${APP}/get/${token}`)));
    assert.deepEqual(
      statuses.filter((status) => status !== 200),
      [],
    );
    assert.equal(await old.admin.zcard('rest-sessions-adopt:rs:taken'), 0);
  });

  test('leaves a claim that the watch of another one finishes, with nobody asking', async (t) => {
    const old = await startRedis(t);
    const theirs = oldLibrary(t, 2, old.port);
    const token = await theirs.create(APP, 'ann', { d: { a: 1 } });
    const path = temporaryFolder(t);
    // The store fails after the session was taken: as if the process had died there.
    const broken = new MemoryStore({ clock: Date.now });
    broken.install = () => Promise.reject(new Error('gone'));
    const first = await adopting(t, broken, old.port);
    await assert.rejects(first.store.get(APP, parseToken(token), 'read', Date.now()), /gone/);
    assert.equal(await old.admin.exists(`rest-sessions-adopt:rs:record:${APP}:${token}`), 1);
    assert.equal(await theirs.get(APP, token), null);
    const store = new LmdbStore({ path, namespace: 'drs', clock: Date.now, onError: () => {} });
    t.after(() => store.close());
    await adopting(t, store, old.port, { lead: true });
    await until(async () => (await store.count(APP, 0, Date.now())).sessions === 1);
    await until(async () => (await old.admin.zcard('rest-sessions-adopt:rs:taken')) === 0);
    assert.equal(await old.admin.exists(`rest-sessions-adopt:rs:record:${APP}:${token}`), 0);
  });

  test('who ends a session that such a process has taken ends it for good', async (t) => {
    for (const by of ['token', 'subject', 'app'] as const) {
      const old = await startRedis(t);
      const token = await oldLibrary(t, 3, old.port).create(APP, 'ann');
      const broken = new MemoryStore({ clock: Date.now });
      broken.install = () => Promise.reject(new Error('gone'));
      const first = await adopting(t, broken, old.port);
      await assert.rejects(first.store.get(APP, parseToken(token), 'read', Date.now()), /gone/);
      const store = new MemoryStore({ clock: Date.now });
      const second = await adopting(t, store, old.port, { lead: true });
      const selector = { token: { by, token: parseToken(token) }, subject: { by, subject: 'ann' }, app: { by } }[by];
      assert.equal(await second.store.revoke(APP, selector as never, Date.now()), 1, by);
      assert.equal(await second.store.get(APP, parseToken(token), 'read', Date.now()), null);
      await until(async () => (await old.admin.zcard('rest-sessions-adopt:rs:taken')) === 0);
      assert.equal((await store.count(APP, 0, Date.now())).sessions, 0);
    }
  });

  test('who ends it while the old Redis is away ends it for good, though its claim is finished later', async (t) => {
    for (const by of ['id', 'token'] as const) {
      const [port] = await freePorts(1);
      const old = await startRedis(t, [], { port: port! });
      const token = await oldLibrary(t, 3, old.port).create(APP, 'ann');
      const store = new MemoryStore({ clock: Date.now });
      const cut = new MemoryStore({ clock: Date.now });
      // It dies after the install, and before the claim is done.
      cut.install = async (...args) => {
        await store.install(...args);
        throw new Error('gone');
      };
      const first = await adopting(t, cut, old.port);
      await assert.rejects(first.store.get(APP, parseToken(token), 'read', Date.now()), /gone/);
      const second = await adopting(t, store, old.port, { timeout: 300 });
      const [session] = (await store.list(APP, { limit: 1 }, Date.now())).sessions;
      old.child.kill('SIGSTOP');
      t.after(() => old.child.kill('SIGCONT'));
      const selector = by === 'id' ? { by, id: session!.id } : { by, token: parseToken(token) };
      assert.equal(await second.store.revoke(APP, selector, Date.now()), 1, by);
      old.child.kill('SIGCONT');
      await adopting(t, store, old.port, { lead: true });
      await until(async () => (await old.admin.zcard('rest-sessions-adopt:rs:taken')) === 0);
      assert.equal((await store.count(APP, 0, Date.now())).sessions, 0, by);
      const keys = await old.admin.keys(`rest-sessions-adopt:rs:*${token}`);
      assert.deepEqual(keys, [], 'nor is a claim left');
    }
  });

  test('one that installs late, after another one had and the session was ended, brings nothing back', async (t) => {
    const old = await startRedis(t);
    const token = await oldLibrary(t, 3, old.port).create(APP, 'ann');
    const shared = new MemoryStore({ clock: Date.now });
    let tell = () => {};
    const isEnded = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const slow = new Proxy(shared, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (name !== 'install') return typeof member === 'function' ? member.bind(target) : member;
        return async (...args: Parameters<MemoryStore['install']>) => {
          // Its lease passes; the other one takes over the claim, and ends the session.
          await isEnded;
          return target.install(...args);
        };
      },
    });
    const first = await adopting(t, slow, old.port);
    const second = await adopting(t, shared, old.port);
    const late = first.store.get(APP, parseToken(token), 'read', Date.now());
    await until(async () => (await old.admin.zcard('rest-sessions-adopt:rs:taken')) === 1);
    assert.equal(await second.store.revoke(APP, { by: 'token', token: parseToken(token) }, Date.now()), 1);
    tell();
    assert.equal(await late, null);
    assert.equal((await shared.count(APP, 0, Date.now())).sessions, 0);
  });
});

/** Starts a server whose old Redis can be stopped. */
async function withOldRedis(t: Cleanup) {
  const [port] = await freePorts(1);
  const old = await startRedis(t, [], { port: port! });
  const theirs = oldLibrary(t, 2, old.port);
  const [here, there] = [await theirs.create(APP, 'ann'), await theirs.create(APP, 'bob')];
  const server = await startServer(t, { RS_ADOPT: adopt(old.port), RS_STORE_TIMEOUT: '2000' });
  return { old, port: port!, server, here, there };
}

describe('while the Redis of RS_ADOPT is away', { skip: NOT_INSTALLED }, () => {
  test('a token that opens nothing here is 503, everybody else is served, and it goes on when it is back', async (t) => {
    const { old, port, server, here, there } = await withOldRedis(t);
    assert.equal(await statusOf(server, `/${APP}/get/${here}`), 200);
    const created = await fetch(`${server.url}/${APP}/create/cid?ip=1.1.1.1`, { method: 'PUT' });
    const own = (await created.json()) as { token: string };
    old.child.kill('SIGSTOP');
    t.after(() => old.child.kill('SIGCONT'));
    assert.equal(await statusOf(server, `/${APP}/get/${there}`), 503);
    for (const token of [here, own.token]) assert.equal(await statusOf(server, `/${APP}/get/${token}`), 200);
    assert.equal(await statusOf(server, `/${APP}/get/${'x'.repeat(64)}`), 503);
    assert.equal(await statusOf(server, `/${APP}/get/${own.token.slice(0, 60)}zzzz`), 404);
    assert.equal(await statusOf(server, `/${APP}/soid/bob`), 503);
    const killed = await fetch(`${server.url}/${APP}/killsoid/bob`, { method: 'DELETE' });
    assert.equal(killed.status, 503);
    const form = { method: 'POST', body: new URLSearchParams({ token: own.token }) };
    const introspected = await fetch(`${server.url}/v1/introspect`, form);
    assert.equal(((await introspected.json()) as { active: boolean }).active, true, 'in all apps');
    await until(async () => (await (await fetch(`${server.url}/readyz`)).text()) === '{"status":"ok","adopt":"away"}');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /^restsessions_adopt_up 0$/m);
    assert.match(metrics, /^restsessions_store_up 1$/m);
    assert.match(server.output(), /the Redis of RS_ADOPT does not answer/);
    assert.doesNotMatch(server.output(), /the session store cannot do its work/);
    old.child.kill('SIGCONT');
    await until(async () => (await statusOf(server, `/${APP}/get/${there}`)) === 200);
    await until(() => /the Redis of RS_ADOPT answers again/.test(server.output()));
    await old.end();
    assert.equal(await statusOf(server, `/${APP}/get/${here}`), 200);
    assert.equal(await statusOf(server, `/${APP}/get/${'y'.repeat(64)}`), 503);
    await startRedis(t, [], { port });
    await until(async () => (await statusOf(server, `/${APP}/get/${'y'.repeat(64)}`)) === 404);
    assert.ok(!server.output().includes(there) && !server.output().includes(here), 'no token in the log');
  });

  test('a server starts without it, and says so', async (t) => {
    const [port] = await freePorts(1);
    const server = await startServer(t, { RS_ADOPT: adopt(port!), RS_STORE_TIMEOUT: '500' });
    assert.match(server.output(), /the Redis of RS_ADOPT does not answer/);
    assert.equal(await statusOf(server, `/${APP}/get/${'y'.repeat(64)}`), 503);
    assert.equal(await statusOf(server, '/readyz'), 200);
  });

  test('that nothing is left is said once, and counted before', async (t) => {
    const old = await startRedis(t);
    const token = await oldLibrary(t, 4, old.port).create(APP, 'ann');
    const lines: Lines[] = [];
    const store = new MemoryStore({ clock: Date.now });
    const { state, store: both } = await adopting(t, store, old.port, { lead: true, lines });
    await until(() => state().left?.sessions === 1);
    await both.get(APP, parseToken(token), 'read', Date.now());
    await until(() => state().left?.sessions === 0);
    await until(() => lines.some(({ text }) => text.startsWith('no session is left at the Redis of RS_ADOPT')));
    assert.equal(state().taken, 1);
    assert.deepEqual(
      (await old.admin.keys('*')).filter((key) => key.includes(token)),
      [],
      'nothing of it stays there',
    );
  });

  test('a namespace without sessions is not taken for one whose sessions have all come over', async (t) => {
    const old = await startRedis(t);
    const lines: Lines[] = [];
    await adopting(t, new MemoryStore({ clock: Date.now }), old.port, { lead: true, lines });
    await until(() => lines.some(({ text }) => text.startsWith('there is no session at the Redis of RS_ADOPT')));
    assert.deepEqual(
      lines.map(({ level, members }) => [level, members.adopt]),
      [['warn', `redis://127.0.0.1:${old.port}/0, namespace rs`]],
    );
  });
});

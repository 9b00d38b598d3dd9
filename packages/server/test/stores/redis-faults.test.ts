/**
 * G8: a Redis that is away, stopped, full, read-only or cut off is an honest answer in time, through a real server: 503
 * with Retry-After, never a wrong answer; what was given up is not done later; back to normal without a restart.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { APP, type Made, makeAliased, put, SECOND, T0 } from '../conformance/harness.ts';
import { type Answer, Client } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { freePorts, type RedisServer, startRedis } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { startCluster, until } from '../support/redis-topologies.ts';
import { type Cleanup, lastFirst, startServer } from '../support/server.ts';
import { PATIENCE } from '../support/until.ts';
import { makeSession } from './redis-load.ts';

const TIMEOUT = 500;
/** The budget, and what a busy machine may add to it: whoever hangs comes later. */
const IN_TIME = TIMEOUT + PATIENCE;
/** How long after its return Redis may still be refused. */
const BACK_IN = PATIENCE;

async function startOn(cleanup: Cleanup, port: number, env: Record<string, string> = {}) {
  const server = await startServer(cleanup, {
    RS_STORE: `redis://127.0.0.1:${port}`,
    RS_STORE_TIMEOUT: `${TIMEOUT}`,
    ...env,
  });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  return { server, client };
}

/** Sends a request and checks that it is the honest answer, in time. */
async function unavailable(client: Client, method: string, path: string, body?: unknown): Promise<void> {
  const began = performance.now();
  const answer = await client.send(method, path, body);
  assert.equal(answer.status, 503, `${method} ${path}: ${answer.text}`);
  assert.equal(answer.json.name, 'storeUnavailable');
  assert.ok(Number(answer.headers['retry-after']) >= 1);
  const took = performance.now() - began;
  assert.ok(took < IN_TIME, `it took ${took} ms`);
}

/** Asks until it is answered; gives the answer, how long that took, and how often it asked. */
async function recovered(
  client: Client,
  method: string,
  path: string,
): Promise<{ answer: Answer; took: number; asked: number }> {
  const began = performance.now();
  for (let asked = 1; ; asked++) {
    const answer = await client.send(method, path);
    const took = performance.now() - began;
    if (answer.status !== 503) return { answer, took, asked };
    assert.ok(took < PATIENCE, 'it does not come back');
    await delay(20);
  }
}

const VERBS = (token: string): [method: string, path: string, body?: unknown][] => [
  ['GET', `/shop/get/${token}`],
  ['POST', `/shop/set/${token}`, { late: 1 }],
  ['PUT', '/shop/create/late?ip=1.1.1.1'],
  ['DELETE', `/shop/kill/${token}`],
  ['DELETE', '/shop/killsoid/u1'],
  ['DELETE', '/shop/killall'],
  ['GET', '/shop/soid/u1'],
  ['GET', '/shop/soapp?dt=600'],
  ['GET', '/shop/activity?dt=600'],
  ['GET', '/readyz'],
];

/** What lua/create.lua answers of a session that ended no other one. */
const ANSWER_OF_CREATE = /^\*5\r\n:\d+\r\n\$7\r\ncreated\r\n\*0\r\n\*0\r\n:\d\r\n/;

describe('faults of Redis (G8)', () => {
  test('a server starts while Redis is away, says so, and serves when it comes', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const { client } = await startOn(t, port);
    for (const [method, path, body] of VERBS('x'.repeat(64))) await unavailable(client, method, path, body);
    await startRedis(t, [], { port });
    const { took } = await recovered(client, 'GET', '/readyz');
    assert.ok(took < BACK_IN, `it took ${took} ms to come back`);
    await makeSession(client, 'u1');
  });

  test('Redis killed under load and started again: 503 at once, then normal, and nothing was replayed', async (t) => {
    const redis = await startRedis(t);
    const { client } = await startOn(t, redis.port);
    const token = await makeSession(client, 'u1');
    const requests = [`GET /shop/get/${token}`, 'PUT /shop/create/u2?ip=1.1.1.1'].map((line) => line.split(' '));
    const load = Promise.all(
      Array.from({ length: 200 }, (_, i) => client.send(requests[i % 2]![0]!, requests[i % 2]![1]!)),
    );
    await redis.end();
    for (const { status } of await load) assert.ok(status === 200 || status === 503, `${status}`);
    for (const [method, path, body] of VERBS(token)) await unavailable(client, method, path, body);
    const again = await startRedis(t, [], { port: redis.port });
    const { took } = await recovered(client, 'GET', '/readyz');
    assert.ok(took < BACK_IN, `it took ${took} ms to come back`);
    await delay(300);
    assert.deepEqual(await again.admin.keys('*'), [], 'nothing given up was done later');
  });

  test('a Redis that is stopped is 503 within the budget; what was given up is not done when it goes on', async (t) => {
    const redis = await startRedis(t);
    const { client } = await startOn(t, redis.port);
    const token = await makeSession(client, 'u1', { a: 1 });
    redis.child.kill('SIGSTOP');
    await Promise.all(VERBS(token).map(([method, path, body]) => unavailable(client, method, path, body)));
    // Past the deadline of each of them.
    await delay(TIMEOUT);
    redis.child.kill('SIGCONT');
    const { answer, took, asked } = await recovered(client, 'GET', `/shop/get/${token}`);
    assert.ok(took < BACK_IN, `it took ${took} ms to come back`);
    assert.deepEqual([answer.json.d, answer.json.w], [{ a: 1 }, 1]);
    // One that was done too late for its own answer has counted as well.
    assert.ok(answer.json.r >= 1 && answer.json.r <= asked, `${answer.json.r} reads of ${asked}`);
    assert.deepEqual((await client.send('GET', '/shop/activity?dt=600')).json, { activity: 1 });
  });

  test('a full Redis refuses to create and set, and still ends sessions', async (t) => {
    const redis = await startRedis(t, ['--maxmemory-policy', 'noeviction']);
    const { client } = await startOn(t, redis.port);
    const tokens: string[] = [];
    for (let i = 0; i < 6; i++)
      tokens.push(await makeSession(client, i < 3 ? 'u1' : `v${i}`, { long: 'x'.repeat(400) }));
    await redis.admin.config('SET', 'maxmemory', '1');
    await unavailable(client, 'PUT', '/shop/create/late?ip=1.1.1.1');
    await unavailable(client, 'POST', `/shop/set/${tokens[0]}`, { late: 1 });
    await unavailable(client, 'GET', '/readyz');
    assert.deepEqual((await client.send('DELETE', `/shop/kill/${tokens[0]}`)).json, { kill: 1 });
    assert.deepEqual((await client.send('DELETE', '/shop/killsoid/u1')).json, { kill: 2 });
    assert.equal((await client.send('GET', '/shop/soapp?dt=600')).json.sessions.length, 3);
    assert.deepEqual((await client.send('DELETE', '/shop/killall')).json, { kill: 3 });
    assert.deepEqual(await redis.admin.keys('*'), ['drs:format']);
    await redis.admin.config('SET', 'maxmemory', '0');
    await makeSession(client, 'u1');
  });

  test('in a full Redis every way to end sessions works: ending must never need memory', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup, ['--maxmemory-policy', 'noeviction']);
    const { store } = await openOn(cleanup, `redis://127.0.0.1:${redis.port}`, [redis.admin], { audited: false });
    const long = { data: `{"long":"${'x'.repeat(400)}"}` };
    const made: Made[] = [];
    for (let i = 0; i < 6; i++) made.push(await put(store, long));
    const aliased = makeAliased('a-token-that-the-caller-chose-itself', long);
    await store.create(aliased.session, aliased.credential, null, T0);
    for (const idleTimeout of [SECOND, SECOND, 2 * SECOND]) await put(store, { ...long, idleTimeout });
    // Due for the sweep, but touched since: to move such an entry takes memory, and may wait.
    const touched = await put(store, { ...long, idleTimeout: 1.5 * SECOND });
    await store.get(APP, touched.ref, 'read', T0 + SECOND);
    await redis.admin.config('SET', 'maxmemory', '1');
    const [one, other, kept] = made as [Made, Made, Made];
    const now = T0 + SECOND;
    assert.equal(await store.revoke(APP, { by: 'token', token: one.ref }, now), 1);
    assert.equal(await store.revoke(APP, { by: 'token', token: aliased.ref }, now), 1);
    assert.equal(await store.revoke(APP, { by: 'id', id: other.session.id }, now), 1);
    assert.equal(await store.sweep(now, 1), 1);
    assert.equal((await store.count(APP, 0, T0 + 2 * SECOND)).sessions, 5);
    const revoked = { by: 'subject', subject: 'user123', except: kept.session.id } as const;
    assert.equal(await store.revoke(APP, revoked, T0 + 2 * SECOND), 4);
    assert.equal(await store.revoke(APP, { by: 'app' }, T0 + 2 * SECOND), 1);
    assert.deepEqual(await redis.admin.keys('*'), []);
  });

  test('a server that is led to a read-only replica is 503 for all verbs: what a replica lacks, its master may have', async (t) => {
    const master = await startRedis(t, ['--repl-diskless-sync-delay', '0']);
    const replica = await startRedis(t, ['--replicaof', '127.0.0.1', `${master.port}`]);
    const { client: right } = await startOn(t, master.port);
    const token = await makeSession(right, 'u1');
    await until(async () => (await replica.admin.keys('*:s')).length === 1);
    const { client } = await startOn(t, replica.port);
    for (const [method, path, body] of VERBS(token)) await unavailable(client, method, path, body);
    assert.equal((await right.send('GET', `/shop/get/${token}`)).json.r, 1, 'nothing was done');
  });

  test('a server starts while every node of a Cluster stands still, and serves when they go on', async (t) => {
    const { url, nodes, masters } = await startCluster(t);
    for (const { child } of nodes) child.kill('SIGSTOP');
    const { client } = await startOn(t, 0, { RS_STORE: url });
    for (const [method, path, body] of VERBS('x'.repeat(64))) await unavailable(client, method, path, body);
    for (const { child } of nodes) child.kill('SIGCONT');
    const isWhole = async ({ admin }: RedisServer) =>
      String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
    await until(async () => (await Promise.all((await masters()).map(isWhole))).every(Boolean));
    const { took } = await recovered(client, 'GET', '/shop/activity?dt=600');
    assert.ok(took < BACK_IN, `it took ${took} ms to come back`);
    await makeSession(client, 'u1');
  });

  test('a Redis that became a replica is 503, and served again once it is a master', async (t) => {
    const [redis, other] = [await startRedis(t), await startRedis(t)];
    const { client } = await startOn(t, redis.port);
    const token = await makeSession(client, 'u1');
    const chosen = { 'session-token': 'a-token-that-the-caller-chose-itself' };
    const admin = redis.admin;
    await admin.config('SET', 'replica-read-only', 'yes');
    await admin.call('REPLICAOF', '127.0.0.1', other.port);
    // It may have all sessions still, or none: it takes over what its master has, and that one is empty.
    for (const taken of [false, true]) {
      if (taken) await until(async () => (await admin.keys('*')).length === 0);
      for (const [method, path, body] of VERBS(token)) await unavailable(client, method, path, body);
      for (const method of ['GET', 'DELETE'])
        assert.equal((await client.send(method, '/v1/apps/shop/session', undefined, chosen)).status, 503, method);
    }
    await admin.call('REPLICAOF', 'NO', 'ONE');
    const { took } = await recovered(client, 'GET', '/readyz');
    assert.ok(took < BACK_IN, `it took ${took} ms to come back`);
    assert.equal((await client.send('DELETE', `/shop/kill/${token}`)).json.kill, 0, 'its master had none');
    const next = await makeSession(client, 'u1');
    assert.equal((await client.send('GET', `/shop/get/${next}`)).json.id, 'u1');
  });

  test('a connection that is cut or falls silent in mid-command is 503 in time, then made anew', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startFaulty(t, redis.port);
    const { client } = await startOn(t, proxy.port);
    const token = await makeSession(client, 'u1');
    for (const fault of ['cut', 'silent', 'lost'] as const) {
      proxy.fault = fault;
      await unavailable(client, 'GET', `/shop/get/${token}`);
      await unavailable(client, 'POST', `/shop/set/${token}`, { late: 1 });
      proxy.fault = null;
      const { took, answer } = await recovered(client, 'GET', `/shop/get/${token}`);
      assert.ok(took < BACK_IN, `${fault}: it took ${took} ms to come back`);
      assert.equal(answer.json.id, 'u1');
    }
  });

  test('without enough replicas RS_REDIS_WAIT makes a create 503; with them it is answered', async (t) => {
    const redis = await startRedis(t, ['--repl-diskless-sync-delay', '0']);
    const { client } = await startOn(t, redis.port, { RS_REDIS_WAIT: '1' });
    await unavailable(client, 'PUT', '/shop/create/u1?ip=1.1.1.1');
    await startRedis(t, ['--replicaof', '127.0.0.1', `${redis.port}`]);
    const { answer } = await recovered(client, 'PUT', '/shop/create/u1?ip=1.1.1.1');
    assert.equal(answer.status, 200);
    assert.deepEqual((await client.send('DELETE', `/shop/kill/${answer.json.token}`)).json, { kill: 1 });
  });

  test('an answer that never comes, with RS_REDIS_WAIT, gives no other call a wrong one: the connection is made anew', async (t) => {
    const ending = lastFirst(t);
    const redis = await startRedis(ending);
    await startRedis(ending, ['--replicaof', '127.0.0.1', `${redis.port}`, '--repl-diskless-sync-delay', '0']);
    await until(async () => /connected_slaves:1.*state=online/s.test(await redis.admin.info('replication')));
    let lost = 0;
    let armed = false;
    const port = await startProxy(ending, redis.port, {
      fromRedis: (near, chunk, pass) => {
        const [answer] = (armed && ANSWER_OF_CREATE.exec(chunk.toString('latin1'))) || [];
        if (answer === undefined) return pass();
        armed = false;
        lost++;
        near.write(chunk.subarray(answer.length));
      },
    });
    const { client } = await startOn(ending, port, { RS_REDIS_WAIT: '1', RS_STORE_TIMEOUT: '2000' });
    await client.create('shop', 'before');
    // The connection is never silent: nothing but its answers tells that they come to the wrong calls.
    const create = (subject: string) => client.send('POST', '/v1/apps/shop/sessions', { subject });
    const others = setInterval(() => void create('other').catch(() => {}), 50);
    ending.after(() => clearInterval(others));
    for (let round = 0; round < 3; round++) {
      armed = true;
      const made = await Promise.all(
        Array.from({ length: 6 }, async (_, i) => {
          const subject = `user-${round}-${i}`;
          const { status, json } = await create(subject);
          return { subject, status, token: json.token as string };
        }),
      );
      assert.equal(lost, round + 1);
      await until(async () => (await create('after')).status === 201);
      for (const { subject, status, token } of made) {
        assert.ok(status === 201 || status === 503, `${status}`);
        if (status === 503) continue;
        const { json } = await client.send('GET', '/v1/apps/shop/session', undefined, { 'Session-Token': token });
        assert.equal(json.subject, subject);
      }
    }
  });

  test('what was 503 for want of replicas, sent again with its Idempotency-Key, is done once, and ends what it must', async (t) => {
    const redis = await startRedis(t, ['--repl-diskless-sync-delay', '0']);
    const replica = await startRedis(t, ['--replicaof', '127.0.0.1', `${redis.port}`]);
    const { client } = await startOn(t, redis.port, { RS_REDIS_WAIT: '1' });
    const post = (path: string, body: unknown, headers: Record<string, string>) =>
      client.send('POST', `/v1/apps/shop${path}`, body, headers);
    const answered = async (send: () => Promise<Answer>): Promise<Answer> => {
      let answer = await send();
      for (let attempt = 0; answer.status === 503 && attempt < 2000; attempt++) {
        await delay(20);
        answer = await send();
      }
      return answer;
    };
    const get = (token: string) => client.send('GET', '/v1/apps/shop/session', undefined, { 'Session-Token': token });
    const away = () => replica.admin.replicaof('NO', 'ONE');
    const back = () => replica.admin.replicaof('127.0.0.1', redis.port);
    const create = () => post('/sessions', { subject: null }, { 'Idempotency-Key': 'create' });
    assert.equal((await answered(() => post('/sessions', { subject: 'x' }, { 'Idempotency-Key': 'x' }))).status, 201);
    await away();
    assert.equal((await create()).status, 503);
    await back();
    const guest = (await answered(create)).json.token as string;
    for (const [i, body] of [{ subject: 'joe' }, { grace: 0 }, { token: 'chosen-by-the-caller-0001' }].entries()) {
      const token =
        i === 0
          ? guest
          : (await answered(() => post('/sessions', { subject: `s${i}` }, { 'Idempotency-Key': `s${i}` }))).json.token;
      const headers = { 'Session-Token': token, 'Idempotency-Key': `rotate-${i}` };
      const rotate = () => post('/session/rotate', body, headers);
      await away();
      assert.equal((await rotate()).status, 503);
      await back();
      const { status, json: rotated } = await answered(rotate);
      assert.equal(status, 200);
      assert.equal((await get(rotated.token)).status, 200);
      if (i < 2) assert.equal((await get(token)).status, 404, 'the old token ended');
    }
    const { json } = await client.send('GET', '/v1/apps/shop/sessions?view=count');
    assert.equal(json.sessions, 4, 'no second one was made');
  });

  test('a create under the lock of its token is not made when others may have that lock by then', async (t) => {
    const redis = await startRedis(t);
    let slow = false;
    const port = await startProxy(t, redis.port, {
      fromRedis: (_near, _chunk, pass) => void (slow ? setTimeout(pass, 1600) : pass()),
    });
    // So long that a busy machine is no slow Redis.
    const { client } = await startOn(t, port, { RS_STORE_TIMEOUT: '4000' });
    const token = { 'Session-Token': 'a-token-of-the-caller-0001' };
    const session = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
      client.send(method, `/v1/apps/shop/session${path}`, body, { ...token, ...headers });
    const { lock } = (await session('POST', '/lock', { lease: 60 })).json;
    const holds = { 'Session-Lock': lock as string };
    // Each answer is in time. Together they come later than those who ask for the lock wait for a claim.
    slow = true;
    assert.equal((await session('PUT', '', { data: { n: 1 } }, holds)).status, 503);
    slow = false;
    assert.equal((await session('GET', '', undefined)).status, 404, 'nothing was written');
    assert.equal((await session('PUT', '', { data: { n: 1 } }, holds)).status, 201, 'the lock holds on');
    assert.deepEqual((await session('GET', '', undefined)).json.data, { n: 1 });
  });

  test('no log, start message or error shows the password of the store', async (t) => {
    const redis = await startRedis(t, ['--requirepass', 's3cret-of-the-store'], { password: 's3cret-of-the-store' });
    for (const password of ['s3cret-of-the-store', 'another-s3cret']) {
      const { server, client } = await startOn(t, redis.port, {
        RS_STORE: `redis://:${password}@127.0.0.1:${redis.port}/2`,
        RS_LOGLEVEL: 'trace',
      });
      const { status, text } = await client.send('PUT', '/shop/create/u1?ip=1.1.1.1', { private: 'data-of-a-user' });
      assert.equal(status, password.startsWith('another') ? 503 : 200);
      await server.end();
      assert.doesNotMatch(server.output() + text, /s3cret|data-of-a-user/);
      assert.ok(server.output().includes(`redis://127.0.0.1:${redis.port}/2`), 'it says where the sessions are');
    }
  });
});

interface Proxy {
  readonly port: number;
  /** cut: connections end with the next command. silent: nothing comes back. lost: nothing gets there. */
  fault: 'cut' | 'silent' | 'lost' | null;
}

async function startFaulty(cleanup: Cleanup, target: number): Promise<Proxy> {
  const proxy: { port: number; fault: Proxy['fault'] } = { port: 0, fault: null };
  proxy.port = await startProxy(cleanup, target, {
    toRedis: (near, _chunk, pass) => {
      if (proxy.fault === 'cut') near.resetAndDestroy();
      else if (proxy.fault !== 'lost') pass();
    },
    fromRedis: (_near, _chunk, pass) => void (proxy.fault === null && pass()),
  });
  return proxy;
}

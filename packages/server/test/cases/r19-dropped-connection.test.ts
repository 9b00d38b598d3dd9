/** R19: a connection that is dropped costs no read, and a write only where nobody knows whether it was done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { readAddress } from '../../src/stores/redis/address.ts';
import { clientFor } from '../../src/stores/redis/clients.ts';
import { wasSentAway } from '../../src/stores/redis/connection.ts';
import { makeSession } from '../stores/redis-load.ts';
import { Client } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { commandsCalled } from '../support/redis-acl.ts';
import { STEADY, startCluster, until } from '../support/redis-topologies.ts';
import { type Cleanup, startServer } from '../support/server.ts';
import { TOPOLOGIES } from '../support/topologies.ts';

/** Long, because the machine may be busy: what is not answered at once must still be answered. Units: milliseconds. */
const TIMEOUT = '30000';
/** Requests under way at once: as many as the machine can answer in time, however busy it is. */
const AT_ONCE = 12;
const ALIAS = 'a-token-that-the-caller-chose';

async function start(cleanup: Cleanup, env: Record<string, string>): Promise<Client & { said: () => string }> {
  const server = await startServer(cleanup, { RS_STORE_TIMEOUT: TIMEOUT, ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  return Object.assign(client, { said: server.output });
}

/** Cuts the connections of everybody but the asker. Gives how many they were. */
const cut = async (admin: Redis) => Number(await admin.call('CLIENT', 'KILL', 'TYPE', 'normal'));

for (const [name, startTopology] of Object.entries(TOPOLOGIES)) {
  test(`R19: CLIENT KILL costs no read, v1 or classic, of own or chosen tokens, and counts at most what was under way twice (kind: ${name})`, async (t) => {
    const { env, masters } = await startTopology(t);
    const client = await start(t, env);
    const token = await client.create('shop', 'u1');
    const body = { subject: 'u2' };
    assert.equal((await client.send('PUT', '/v1/apps/shop/session', body, { 'Session-Token': ALIAS })).status, 201);
    const reads = [
      () => client.send('GET', `/shop/get/${token}`),
      () => client.send('GET', '/v1/apps/shop/session', undefined, { 'Session-Token': token }),
      () => client.send('GET', '/v1/apps/shop/session', undefined, { 'Session-Token': ALIAS }),
      () => client.send('POST', '/v1/apps/shop/sessions:verify', { tokens: [token, ALIAS] }),
      () => client.send('GET', '/shop/soid/u1'),
      () => client.send('GET', '/shop/activity?dt=600'),
    ];
    const nodes = await masters();
    let [running, sent, counted, cuts] = [true, 0, 0, 0];
    const statuses = new Map<number, number>();
    const underWay = new Set<Promise<unknown>>();
    const load = (async () => {
      while (running) {
        const i = sent++ % reads.length;
        if (i === 0) counted++;
        const one = reads[i]!().then(({ status }) => void statuses.set(status, (statuses.get(status) ?? 0) + 1));
        underWay.add(one);
        void one.finally(() => underWay.delete(one));
        // An app-wide count of a Cluster is 256 calls: without a bound a busy machine only heaps them up.
        if (underWay.size >= AT_ONCE) await Promise.race(underWay);
        await delay(2);
      }
      await Promise.all(underWay);
    })();
    for (let round = 0; round < 10; round++) {
      await until(async () => sent > (round + 1) * 20);
      // One node of a Cluster, then the next one, and all at once in the end.
      const targets = round < 8 ? [nodes[round % nodes.length]!] : nodes;
      for (const admin of targets) {
        await until(async () => {
          const here = await cut(admin);
          cuts += here;
          return here > 0;
        });
      }
    }
    const all = sent + 50;
    await until(async () => sent > all);
    running = false;
    await load;
    assert.ok(cuts >= 10, `${cuts} connections were cut`);
    assert.deepEqual([...statuses], [[200, sent]], client.said());
    const { json } = await client.send('GET', `/shop/get/${token}`);
    // At most so many were under way when one was cut.
    const over = json.r - (counted + 1);
    assert.ok(over <= cuts * AT_ONCE, `${over} reads were counted twice`);
    assert.ok(over >= 0, `${-over} reads were not counted`);
  });
}

test('R19: a replica of a Cluster is never asked, not even while there is no connection to any master (kind: the driver picks another node)', async (t) => {
  const { url, nodes, masters } = await startCluster(t, STEADY);
  const client = await start(t, { RS_STORE: url });
  const token = await client.create('shop', 'u1');
  const all = (await masters()).map(({ admin }) => admin);
  const replicas = nodes.map(({ admin }) => admin).filter((admin) => !all.includes(admin));
  for (const replica of replicas) await replica.config('RESETSTAT');
  for (let i = 0; i < 20; i++) {
    await Promise.all(all.map(cut));
    const reads = Array.from({ length: 8 }, () => client.send('GET', `/shop/get/${token}`));
    assert.deepEqual([...new Set((await Promise.all(reads)).map(({ status }) => status))], [200]);
  }
  for (const replica of replicas) {
    const called = await commandsCalled(replica);
    assert.deepEqual(
      called.filter((command) => /^(readonly|eval)/.test(command)),
      [],
    );
  }
});

test('R19: a write that its Cluster sends on is tried again, unless its connection was lost on the way (kind: what the driver says)', async (t) => {
  const [cluster, slot] = [await startCluster(t, STEADY), 0];
  const [near, far] = (await cluster.masters()) as [RedisServer, RedisServer];
  const owner = String(await near.admin.call('CLUSTER', 'MYID'));
  // A slot in the middle of a move, with half of the keys: TRYAGAIN, as long as it stays.
  await far.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', owner);
  await near.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(await far.admin.call('CLUSTER', 'MYID')));
  const client = clientFor(readAddress(cluster.url)!, {}, 5000);
  t.after(() => client.disconnect());
  client.on('error', () => {});
  await client.connect();
  const error = await client.call('MGET', '{06S}a', '{06S}b').then(
    () => assert.fail('it was answered'),
    (reason: Error) => reason,
  );
  assert.match(error.message, /^Too many Cluster redirections\. Last error: ReplyError: (?:TRYAGAIN|ASK|MOVED)/);
  assert.equal(wasSentAway(error), true);
  assert.equal(
    wasSentAway(new Error('Too many Cluster redirections. Last error: Error: Connection is closed.')),
    false,
  );
});

test('R19: what was not sent when Redis went waits for it, a write as well (kind: a request that comes between two connections)', async (t) => {
  const redis = await startRedis(t);
  const client = await start(t, { RS_STORE: `redis://127.0.0.1:${redis.port}` });
  await client.create('shop', 'u1');
  await redis.end();
  const pending = [client.send('PUT', '/shop/create/u2?ip=1.1.1.1'), client.send('GET', '/readyz')];
  const early = await Promise.race([Promise.race(pending), delay(300)]);
  assert.equal(early, undefined, 'they wait');
  const again = await startRedis(t, [], { port: redis.port });
  assert.deepEqual(
    (await Promise.all(pending)).map(({ status }) => status),
    [200, 200],
  );
  assert.equal(await again.admin.exists('drs:apps'), 1, 'and were done');
});

test('R19: a store that has been away for longer than the budget is told at once, and nothing that waited is done later (kind: fail fast)', async (t) => {
  const redis = await startRedis(t);
  const client = await start(t, { RS_STORE: `redis://127.0.0.1:${redis.port}`, RS_STORE_TIMEOUT: '300' });
  await makeSession(client, 'u1');
  await redis.end();
  for (let i = 0; i < 300; i++) {
    assert.equal((await client.send('PUT', `/shop/create/late${i}?ip=1.1.1.1`)).status, 503);
  }
  const again = await startRedis(t, [], { port: redis.port });
  await until(async () => (await client.send('GET', '/readyz')).status === 200);
  assert.deepEqual(await again.admin.keys('*'), []);
});

for (const [kind, topology] of [
  [
    'one server',
    async (t: Cleanup) => {
      const { port, admin } = await startRedis(t);
      return { url: `redis://127.0.0.1:${port}`, masters: [admin] };
    },
  ],
  [
    'a Cluster',
    async (t: Cleanup) => {
      const { url, masters } = await startCluster(t);
      return { url, masters: (await masters()).map(({ admin }) => admin) };
    },
  ],
] as const) {
  test(`R19: a write whose connection is cut before its answer is 503 and not sent again, a read is (kind: ${kind})`, async (t) => {
    const { url, masters } = await topology(t);
    const client = await start(t, { RS_STORE: url });
    const token = await client.create('shop', 'u1', { n: 1 });
    /** Waits for a connection whose command waits, flag b. `more`: and behind it comes another one. */
    const paused = (more: boolean) =>
      until(async () => {
        const lists = await Promise.all(masters.map((admin) => admin.call('CLIENT', 'LIST', 'TYPE', 'normal')));
        const lines = lists.flatMap((list) => String(list).split('\n')).filter((line) => / flags=\S*b/.test(line));
        return lines.some((line) => line.includes(' cmd=evalsha ') && (!more || / qbuf=[1-9]/.test(line)));
      });
    const each = (...args: [string, ...string[]]) => Promise.all(masters.map((admin) => admin.call(...args)));
    await each('CLIENT', 'PAUSE', '60000', 'WRITE');
    const read = client.send('GET', `/shop/get/${token}`);
    await paused(false);
    const kill = client.send('DELETE', `/shop/kill/${token}`);
    await paused(true);
    for (const admin of masters) await cut(admin);
    const killed = await kill;
    assert.equal(killed.status, 503, killed.text);
    await each('CLIENT', 'UNPAUSE');
    const { status, json } = await read;
    assert.deepEqual([status, json.d], [200, { n: 1 }]);
    assert.equal((await client.send('GET', `/shop/get/${token}`)).json.id, 'u1', 'the kill was not done later');
  });
}

test('R19: a connection that is cut after the command has arrived: a write is done once, and a read is answered (kind: cut in mid-command)', async (t) => {
  const redis = await startRedis(t);
  const proxy = await startCutting(t, redis.port);
  const client = await start(t, { RS_STORE: `redis://127.0.0.1:${proxy.port}` });
  const token = await client.create('shop', 'u1', { n: 1 });
  // Redis learns the script, so that no answer is lost that says it does not know it.
  await client.send('GET', `/shop/get/${token}`);
  for (let i = 0; i < 5; i++) {
    proxy.cutAnswers = 1;
    assert.equal((await client.send('GET', `/shop/get/${token}`)).status, 200);
    assert.equal(proxy.cutAnswers, 0, 'an answer was lost');
  }
  const { r } = (await client.send('GET', `/shop/get/${token}`)).json;
  assert.equal(r, 1 + 5 * 2 + 1, 'each read whose answer was lost counts twice, as docs/operations/redis.md says');
  await client.send('GET', '/shop/soid/u1');
  proxy.cutAnswers = 1;
  assert.equal((await client.send('PUT', '/shop/create/u1?ip=1.1.1.1')).status, 503);
  assert.equal((await client.send('GET', '/shop/soid/u1')).json.sessions.length, 2, 'done once');
});

test('R19: an idle connection that somebody closes costs nothing (kind: load balancers that close what is idle)', async (t) => {
  const redis = await startRedis(t);
  const client = await start(t, { RS_STORE: `redis://127.0.0.1:${redis.port}` });
  const token = await client.create('shop', 'u1');
  const connected = async () => Number(/total_connections_received:(\d+)/.exec(await redis.admin.info('stats'))![1]);
  for (let i = 0; i < 5; i++) {
    const before = await connected();
    await cut(redis.admin);
    await until(async () => (await connected()) > before);
    const [set, get] = [
      await client.send('POST', `/shop/set/${token}`, { i }),
      await client.send('GET', `/shop/get/${token}`),
    ];
    assert.deepEqual([set.status, get.json.d], [200, { i }], 'no request was there to notice it');
  }
});

interface Proxy {
  readonly port: number;
  /** How many answers are still to be lost, each with its connection. */
  cutAnswers: number;
}

/** Cuts connections where the answer would be. */
async function startCutting(cleanup: Cleanup, target: number): Promise<Proxy> {
  const proxy = { port: 0, cutAnswers: 0 };
  proxy.port = await startProxy(cleanup, target, {
    fromRedis: (near, chunk, pass) => {
      // The answer to a handshake is long, and not meant.
      if (proxy.cutAnswers === 0 || chunk.length >= 2000) return pass();
      proxy.cutAnswers--;
      near.resetAndDestroy();
    },
  });
  return proxy;
}

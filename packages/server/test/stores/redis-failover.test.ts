/**
 * G8 where the master changes: under load no request gets a wrong answer (nothing for a session that lives, 200 for a
 * write that was not done), each is answered in time, and the service comes back by itself.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '../support/client.ts';
import type { RedisServer } from '../support/redis.ts';
import { startCluster, startSentinel, until } from '../support/redis-topologies.ts';
import { type Cleanup, startServer } from '../support/server.ts';

const TIMEOUT = 500;
const IN_TIME = TIMEOUT + 1000;
const SESSIONS = 60;

interface Load {
  readonly client: Client;
  /** How many requests were answered 503 so far. */
  readonly refused: () => number;
  readonly answered: () => number;
  /** Rejects when a request got a wrong answer, or came late. */
  readonly failed: Promise<unknown>;
  /** Ends the load and checks that what was acknowledged is there. */
  readonly end: () => Promise<void>;
}

/** Makes sessions that the replicas have, and reads and sets them without a pause. */
async function startLoad(cleanup: Cleanup, url: string, masters: RedisServer[], env = {}): Promise<Load> {
  const server = await startServer(cleanup, { RS_STORE: url, RS_STORE_TIMEOUT: `${TIMEOUT}`, ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const tokens: string[] = [];
  for (let i = 0; i < SESSIONS; i++) tokens.push(await client.create('shop', `u${i}`, { n: 0 }));
  // A write on each of the test's own connections first: WAIT waits for what its own connection wrote.
  for (const { admin } of masters) await until(async () => /lag=[01]\b/.test(await admin.info('replication')));
  await delay(200);

  let [refused, answered, running] = [0, 0, true];
  const send = async (method: string, path: string, body?: unknown) => {
    const began = performance.now();
    const answer = await client.send(method, path, body);
    assert.ok(performance.now() - began < IN_TIME, `${method} took ${performance.now() - began} ms`);
    assert.ok(answer.status === 200 || answer.status === 503, `${method}: ${answer.status} ${answer.text}`);
    if (answer.status === 503) refused++;
    else answered++;
    return answer.status === 200 ? answer.json : null;
  };
  const workers = Array.from({ length: 6 }, async (_, worker) => {
    for (let i = worker; running; i += 6) {
      const token = tokens[i % SESSIONS]!;
      const json = await send('GET', `/shop/get/${token}`);
      if (json !== null) assert.equal(json.id, `u${i % SESSIONS}`, 'a session that lives was not found');
      const set = await send('POST', `/shop/set/${token}`, { [`k${worker}`]: i });
      if (set !== null) assert.equal(set.d[`k${worker}`], i, 'a set that was answered 200 was not done');
    }
  });
  // A worker that failed ends the test at `end`, not the process before.
  const ended = Promise.all(workers);
  ended.catch(() => {});
  return {
    client,
    refused: () => refused,
    answered: () => answered,
    failed: ended,
    end: async () => {
      running = false;
      await ended;
      for (const [i, token] of tokens.entries()) {
        assert.equal((await client.send('GET', `/shop/get/${token}`)).json.id, `u${i}`);
      }
    },
  };
}

/** Resolves once requests have been answered for a while without a refusal. */
async function settled({ refused, answered, failed }: Load): Promise<void> {
  let [before, since] = [-1, 0];
  const quiet = until(async () => {
    if (refused() !== before) [before, since] = [refused(), answered()];
    return answered() - since > 300;
  });
  quiet.catch(() => {});
  await Promise.race([quiet, failed]);
}

describe('failovers (G8)', () => {
  test('Sentinel promotes a replica while the master is killed: no wrong answer, and it goes on', async (t) => {
    const trio = await startSentinel(t);
    const old = await trio.master();
    const load = await startLoad(t, trio.url, [old]);
    await old.end();
    await until(async () => (await trio.master()) !== old);
    await settled(load);
    await load.end();
  });

  test('a Cluster hands a master over to its replica: no wrong answer, and it goes on', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const load = await startLoad(t, cluster.url, masters);
    const replica = cluster.nodes.find((node) => !masters.includes(node))!;
    await replica.admin.call('CLUSTER', 'FAILOVER');
    await until(async () => (await cluster.masters()).includes(replica));
    await settled(load);
    await load.end();
  });

  test('a Cluster loses a master: no wrong answer, and it goes on with the replica', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const load = await startLoad(t, cluster.url, masters);
    await masters[0]!.end();
    await until(async () => (await cluster.masters()).filter((node) => node !== masters[0]).length === 3);
    await settled(load);
    await load.end();
  });

  test('slots move to another master under load (MOVED, ASK, TRYAGAIN): no wrong answer, and it goes on', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const load = await startLoad(t, cluster.url, masters);
    const [from, to] = masters as [RedisServer, RedisServer];
    const idOf = async (node: RedisServer) => String(await node.admin.call('CLUSTER', 'MYID'));
    const [fromId, toId] = [await idOf(from), await idOf(to)];
    const tags = new Set((await from.admin.keys('{*')).map((key) => key.slice(0, key.indexOf('}') + 1)));
    assert.ok(tags.size > 3, 'there is something to move');
    for (const tag of [...tags].slice(0, 8)) {
      const slot = Number(await from.admin.call('CLUSTER', 'KEYSLOT', tag));
      await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
      await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
      const keys = (await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
      // One key after the other, with time in between for requests to meet the slot half moved.
      for (const key of keys) {
        await from.admin.call('MIGRATE', '127.0.0.1', to.port, key, 0, 1000);
        await delay(10);
      }
      for (const node of [to, from]) await node.admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    }
    await settled(load);
    await load.end();
  });

  test('with RS_REDIS_WAIT=1 a failover loses no kill that was acknowledged', async (t) => {
    const trio = await startSentinel(t);
    const old = await trio.master();
    const load = await startLoad(t, trio.url, [old], { RS_REDIS_WAIT: '1' });
    const tokens: string[] = [];
    for (let i = 0; i < 40; i++) tokens.push(await load.client.create('shop', `k${i}`));
    const killed: string[] = [];
    const kills = Promise.all(
      tokens.map(async (token, i) => {
        await delay(i * 3);
        if ((await load.client.send('DELETE', `/shop/kill/${token}`)).json.kill === 1) killed.push(token);
      }),
    );
    await delay(50);
    await old.end();
    await kills;
    await until(async () => (await trio.master()) !== old);
    await settled(load);
    assert.ok(killed.length > 0, 'some were acknowledged');
    for (const token of killed) assert.equal((await load.client.send('GET', `/shop/get/${token}`)).text, '{}');
    await load.end();
  });
});

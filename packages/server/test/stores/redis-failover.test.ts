/**
 * G8 where the master changes: under load no request gets a wrong answer (nothing for a session that lives, 200 for a
 * write that was not done), each is answered in time, and the service comes back by itself.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../support/client.ts';
import type { RedisServer } from '../support/redis.ts';
import { startCluster, startSentinel, until } from '../support/redis-topologies.ts';
import { makeSession, readAnswer, settled, startLoad } from './redis-load.ts';

/** Tells whether a server is a master that takes writes. */
async function takesWrites({ admin }: RedisServer): Promise<boolean> {
  const [role] = await admin.role().catch(() => ['gone']);
  return role === 'master' && (await admin.ping().catch(() => '')) === 'PONG';
}

/** Tells whether these are the masters of a Cluster that is whole again. */
async function isWhole(masters: readonly RedisServer[]): Promise<boolean> {
  const states = masters.map(async (node) => {
    return (await takesWrites(node)) && String(await node.admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok');
  });
  return masters.length === 3 && (await Promise.all(states)).every(Boolean);
}

/** How often servers answered with this error. */
async function errors(servers: readonly RedisServer[], code: string): Promise<number> {
  const stats = await Promise.all(servers.map(({ admin }) => admin.info('errorstats')));
  return stats.reduce(
    (sum, text) => sum + Number(new RegExp(`errorstat_${code}:count=(\\d+)`).exec(text)?.[1] ?? 0),
    0,
  );
}

/** Sessions that end before the fault, and while no replica listens. */
const BEFORE = 10;
const SESSIONS = 60;

/**
 * Kills sessions while a master loses first its replicas and then its life: what it acknowledged in between without asking
 * them is lost. Gives the tokens whose kill was acknowledged.
 */
async function killDuringFailover(client: Client, master: RedisServer, replicas: RedisServer[]): Promise<string[]> {
  const tokens: string[] = [];
  for (let i = 0; i < SESSIONS; i++) tokens.push(await makeSession(client, `k${i}`));
  const killed: string[] = [];
  const kill = async (token: string) => {
    const { status, json } = await client.send('DELETE', `/shop/kill/${token}`);
    if (json.kill === 1) killed.push(token);
    return status;
  };
  const rest = tokens.values();
  for (const token of rest) {
    await kill(token);
    if (killed.length === BEFORE) break;
  }
  for (const { child } of replicas) child.kill('SIGSTOP');
  // What lies in their sockets already they would still read.
  await master.admin.call('CLIENT', 'KILL', 'TYPE', 'replica');
  let refused = 0;
  for (const token of rest) {
    if ((await kill(token)) === 503) refused++;
    if (refused > 0) break;
  }
  assert.ok(refused > 0, 'one was not acknowledged: no replica had it');
  const last = Promise.all([...rest].map(kill));
  await master.end();
  for (const { child } of replicas) child.kill('SIGCONT');
  await last;
  assert.ok(killed.length > 0, 'some were acknowledged');
  return killed;
}

describe('failovers (G8)', () => {
  test('Sentinel promotes a replica while the master is killed: no wrong answer, and it goes on', async (t) => {
    const trio = await startSentinel(t);
    const old = await trio.master();
    const load = await startLoad(t, trio.url, [old]);
    await old.end();
    await settled(load, async () => (await trio.master()) !== old && takesWrites(await trio.master()));
    assert.ok(load.refused() > 0, 'the fault was met');
    await load.end();
  });

  test('Sentinel promotes a replica while the master stands still: no wrong answer, and it goes on', async (t) => {
    const trio = await startSentinel(t);
    const old = await trio.master();
    const load = await startLoad(t, trio.url, [old]);
    old.child.kill('SIGSTOP');
    await settled(load, async () => (await trio.master()) !== old && takesWrites(await trio.master()));
    assert.ok(load.refused() > 0, 'the fault was met');
    // It goes on as a second master, until a Sentinel tells it otherwise: nobody may listen to it.
    old.child.kill('SIGCONT');
    await settled(load, () => takesWrites(old));
    await load.end();
  });

  test('a Cluster hands a master over to its replica: no wrong answer, and it goes on', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const load = await startLoad(t, cluster.url, masters);
    const replica = cluster.nodes.find((node) => !masters.includes(node))!;
    await replica.admin.call('CLUSTER', 'FAILOVER');
    await settled(load, async () => {
      const now = await cluster.masters();
      return now.includes(replica) && isWhole(now);
    });
    await load.end();
  });

  test('a Cluster loses a master: no wrong answer, and it goes on with the replica', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const load = await startLoad(t, cluster.url, masters);
    await masters[0]!.end();
    await settled(load, async () => isWhole((await cluster.masters()).filter((node) => node !== masters[0])));
    assert.ok(load.refused() > 0, 'the fault was met');
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
    // Each kind of redirection is waited for while the slot is in the state that causes it.
    const met = (code: string) => until(async () => (await errors(masters, code)) > 0);
    for (const tag of [...tags].slice(0, 8)) {
      const slot = Number(await from.admin.call('CLUSTER', 'KEYSLOT', tag));
      await to.admin.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
      await from.admin.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
      const keys = (await from.admin.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[];
      // One key after the other, with time in between for requests to meet the slot half moved.
      for (const key of keys) {
        await from.admin.call('MIGRATE', '127.0.0.1', to.port, key, 0, 1000);
        await met('TRYAGAIN');
        await delay(10);
      }
      await met('ASK');
      for (const node of [to, from]) await node.admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
    }
    await settled(load, async () => true);
    await met('MOVED');
    await load.end();
  });

  test('with RS_REDIS_WAIT=1 a failover of Sentinel loses no kill that was acknowledged', async (t) => {
    const trio = await startSentinel(t);
    const old = await trio.master();
    const load = await startLoad(t, trio.url, [old], { RS_REDIS_WAIT: '1' });
    const replicas = trio.servers.filter((server) => server !== old);
    const killed = await killDuringFailover(load.client, old, replicas);
    await settled(load, async () => (await trio.master()) !== old && takesWrites(await trio.master()));
    for (const token of killed) assert.equal((await readAnswer(load.client, `/shop/get/${token}`)).text, '{}');
    await load.end();
  });

  test('with RS_REDIS_WAIT=1 a failover of a Cluster loses no kill that was acknowledged', async (t) => {
    const cluster = await startCluster(t);
    const masters = await cluster.masters();
    const load = await startLoad(t, cluster.url, masters, { RS_REDIS_WAIT: '1' });
    const [dying] = masters as [RedisServer];
    const roles = await Promise.all(cluster.nodes.map(({ admin }) => admin.role()));
    const replicas = cluster.nodes.filter((_, i) => roles[i]![0] === 'slave' && roles[i]![2] === dying.port);
    assert.equal(replicas.length, 1);
    const killed = await killDuringFailover(load.client, dying, replicas);
    await settled(load, async () => isWhole((await cluster.masters()).filter((node) => node !== masters[0])));
    for (const token of killed) assert.equal((await readAnswer(load.client, `/shop/get/${token}`)).text, '{}');
    await load.end();
  });
});

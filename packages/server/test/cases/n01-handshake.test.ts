/** N1: no command of ours reaches Redis on a connection that lacks something, and everybody is told what it lacks. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { readAddress } from '../../src/stores/redis/address.ts';
import { Connection } from '../../src/stores/redis/connection.ts';
import { Client } from '../support/client.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { commandsCalled } from '../support/redis-acl.ts';
import { startCluster, startSentinel, until } from '../support/redis-topologies.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer } from '../support/server.ts';

/** What a handshake sends, and the test's own questions. */
const HANDSHAKE =
  /^(auth|select|info|hello|acl|config|client|command|dbsize|ping|role|replconf|psync|publish|subscribe|cluster)\b/;

async function start(cleanup: Cleanup, url: string, env: Record<string, string> = {}) {
  const server = await startServer(cleanup, { RS_STORE: url, ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  return { server, client };
}

/** Checks that nothing is served, and that the start message, the log and the doctor say why. */
async function refusesFor(url: string, { server, client }: Started, why: RegExp, env = {}): Promise<void> {
  await refuses(client);
  const [greeting = '', log = ''] = [/^.*503 until they can: .*$/m, /^.*"level":"error".*$/m].map(
    (line) => line.exec(server.output())?.[0],
  );
  assert.match(greeting, why, `the start message: ${server.output()}`);
  assert.match(log, why, 'the log');
  const { code, stderr } = await doctor(url, env);
  assert.equal(code, 1);
  assert.match(stderr, why, 'the doctor');
}

type Started = { readonly server: ServerProcess; readonly client: Client };

async function refuses(client: Client): Promise<void> {
  const create = await client.send('PUT', '/shop/create/u1?ip=1.1.1.1');
  assert.deepEqual([create.status, create.json.name], [503, 'storeUnavailable']);
  assert.equal((await client.send('GET', '/readyz')).status, 503);
}

function doctor(url: string, env: Record<string, string>): Promise<{ code: number; stderr: string }> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, RS_STORE: url, ...env } };
    execFile(process.execPath, [MAIN, 'doctor'], options, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });
}

/** Checks that a server was sent nothing but handshakes. */
async function untouched({ admin }: RedisServer): Promise<void> {
  const called = (await commandsCalled(admin)).filter((command) => !HANDSHAKE.test(command));
  assert.deepEqual(called, [], 'nothing but the handshake reached it');
  assert.equal(await admin.dbsize(), 0);
}

const ready = (client: Client) => until(async () => (await client.send('GET', '/readyz')).status === 200);
const gone = (client: Client) => until(async () => (await client.send('GET', '/readyz')).status === 503);

test('N1: a database that Redis does not have is 503, said everywhere, and nothing lands in database 0 (kind: SELECT refused)', async (t) => {
  const redis = await startRedis(t, ['--databases', '1']);
  for (const [db, env] of [
    ['1', {}],
    ['99', { RS_REDIS_WAIT: '1' }],
  ] as const) {
    const url = `redis://127.0.0.1:${redis.port}/${db}`;
    await refusesFor(
      url,
      await start(t, url, env),
      new RegExp(`at 127.0.0.1:${redis.port} has no database ${db}\\b`),
      env,
    );
  }
  await untouched(redis);
});

test('N1: an account that may not SELECT is 503 until it may, without a restart (kind: SELECT refused by an ACL)', async (t) => {
  const redis = await startRedis(t);
  await redis.admin.call('ACL', 'SETUSER', 'joe', 'on', '>s3cret', '~*', '+@all', '-select');
  const url = `redis://joe:s3cret@127.0.0.1:${redis.port}/3`;
  const started = await start(t, url);
  await refusesFor(url, started, /this account may not SELECT at 127\.0\.0\.1:\d+, which database 3 needs/);
  await untouched(redis);
  await redis.admin.call('ACL', 'SETUSER', 'joe', '+select');
  await ready(started.client);
  await started.client.create('shop', 'u1');
  assert.match(await redis.admin.info('keyspace'), /^db3:keys=\d+/m);
  assert.doesNotMatch(await redis.admin.info('keyspace'), /^db0:/m);
});

test('N1: what a running server may no longer do is refused when it connects again (kind: the next connection lacks what the first one had)', async (t) => {
  const redis = await startRedis(t);
  const { admin } = redis;
  const account = (...rules: string[]) => admin.call('ACL', 'SETUSER', 'joe', ...rules);
  await account('on', '>s3cret', '~*', '+@all');
  const { client, server } = await start(t, `redis://joe:s3cret@127.0.0.1:${redis.port}/3`);
  await client.create('shop', 'u1');
  for (const [take, give] of [
    [['-select'], ['+select']],
    [
      ['resetpass', '>another'],
      ['resetpass', '>s3cret'],
    ],
    [['off'], ['on']],
  ] as const) {
    await account(...take);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await gone(client);
    await refuses(client);
    assert.equal(await admin.dbsize(), 0, 'database 0 stays empty');
    await account(...give);
    await ready(client);
    await client.create('shop', 'u2');
  }
  await until(() => server.output().includes('this account may not SELECT'), server.output);
  assert.equal(await admin.dbsize(), 0);
});

test('N1: a wrong password, no password, and one too many are 503 and said (kind: AUTH refused or missing)', async (t) => {
  const open = await startRedis(t);
  const closed = await startRedis(t, ['--requirepass', 's3cret'], { password: 's3cret' });
  for (const [redis, login, why] of [
    [closed, ':wrong@', /refuses the user or the password of RS_STORE/],
    [closed, 'nobody:s3cret@', /refuses the user or the password of RS_STORE/],
    [closed, '', /wants a password, and RS_STORE has none/],
    [open, ':s3cret@', /has no password, but RS_STORE has one/],
  ] as const) {
    const url = `redis://${login}127.0.0.1:${redis.port}/1`;
    await refusesFor(url, await start(t, url), why);
    await untouched(redis);
  }
});

test('N1: a password that Redis gets while the server runs is told at the next connection (kind: requirepass added)', async (t) => {
  const redis = await startRedis(t);
  const { client, server } = await start(t, `redis://127.0.0.1:${redis.port}`);
  await client.create('shop', 'u1');
  await redis.admin.config('SET', 'requirepass', 's3cret');
  await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await gone(client);
  await until(async () => /wants a password, and RS_STORE has none/.test(server.output()));
  await redis.admin.config('SET', 'requirepass', '');
  await ready(client);
});

test('N1: a node of a Cluster has no database but 0, and says so (kind: SELECT refused by a Cluster)', async (t) => {
  const node = await startRedis(t, ['--cluster-enabled', 'yes']);
  const url = `redis://127.0.0.1:${node.port}/2`;
  await refusesFor(url, await start(t, url), /is a node of a Cluster, which has database 0 only; use redis\+cluster/);
  await untouched(node);
});

test('N1: behind Sentinel the master that cannot give the database gets no command, nor does the one after a failover (kind: every master)', async (t) => {
  // A busy machine alone must not make another one the master.
  const trio = await startSentinel(t, 5000);
  const [missing, there] = [trio.url.replace(/0$/, '99'), trio.url.replace(/0$/, '7')];
  // Each attempt asks the Sentinels anew. One that a busy machine keeps from answering for half of the budget is the reason then.
  const slow = { RS_STORE_TIMEOUT: '10000' };
  await refusesFor(missing, await start(t, missing, slow), /has no database 99/, slow);
  for (const server of trio.servers) await untouched(server);
  const { client } = await start(t, there, slow);
  await client.create('shop', 'u1');
  const old = await trio.master();
  await until(async () => (await trio.servers[1]!.admin.info('keyspace')).includes('db7'));
  await until(async () => (await trio.servers[2]!.admin.info('keyspace')).includes('db7'));
  await old.end();
  await until(async () => (await trio.master()) !== old);
  await until(async () => (await client.send('PUT', '/shop/create/u2?ip=1.1.1.1')).status === 200);
  const master = await trio.master();
  assert.equal(await master.admin.dbsize(), 0, 'database 0 of the new master stays empty');
});

test('N1: behind Sentinel each attempt asks for the master, and says what is wrong with that one (kind: each attempt)', async (t) => {
  const { url } = await startSentinel(t, 5000);
  const whys: string[] = [];
  const address = readAddress(url.replace(/0$/, '99'))!;
  const connection = new Connection({
    ...{ address, tls: {}, timeout: 60_000 },
    onError: (error) => whys.push((error as Error).message),
  });
  t.after(() => connection.close());
  // More than one turn of the three Sentinels.
  await until(() => whys.length >= 9);
  assert.deepEqual(
    whys.filter((why) => !/has no database 99/.test(why)),
    [],
  );
});

test('N1: a node of a Cluster that refuses the account gets no command, and its slots are 503 (kind: every node)', async (t) => {
  const cluster = await startCluster(t);
  for (const { admin } of cluster.nodes) {
    await admin.call('ACL', 'SETUSER', 'joe', 'on', '>s3cret', '~*', '+@all');
  }
  const { client } = await start(t, cluster.url.replace('://', '://joe:s3cret@'));
  await ready(client);
  const [locked] = (await cluster.masters()) as [RedisServer];
  await locked.admin.call('ACL', 'SETUSER', 'joe', 'resetpass', '>another');
  await locked.admin.call('CLIENT', 'KILL', 'USER', 'joe');
  await locked.admin.config('RESETSTAT');
  const creates = Array.from({ length: 40 }, (_, i) => client.send('PUT', `/shop/create/u${i}?ip=1.1.1.1`));
  const statuses = new Set((await Promise.all(creates)).map(({ status }) => status));
  assert.ok(statuses.has(503), 'the slots of that node are 503');
  const called = (await commandsCalled(locked.admin)).filter((command) => /^eval|^z|^get|^set/.test(command));
  assert.deepEqual(called, [], 'no command reached it');
  await locked.admin.call('ACL', 'SETUSER', 'joe', 'resetpass', '>s3cret');
  await until(async () => {
    const again = Array.from({ length: 20 }, (_, i) => client.send('PUT', `/shop/create/u${i}?ip=1.1.1.1`));
    return (await Promise.all(again)).every(({ status }) => status === 200);
  });
});

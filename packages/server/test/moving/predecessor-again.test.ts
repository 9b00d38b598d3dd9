/** An import from redis-sessions that is interrupted, made again, made while both sides serve, and one that moves instead of copying. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { NOT_INSTALLED, type OldLibrary, oldLibrary } from '../support/old-library.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, MAIN, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const APP = 'forum';
const MANY = 20_000;
/** Visits of old servers while sessions move, and how many there are at once. */
const [MEANWHILE, WORKERS] = [4000, 8];

describe('an import from redis-sessions', { skip: NOT_INSTALLED }, () => {
  test('that was killed goes on where it was, takes each session once, and nothing when it is made again', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const old = oldLibrary(cleanup, 3, redis.port);
    const tokens = await createMany(old, MANY);
    const store = `lmdb:${temporaryFolder(cleanup)}`;
    const server = await startServer(cleanup, { RS_STORE: store });
    const client = new Client(server.url);
    const count = async () => (await client.send('GET', `/v1/apps/${APP}/sessions:count`)).json.sessions as number;

    let kills = 0;
    for (let reached = 0; kills < 3; kills++) {
      const run = startImport(cleanup, redis, store, kills === 0 ? [] : ['--continue']);
      const ended = once(run, 'close');
      await until(async () => run.exitCode !== null || (await count()) > reached + 3000);
      if (run.exitCode !== null) break;
      run.kill('SIGKILL');
      await ended;
      reached = await count();
    }
    assert.ok(kills > 0, 'it was killed while it worked');
    const last = await finish(redis, store, ['--continue']);
    assert.equal(await count(), MANY);
    assert.deepEqual(last.left, []);
    const again = await finish(redis, store, ['--continue']);
    assert.deepEqual([again.taken, again.present], [0, MANY]);
    for (const token of [tokens[0]!, tokens[MANY / 2]!, tokens.at(-1)!]) {
      assert.equal((await client.send('GET', `/${APP}/get/${token}`)).json.r, 1);
    }
  });

  test('is made once more, and takes what has gone on there; what has gone on here stays', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const old = oldLibrary(cleanup, 4, redis.port);
    const [there, here, both] = (await createMany(old, 3)) as [string, string, string];
    const store = `lmdb:${temporaryFolder(cleanup)}`;
    assert.equal((await finish(redis, store)).taken, 3);
    const server = await startServer(cleanup, { RS_STORE: store });
    const client = new Client(server.url);
    const get = async (token: string) => (await client.send('GET', `/${APP}/get/${token}`)).json;
    const set = async (token: string, d: object) => (await client.send('POST', `/${APP}/set/${token}`, d)).json;

    await old.set(APP, there, { at: 'there' });
    await set(here, { at: 'here' });
    await set(both, { at: 'here' });
    await old.get(APP, both);
    const refused = await runCommand(['import', from(redis)], { env: { RS_STORE: store } });
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /--continue/);
    const { taken, present } = await finish(redis, store, ['--continue']);
    assert.deepEqual([taken, present], [1, 2]);
    assert.equal((await get(there)).d.at, 'there');
    assert.equal((await get(here)).d.at, 'here');
    assert.equal((await get(both)).d.at, 'here');
  });

  test('with --remove leaves nothing there of what it took, and all of what it did not take', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const { admin } = redis;
    const old = oldLibrary(cleanup, 3, redis.port);
    const told: string[] = [];
    const listener = admin.duplicate();
    cleanup.after(() => listener.disconnect());
    listener.on('message', (_, message) => void told.push(message));
    await listener.subscribe('rs:cache');
    const tokens = await createMany(old, 500, 250);
    const broken = tokens.pop()!;
    await admin.hset(`rs:${APP}:${broken}`, 'd', 'broken');
    const store = `lmdb:${temporaryFolder(cleanup)}`;
    const dry = await finish(redis, store, ['--remove', '--dry-run']);
    assert.equal(dry.taken, tokens.length);
    const { taken } = await finish(redis, store, ['--remove']);
    assert.equal(taken, tokens.length);
    const user = await admin.hget(`rs:${APP}:${broken}`, 'id');
    assert.deepEqual(
      (await admin.keys('*')).sort(),
      ['rs:SESSIONS', `rs:${APP}:${broken}`, `rs:${APP}:_sessions`, `rs:${APP}:_users`, `rs:${APP}:us:${user}`].sort(),
    );
    assert.deepEqual(await admin.zrange(`rs:${APP}:_sessions`, '0', '-1'), [`${broken}:${user}`]);
    assert.deepEqual(await admin.zrange(`rs:${APP}:_users`, '0', '-1'), [user]);
    assert.deepEqual(await admin.zrange('rs:SESSIONS', '0', '-1'), [`${APP}:${broken}:${user}`]);
    await until(() => told.length === tokens.length, 'caches of old servers are told');
    await admin.flushall();
    assert.equal((await finish(redis, store, ['--remove', '--continue'])).taken, 0, 'nothing is left to go on with');
    const server = await startServer(cleanup, { RS_STORE: store });
    const client = new Client(server.url);
    for (const token of tokens.slice(0, 20)) {
      assert.equal(await old.get(APP, token), null);
      assert.equal((await client.send('GET', `/${APP}/get/${token}`)).status, 200);
    }
  });

  test('with --remove, while old servers set and kill: nobody is logged out, and nobody is brought back', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const old = oldLibrary(cleanup, 3, redis.port);
    const tokens = await createMany(old, 4000);
    const store = `redis://127.0.0.1:${redis.port}/1`;
    const run = startImport(cleanup, redis, store, ['--remove', '--json']);
    let output = '';
    run.stdout!.on('data', (chunk) => (output += chunk));
    const ended = once(run, 'close');
    const killed = new Set<string>();
    let written = 0;
    const work = async (offset: number) => {
      for (let i = offset; run.exitCode === null && i < MEANWHILE; i += WORKERS) {
        const token = tokens[(i * 7919) % tokens.length]!;
        if (i % 5 === 0) {
          if ((await old.kill(APP, token)) === 1) killed.add(token);
        } else if (!killed.has(token)) {
          if ((await old.set(APP, token, { n: i })) !== null) written++;
        }
      }
    };
    const here = new Redis({ port: redis.port, db: 1, protocol: 2 });
    cleanup.after(() => here.disconnect());
    await until(async () => run.exitCode !== null || (await here.dbsize()) > 10);
    await Promise.all(Array.from({ length: WORKERS }, (_, i) => work(i)));
    const [status] = await ended;
    assert.equal(status, 0, output);
    const server = await startServer(cleanup, { RS_STORE: store });
    const client = new Client(server.url);
    let revived = 0;
    let lost = 0;
    for (const token of tokens) {
      const { json } = await client.send('GET', `/${APP}/get/${token}`);
      if (killed.has(token) && json.id !== undefined) revived++;
      if (!killed.has(token) && json.id === undefined && (await old.get(APP, token)) === null) lost++;
    }
    t.diagnostic(`${killed.size} killed, ${written} written meanwhile: ${revived} revived, ${lost} lost`);
    assert.ok(killed.size > 0 && written > 0);
    assert.deepEqual({ revived, lost }, { revived: 0, lost: 0 });
  });
});

const from = ({ port }: RedisServer) => `--from=redis://127.0.0.1:${port}/0`;

/** Creates sessions of as many users, or of fewer; gives their tokens. */
async function createMany(old: OldLibrary, count: number, users = count): Promise<string[]> {
  const tokens: string[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const i = next++;
      tokens[i] = await old.create(APP, `user${i % users}`, { d: { n: i, name: `name of ${i}` } });
    }
  };
  await Promise.all(Array.from({ length: 200 }, work));
  return tokens;
}

function startImport(cleanup: Cleanup, redis: RedisServer, store: string, more: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [MAIN, 'import', from(redis), ...more], {
    env: { PATH: process.env.PATH, RS_STORE: store, RS_STORE_TIMEOUT: '30000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanup.after(() => child.kill('SIGKILL'));
  return child;
}

async function finish(redis: RedisServer, store: string, more: readonly string[] = []) {
  const ran = await runCommand(['import', from(redis), '--json', ...more], { env: { RS_STORE: store } });
  assert.equal(ran.status, 0, ran.stderr);
  return JSON.parse(ran.stdout);
}

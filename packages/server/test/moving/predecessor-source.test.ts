/** Where redis-sessions may be, and what is said where it is not: one sentence, exit code 2, and nothing was changed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { freePorts, startRedis } from '../support/redis.ts';
import { STEADY, startCluster, startSentinel } from '../support/redis-topologies.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../support/server.ts';

const APP = 'forum';
const token = (n: number) => `${'x'.repeat(50)}${String(n).padStart(5, '0')}Zmi000000`;
const fields = (id: string) => ({ id, r: 1, w: 1, ip: 'unknown', la: Math.floor(Date.now() / 1000), ttl: 7200 });

describe('a source that is none', () => {
  test('is told in one sentence, without its password', async (t) => {
    const cleanup = lastFirst(t);
    const [redis, locked] = [await startRedis(cleanup), await startRedis(cleanup)];
    await locked.admin.config('SET', 'requirepass', 'correct');
    const [nobody] = await freePorts(1);
    const stranger = createServer((socket) =>
      socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    ).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    cleanup.after(() => stranger.close());
    const { port: strange } = stranger.address() as { port: number };
    const at = (port: number, db = 0) => `redis://127.0.0.1:${port}/${db}`;
    const { admin } = redis;
    await admin.set('other:SESSIONS', 'text');
    await admin.zadd('drs:SESSIONS', 1, `${APP}:${token(1)}:joe`);
    await admin.zadd('drs:shop:_sessions', 1, `${token(1)}:joe`);
    await admin.hset(`cache:x:y`, 'a', 'b');
    await admin.select(1);
    await admin.hset(`{rs:${APP}:0a}:s`, 'a', 'b');
    await admin.select(0);

    const cases: [from: string, more: string[], said: RegExp][] = [
      [at(nobody!), [], /nothing listens at 127\.0\.0\.1:\d+/],
      [at(strange), [], /does not answer like Redis/],
      ['redis://:wrong@127.0.0.1:1', [], /cannot be read: .*127\.0\.0\.1:1/],
      [`redis://:wrong@127.0.0.1:${locked.port}/0`, [], /refuses the user or the password of its URL/],
      [at(locked.port), [], /wants a password, and its URL has none that it takes/],
      [at(redis.port, 99), [], /has no database 99/],
      [
        at(redis.port),
        [],
        /no sessions of redis-sessions in the namespace rs; those that it has are in drs, other \(--namespace\)/,
      ],
      [at(redis.port), ['--namespace=other'], /has a string at other:SESSIONS, .* its layout is another one/],
      [at(redis.port), ['--namespace=cache'], /no sessions of redis-sessions in the namespace cache/],
      [at(redis.port, 1), [], /but sessions of rest-sessions 3: they are moved by rest-sessions copy/],
      [at(redis.port, 2), [], /has no sessions of redis-sessions in the namespace rs/],
      [at(redis.port), ['--namespace=drs', '--app=forum'], /for the app forum; those of shop are there/],
      ['predecessor:localhost', [], /is no URL of a Redis/],
      [`redis+cluster://127.0.0.1:${redis.port}`, [], /is not a Cluster/],
      [`rediss://127.0.0.1:${redis.port}`, [], /does not speak TLS|closed the connection/],
    ];
    for (const [from, more, said] of cases) {
      const store = `lmdb:${temporaryFolder(cleanup)}`;
      const ran = await runCommand(['import', ...more], { env: { RS_STORE: store, RS_IMPORT_FROM: from } });
      assert.equal(ran.status, 2, `${from}: ${ran.stderr}`);
      assert.match(ran.stderr, said);
      assert.equal(ran.stderr.trimEnd().split('\n').length, 1, ran.stderr);
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes('wrong@'), ran.stderr);
    }
  });
});

describe('redis-sessions in a larger Redis', () => {
  test('behind Sentinels', async (t) => {
    const cleanup = lastFirst(t);
    const trio = await startSentinel(cleanup, STEADY);
    const { admin } = await trio.master();
    for (const n of [1, 2, 3]) await admin.hset(`rs:${APP}:${token(n)}`, fields(`user${n}`));
    assert.deepEqual(await take(cleanup, trio.url), { taken: 3, left: [] });
  });

  test('in a Cluster: every node is walked through; --remove where all keys are in one slot', async (t) => {
    const cleanup = lastFirst(t);
    const cluster = await startCluster(cleanup, STEADY);
    const [first] = await cluster.masters();
    const { Cluster } = await import('ioredis');
    const admin = new Cluster([{ host: '127.0.0.1', port: first!.port }]);
    cleanup.after(() => admin.disconnect());
    for (let n = 0; n < 200; n++) await admin.hset(`rs:${APP}:${token(n)}`, fields(`user${n}`));
    await admin.zadd(`rs:${APP}:_sessions`, 1, `${token(900)}:gone`, 1, `${token(1)}:user1`);
    const { taken, left } = await take(cleanup, cluster.url);
    assert.deepEqual([taken, left.map(({ reason, count }) => [reason, count])], [200, [['gone', 1]]]);

    const apart = await run(cleanup, cluster.url, '--remove');
    assert.equal(apart.status, 2);
    assert.match(apart.stderr, /--remove .* Cluster .* nothing was changed/);

    for (let n = 0; n < 20; n++) await admin.hset(`{one}:${APP}:${token(n)}`, fields(`user${n}`));
    const moved = await run(cleanup, cluster.url, '--namespace={one}', '--remove');
    assert.equal(JSON.parse(moved.stdout).taken, 20);
    const isThere = (n: number) => admin.exists(`{one}:${APP}:${token(n)}`);
    assert.deepEqual(await Promise.all(Array.from({ length: 20 }, (_, n) => isThere(n))), Array(20).fill(0));
  });
});

async function take(
  cleanup: Cleanup,
  url: string,
): Promise<{ taken: number; left: { reason: string; count: number }[] }> {
  const { status, stdout, stderr } = await run(cleanup, url);
  assert.equal(status, 0, stderr);
  const { taken, left } = JSON.parse(stdout);
  return { taken, left };
}

function run(cleanup: Cleanup, url: string, ...more: string[]) {
  return runCommand(['import', `--from=${url}`, '--json', ...more], {
    env: { RS_STORE: `lmdb:${temporaryFolder(cleanup)}` },
  });
}

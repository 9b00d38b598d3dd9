/** What redis-sessions has left in its Redis beside sessions: each kind is counted and told, with an example, never with a token. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newSessionId, newToken } from '../../src/core/token.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { NOT_INSTALLED, oldLibrary } from '../support/old-library.ts';
import { startRedis } from '../support/redis.ts';
import { lastFirst, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const APP = 'forum';
const NAMESPACE = 'my.rs:of[1]*';
/** Of the form that redis-sessions makes. */
const token = (n: number) => `${'x'.repeat(50)}${String(n).padStart(5, '0')}Zmi000000`;

describe('what is not taken from redis-sessions', { skip: NOT_INSTALLED }, () => {
  test('is counted by reason, with an example that is no token, the same in a dry run, which changes nothing', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const { admin } = redis;
    const old = oldLibrary(cleanup, 3, redis.port, NAMESPACE);
    const key = (app: string, name: string) => `${NAMESPACE}:${app}:${name}`;
    const tokens: string[] = [];
    const create = async (id: string, app = APP) => {
      tokens.push(await old.create(app, id, { d: { a: 1 } }));
      return tokens.at(-1)!;
    };
    const now = Math.floor(Date.now() / 1000);

    // Taken: also what has no index, more data than a policy allows by itself, a user id that only v1 can name.
    const kept = [await create('joe'), await create('y'.repeat(255)), await create('unindexed'), await create('much')];
    for (const index of [`${APP}:_sessions`, `${APP}:us:unindexed`, `${APP}:_users`, 'SESSIONS']) {
      const member = { SESSIONS: `${APP}:${kept[2]}:unindexed`, [`${APP}:_sessions`]: `${kept[2]}:unindexed` }[index];
      if (member === undefined) await admin.del(`${NAMESPACE}:${index}`);
      else await admin.zrem(`${NAMESPACE}:${index}`, member);
    }
    await admin.hset(key(APP, kept[3]!), 'd', JSON.stringify({ text: 'z'.repeat(100 * 1024) }));

    // Its wipe takes an id for a shorter one, so the index goes on to count a session that is gone.
    const gone = await create('gone:joe');
    await admin.zadd(`${NAMESPACE}:SESSIONS`, now - 1, `${APP}:${gone}:gone:joe`);
    await old.wipe();
    await until(async () => (await admin.exists(key(APP, gone))) === 0);
    assert.ok((await admin.zscore(key(APP, '_sessions'), `${gone}:gone:joe`)) !== null);
    // A get that met a kill.
    const ghost = await create('ghost');
    await old.kill(APP, ghost);
    await admin.hincrby(key(APP, ghost), 'r', 1);
    await admin.hset(key(APP, await create('expired')), 'la', now - 7201);
    await admin.set(key(APP, token(1)), 'text');
    await admin.lpush(key(APP, token(2)), 'a', 'b');
    await admin.hset(key(APP, await create('bad json')), 'd', '{"a":');
    await admin.hset(key(APP, await create('array')), 'd', '[1]');
    await admin.hset(key(APP, await create('half a pair')), 'd', '{"a":"\\ud83d"}');
    await admin.hset(key(APP, await create('no ttl')), 'ttl', 'abc');
    await admin.hset(key(APP, await create('no utf8')), 'd', Buffer.from([0x7b, 0xff, 0x7d]));
    await admin.hset(key(APP, await create('huge')), 'd', JSON.stringify({ text: 'z'.repeat(4_194_305) }));
    await create('w'.repeat(256));
    await admin.hset(key(APP, await create('line')), 'id', 'line\nbreak');
    await admin.hset(key(APP, await create('long ip')), 'ip', 'i'.repeat(65));
    await create('secret', '_private');
    const fields = { id: 'odd', r: 1, w: 1, ip: 'unknown', la: now, ttl: 7200 };
    await admin.hset(key(APP, 'short'), fields);
    await admin.hset(key('dotted.app', token(3)), fields);
    await admin.hset(key('inner:forum', token(4)), fields);
    // Of nobody's business: another namespace beside, and ours.
    await admin.hset(`my.rs:of1x:${APP}:${token(5)}`, fields);
    await admin.set(`${NAMESPACE}:format`, '3');

    const before = await admin.dbsize();
    const store = `lmdb:${temporaryFolder(cleanup)}`;
    const run = async (...more: string[]) => {
      const words = ['import', `--from=predecessor:redis://127.0.0.1:${redis.port}/0`, `--namespace=${NAMESPACE}`];
      const ran = await runCommand([...words, ...more], { env: { RS_STORE: store } });
      assert.equal(ran.status, 0, ran.stderr);
      const said = ran.stdout + ran.stderr;
      for (const secret of [...tokens, ...[1, 2, 3, 4, 5].map(token)]) assert.ok(!said.includes(secret));
      return ran;
    };
    const wanted = {
      taken: kept.length,
      present: 0,
      left: [
        { reason: 'data_too_large', count: 1, example: 'huge' },
        { reason: 'expired', count: 1, example: 'expired' },
        { reason: 'ghost', count: 1, example: APP },
        { reason: 'gone', count: 1, example: 'gone:joe' },
        { reason: 'invalid_app', count: 3 },
        { reason: 'invalid_data', count: 3 },
        { reason: 'invalid_member', count: 1, example: 'long ip' },
        { reason: 'invalid_subject', count: 2 },
        { reason: 'invalid_token', count: 1, example: 'odd' },
        { reason: 'unreadable', count: 2 },
        { reason: 'wrong_type', count: 2, example: APP },
      ],
    };
    const asWanted = (text: string) => {
      const { taken, present, left } = JSON.parse(text);
      // Which of several comes first is up to Redis.
      const known = left.map((entry: { count: number; example: string; reason: string }) => {
        assert.ok(entry.example.length > 0 && !entry.example.includes('\n'));
        const { example, ...rest } = entry;
        return entry.count === 1 || entry.reason === 'wrong_type' ? entry : rest;
      });
      known.sort((a: { reason: string }, b: { reason: string }) => (a.reason < b.reason ? -1 : 1));
      assert.deepEqual({ taken, present, left: known }, wanted);
    };
    asWanted((await run('--dry-run', '--json')).stdout);
    asWanted((await run('--json')).stdout);
    assert.equal(await admin.dbsize(), before, 'nothing is changed where it comes from');

    const server = await startServer(cleanup, { RS_STORE: store });
    const client = new Client(server.url);
    for (const kind of kept) assert.equal((await client.send('GET', `/${APP}/get/${kind}`)).json.ip, '10.0.0.1');
    await server.end();

    const again = await run('--continue', '--json');
    assert.deepEqual([JSON.parse(again.stdout).taken, JSON.parse(again.stdout).present], [0, kept.length]);
    const words = (await run('--continue')).stdout;
    assert.match(words, /^3 had an app whose name is not allowed here, for example \S+$/m);
    assert.match(words, /^1 were counted by an index, and the sessions themselves were gone, for example gone:joe$/m);
  });

  test('--app takes one app, and nothing is told of the others', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const old = oldLibrary(cleanup, 4, redis.port);
    for (const app of ['forum', 'forum2', 'shop', '_private']) await old.create(app, 'joe');
    const from = `--from=redis://127.0.0.1:${redis.port}/0`;
    const store = `lmdb:${temporaryFolder(cleanup)}`;
    const { stdout } = await runCommand(['import', from, '--app=forum', '--json'], { env: { RS_STORE: store } });
    const { taken, left } = JSON.parse(stdout);
    assert.deepEqual([taken, left], [1, []]);
  });

  test('a token that begins like one of ours is taken and opens its session', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const own = newToken(newSessionId('somebody else'), 'classic').token;
    const like = `${own.slice(0, 20)}${'A'.repeat(35)}Zmi000000`;
    assert.equal(like.length, 64);
    const now = Math.floor(Date.now() / 1000);
    await redis.admin.hset(`rs:${APP}:${like}`, { id: 'joe', r: 1, w: 1, ip: 'unknown', la: now, ttl: 7200 });
    const from = `--from=redis://127.0.0.1:${redis.port}/0`;
    const store = `redis://127.0.0.1:${redis.port}/1`;
    const { stdout } = await runCommand(['import', from, '--json'], { env: { RS_STORE: store } });
    assert.equal(JSON.parse(stdout).taken, 1);
    const server = await startServer(cleanup, { RS_STORE: store });
    const client = new Client(server.url);
    assert.equal((await client.send('GET', `/${APP}/get/${like}`)).json.id, 'joe');
    assert.equal((await client.send('GET', `/${APP}/soid/joe`)).json.sessions.length, 1);
    assert.deepEqual((await client.send('DELETE', `/${APP}/killsoid/joe`)).json, { kill: 1 });
    assert.deepEqual((await client.send('GET', `/${APP}/get/${like}`)).json, {});
  });
});

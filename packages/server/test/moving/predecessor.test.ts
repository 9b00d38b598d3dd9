/** Sessions that the real redis-sessions 2, 3 and 4 wrote, imported by the command, and asked for through the classic routes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { NOT_INSTALLED, oldLibrary, type Told, VERSIONS } from '../support/old-library.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { lastFirst, startServer, temporaryFolder } from '../support/server.ts';

const APP = 'forum';
const USERS = ['joe', 'ann:marie', 'a.b@example.org', 'Zoë 😀', 'x'.repeat(200), '../..', '%2e', "o'neil"];
const DATA = {
  name: 'Zoë',
  n: 1.5,
  big: 2 ** 60,
  yes: true,
  empty: '',
  '2': 'key of digits',
  text: 'a "quoted" \\ line\nwith breaks',
};

describe('what redis-sessions wrote', { skip: NOT_INSTALLED }, () => {
  for (const version of VERSIONS) {
    test(`${version}.x: every session gets the same answers here, and lists and activity are the same`, async (t) => {
      const cleanup = lastFirst(t);
      const redis = await startRedis(cleanup);
      const old = oldLibrary(cleanup, version, redis.port);
      const tokens: string[] = [];
      for (const [i, id] of USERS.entries()) {
        tokens.push(await old.create(APP, id, { ip: `192.0.2.${i}`, ttl: 600 + i, d: DATA }));
        tokens.push(await old.create(APP, id, { ip: 'unknown' }));
      }
      await old.create('another', 'joe');
      for (const token of tokens.slice(0, 6)) await old.get(APP, token);
      for (const token of tokens.slice(2, 5)) await old.set(APP, token, { n: null, more: 'yes' });
      await old.kill(APP, tokens.pop()!);
      for (const [i, token] of tokens.entries()) await idleFor(redis, token, i * 7);

      const store = `lmdb:${temporaryFolder(cleanup)}`;
      const summary = await imported(redis, store);
      assert.deepEqual([summary.taken, summary.present, summary.left], [tokens.length + 1, 0, []]);

      const server = await startServer(cleanup, { RS_STORE: store });
      const client = new Client(server.url);
      for (const id of USERS.filter((user) => user.length <= 128)) {
        const list = await client.send('GET', `/${APP}/soid/${encodeURIComponent(id)}`);
        assertSame(list.json.sessions, await old.soid(APP, id));
      }
      assertSame((await client.send('GET', `/${APP}/soapp?dt=10000`)).json.sessions, await old.soapp(APP, 10_000));
      assert.equal(
        (await client.send('GET', `/${APP}/activity?dt=10000`)).json.activity,
        await old.activity(APP, 10_000),
      );
      for (const token of tokens) {
        // From the second time on each side counts from its own read of before, which ours came to a little later.
        let later = 0;
        for (const _ of [1, 2]) {
          const before = Math.floor(Date.now() / 1000);
          const wanted = (await old.get(APP, token))!;
          const { text, json } = await client.send('GET', `/${APP}/get/${token}`);
          const passed = Math.floor(Date.now() / 1000) - before;
          assert.ok(
            json.idle >= wanted.idle - later && json.idle <= wanted.idle + passed,
            `${json.idle}, ${wanted.idle}`,
          );
          later = passed + 1;
          assert.equal(text, JSON.stringify({ ...wanted, idle: json.idle }));
        }
      }
      const [first] = tokens;
      const set = await client.send('POST', `/${APP}/set/${first}`, { n: null, more: 1 });
      const wanted = (await old.set(APP, first!, { n: null, more: 1 }))!;
      assert.equal(set.text, JSON.stringify({ ...wanted, idle: set.json.idle }));
      assert.deepEqual((await client.send('DELETE', `/${APP}/kill/${first}`)).json, { kill: 1 });
      assert.deepEqual((await client.send('GET', `/${APP}/get/${first}`)).json, {});
    });

    test(`${version}.x: a session that use does not lengthen ends here when it would have ended there`, async (t) => {
      const cleanup = lastFirst(t);
      const redis = await startRedis(cleanup);
      const old = oldLibrary(cleanup, version, redis.port);
      const token = await old.create(APP, 'joe', { ttl: 600, no_resave: true });
      await idleFor(redis, token, 100);
      const { ttl } = (await old.get(APP, token))!;
      assert.ok(ttl === 500 || ttl === 499, `${ttl}`);
      const [la, left] = await redis.admin.hmget(`rs:${APP}:${token}`, 'la', 'ttl');

      const store = `lmdb:${temporaryFolder(cleanup)}`;
      assert.equal((await imported(redis, store)).taken, 1);
      const server = await startServer(cleanup, { RS_STORE: store });
      const client = new Client(server.url);
      const { json } = await client.send('GET', `/v1/apps/${APP}/session`, undefined, { 'Session-Token': token });
      assert.equal(Date.parse(json.absoluteExpiresAt) / 1000, Number(la) + Number(left));
      const classic = await client.send('GET', `/${APP}/get/${token}`);
      const wanted = (await old.get(APP, token))!;
      const { ttl: rest, idle } = classic.json;
      assert.ok(rest <= Number(left) && rest >= wanted.ttl - 1, `${rest}, ${left}, ${wanted.ttl}`);
      assert.equal(classic.text, JSON.stringify({ ...wanted, r: classic.json.r, ttl: rest, idle }));
      assert.equal(classic.json.no_resave, true);
    });
  }

  test('instants: made when its token says, seen last when the library says', async (t) => {
    const cleanup = lastFirst(t);
    const redis = await startRedis(cleanup);
    const old = oldLibrary(cleanup, 3, redis.port);
    const before = Date.now();
    const token = await old.create(APP, 'joe');
    const after = Date.now();
    // As if it were used in a minute.
    const seen = Math.floor(after / 1000) + 60;
    await redis.admin.hset(`rs:${APP}:${token}`, 'la', `${seen}`);
    const store = `lmdb:${temporaryFolder(cleanup)}`;
    await imported(redis, store);
    const server = await startServer(cleanup, { RS_STORE: store });
    const list = await new Client(server.url).send('GET', `/v1/apps/${APP}/sessions`);
    const [session] = list.json.sessions;
    assert.ok(Date.parse(session.createdAt) >= before && Date.parse(session.createdAt) <= after, session.createdAt);
    assert.equal(session.authenticatedAt, session.createdAt);
    assert.equal(Date.parse(session.lastSeenAt), seen * 1000);
    assert.equal(Date.parse(session.expiresAt), (seen + 7200) * 1000);
    assert.equal(session.absoluteExpiresAt, null);
  });
});

/** Lets a session look as if it was used so many seconds ago. */
async function idleFor({ admin }: RedisServer, token: string, seconds: number): Promise<void> {
  const la = Number(await admin.hget(`rs:${APP}:${token}`, 'la')) - seconds;
  await admin.hset(`rs:${APP}:${token}`, 'la', String(la));
  for (const entry of await admin.zrange(`rs:${APP}:_sessions`, '0', '-1')) {
    if (entry.startsWith(token)) await admin.zadd(`rs:${APP}:_sessions`, la, entry);
  }
}

async function imported({ port }: RedisServer, store: string) {
  const { status, stdout, stderr } = await runCommand(['import', `--from=redis://127.0.0.1:${port}/0`, '--json'], {
    env: { RS_STORE: store },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

/** The same sessions, in whatever order; a second may have passed between the two answers. */
function assertSame(ours: readonly Told[], theirs: readonly Told[]): void {
  const key = (session: Told) => JSON.stringify({ ...session, idle: undefined });
  const sorted = (sessions: readonly Told[]) => [...sessions].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  assert.deepEqual(sorted(ours).map(key), sorted(theirs).map(key));
  const idle = (sessions: readonly Told[]) => sorted(sessions).map((session) => session.idle);
  for (const [i, seconds] of idle(theirs).entries()) assert.ok(Math.abs(idle(ours)[i]! - seconds) <= 30);
}

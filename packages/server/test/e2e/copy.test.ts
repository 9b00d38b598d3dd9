/** `rest-sessions copy` as an operator uses it: real stores, real servers with visitors, a kill in the middle, the cut-over. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { openStore } from '../../src/stores/open-store.ts';
import { make } from '../conformance/harness.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { PATIENT, startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, MAIN, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const APP = 'shop';

/** Puts sessions into a store and gives their tokens. */
async function fill(url: string, count: number): Promise<string[]> {
  const { store } = await openStore(url, {
    namespace: 'drs',
    clock: Date.now,
    timeout: 30_000,
    redis: { wait: 0 },
    onError: (error) => {
      throw error;
    },
  });
  const now = Date.now();
  const tokens: string[] = [];
  for (let i = 0; i < count; i += 1000) {
    const some = Array.from({ length: Math.min(1000, count - i) }, (_, n) =>
      make({ subject: `u${i + n}`, createdAt: now, data: `{"n":${i + n}}` }),
    );
    await Promise.all(some.map((made) => store.install(made, false, now)));
    tokens.push(...some.map(({ token }) => token));
  }
  await store.close();
  return tokens;
}

/** Visitors of a server, until they are told to stop. They know which tokens must open a session, and which must not. */
function visitors(client: Client, prefilled: readonly string[]) {
  const living = new Set(prefilled);
  const ended = new Set<string>();
  let done = 0;
  let stopping = false;
  const one = async (own: number) => {
    const mine = prefilled.filter((_, i) => i % 4 === own);
    for (let i = 0; !stopping; i++) {
      const token = await client.create(APP, `live${own}.${i}`, { i });
      living.add(token);
      const older = mine[i % mine.length]!;
      if (living.has(older)) await client.send('POST', `/${APP}/set/${older}`, { i });
      const over = mine[(i * 7 + 3) % mine.length]!;
      if (i % 3 === 0 && living.delete(over)) {
        await client.send('DELETE', `/${APP}/kill/${over}`);
        ended.add(over);
      }
      const rotating = mine[(i * 11 + 5) % mine.length]!;
      if (i % 5 === 0 && living.delete(rotating)) {
        const { json } = await client.send('POST', `/v1/apps/${APP}/session/rotate`, { grace: 0 }, bearer(rotating));
        if (typeof json?.token === 'string') living.add(json.token);
        ended.add(rotating);
      }
      done++;
    }
  };
  const all = Promise.all([0, 1, 2, 3].map(one));
  return {
    living,
    ended,
    done: () => done,
    stop: async () => {
      stopping = true;
      await all;
    },
  };
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}`, 'Session-Token': token });

async function opens(client: Client, tokens: Iterable<string>): Promise<number> {
  let found = 0;
  const queue = [...tokens].values();
  const worker = async () => {
    for (const token of queue) if ((await client.send('GET', `/${APP}/get/${token}`)).text !== '{}') found++;
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return found;
}

async function stores(t: Cleanup) {
  const redis = await startRedis(t);
  const folder = temporaryFolder(t);
  return {
    folder,
    lmdb: `lmdb:${join(folder, 'data')}`,
    redis: `redis://127.0.0.1:${redis.port}/0`,
    admin: redis.admin,
  };
}

const copy = (from: string, to: string, ...more: string[]) => runCommand(['copy', '--from', from, '--to', to, ...more]);

describe('copy', () => {
  for (const [from, to] of [
    ['lmdb', 'redis'],
    ['redis', 'lmdb'],
  ] as const) {
    test(`from ${from} to ${to} while visitors come: killed in the middle, gone on with, cut over: nobody is logged out, nobody comes back`, async (t) => {
      const cleanup = lastFirst(t);
      const all = await stores(cleanup);
      const prefilled = await fill(all[from], 3000);
      const server = await startServer(cleanup, { RS_STORE: all[from], ...PATIENT });
      const client = new Client(server.url);
      cleanup.after(() => client.close());
      const visits = visitors(client, prefilled);
      const args = ['copy', '--from', all[from], '--to', all[to]];
      const first = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH }, stdio: 'ignore' });
      const over = once(first, 'close');
      // Killed once it has brought something.
      await until(async () => {
        if (first.exitCode !== null) return true;
        if (to === 'redis') return (await all.admin.dbsize()) > 20;
        return existsSync(join(all.folder, 'data', 'data.mdb'));
      });
      first.kill('SIGKILL');
      await over;
      const refused = await copy(all[from], all[to]);
      if (refused.status === 2) assert.match(refused.stderr, /already has sessions of the app shop; with --continue/);
      const second = await copy(all[from], all[to], '--continue');
      assert.equal(second.status, 0, second.stderr);
      const before = visits.done();
      await until(() => visits.done() > before + 40);
      await visits.stop();
      await server.end('SIGTERM');
      const last = await copy(all[from], all[to], '--continue', '--json');
      assert.equal(last.status, 0, last.stderr);
      const told = JSON.parse(last.stdout);
      assert.deepEqual(
        [told.last.brought, told.last.updated, told.last.ended, told.all.left, told.all.others],
        [0, 0, 0, 0, 0],
      );
      assert.equal(told.last.same, visits.living.size);
      const next = await startServer(cleanup, { RS_STORE: all[to], ...PATIENT });
      const there = new Client(next.url);
      cleanup.after(() => there.close());
      assert.ok(visits.ended.size > 20);
      assert.equal(await opens(there, visits.living), visits.living.size, 'logged out');
      assert.equal(await opens(there, visits.ended), 0, 'back');
      await next.end('SIGTERM');
      const audit = await runCommand(['doctor', '--json'], { env: { RS_STORE: all[to], ...PATIENT } });
      assert.deepEqual(
        JSON.parse(audit.stdout).findings.filter(({ kind }: { kind: string }) => kind === 'fault'),
        [],
      );
    });
  }

  test('says in one sentence what is wrong, and changes nothing', async (t) => {
    const cleanup = lastFirst(t);
    const { lmdb, redis, folder, admin } = await stores(cleanup);
    await fill(lmdb, 10);
    const alias = join(folder, 'alias');
    symlinkSync(lmdb.slice('lmdb:'.length), alias);
    const replica = await startRedis(cleanup);
    await replica.admin.replicaof('127.0.0.1', new URL(redis).port);
    const said = async (...args: string[]) => {
      const { status, stderr, stdout } = await runCommand(['copy', ...args]);
      assert.equal(stdout, '');
      assert.equal(
        stderr
          .trim()
          .split('\n')
          .filter((line) => !line.startsWith('Try:')).length,
        1,
        stderr,
      );
      return [status, stderr.replace(/^rest-sessions: /, '').split('\n')[0]!] as const;
    };
    const wrong: [string[], number, RegExp][] = [
      [['--to', redis], 2, /copy needs --from STORE/],
      [['--from', lmdb], 2, /copy needs --to STORE/],
      [['--from', lmdb, '--to', lmdb], 2, /name the same store/],
      // Opened twice, a file of LMDB loses its locks; and a Redis that is compared with itself is always the same.
      [['--from', lmdb, '--to', `lmdb:${alias}`, '--continue'], 2, /name the same store/],
      [['--from', redis, '--to', redis.replace('127.0.0.1', 'localhost'), '--continue'], 2, /name the same store/],
      [['--from', redis, '--to', redis.replace(/\/0$/, ''), '--dry-run'], 2, /name the same store/],
      [
        ['--from', lmdb, '--to', `redis://127.0.0.1:${replica.port}/0`],
        1,
        /(read-only|READONLY|replica).*; nothing was changed$/,
      ],
      [['--from', lmdb, '--to', 'memory:'], 2, /in memory/],
      [['--from', lmdb, '--to', 'redis://me:secret@127.0.0.1:1'], 2, /has a password/],
      [['--from', `lmdb:${join(folder, 'none')}`, '--to', redis], 1, /no store in .*; nothing was changed$/],
      [['--from', lmdb, '--to', redis, '--app', 'no such app!'], 2, /app/],
      [['--from', lmdb, '--to', 'redis://127.0.0.1:1/0'], 1, /127\.0\.0\.1:1/],
      [['--from', 'redis://127.0.0.1:1/0', '--to', lmdb], 1, /127\.0\.0\.1:1/],
    ];
    for (const [args, code, words] of wrong) {
      const [status, sentence] = await said(...args);
      assert.match(sentence, words);
      assert.equal(status, code, sentence);
      assert.doesNotMatch(sentence, /secret/);
    }
    assert.equal(existsSync(join(folder, 'none')), false);
    assert.equal(await admin.dbsize(), 0);
  });

  test('a dry run makes no store; a target with sessions is refused; its own sessions stay', async (t) => {
    const cleanup = lastFirst(t);
    const { lmdb, folder } = await stores(cleanup);
    const target = `lmdb:${join(folder, 'target')}`;
    await fill(lmdb, 30);
    const dry = await copy(lmdb, target, '--dry-run');
    assert.match(dry.stdout, /30 sessions would be brought/);
    assert.equal(existsSync(join(folder, 'target')), false);
    const own = await fill(target, 1);
    const refused = await copy(lmdb, target);
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    const whole = await copy(lmdb, target, '--continue');
    assert.equal(whole.status, 0, whole.stderr);
    assert.match(whole.stdout, /30 sessions brought[\s\S]*1 are at the target alone[\s\S]*nothing differs/);
    const store = new LmdbStore({ path: join(folder, 'target'), namespace: 'drs', onError: () => {} });
    cleanup.after(() => store.close());
    assert.equal((await store.count(APP, 0, Date.now())).sessions, 31);
    assert.equal(own.length, 1);
  });

  test('an emptied source ends nobody at the target until it is said that it is right, and one without sessions is warned about', async (t) => {
    const cleanup = lastFirst(t);
    const { lmdb, redis, admin } = await stores(cleanup);
    await fill(redis, 7);
    assert.equal((await copy(redis, lmdb)).status, 0);
    await admin.flushdb();
    for (const more of [[], ['--dry-run']]) {
      const refused = await copy(redis, lmdb, '--continue', ...more);
      assert.deepEqual([refused.status, refused.stdout], [1, '']);
      assert.match(refused.stderr, /lost 7 of 7 sessions of the app shop .*--ended$/m);
      assert.doesNotMatch(refused.stderr, /goes on from here/);
    }
    const right = await copy(redis, lmdb, '--continue', '--ended');
    assert.equal(right.status, 0, right.stderr);
    assert.match(right.stdout, /7 ended because they ended at the source/);
    assert.match(right.stderr, /has no sessions: look whether it is the right store/);
  });

  test('an app that is not there is exit 3, as with export and import, and makes no store', async (t) => {
    const cleanup = lastFirst(t);
    const { lmdb, folder } = await stores(cleanup);
    await fill(lmdb, 3);
    const [target, file] = [`lmdb:${join(folder, 'target')}`, join(folder, 'sessions.ndjson')];
    const commands = [
      ['copy', '--from', lmdb, '--to', target, '--app', 'shopp'],
      ['export', '--store', lmdb, '--output', join(folder, 'none'), '--app', 'shopp'],
    ];
    for (const words of commands) {
      const { status, stdout, stderr } = await runCommand(words);
      assert.deepEqual([status, stdout], [3, ''], stderr);
      assert.match(stderr, /there is no session of the app shopp in /);
    }
    assert.deepEqual([existsSync(join(folder, 'target')), existsSync(join(folder, 'none'))], [false, false]);
    assert.equal((await runCommand(['export', '--store', lmdb, '--output', file, '--app', APP])).status, 0);
    const importing = ['import', '--store', target, '--from', `ndjson:${file}`, '--app'];
    const imported = await runCommand([...importing, 'shopp']);
    assert.equal(imported.status, 3);
    assert.match(imported.stdout, /^0 sessions taken/);
    assert.match(imported.stderr, /there is no session of the app shopp in /);
    assert.equal((await runCommand([...importing, APP])).status, 0);
    // What was brought and is there is no missing app, and an earlier copy knows of one that is gone.
    assert.equal((await copy(lmdb, target, '--continue', '--app', APP)).status, 0);
  });
});

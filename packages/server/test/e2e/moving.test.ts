/** Import and export as an operator uses them: the built command, on real stores, with real servers beside it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Checkpoint } from '../../src/moving/checkpoint.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { Client } from '../support/client.ts';
import { eventually } from '../support/folder.ts';
import { exported, installAll, sessionLines, stored } from '../support/moving.ts';
import { startRedis } from '../support/redis.ts';
import { dumpRedis, linesOf } from '../support/redis-dump.ts';
import { type Cleanup, MAIN, startServer, temporaryFolder } from '../support/server.ts';

const PATIENT = { RS_STORE_TIMEOUT: '60000' };

/** Runs a command on a store. */
function run(store: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, RS_STORE: store, ...PATIENT },
    encoding: 'utf8',
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

/** An export with this many sessions, as a file. */
async function exportedFile(t: Cleanup, sessions: number): Promise<{ file: string; text: string; folder: string }> {
  const folder = temporaryFolder(t);
  const store = new MemoryStore();
  const now = Date.now();
  const records = Array.from({ length: sessions }, (_, i) => stored(now, { subject: `user${i}`, data: `{"i":${i}}` }));
  await installAll(store, records, now);
  const text = await exported(store, now);
  const file = join(folder, 'sessions.ndjson');
  writeFileSync(file, text);
  return { file, text, folder };
}

function linesIn(store: string): string[] {
  const { status, stdout, stderr } = run(store, 'export');
  assert.equal(status, 0, stderr);
  return sessionLines(stdout);
}

describe('export and import by the command', () => {
  test('beside servers that run: each token goes on, from the embedded store to Redis and back', async (t) => {
    const folder = temporaryFolder(t);
    const first = await startServer(t, { RS_STORE: `lmdb:${join(folder, 'one')}` });
    const client = new Client(first.url);
    t.after(() => client.close());
    const tokens: string[] = [];
    for (let i = 0; i < 20; i++) tokens.push(await client.create('shop', `user${i % 5}`));
    const file = join(folder, 'sessions.ndjson');
    const out = run(`lmdb:${join(folder, 'one')}`, 'export', '--output', file);
    assert.deepEqual([out.status, out.stderr], [0, '']);
    assert.match(out.stdout, /: 20 sessions exported from lmdb:/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder).sort(), ['one', 'sessions.ndjson'], 'nothing is left beside it');
    const { port } = await startRedis(t);
    const redis = `redis://127.0.0.1:${port}/0`;
    const second = await startServer(t, { RS_STORE: redis, ...PATIENT });
    const into = run(redis, 'import', '--from', `ndjson:${file}`, '--json');
    assert.equal(into.status, 0, into.stderr);
    const told = JSON.parse(into.stdout);
    assert.deepEqual([told.taken, told.present, told.left, told.complete], [20, 0, [], true]);
    const there = new Client(second.url);
    t.after(() => there.close());
    for (const token of tokens) assert.match((await there.send('GET', `/shop/get/${token}`)).json.id, /^user\d$/);
    const back = run(redis, 'export', '--output', join(folder, 'back.ndjson'));
    assert.equal(back.status, 0, back.stderr);
    const third = `lmdb:${join(folder, 'three')}`;
    assert.equal(run(third, 'import', '--from', `ndjson:${join(folder, 'back.ndjson')}`).status, 0);
    const doctor = run(third, 'doctor', '--json');
    assert.deepEqual(JSON.parse(doctor.stdout).faults ?? [], [], doctor.stdout);
    const last = new Client((await startServer(t, { RS_STORE: third })).url);
    t.after(() => last.close());
    assert.deepEqual((await last.send('DELETE', '/shop/killall')).json, { kill: 20 });
  });

  test('a dry run says what it would do, and changes nothing', async (t) => {
    const { file, folder } = await exportedFile(t, 5);
    const nowhere = join(folder, 'data');
    const dry = run(`lmdb:${nowhere}`, 'import', '--from', `ndjson:${file}`, '--dry-run');
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.stdout, /^5 sessions would be taken from .*sessions\.ndjson into lmdb:/);
    assert.equal(existsSync(nowhere), false);
    const { port, admin } = await startRedis(t);
    const redis = `redis://127.0.0.1:${port}/0`;
    const before = linesOf(await dumpRedis([admin]));
    assert.match(run(redis, 'import', '--from', `ndjson:${file}`, '--dry-run').stdout, /^5 sessions would be taken/);
    assert.deepEqual(linesOf(await dumpRedis([admin])), before);
    assert.match(run(redis, 'import', '--from', `ndjson:${file}`).stdout, /^5 sessions taken/);
    const again = run(redis, 'import', '--from', `ndjson:${file}`, '--dry-run', '--continue');
    assert.match(again.stdout, /^0 sessions would be taken[^\n]*\n5 were there already/);
  });

  test('a target that has sessions of the app is left alone, unless --continue is said', async (t) => {
    const { file, folder } = await exportedFile(t, 5);
    const store = `lmdb:${join(folder, 'data')}`;
    assert.equal(run(store, 'import', '--from', `ndjson:${file}`).status, 0);
    const before = linesIn(store);
    const refused = run(store, 'import', '--from', `ndjson:${file}`);
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(refused.stderr, /^rest-sessions: the target already has sessions of the app shop; .*\n$/);
    assert.deepEqual(linesIn(store), before);
    const other = run(store, 'import', '--from', `ndjson:${file}`, '--app', 'blog');
    assert.equal(other.status, 3, 'of that app it has none, and neither has the file');
    assert.match(
      other.stdout,
      /^0 sessions taken[^\n]*\n5 belonged to other apps than --app, for example [0-9a-f]{2}\w{14}/,
    );
    const again = run(store, 'import', '--from', `ndjson:${file}`, '--continue');
    assert.match(again.stdout, /^0 sessions taken[^\n]*\n5 were there already/);
    assert.deepEqual(linesIn(store), before);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    test(`an import that ${signal} ended goes on where it was, and all is there once`, async (t) => {
      const { text, folder } = await exportedFile(t, 3000);
      const path = join(folder, 'data');
      const child = spawn(process.execPath, [MAIN, 'import', '--from', 'ndjson:-'], {
        env: { PATH: process.env.PATH, RS_STORE: `lmdb:${path}` },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const output = gathered(child);
      const ended = once(child, 'close');
      // Half of it, and then nothing: so it is in the middle for as long as we like.
      child.stdin.write(text.slice(0, text.indexOf('\n', text.length / 2) + 1));
      const store = await beside(t, path);
      await eventually(async () => (await new Checkpoint(store, ['ndjson:-', ''], Date.now).load()) !== null, output);
      child.kill(signal);
      const [code] = await ended;
      assert.equal(code, signal === 'SIGINT' ? 130 : null, output());
      if (signal === 'SIGINT')
        assert.match(output(), /sessions taken[\s\S]*ended by a signal: not all .* --continue goes on/);
      const rest = spawnSync(process.execPath, [MAIN, 'import', '--from', 'ndjson:-', '--continue', '--json'], {
        env: { PATH: process.env.PATH, RS_STORE: `lmdb:${path}` },
        input: text,
        encoding: 'utf8',
      });
      assert.equal(rest.status, 0, rest.stderr);
      const told = JSON.parse(rest.stdout);
      assert.ok(told.before > 0, rest.stdout);
      assert.equal(told.before + told.taken + told.present, 3000, rest.stdout);
      assert.deepEqual(linesIn(`lmdb:${path}`), sessionLines(text));
    });
  }

  test('who reads the output and goes away ends the export, which says that it is not whole', async (t) => {
    const { file, folder } = await exportedFile(t, 3000);
    const store = `lmdb:${join(folder, 'data')}`;
    assert.equal(run(store, 'import', '--from', `ndjson:${file}`).status, 0);
    const command = `set -o pipefail; "${process.execPath}" "${MAIN}" export | head -c 10 > /dev/null`;
    const { status, stderr } = spawnSync('bash', ['--norc', '-c', command], {
      env: { PATH: process.env.PATH, RS_STORE: store },
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^rest-sessions: standard output cannot be written \(EPIPE\): the export is not whole\n$/);
  });

  test('a file that is there is left alone, and replaced at the very end when that is said', async (t) => {
    const { file, folder } = await exportedFile(t, 3);
    const store = `lmdb:${join(folder, 'data')}`;
    assert.equal(run(store, 'import', '--from', `ndjson:${file}`).status, 0);
    const target = join(folder, 'there');
    writeFileSync(target, 'mine');
    const refused = run(store, 'export', '--output', target);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /is there already: name another file, or say --replace/);
    assert.equal(readFileSync(target, 'utf8'), 'mine');
    assert.equal(run(store, 'export', '--output', target, '--replace').status, 0);
    assert.equal(sessionLines(readFileSync(target, 'utf8')).length, 3);
    assert.deepEqual(run(`lmdb:${folder}/none`, 'export').stderr, `rest-sessions: no store in ${folder}/none\n`);
    assert.equal(existsSync(join(folder, 'none')), false);
  });

  test('a file that has no room for all says so in one sentence, and is gone on with', async (t) => {
    const { file, folder, text } = await exportedFile(t, 2000);
    const store = `lmdb:${join(folder, 'data')}`;
    assert.equal(run(store, 'import', '--from', `ndjson:${file}`).status, 0);
    const target = join(folder, 'small');
    // Units: blocks of 512 or 1,024 bytes.
    const limited = `ulimit -f 200; exec "$0" "$@"`;
    const full = spawnSync('sh', ['-c', limited, process.execPath, MAIN, 'export', '--output', target], {
      env: { PATH: process.env.PATH, RS_STORE: store, ...PATIENT },
      encoding: 'utf8',
    });
    assert.equal(
      full.stderr,
      `rest-sessions: ${target}.partial cannot be written (EFBIG): there is no ${target} yet; with --continue the export goes on where it is\n`,
    );
    assert.deepEqual([full.status, full.stdout, existsSync(target)], [1, '', false]);
    assert.equal(run(store, 'export', '--output', target, '--continue').status, 0);
    assert.deepEqual(sessionLines(readFileSync(target, 'utf8')).sort(), sessionLines(text).sort());
  });

  test('a target that takes no writes is refused with what it says of that', async (t) => {
    const { file } = await exportedFile(t, 3);
    const redis = await startRedis(t);
    await redis.admin.config('SET', 'maxmemory', '1');
    const store = `redis://127.0.0.1:${redis.port}/0`;
    const { status, stdout, stderr } = run(store, 'import', '--from', `ndjson:${file}`);
    assert.match(stderr, /^rest-sessions: redis:.* cannot be used: OOM .*; nothing was changed\n$/);
    assert.deepEqual([status, stdout, await redis.admin.dbsize()], [1, '', 0]);
  });
});

function gathered(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (output += chunk));
  return () => output;
}

/** The same store, opened by this process, too, once it is there. */
async function beside(t: Cleanup, path: string): Promise<LmdbStore> {
  await eventually(() => existsSync(join(path, 'data.mdb')));
  const store = new LmdbStore({ path, namespace: 'drs', onError: () => {} });
  t.after(() => store.close());
  return store;
}

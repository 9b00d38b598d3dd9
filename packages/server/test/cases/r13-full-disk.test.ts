/** R13: on a full disk the newest sessions could not be ended, because to end one takes pages too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { command, eventually } from '../support/folder.ts';
import { type Cleanup, MAIN, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';

/** Fills the store until nothing is taken any more, ends the newest first, and fills it again. */
async function fill(cleanup: Cleanup, server: ServerProcess, size: number): Promise<void> {
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  const data = { x: 'y'.repeat(size) };
  const brief = await client.send('POST', '/v1/apps/brief/sessions', { subject: 'b', absoluteTimeout: 1 });
  const tokens: string[] = [];
  for (let refused = 0, i = 0; refused < 55; i++) {
    const { status, json } = await client.send('PUT', `/full/create/u${i % 7}?ip=1.1.1.1`, data);
    if (status === 200) tokens.push(json.token);
    else refused++;
  }
  assert.ok(tokens.length > 20, `${tokens.length} were taken`);
  assert.equal((await client.send('GET', '/readyz')).status, 503);
  const newest = tokens.reverse().slice(0, 10);
  const rotated = await client.send('POST', '/v1/apps/full/session/rotate', undefined, { 'Session-Token': newest[0]! });
  assert.equal(rotated.status, 200, 'a rotation');
  const ended = await client.send('DELETE', '/v1/apps/full/session', undefined, {
    'Session-Token': rotated.json.token,
  });
  assert.equal(ended.status, 200, 'an end');
  for (const token of newest.slice(1)) {
    const { status, json } = await client.send('DELETE', `/full/kill/${token}`);
    assert.deepEqual([status, json], [200, { kill: 1 }]);
  }
  assert.equal(brief.status, 201);
  await eventually(
    async () =>
      (await client.send('GET', '/v1/apps')).json.apps?.some((app: { app: string }) => app.app === 'brief') !== true,
  );
  assert.equal((await client.send('DELETE', '/full/killsoid/u3')).status, 200);
  assert.equal((await client.send('DELETE', '/full/killall')).status, 200);
  await eventually(async () => (await client.send('GET', '/readyz')).status === 200);
  assert.equal((await client.send('PUT', '/full/create/again?ip=1.1.1.1', data)).status, 200, 'room, and no restart');
  assert.equal(await server.end(), 0);
}

for (const size of [300, 20_000]) {
  test(`R13: where the data file may not grow, the newest sessions end, and room comes back; data of ${size} (kind: a change takes pages before it frees some)`, async (t) => {
    const limited = ['bash', '-c', 'ulimit -f 2048; exec "$0" "$1"', process.execPath, MAIN] as const;
    await fill(t, await startServer(t, { RS_SWEEP_INTERVAL: '1' }, [...limited]), size);
  });
}

test('R13: the same on a file system that is full (kind: ENOSPC)', async (t) => {
  const folder = join(temporaryFolder(t), 'full');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]).status !== 0)
    return t.skip('may not mount');
  try {
    await fill(t, await startServer(t, { RS_STORE: `lmdb:${folder}`, RS_SWEEP_INTERVAL: '1' }), 20_000);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
});

test('R13: a server that finds a full disk as it starts says so, or serves what is there (kind: files that the engine makes and maps)', async (t) => {
  const folder = join(temporaryFolder(t), 'full');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]).status !== 0)
    return t.skip('may not mount');
  try {
    const fill = () => spawnSync('dd', ['if=/dev/zero', `of=${join(folder, 'other')}`, 'bs=1024']);
    const path = join(folder, 'store');
    const env = { RS_STORE: `lmdb:${path}` };
    const refused = (when: string, ...commands: string[]) => {
      fill();
      for (const name of commands) {
        const { status, output } = command([name], env);
        assert.deepEqual(
          [status, /the disk is full; make room/.test(output)],
          [1, true],
          `${when}, ${name}: ${output}`,
        );
      }
      rmSync(join(folder, 'other'));
    };
    refused('the first start', 'serve');
    assert.deepEqual(readdirSync(path), [], 'nothing is left');
    const first = await startServer(t, env);
    const made = await new Client(first.url).create('shop', 'joe');
    assert.equal(await first.end(), 0);

    fill();
    const second = await startServer(t, env);
    const client = new Client(second.url);
    t.after(() => client.close());
    assert.equal((await client.send('DELETE', `/shop/kill/${made}`)).text, '{"kill":1}');
    assert.equal(await second.end(), 0);
    rmSync(join(folder, 'other'));
    rmSync(join(path, 'lock.mdb'));
    refused('a restored folder has no lock file', 'serve', 'doctor');
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
});

test('R13: a size limit that has no room for the files of a store is told as such (kind: EFBIG at the start)', (t) => {
  const path = join(temporaryFolder(t), 'store');
  const env = { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: `lmdb:${path}` };
  const limited = ['-c', 'ulimit -f 8; exec "$0" "$1" serve', process.execPath, MAIN];
  const { status, stderr } = spawnSync('bash', limited, { env, encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([status, /the file may not grow/.test(stderr)], [1, true], stderr);
});

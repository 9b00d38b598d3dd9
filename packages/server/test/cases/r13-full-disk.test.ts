/** R13: on a full disk the newest sessions could not be ended, because to end one takes pages too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { eventually } from '../support/folder.ts';
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

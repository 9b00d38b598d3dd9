/** R4: without its lock file, two servers wrote to one data file, and both ended with SIGSEGV. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { command, eventually } from '../support/folder.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';

/** Starts what follows as process 1 of a pid namespace of its own, as a container does. */
const APART = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;
const mayPartPids = spawnSync(APART[0], [...APART.slice(1), 'true']).status === 0;
const linux = process.platform === 'linux';
const INSIDE = [...APART, process.execPath, MAIN] as const;

test('R4: a second server does not open a folder whose lock file was removed under the first, and both lose nothing (kind: one file of the two)', {
  skip: !linux,
}, async (t) => {
  const path = temporaryFolder(t);
  const env = { RS_STORE: `lmdb:${path}` };
  const first = await startServer(t, env);
  const client = new Client(first.url);
  t.after(() => client.close());
  let token = '';
  // LMDB has the newest state in one of two places by turns, so it is tried at an odd and at an even number of commits.
  for (const name of ['lock.mdb', 'data.mdb', 'data.mdb']) {
    token = await client.create('shop', 'u');
    const aside = join(path, 'aside');
    renameSync(join(path, name), aside);
    for (const args of name === 'lock.mdb' ? [['serve'], ['doctor']] : [['serve']]) {
      const second = command(args, env);
      assert.equal(second.status, 1, `${name}, ${args}`);
      assert.match(
        second.output,
        new RegExp(`process ${first.child.pid} has .*removed or replaced`),
        `${name}, ${args}`,
      );
    }
    assert.equal((await client.send('PUT', '/shop/create/v?ip=1.1.1.1')).status, 503, `${name} replaced`);
    renameSync(aside, join(path, name));
    assert.match((await client.send('GET', `/shop/get/${token}`)).text, /192\.168\.99\.22/, `${name} is back`);
  }
  // The lock file is all right: a second server and the doctor are welcome.
  const second = await startServer(t, env);
  assert.equal(command(['doctor'], env).status, 0);
  assert.equal(await second.end(), 0);
  assert.equal(await first.end(), 0);
});

test('R4: where the second cannot see the first, the first stops writing, and what either acknowledged is kept (kind: other pid namespaces)', {
  skip: !mayPartPids,
}, async (t) => {
  const path = temporaryFolder(t);
  const env = { RS_STORE: `lmdb:${path}` };
  const first = await startServer(t, env);
  rmSync(join(path, 'lock.mdb'));
  const second = await startServer(t, env, [...INSIDE]);
  const clients = [first, second].map(({ url }) => new Client(url));
  t.after(() => clients.forEach((client) => void client.close()));
  const acknowledged: string[] = [];
  const work = clients.flatMap((client, n) =>
    Array.from({ length: 8 }, async (_, i) => {
      for (let round = 0; round < 10; round++) {
        const { status, json, text } = await client.send('PUT', `/shop/create/u${n}-${i}-${round}?ip=1.1.1.1`, {
          x: 'y'.repeat(500),
        });
        if (status === 200) acknowledged.push(json.token);
        else assert.equal(status, 503, `${text}\n${[first, second][n]!.output()}`);
      }
    }),
  );
  await Promise.all(work);
  assert.ok(acknowledged.length >= 80, 'the second served');
  assert.equal((await clients[0]!.send('GET', '/readyz')).status, 503);
  await eventually(() => /lock\.mdb in \S+ was replaced/.test(first.output()), first.output);
  assert.equal(await first.end(), 0);
  for (const token of acknowledged) {
    assert.notEqual((await clients[1]!.send('GET', `/shop/get/${token}`)).text, '{}', 'lost');
  }
  assert.equal(command(['doctor'], env).status, 0);
});

test('R4: containers whose processes have the same id do not share a folder: the second says so (kind: a place of readers belongs to a process id)', {
  skip: !mayPartPids,
}, async (t) => {
  const env = { RS_STORE: `lmdb:${temporaryFolder(t)}` };
  await startServer(t, env, [...INSIDE]);
  await assert.rejects(startServer(t, env, [...INSIDE]), /another process with the process id 1 uses/);
});

/** R2: a server whose data folder is gone wrote to files that no path leads to, and said "stored". */
import assert from 'node:assert/strict';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { eventually } from '../support/folder.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

test('R2: a data folder that is gone is an outage of every verb, told in the log, and over when the same folder is back (kind: the path no longer leads to the open files)', async (t) => {
  const parent = temporaryFolder(t);
  const path = join(parent, 'store');
  const server = await startServer(t, { RS_STORE: `lmdb:${path}` });
  const client = new Client(server.url);
  t.after(() => client.close());
  const token = await client.create('shop', 'joe', { mine: 1 });
  const file = (name: string) => join(path, name);
  const aside = (name: string) => join(parent, `aside-${name}`);
  const statusOf = async (method: string, target: string) => (await client.send(method, target)).status;
  const verbs = [
    ['PUT', '/shop/create/joe?ip=1.1.1.1'],
    ['GET', '/readyz'],
    ['GET', '/shop/soid/joe'],
    ['DELETE', '/shop/killsoid/nobody'],
    ['DELETE', `/shop/kill/${token}`],
    ['GET', `/shop/get/${token}`],
  ] as const;
  const away: [name: string, take: () => void, back: () => void][] = [
    ['the folder renamed', () => renameSync(path, aside('a')), () => renameSync(aside('a'), path)],
    [
      'data.mdb renamed',
      () => renameSync(file('data.mdb'), aside('b')),
      () => renameSync(aside('b'), file('data.mdb')),
    ],
    [
      'lock.mdb renamed',
      () => renameSync(file('lock.mdb'), aside('c')),
      () => renameSync(aside('c'), file('lock.mdb')),
    ],
    [
      'data.mdb replaced',
      () => {
        renameSync(file('data.mdb'), aside('d'));
        writeFileSync(file('data.mdb'), '');
      },
      () => renameSync(aside('d'), file('data.mdb')),
    ],
  ];
  for (const [name, take, back] of away) {
    take();
    // The first to write sees it at once, a read may trust what was seen a moment before.
    assert.equal(await statusOf(...verbs[0]), 503, name);
    for (const verb of verbs) assert.equal(await statusOf(verb[0], verb[1]), 503, `${name}: ${verb.join(' ')}`);
    back();
    assert.equal(await statusOf('GET', '/readyz'), 200, `${name}, and back`);
    assert.deepEqual((await client.send('GET', `/shop/get/${token}`)).json.d, { mine: 1 }, `${name}, and back`);
  }
  assert.equal(
    (await client.send('GET', '/shop/soid/joe')).json.sessions.length,
    1,
    'nothing that was refused was done',
  );

  rmSync(path, { recursive: true });
  await eventually(async () => (await statusOf('GET', `/shop/get/${token}`)) === 503);
  for (const verb of verbs) assert.equal(await statusOf(verb[0], verb[1]), 503, `removed: ${verb.join(' ')}`);
  const told = `"finding":"data-folder","server":"${path}"`;
  await eventually(() => server.output().includes(told), server.output);
  assert.match(server.output(), new RegExp(`the data folder ${path} is gone`));
  assert.equal(await server.end(), 0);
});

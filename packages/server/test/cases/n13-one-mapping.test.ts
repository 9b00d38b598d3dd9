/** N13: the memory of a server looked three times as large as it was, because the data file was mapped again when it grew. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

test('N13: a data file that grows stays mapped once (kind: pages that are counted more than once)', {
  skip: !existsSync('/proc/self/maps'),
}, async (t) => {
  const path = temporaryFolder(t);
  const server = await startServer(t, { RS_STORE: `lmdb:${path}` });
  const client = new Client(server.url);
  t.after(() => client.close());
  const file = join(realpathSync(path), 'data.mdb');
  const before = statSync(file).size;
  const data = { x: 'y'.repeat(50_000) };
  await Promise.all(Array.from({ length: 100 }, (_, i) => client.create('shop', `u${i}`, data)));
  assert.ok(statSync(file).size > before + 4_000_000, 'it has grown');
  const maps = readFileSync(`/proc/${server.child.pid}/maps`, 'utf8').split('\n');
  assert.equal(maps.filter((line) => line.endsWith(file)).length, 1);
});

/** A disk that is full: an honest 503, reads and kills go on, and room makes everything well without a restart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { MAIN, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Units: KiB. The largest file the process may write: for LMDB the same as a full disk. */
const DISK = 3000;

test('a full disk is 503 for what needs room; reads and kills go on, and room makes it well', async (t) => {
  const limited = ['bash', '-c', `ulimit -f ${DISK}; exec "$0" "$1"`, process.execPath, MAIN] as const;
  const server = await startServer(t, {}, [...limited]);
  const client = new Client(server.url);
  t.after(() => client.close());
  const first = await client.create('full', 'joe', { mine: 1 });
  const data = { a: 'x'.repeat(50_000) };
  const tokens: string[] = [];
  let refused = await client.send('GET', '/ping');
  for (let i = 0; i < 200 && refused.status === 200; i++) {
    refused = await client.send('PUT', `/full/create/u${i}?ip=1.1.1.1`, data);
    if (refused.status === 200) tokens.push(refused.json.token);
  }
  assert.deepEqual([refused.status, refused.json.name, refused.headers['retry-after']], [503, 'storeUnavailable', '1']);
  assert.ok(tokens.length > 10);
  for (let i = 0; i < 20; i++) await client.send('PUT', '/full/create/again?ip=1.1.1.1', data);

  assert.deepEqual((await client.send('GET', `/full/get/${first}`)).json.d, { mine: 1 });
  for (const token of tokens.slice(0, 10)) {
    assert.equal((await client.send('DELETE', `/full/kill/${token}`)).json.kill, 1, 'ending sessions needs no room');
  }
  assert.equal((await client.send('PUT', '/full/create/after?ip=1.1.1.1', data)).status, 200, 'room, and no restart');
  assert.equal((await client.send('GET', `/full/get/${tokens[10]}`)).json.d.a.length, 50_000);
  await until(() => server.output().includes('"msg":"the session store cannot do its work: '));
  assert.equal(await server.end(), 0);
});

/** What a server of several workers has counted of late is one answer, whichever of them gives it, and stays over a restart of all. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';

const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);

test('the series of an app are those of all workers', async (t) => {
  const policy = join(temporaryFolder(t), 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { minIdleTimeout: 1 } }));
  const server = await startWorkers(t, 2, { RS_CONFIG: policy, RS_SWEEP_INTERVAL: '1' });
  // Each has a connection of its own, so both workers get some.
  const clients = Array.from({ length: 6 }, () => new Client(server.url));
  t.after(() => clients.map((client) => client.close()));
  const create = (client: Client, body: object) => client.send('POST', '/v1/apps/shop/sessions', body);
  for (const client of clients) assert.equal((await create(client, { subject: 'u' })).status, 201);
  assert.equal((await create(clients[0]!, { subject: 'u', idleTimeout: 1 })).status, 201);
  const counted = async (client: Client) => {
    const { json } = await client.send('GET', '/v1/apps/shop/series');
    return { created: sum(json.created), expired: sum(json.ended.expired), since: json.since };
  };
  const seen = await Promise.all(clients.map(counted));
  assert.ok(
    seen.every(({ created, since }) => created === 7 && since === seen[0]!.since),
    JSON.stringify(seen),
  );
  // The worker that leads has swept it, and all tell it.
  await until(async () => (await Promise.all(clients.map(counted))).every(({ expired }) => expired === 1));

  for (const client of clients) client.close();
  server.child.kill('SIGUSR2');
  await until(() => server.output().includes('all workers are new'));
  const again = new Client(server.url);
  t.after(() => again.close());
  await until(async () => (await counted(again)).created === 7);
  assert.deepEqual(await counted(again), { created: 7, expired: 1, since: seen[0]!.since });
});

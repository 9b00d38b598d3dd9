/** What workers have in common: limits, files that are read again, one log. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';

test('keys, limits and log lines of four workers are those of one server', async (t) => {
  const file = join(temporaryFolder(t), 'keys.json');
  const make = (name: string) =>
    runCommand(['keys', 'create', '--name', name, '--apps', '*', '--scopes', 'write,verify', '--file', file]);
  const [one, two] = [(await make('one')).stdout.trim(), (await make('two')).stdout.trim()];
  const server = await startWorkers(t, 4, {
    ...{ RS_KEYS_FILE: file, RS_LOGLEVEL: 'combined', RS_RATE_KEY: '1:40', RS_RATE_APP: '1000000' },
    RS_NONSENSE_HERE: 'x',
  });
  const clients = Array.from({ length: 8 }, () => new Client(server.url));
  t.after(() => clients.map((client) => client.close()));
  const ask = (key: string, n: number) =>
    clients[n % 8]!.send('PUT', `/shop/create/u${n}?ip=1.1.1.1`, undefined, { Authorization: `Bearer ${key}` });

  // One after the other, on connections to all workers: each learns what the others have let through.
  let allowed = 0;
  while ((await ask(one, allowed)).status === 200) allowed++;
  // Each for itself, they would let 160 through. What comes while a second passes is one more.
  assert.ok(allowed >= 40 && allowed < 120, `${allowed}`);

  // A key that is taken back is refused by every worker as soon as the supervisor is told.
  await Promise.all(clients.map((_, n) => ask(two, n)));
  const entries = JSON.parse(readFileSync(file, 'utf8')) as { keys: { name: string }[] };
  const rest = { keys: entries.keys.filter(({ name }) => name !== 'two') };
  writeFileSync(file, JSON.stringify(rest));
  const before = server.lines().length;
  server.child.kill('SIGHUP');
  for (const worker of [1, 2, 3, 4]) await server.said({ msg: 'the API keys were read again', worker }, before);
  const statuses = await Promise.all(clients.map((_, n) => ask(two, n).then(({ status }) => status)));
  assert.deepEqual([...new Set(statuses)], [401]);

  // Lines of several processes never stand in each other, and a warning about the start is said once.
  await until(() => server.output().endsWith('\n'));
  const [, log] = server.output().split(/\n\n(?=\{)/);
  const broken = (log ?? '').split('\n').filter((line) => line !== '' && !/^\{.*\}$/.test(line));
  assert.deepEqual(broken, []);
  assert.equal(server.lines().filter(({ variable }) => variable === 'RS_NONSENSE_HERE').length, 1);
  assert.equal(await server.end(), 0);
});

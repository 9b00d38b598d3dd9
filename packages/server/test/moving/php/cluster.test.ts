/** Sessions of PHP in a Redis Cluster are read from each of its masters. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cluster } from 'ioredis';
import { KINDS } from '../../../src/moving/kinds.ts';
import { startCluster } from '../../support/redis-topologies.ts';
import { lastFirst } from '../../support/server.ts';

const SESSIONS = 300;

test('all sessions of a Cluster are found, each once', async (t) => {
  const ending = lastFirst(t);
  const { url } = await startCluster(ending);
  const cluster = new Cluster([{ host: '127.0.0.1', port: Number(/:(\d+)/.exec(url)![1]) }]);
  ending.after(() => cluster.disconnect());
  for (let i = 0; i < SESSIONS; i++)
    await cluster.set(`PHPREDIS_SESSION:tokenofavisitor0123456789a${i}`, 'user|s:3:"ada";', 'EX', 1000);
  const options: Readonly<Record<string, string>> = { 'keep-tokens': '', subject: 'user' };
  const source = await KINDS['php-redis']!.open(url, {
    app: 'shop',
    text: (name) => options[name],
    has: (name) => name in options,
    clock: Date.now,
  });
  ending.after(() => source.close());
  assert.ok((await source.total())! > 0);
  const ids = new Set<string>();
  for await (const found of source.read(null)) if (found.kind === 'session') ids.add(found.record.session.id);
  assert.equal(ids.size, SESSIONS);
});

/** N13: a server that is not ready says which check has failed; one whose Redis is not there yet waits for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { createApp } from '../../src/http/app.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { scrape } from '../support/metrics.ts';
import { freePorts, startRedis } from '../support/redis.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const PATHS = ['/readyz', '/health', '/healthz'];

test('N13: a server whose Redis is not there yet starts, is alive and not ready, names the store, and becomes ready', async (t) => {
  const [port] = (await freePorts(1)) as [number];
  const env = { RS_STORE: `redis://127.0.0.1:${port}`, RS_STORE_TIMEOUT: '2000', RS_SWEEP_INTERVAL: '1' };
  const server = await startServer(t, env);
  const client = new Client(server.url);
  t.after(() => client.close());
  const health = () => runCommand(['health', '--ready'], { env: { ...env, RS_PORT: `${server.port}` } });
  for (const path of PATHS) {
    const { status, json, headers } = await client.send('GET', path);
    assert.deepEqual([status, json.name, json.check], [503, 'storeUnavailable', 'store'], path);
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.doesNotMatch(JSON.stringify(json), /127\.0\.0\.1|ECONN/, 'it says nothing of where the store is');
    assert.equal((await client.send('HEAD', path)).status, 503);
  }
  assert.deepEqual((await client.send('GET', '/livez')).json, { status: 'ok' });
  assert.equal((await client.send('GET', '/ping')).text, 'PONG');
  assert.equal((await scrape(server.url)).of('store_up'), 0);
  const told = await health();
  assert.deepEqual([told.status, told.stdout], [1, '']);
  assert.match(told.stderr, /is not ready: it answers 503 \(store\)\n$/);
  assert.match(server.output(), /"msg":"the session store cannot do its work: /);
  assert.equal(server.child.exitCode, null);
  await startRedis(t, [], { port });
  await until(async () => (await client.send('GET', '/readyz')).status === 200);
  assert.deepEqual((await client.send('GET', '/readyz')).json, { status: 'ok' });
  await until(async () => (await scrape(server.url)).of('store_up') === 1);
  await until(async () => (await scrape(server.url)).of('sessions{app="other"}') === 0);
  assert.equal((await health()).status, 0);
});

test('N13: a server that stops is not ready, and says that it stops; its store is not asked', async () => {
  const store = new MemoryStore();
  await store.close();
  let isStopping = true;
  const faults: unknown[] = [];
  const app = createApp({
    sessions: new Sessions(store, () => DEFAULT_POLICY),
    clock: () => 0,
    isStopping: () => isStopping,
    onFault: (error) => faults.push(error),
  });
  const ask = async () => (await app.request('/readyz', {}, {})).json();
  assert.deepEqual(await ask(), { name: 'storeUnavailable', message: 'the server is stopping', check: 'stopping' });
  isStopping = false;
  assert.deepEqual(await ask(), { name: 'storeUnavailable', message: 'the session store is closed', check: 'store' });
  // Nothing else has the member.
  const other = await app.request('/shop/soid/joe', {}, {});
  assert.deepEqual(Object.keys((await other.json()) as object), ['name', 'message']);
});

/** `GET /v1/apps/{app}/policy` of a real server: the layers of its file, before and after a reload. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { SECRET } from '../webhooks/receiver.ts';
import { openClient, problemOf, V1 } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
const valueIn = (json: any, wanted: string) => json.values.find(({ name }: { name: string }) => name === wanted);

test('tells where each value comes from, and what the last reload has changed, and no secret', async (t) => {
  const path = join(temporaryFolder(t), 'policy.json');
  const webhooks = [{ name: 'mail', url: 'https://hooks.example.org/hush', secret: { env: 'HOOK' } }];
  writeFileSync(path, JSON.stringify({ defaults: { idleTimeout: 1800 }, apps: { shop: { webhooks } } }));
  const server = await startServer(t, { RS_STORE: 'memory:', RS_CONFIG: path, HOOK: SECRET });
  const client = openClient(server.url);
  t.after(() => client.close());
  const of = async (app: string) => new V1(client, app).send('GET', '/policy');

  const { status, json, text } = await of('shop');
  assert.equal(status, 200);
  assert.deepEqual([json.app, json.file, json.reload], ['shop', 'policy.json', null]);
  assert.deepEqual(valueIn(json, 'idleTimeout'), { name: 'idleTimeout', value: 1800, from: 'defaults' });
  assert.deepEqual(valueIn(json, 'webhooks'), {
    ...{ name: 'webhooks', from: 'app' },
    value: [{ name: 'mail', host: 'hooks.example.org' }],
  });
  assert.ok(!text.includes(SECRET) && !text.includes('HOOK') && !text.includes('hush') && !text.includes(path));

  writeFileSync(path, JSON.stringify({ defaults: { idleTimeout: 1800 }, apps: { shop: { idleTimeout: 600 } } }));
  await until(async () => (await of('shop')).json.reload !== null);
  const after = (await of('shop')).json;
  assert.deepEqual(valueIn(after, 'idleTimeout'), { name: 'idleTimeout', value: 600, from: 'app' });
  assert.deepEqual(after.reload.changed, [
    { name: 'idleTimeout', before: 1800, after: 600 },
    { name: 'webhooks', before: [{ name: 'mail', host: 'hooks.example.org' }], after: null },
  ]);
  // Of another app the same reload has changed nothing.
  assert.deepEqual((await of('blog')).json.reload, { at: after.reload.at, changed: [] });

  writeFileSync(path, JSON.stringify({ strictApps: true, apps: { shop: {} } }));
  await until(async () => (await of('blog')).status === 404);
  assert.deepEqual(problemOf(await of('blog')), [404, 'app_not_found']);
  assert.deepEqual(problemOf(await of('_console')), [400, 'invalid_format']);
});

test('a server without a policy file has its own values alone', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const client = openClient(server.url);
  t.after(() => client.close());
  const { json } = await new V1(client, 'shop').send('GET', '/policy');
  assert.deepEqual([json.file, json.reload], [null, null]);
  assert.deepEqual(valueIn(json, 'idleTimeout'), { name: 'idleTimeout', value: 7200, from: 'built-in' });
});

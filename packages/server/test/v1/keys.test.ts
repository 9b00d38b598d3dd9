/** `GET /v1/keys` of real servers: what each key may do, when it was used, and who sees which of them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';
import { openClient, problemOf } from './harness.ts';

const [ROOT, SHOP, READER, IDLE, LISTED] = Array.from({ length: 5 }, newKey) as [
  ...[string, string, string, string, string],
];
const KEYS = [
  { name: 'root', hash: hashKey(ROOT), apps: '*', scopes: ['admin', 'read'], createdAt: '2026-01-02' },
  { name: 'shop', hash: hashKey(SHOP), apps: ['shop', 'blog'], scopes: ['admin'], expiresAt: '2099-01-31' },
  { name: 'reader', hash: hashKey(READER), apps: ['shop'], scopes: ['read'] },
  { name: 'idle', hash: hashKey(IDLE), apps: ['other'], scopes: ['verify'] },
  { name: 'proxy', certificate: 'CN=proxy', apps: ['blog'], scopes: ['verify'] },
];
const as = (key: string) => ({ Authorization: `Bearer ${key}` });

function envOf(cleanup: Cleanup): Record<string, string> {
  const path = join(temporaryFolder(cleanup), 'keys.json');
  writeFileSync(path, JSON.stringify({ keys: KEYS }), { mode: 0o600 });
  return { RS_KEYS_FILE: path, RS_API_KEYS: `listed:${hashKey(LISTED)}:shop:read` };
}

interface Listed {
  readonly name: string;
  readonly lastUsedAt: string | null;
}

const namesIn = (json: { keys: Listed[] }) => json.keys.map(({ name }) => name);

test('lists what each key may do and when it was used, and nothing that it is known by', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:', ...envOf(t) });
  const client = openClient(server.url);
  t.after(() => client.close());
  const began = Date.now();
  assert.equal((await client.send('GET', '/v1/apps/shop', undefined, as(READER))).status, 200);
  assert.equal((await client.send('GET', '/v1/apps/shop', undefined, as(LISTED))).status, 200);
  // It lacks the scope, and is in use all the same.
  assert.equal((await client.send('GET', '/v1/apps/shop', undefined, as(SHOP))).status, 403);
  const { status, json, text } = await client.send('GET', '/v1/keys', undefined, as(ROOT));
  assert.equal(status, 200);
  const used = (name: string) => json.keys.find((key: Listed) => key.name === name).lastUsedAt;
  for (const name of ['root', 'reader', 'listed', 'shop']) assert.ok(Date.parse(used(name)) >= began, name);
  const untimed = json.keys.map(({ lastUsedAt, ...rest }: Listed) => rest);
  assert.deepEqual(untimed, [
    {
      ...{ name: 'root', apps: '*', scopes: ['admin', 'read'], createdAt: '2026-01-02T00:00:00.000Z' },
      ...{ expiresAt: null, certificate: false, source: 'file' },
    },
    {
      ...{ name: 'shop', apps: ['shop', 'blog'], scopes: ['admin'], createdAt: null },
      ...{ expiresAt: '2099-01-31T00:00:00.000Z', certificate: false, source: 'file' },
    },
    {
      ...{ name: 'reader', apps: ['shop'], scopes: ['read'], createdAt: null },
      ...{ expiresAt: null, certificate: false, source: 'file' },
    },
    {
      ...{ name: 'idle', apps: ['other'], scopes: ['verify'], createdAt: null },
      ...{ expiresAt: null, certificate: false, source: 'file' },
    },
    {
      ...{ name: 'proxy', apps: ['blog'], scopes: ['verify'], createdAt: null },
      ...{ expiresAt: null, certificate: true, source: 'file' },
    },
    {
      ...{ name: 'listed', apps: ['shop'], scopes: ['read'], createdAt: null },
      ...{ expiresAt: null, certificate: false, source: 'environment' },
    },
  ]);
  for (const name of ['idle', 'proxy']) assert.equal(used(name), null);
  assert.doesNotMatch(text, /sha256|CN=|rsk_|[0-9a-f]{32}/);
});

test('a caller for some apps sees the keys that are for none but these, and without admin there is no list', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:', ...envOf(t) });
  const client = openClient(server.url);
  t.after(() => client.close());
  const seen = await client.send('GET', '/v1/keys', undefined, as(SHOP));
  assert.deepEqual(namesIn(seen.json), ['shop', 'reader', 'proxy', 'listed']);
  assert.deepEqual(problemOf(await client.send('GET', '/v1/keys', undefined, as(READER))), [403, 'forbidden']);
  assert.deepEqual(problemOf(await client.send('GET', '/v1/keys')), [401, 'unauthorized']);
});

test('a server without keys has none to list', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const client = openClient(server.url);
  t.after(() => client.close());
  assert.deepEqual((await client.send('GET', '/v1/keys')).json, { keys: [] });
});

test('of several workers each tells what all have seen, also after a restart of all', async (t) => {
  const server = await startWorkers(t, 2, envOf(t));
  // Each has a connection of its own, so both workers get some.
  const clients = Array.from({ length: 6 }, () => new Client(server.url));
  t.after(() => clients.map((client) => client.close()));
  const usesOf = async (client: Client) => {
    const { json } = await client.send('GET', '/v1/keys', undefined, as(ROOT));
    return (name: string) => json.keys.find((key: Listed) => key.name === name).lastUsedAt as string | null;
  };
  // One worker alone has seen it.
  assert.equal((await clients[0]!.send('GET', '/v1/apps/shop', undefined, as(READER))).status, 200);
  const seen = await Promise.all(clients.map(async (client) => (await usesOf(client))('reader')));
  assert.ok(seen[0] !== null && seen.every((at) => at === seen[0]), `${seen}`);
  for (const client of clients) client.close();
  server.child.kill('SIGUSR2');
  await until(() => server.output().includes('all workers are new'));
  const again = new Client(server.url);
  t.after(() => again.close());
  await until(async () => (await usesOf(again))('reader') === seen[0]);
  assert.equal((await usesOf(again))('idle'), null);
});

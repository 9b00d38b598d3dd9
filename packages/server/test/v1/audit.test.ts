/** `GET /v1/audit` of real servers: what they have done, the newest first, for those who may know of all apps. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { startServer, temporaryFolder } from '../support/server.ts';
import { openClient, problemOf, V1 } from './harness.ts';

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
type Entry = any;

test('shows each act with who, what and why, page by page, and nothing after a rotation but what came since', async (t) => {
  const [ROOT, SHOP, READER] = [newKey(), newKey(), newKey()];
  const folder = temporaryFolder(t);
  const [keys, file] = [join(folder, 'keys.json'), join(folder, 'audit.log')];
  const entries = [
    { name: 'root', hash: hashKey(ROOT), apps: '*', scopes: ['admin', 'write', 'revoke'] },
    { name: 'shop', hash: hashKey(SHOP), apps: ['shop'], scopes: ['admin'] },
    { name: 'reader', hash: hashKey(READER), apps: '*', scopes: ['read'] },
  ];
  writeFileSync(keys, JSON.stringify({ keys: entries }), { mode: 0o600 });
  const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: keys, RS_AUDIT_LOG: file });
  const client = openClient(server.url);
  t.after(() => client.close());
  const as = (key: string) => ({ Authorization: `Bearer ${key}` });
  const audit = (query = '', key = ROOT) => client.send('GET', `/v1/audit${query}`, undefined, as(key));
  const shop = new V1(client, 'shop');
  const end = async (subject: string) => {
    await shop.create({ subject }, as(ROOT));
    const path = `/subjects/${subject}/sessions?reason=drill`;
    assert.equal((await shop.send('DELETE', path, undefined, as(ROOT))).json.revoked, 1);
  };
  for (const subject of ['u1', 'u2', 'u3']) await end(subject);

  const { status, json } = await audit('?limit=3');
  assert.equal(status, 200);
  assert.deepEqual([json.on, json.readable], [true, true]);
  const shown = (all: Entry[]) => all.map(({ act, outcome, subject, ended }) => [act, outcome, subject, ended]);
  assert.deepEqual(shown(json.entries), [
    ['subject.end', 'done', 'u3', 1],
    ['subject.end', 'begun', 'u3', undefined],
    ['subject.end', 'done', 'u2', 1],
  ]);
  assert.deepEqual(
    [json.entries[0].key, json.entries[0].reason, json.entries[0].app, typeof json.entries[0].requestId],
    ['root', 'drill', 'shop', 'string'],
  );
  const rest = await audit(`?before=${json.next}`);
  assert.deepEqual(shown(rest.json.entries), [
    ['subject.end', 'begun', 'u2', undefined],
    ['subject.end', 'done', 'u1', 1],
    ['subject.end', 'begun', 'u1', undefined],
    ['server.start', 'done', undefined, undefined],
  ]);
  assert.equal(rest.json.next, null);

  for (const key of [SHOP, READER]) assert.deepEqual(problemOf(await audit('', key)), [403, 'forbidden']);
  assert.deepEqual(problemOf(await client.send('GET', '/v1/audit')), [401, 'unauthorized']);
  for (const query of ['?limit=0', '?limit=1001', '?after=x']) {
    assert.deepEqual(problemOf(await audit(query)), [400, 'invalid_request'], query);
  }
  const foreign = await audit('?before=x');
  assert.deepEqual(problemOf(foreign), [400, 'invalid_cursor']);
  assert.deepEqual([foreign.json.errors[0].in, foreign.json.errors[0].parameter], ['query', 'before']);

  // Looking is not an act.
  assert.equal((await audit()).json.entries.length, 7);
  renameSync(file, `${file}.1`);
  assert.deepEqual((await audit()).json.entries, []);
  await end('u4');
  assert.deepEqual(
    (await audit()).json.entries.map(({ subject }: Entry) => subject),
    ['u4', 'u4'],
  );
  assert.deepEqual((await audit(`?before=${json.next}`)).json, { on: true, readable: true, entries: [], next: null });
});

test('says that there is no audit log, and that one on standard error is elsewhere', async (t) => {
  for (const [env, on] of [
    [{}, false],
    [{ RS_AUDIT_LOG: 'stderr' }, true],
  ] as const) {
    const server = await startServer(t, { RS_STORE: 'memory:', ...env });
    const client = openClient(server.url);
    t.after(() => client.close());
    const { status, json } = await client.send('GET', '/v1/audit');
    assert.deepEqual([status, json], [200, { on, readable: false, entries: [], next: null }]);
  }
});

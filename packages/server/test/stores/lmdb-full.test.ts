/** A disk that is full: an honest 503, reads and kills go on, and room makes everything well without a restart. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { Tables } from '../../src/stores/lmdb/tables.ts';
import { journalOf } from '../conformance/events.ts';
import { APP, make } from '../conformance/harness.ts';
import { Client } from '../support/client.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';
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

test('a store of an earlier version that a full disk keeps from being brought up to date is refused in a sentence, unharmed', async (t) => {
  const path = temporaryFolder(t);
  const onError = (error: unknown) => t.after(() => Promise.reject(error));
  const store = new LmdbStore({ path, namespace: 'drs', onError });
  const all = Array.from({ length: 1500 }, (_, i) => make({ subject: `u${i}` }));
  await Promise.all(all.map(({ session, credential }) => store.create(session, credential, null, session.createdAt)));
  await store.close();
  const tables = new Tables(path, 'drs');
  const { root } = tables.environment;
  await tables.transaction(() => {
    tables.counts.table.clearSync();
    for (const { key, value } of [...tables.subjects.getRange({})]) if (value !== true) tables.subjects.removeSync(key);
    for (const name of ['totalled drs', 'format drs']) root.removeSync(name);
  });
  const { pageSize } = root.env.stat();
  const { lastPageNumber } = root.env.info();
  await tables.close();
  const file = join(path, 'data.mdb');
  truncateSync(file, (lastPageNumber + 1) * pageSize);

  // Room for nothing, and for a part of what is written at once.
  for (const more of [0, 8]) {
    const limited = `ulimit -f ${Math.ceil(statSync(file).size / 1024) + more}; exec "$0" "$1"`;
    const env = { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: `lmdb:${path}` };
    const { status, stderr } = spawnSync('bash', ['-c', limited, process.execPath, MAIN], { env, encoding: 'utf8' });
    const sentence = /the store in .* cannot be brought up to date: .*(may not grow|nearly full)/;
    assert.deepEqual([status, sentence.test(stderr)], [1, true], stderr);
  }
  const again = new LmdbStore({ path, namespace: 'drs', onError });
  t.after(() => again.close());
  assert.deepEqual(await again.count(APP, 0, all[0]!.session.createdAt), { sessions: 1500, subjects: 1500 });
});

test('on a full disk every session can be ended, and each end is told', async (t) => {
  const path = temporaryFolder(t);
  const policy = join(temporaryFolder(t), 'policy.json');
  writeFileSync(policy, JSON.stringify({ apps: { full: { events: true, history: { days: 30 } } } }));
  const limited = ['bash', '-c', `ulimit -f ${DISK}; exec "$0" "$1"`, process.execPath, MAIN] as const;
  const server = await startServer(t, { RS_STORE: `lmdb:${path}`, RS_CONFIG: policy }, [...limited]);
  const client = new Client(server.url);
  t.after(() => client.close());
  const tokens: string[] = [];
  const data = { a: 'x'.repeat(500) };
  for (let refused = 0; refused < 50; ) {
    const some = Array.from({ length: 50 }, (_, i) => client.send('PUT', `/full/create/u${i}?ip=1.1.1.1`, data));
    for (const { status, json } of await Promise.all(some)) {
      if (status === 200) tokens.push(json.token);
      else refused++;
    }
  }
  assert.ok(tokens.length > 500, `${tokens.length}`);
  for (const token of tokens) {
    assert.equal((await client.send('DELETE', `/full/kill/${token}`)).json.kill, 1, 'ending sessions needs no room');
  }
  assert.equal(await server.end(), 0);
  const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => t.after(() => Promise.reject(error)) });
  t.after(() => store.close());
  const told = (await journalOf(store, 'full')).map(({ event: { type, session } }) => `${type} ${session}`);
  assert.equal(told.filter((line) => line.startsWith('session.ended')).length, tokens.length);
  assert.equal(new Set(told).size, 2 * tokens.length);
});

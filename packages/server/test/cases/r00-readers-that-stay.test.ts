/** R00: a process that ends or stands still while it reads keeps the data file from using pages again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditFinding } from '../../src/stores/audit.ts';
import { openLmdbAudit } from '../../src/stores/lmdb/audit.ts';
import { Environment } from '../../src/stores/lmdb/environment.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { Readers } from '../../src/stores/lmdb/readers.ts';
import { put } from '../conformance/harness.ts';
import { Client } from '../support/client.ts';
import { command, eventually, startReader } from '../support/folder.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

test('R00: readers that stand still are warned of and seen by the doctor; dead ones are cleared by the sweep (kind: a snapshot that nobody ends)', async (t) => {
  const path = temporaryFolder(t);
  const env = { RS_STORE: `lmdb:${path}`, RS_SWEEP_INTERVAL: '1' };
  const server = await startServer(t, env);
  const client = new Client(server.url);
  t.after(() => client.close());
  const readers = [await startReader(t, path), await startReader(t, path)];
  for (const { pid } of readers) process.kill(pid!, 'SIGSTOP');
  await client.create('shop', 'u');
  const warned = (pid: number | undefined) =>
    new RegExp(`"level":"warn".*"finding":"stuck-reader","server":"process ${pid}"`).test(server.output());
  await eventually(() => readers.every(({ pid }) => warned(pid)), server.output);
  const doctor = command(['doctor'], env);
  assert.equal(doctor.status, 1);
  for (const { pid } of readers) assert.match(doctor.output, new RegExp(`stuck-reader at process ${pid}\n`));
  const times = server.output().split('stuck-reader').length;

  for (const { pid } of readers) process.kill(pid!, 'SIGKILL');
  const over = () => server.output().split('no longer so').length === readers.length + 1;
  await eventually(over, server.output);
  assert.equal(
    server.output().split('stuck-reader').length,
    times + readers.length,
    'said once, and once when it is gone',
  );
  assert.equal(command(['doctor'], env).status, 0);
  assert.equal(await server.end(), 0);
});

test('R00: a reader is stuck when it holds one old state, not when it moves on or nothing was written (kind: a false alarm)', () => {
  const readers = new Readers();
  const list = (...lines: string[]) => ['    pid     thread     txnid\n', ...lines].join('');
  assert.deepEqual(readers.look(list(' 11 7f00 40\n', ' 12 7f01 40\n', ' 13 7f02 -\n'), 40, 0, 1000), []);
  assert.deepEqual(readers.look(list(' 11 7f00 40\n', ' 12 7f01 45\n', ' 13 7f02 -\n'), 50, 1000, 1000), [
    { pid: 11, heldFor: 1000, behind: 10 },
  ]);
  assert.deepEqual(readers.look(list(' 11 7f00 50\n', ' 12 7f01 45\n'), 50, 1500, 1000), []);
  assert.deepEqual(readers.look('(no active readers)\n', 50, 9000, 1000), []);
});

test('R00: readers of dead processes are cleared when a store is opened (kind: no server was there to sweep)', async (t) => {
  const path = temporaryFolder(t);
  const options = { path, namespace: 'drs', onError: (error: unknown) => assert.fail(String(error)) };
  const first = new LmdbStore(options);
  await first.ping();
  const reader = await startReader(t, path);
  await first.close();
  process.kill(reader.pid!, 'SIGKILL');
  const second = new LmdbStore(options);
  await second.ping();
  assert.deepEqual(second.health(), []);
  await second.close();
});

test('R00: a reader that stands still is told of, also when the first look at it was slow (kind: a wait that is measured from before what it waits for)', async (t) => {
  const path = temporaryFolder(t);
  const store = new LmdbStore({ path, namespace: 'drs', onError: (error: unknown) => assert.fail(String(error)) });
  const reader = await startReader(t, path);
  await put(store);
  await store.close();
  const { stuckReaders } = Environment.prototype;
  let looks = 0;
  t.mock.method(Environment.prototype, 'stuckReaders', function (this: Environment, after?: number) {
    // As on a busy machine.
    for (const began = performance.now(); looks === 0 && performance.now() - began < 50; );
    looks++;
    return stuckReaders.call(this, after);
  });
  const told: string[] = [];
  const audit = openLmdbAudit(path, 'drs', false);
  const onFinding = ({ code, where }: AuditFinding) => told.push(`${code} at ${where}`);
  await audit.run({ quick: true, repair: false, onFinding, onProgress: () => {} });
  await audit.close();
  assert.deepEqual(told, [`stuck-reader at process ${reader.pid}`]);
});

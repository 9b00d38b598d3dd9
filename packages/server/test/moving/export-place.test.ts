/** Where an export is written, and what it is of: never a file of the store itself, and never a part of another store. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { exportFrom, FileInTheWay } from '../../src/exporting.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { put } from '../conformance/harness.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

/** Makes a folder with a store `data` that has a session of each of two apps. */
async function made(above: string, name: string): Promise<string> {
  const folder = join(above, name);
  mkdirSync(folder);
  const store = new LmdbStore({ path: join(folder, 'data'), namespace: 'drs', onError: () => {} });
  for (const app of ['blog', 'shop']) await put(store, { app, subject: name, createdAt: Date.now() });
  await store.close();
  return folder;
}

/** Exports the store `lmdb:data` of the working folder. `ends`: it is ended after the first app. */
function run(file: string, { goesOn = false, replace = false, ends = false } = {}) {
  const stop = new AbortController();
  const onSteps = (steps: number) => {
    if (ends && steps > 0) stop.abort();
  };
  const request = { app: null, file, sink: null, replace, goesOn };
  return exportFrom(readConfig({ RS_STORE: 'lmdb:data' }), request, Date.now, stop.signal, onSteps);
}

function inFolder(t: Cleanup, folder: string): void {
  const before = process.cwd();
  t.after(() => process.chdir(before));
  process.chdir(folder);
}

describe('an export', () => {
  test('never takes the place of a file of its own store', async (t) => {
    const folder = await made(temporaryFolder(t), 'one');
    inFolder(t, folder);
    const before = statSync('data/data.mdb');
    for (const file of ['data/data.mdb', join(folder, 'data', 'lock.mdb'), 'data/../data/DATA.MDB']) {
      await assert.rejects(run(file, { replace: true }), (error: Error) => {
        assert.ok(error instanceof FileInTheWay);
        assert.match(error.message, /is a file of the store that is to be exported: name another file$/);
        return true;
      });
    }
    assert.equal(statSync('data/data.mdb').ino, before.ino);
    assert.equal((await run('other.ndjson')).sessions, 2);
  });

  test('goes on with its own beginning, and not with that of a store of the same words in another folder', async (t) => {
    const above = temporaryFolder(t);
    const [one, two] = [await made(above, 'one'), await made(above, 'two')];
    const file = join(above, 'sessions.ndjson');
    inFolder(t, one);
    assert.deepEqual(await run(file, { ends: true }), { sessions: 1, complete: false, before: 0 });
    process.chdir(two);
    assert.deepEqual(await run(file, { goesOn: true, ends: true }), { sessions: 1, complete: false, before: 0 });
    assert.deepEqual(await run(file, { goesOn: true }), { sessions: 2, complete: true, before: 1 });
    const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1, -1);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).subject),
      ['two', 'two'],
    );
  });
});

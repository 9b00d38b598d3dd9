/** An export that is ended in the middle: gone on with, thrown away, or kept from others. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FileInTheWay } from '../../src/files/taking-a-name.ts';
import { ExportFile } from '../../src/moving/export-file.ts';
import { exportAll } from '../../src/moving/exporter.ts';
import { FORMAT_NAME, FORMAT_VERSION } from '../../src/moving/ndjson.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { imported, installAll, sessionLines, stored } from '../support/moving.ts';
import { temporaryFolder } from '../support/server.ts';

const T0 = 1_800_000_000_000;
const SESSIONS = 2600;

async function filled(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const records = Array.from({ length: SESSIONS }, (_, i) =>
    stored(T0, { app: i % 2 === 0 ? 'shop' : 'blog', subject: `user${i}`, data: `{"i":${i}}` }),
  );
  await installAll(store, records, T0);
  return store;
}

/** Exports to a file; `fails` is the number of the page at which the store fails. */
async function run(store: MemoryStore, path: string, { goesOn = false, replace = false, fails = 0, of = 'it' } = {}) {
  let now = T0;
  let pages = 0;
  const file = new ExportFile(path, { replace, of, clock: () => (now += 10_000) });
  const from = goesOn ? file.resume() : null;
  if (from === null) file.begin();
  const records: MemoryStore['records'] = (...asked) => {
    if (++pages === fails) throw new Error('the store is away');
    return store.records(...asked);
  };
  try {
    const { isWhole } = await exportAll({
      store: { records },
      apps: ['blog', 'shop'],
      header: { format: FORMAT_NAME, version: FORMAT_VERSION, exportedAt: file.exportedAt, server: 'test', app: null },
      sink: file,
      clock: () => T0,
      from,
      onPage: (place) => file.reached(place),
      signal: new AbortController().signal,
    });
    if (isWhole) file.finish();
  } finally {
    file.close();
  }
  return { pages };
}

describe('an export that is ended in the middle', () => {
  for (const fails of [1, 2, 3, 4, 5, 6]) {
    test(`at page ${fails}, it goes on there, and the file is whole`, async (t) => {
      const store = await filled();
      const path = join(temporaryFolder(t), 'x.ndjson');
      await assert.rejects(run(store, path, { fails }), /the store is away/);
      assert.equal(existsSync(path), false);
      assert.equal(statSync(`${path}.partial`).mode & 0o777, 0o600);
      // What is written after the last note is not certain.
      const partial = readFileSync(`${path}.partial`);
      writeFileSync(`${path}.partial`, Buffer.concat([partial, Buffer.from('{"half a li')]));
      const { pages } = await run(store, path, { goesOn: true });
      assert.ok(pages <= 7 - fails, `${pages} pages were read again`);
      assert.deepEqual(readdirSync(join(path, '..')), ['x.ndjson']);
      const text = readFileSync(path, 'utf8');
      assert.equal(sessionLines(text).length, SESSIONS);
      const { tally } = await imported(t, new MemoryStore(), text, T0);
      assert.deepEqual([tally.taken, tally.present, tally.allLeft()], [SESSIONS, 0, []]);
    });
  }

  test('goes by a note that is behind what is on the disk, and is written also after the clock was set back', async (t) => {
    const path = join(temporaryFolder(t), 'x.ndjson');
    let now = T0;
    const file = new ExportFile(path, { replace: false, of: 'it', clock: () => now });
    t.after(() => file.close());
    const noted = () =>
      existsSync(`${path}.partial.at`) ? JSON.parse(readFileSync(`${path}.partial.at`, 'utf8')).bytes : 0;
    // What was written, and the note of it, at the moment when the disk has all that was written.
    const synced: [number, number][] = [];
    const { fdatasyncSync } = fs;
    t.mock.method(fs, 'fdatasyncSync', (fd: number) => {
      fdatasyncSync(fd);
      synced.push([fs.fstatSync(fd).size, noted()]);
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    file.begin();
    const place = { app: 'shop', cursor: null, sessions: 1 };
    for (const [bytes, at] of [
      [3, T0],
      [5, T0 + 100],
      [7, T0 - 3_600_000],
    ] as const) {
      now = at;
      await file.write(Buffer.alloc(bytes));
      await file.reached(place);
    }
    assert.deepEqual(synced, [
      [3, 0],
      [15, 3],
    ]);
    assert.equal(noted(), 15);
  });

  test('is thrown away by one that begins anew, and by one of another store', async (t) => {
    const store = await filled();
    const path = join(temporaryFolder(t), 'x.ndjson');
    for (const options of [{}, { goesOn: true, of: 'another' }]) {
      await assert.rejects(run(store, path, { fails: 4, replace: true }));
      const { pages } = await run(store, path, { ...options, replace: true });
      assert.equal(pages, 6);
      assert.equal(sessionLines(readFileSync(path, 'utf8')).length, SESSIONS);
    }
  });

  test('is not taken from a process that is at it', async (t) => {
    const store = await filled();
    const path = join(temporaryFolder(t), 'x.ndjson');
    await assert.rejects(run(store, path, { fails: 4 }));
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = once(other, 'close');
    const noted = JSON.parse(readFileSync(`${path}.partial.at`, 'utf8'));
    writeFileSync(`${path}.partial.at`, JSON.stringify({ ...noted, pid: other.pid }));
    for (const goesOn of [true, false]) {
      await assert.rejects(run(store, path, { goesOn }), (error: Error) => {
        assert.ok(error instanceof FileInTheWay);
        assert.match(error.message, /^process \d+ is exporting to .* now; end it, or remove .*\.partial$/);
        return true;
      });
    }
    other.stdin.end();
    await ended;
    await run(store, path, { goesOn: true });
  });

  test('a link, a folder or a pipe in the place of the file stays what it is', async (t) => {
    const store = await filled();
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'target'), 'mine');
    symlinkSync('target', join(folder, 'link'));
    mkdirSync(join(folder, 'folder'));
    for (const name of ['link', 'folder']) {
      await assert.rejects(run(store, join(folder, name), { replace: true }), /is no regular file/);
    }
    // Somebody else has laid a link where the file is to be made.
    symlinkSync('target', join(folder, 'x.partial'));
    await run(store, join(folder, 'x'));
    assert.equal(readFileSync(join(folder, 'target'), 'utf8'), 'mine');
  });
});

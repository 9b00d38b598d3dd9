/** R2, a sibling: a data file that is cut off or of another program ended the server and the doctor with SIGSEGV or SIGBUS. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { command } from '../support/folder.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

test('R2: what is in the data folder and is no store, or only the begin of one, is refused in a sentence (kind: files that the engine trusts)', async (t) => {
  const parent = temporaryFolder(t);
  const folder = (name: string) => {
    mkdirSync(join(parent, name));
    return join(parent, name);
  };
  const whole = folder('whole');
  const server = await startServer(t, { RS_STORE: `lmdb:${whole}` });
  const client = new Client(server.url);
  t.after(() => client.close());
  for (let i = 0; i < 20; i++) await client.create('shop', `u${i}`, { x: 'y'.repeat(4000) });
  assert.equal(await server.end(), 0);
  const bytes = readFileSync(join(whole, 'data.mdb'));

  const damaged: [name: string, content: Buffer, wanted: RegExp][] = [
    ['garbage', Buffer.alloc(100_000, 'no'), /data\.mdb is no data file of this store/],
    ['less than a head', bytes.subarray(0, 100), /data\.mdb is no data file of this store/],
    ['one page', bytes.subarray(0, 4096), /data\.mdb is no data file of this store/],
    ['the begin', bytes.subarray(0, 20_000), /data\.mdb is cut off: 4 of its \d+ pages/],
  ];
  for (const [name, content, wanted] of damaged) {
    const path = folder(name);
    writeFileSync(join(path, 'data.mdb'), content);
    for (const args of [['serve'], ['doctor']]) {
      const { status, output } = command(args, { RS_STORE: `lmdb:${path}` });
      assert.deepEqual([status, wanted.test(output)], [1, true], `${name}, ${args}: ${output}`);
    }
    assert.ok(readFileSync(join(path, 'data.mdb')).equals(content), `${name} stays as it was`);
  }
  for (const file of ['data.mdb', 'lock.mdb']) {
    const path = folder(`a folder ${file}`);
    mkdirSync(join(path, file));
    const { status, output } = command(['serve'], { RS_STORE: `lmdb:${path}` });
    assert.deepEqual([status, output.includes('a folder is where the file should be')], [1, true], output);
  }

  const empty = folder('empty');
  writeFileSync(join(empty, 'data.mdb'), '');
  assert.match(command(['doctor'], { RS_STORE: `lmdb:${empty}` }).output, /data\.mdb is empty/);
  assert.equal(await (await startServer(t, { RS_STORE: `lmdb:${empty}` })).end(), 0, 'a server fills an empty file');

  const copy = folder('copy');
  copyFileSync(join(whole, 'data.mdb'), join(copy, 'data.mdb'));
  assert.match(command(['doctor'], { RS_STORE: `lmdb:${copy}` }).output, /app shop: 20 sessions/);
  if (process.getuid?.() !== 0) return;
  chmodSync(parent, 0o755);
  chmodSync(copy, 0o700);
  const { status, output } = command(['doctor'], { RS_STORE: `lmdb:${copy}` }, 65_534);
  assert.deepEqual([status, output.includes('cannot look into')], [1, true], output);
});

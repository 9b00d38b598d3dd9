/** N3: the code of an error was read without its call: a folder that may not be made was told as a port. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command } from '../support/folder.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

const NOBODY = 65_534;
const root = process.getuid?.() === 0;

test('N3: a store that cannot be opened is told as the folder it is, with what to do (kind: a code that other calls give too)', (t) => {
  const parent = temporaryFolder(t);
  const file = join(parent, 'file');
  writeFileSync(file, 'x');
  mkdirSync(join(parent, 'odd', 'data.mdb'), { recursive: true });
  const places: [path: string, said: RegExp][] = [
    [
      join(file, 'store'),
      /the data folder \S+ cannot be made: a part of the path is a file and no folder.*\(ENOTDIR\)/,
    ],
    [join(parent, 'odd'), /the store in \S+odd cannot be opened: a folder is where the file should be/],
    [join(parent, 'x'.repeat(300)), /the data folder \S+ cannot be made: the path is too long/],
  ];
  for (const [path, said] of places) {
    const { status, output } = command(['serve'], { RS_STORE: `lmdb:${path}`, RS_PORT: '4605' });
    assert.equal(status, 1);
    assert.match(output, said);
    assert.doesNotMatch(output, /port/);
  }
});

test('N3: an account without the right to the folder or its files reads which one it is (kind: EACCES)', {
  skip: !root,
}, async (t) => {
  const parent = temporaryFolder(t);
  chmodSync(parent, 0o755);
  const owned = join(parent, 'owned');
  const server = await startServer(t, { RS_STORE: `lmdb:${owned}` });
  assert.equal(await server.end(), 0);
  chmodSync(owned, 0o755);
  const places: [path: string, said: RegExp][] = [
    [join(parent, 'new'), /the data folder \S+new cannot be made: this account lacks the right/],
    [owned, /the store in \S+owned cannot be opened: this account lacks the right/],
  ];
  for (const [path, said] of places) {
    const { status, output } = command(['serve'], { RS_STORE: `lmdb:${path}`, RS_PORT: '4605' }, NOBODY);
    assert.equal(status, 1, output);
    assert.match(output, said);
    assert.doesNotMatch(output, /port/);
  }
});

test('N3: a port that is in use is still told as such (kind: the other way round)', async (t) => {
  const { port } = await startServer(t, { RS_STORE: 'memory:' });
  const { status, output } = command(['serve'], { RS_STORE: 'memory:', RS_PORT: `${port}` });
  assert.equal(status, 1);
  assert.match(output, new RegExp(`port ${port} on \\S+ is in use`));
});

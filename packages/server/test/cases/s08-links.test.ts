/** Keys commands change the file that a path leads to, and nothing else about it. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { changeKeysFile } from '../../src/keys/file.ts';
import { NEEDS_ROOT, runCommand, STRANGER } from '../support/command.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const entry = (name: string, digit: string) => ({
  name,
  hash: HASH.replace('0', digit),
  apps: ['shop'],
  scopes: ['read'],
});
const namesIn = (file: string): string[] =>
  JSON.parse(readFileSync(file, 'utf8')).keys.map(({ name }: { name: string }) => name);
const revoke = (file: string, name: string) => changeKeysFile(file, (all) => all.filter((one) => one.name !== name));

/** A folder with `s/keys.json`, which has the keys a and b. */
function folderWithKeys(cleanup: Cleanup): string {
  const folder = temporaryFolder(cleanup);
  mkdirSync(join(folder, 's'));
  writeFileSync(join(folder, 's/keys.json'), JSON.stringify({ keys: [entry('a', '1'), entry('b', '2')] }), {
    mode: 0o600,
  });
  return folder;
}

describe('S8, R6: a keys file behind symbolic links', () => {
  test('S8: is the file that changes, and the links stay (kind: relative, absolute, links to links, a linked folder)', (t) => {
    for (const make of [
      (at: (name: string) => string) => symlinkSync('s/keys.json', at('keys.json')),
      (at: (name: string) => string) => symlinkSync(at('s/keys.json'), at('keys.json')),
      (at: (name: string) => string) => {
        mkdirSync(at('s/deep'));
        symlinkSync('s/deep', at('folder'));
        symlinkSync('folder/../keys.json', at('first'));
        symlinkSync(at('first'), at('keys.json'));
      },
    ]) {
      const folder = folderWithKeys(t);
      const at = (name: string) => join(folder, name);
      make(at);
      revoke(at('keys.json'), 'b');
      assert.deepEqual(namesIn(at('s/keys.json')), ['a']);
      assert.ok(lstatSync(at('keys.json')).isSymbolicLink());
      assert.deepEqual(
        readdirSync(at('s')).filter((name) => name !== 'deep'),
        ['keys.json'],
      );
    }
  });

  test('S8: through the command; a link that leads nowhere yet makes the file there, one in a circle is told', async (t) => {
    const folder = folderWithKeys(t);
    const at = (name: string) => join(folder, name);
    symlinkSync('s/keys.json', at('keys.json'));
    assert.equal((await runCommand(['keys', 'revoke', 'b', '--file', at('keys.json')])).status, 0);
    assert.deepEqual(namesIn(at('s/keys.json')), ['a']);

    symlinkSync('s/new.json', at('dangling.json'));
    const create = (file: string) =>
      runCommand(['keys', 'create', '--name', 'x', '--apps', '*', '--scopes', 'read'], { env: { RS_KEYS_FILE: file } });
    assert.equal((await create(at('dangling.json'))).status, 0);
    assert.ok(lstatSync(at('dangling.json')).isSymbolicLink());
    assert.deepEqual([namesIn(at('s/new.json')), statSync(at('s/new.json')).mode & 0o777], [['x'], 0o600]);

    symlinkSync('none/new.json', at('nowhere.json'));
    symlinkSync('circle.json', at('circle.json'));
    for (const name of ['nowhere.json', 'circle.json']) {
      const { status, stdout, stderr } = await create(at(name));
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, /E(NOENT|LOOP): /);
    }
  });

  test('S1, S8: writers through a link and beside it wait for each other (kind: one file, two names)', async (t) => {
    const folder = folderWithKeys(t);
    const at = (name: string) => join(folder, name);
    symlinkSync('s/keys.json', at('keys.json'));
    const create = (name: string, file: string) =>
      runCommand(['keys', 'create', '--name', name, '--apps', '*', '--scopes', 'read', '--file', file]);
    await Promise.all(
      Array.from({ length: 6 }, (_, i) => create(`n${i}`, at(i % 2 === 0 ? 'keys.json' : 's/keys.json'))),
    );
    assert.equal(namesIn(at('s/keys.json')).length, 8);
  });

  test('S8: a second name of the file (a hard link) sees the change, too', (t) => {
    const folder = folderWithKeys(t);
    const [file, other] = [join(folder, 's/keys.json'), join(folder, 'other.json')];
    linkSync(file, other);
    revoke(file, 'b');
    assert.deepEqual([namesIn(file), namesIn(other)], [['a'], ['a']]);
  });
});

describe('R8: a keys file keeps', () => {
  test('R8: its mode, whoever changes it', (t) => {
    for (const mode of [0o600, 0o640, 0o644]) {
      const file = join(folderWithKeys(t), 's/keys.json');
      chmodSync(file, mode);
      revoke(file, 'a');
      assert.equal(statSync(file).mode & 0o7777, mode);
    }
  });

  test('R8: its owner and group when root changes it, so that its server can read it again (kind: create, revoke, behind a link)', {
    skip: NEEDS_ROOT,
  }, async (t) => {
    const folder = folderWithKeys(t);
    const file = join(folder, 's/keys.json');
    chownSync(file, STRANGER.uid, STRANGER.gid);
    symlinkSync('s/keys.json', join(folder, 'link.json'));
    const create = ['keys', 'create', '--name', 'c', '--apps', '*', '--scopes', 'read', '--file', file];
    for (const words of [create, ['keys', 'revoke', 'a', '--file', join(folder, 'link.json')]]) {
      assert.equal((await runCommand(words)).status, 0);
      const { uid, gid, mode } = statSync(file);
      assert.deepEqual([uid, gid, mode & 0o777], [STRANGER.uid, STRANGER.gid, 0o600]);
    }
    assert.deepEqual(namesIn(file), ['b', 'c']);
  });

  test('R8: itself when this account may not give it away: nothing of it changes hands (kind: a folder of one, a file of another)', {
    skip: NEEDS_ROOT,
  }, async (t) => {
    const folder = temporaryFolder(t);
    chmodSync(folder, 0o755);
    const own = join(folder, 'own');
    mkdirSync(own);
    chownSync(own, STRANGER.uid, STRANGER.gid);
    const file = join(own, 'keys.json');
    writeFileSync(file, JSON.stringify({ keys: [entry('a', '1')] }), { mode: 0o644 });
    const { status, stderr } = await runCommand(['keys', 'revoke', 'a', '--file', file], { ...STRANGER, cwd: '/' });
    assert.equal(status, 1, 'root has not given it to that account');
    assert.match(stderr, /EACCES: this account may not read or write it/);
    assert.deepEqual([statSync(file).uid, namesIn(file)], [0, ['a']]);
    assert.ok(!existsSync(`${file}.lock`) && !existsSync(`${file}.new`));
  });
});

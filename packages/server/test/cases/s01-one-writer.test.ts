/** One writer of the keys file at a time: between processes, when one dies, when one does not go on. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { withLock } from '../../src/keys/lock.ts';
import { runCommand } from '../support/command.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const create = (file: string, name: string) =>
  runCommand(['keys', 'create', '--name', name, '--apps', 'shop', '--scopes', 'read', '--file', file]);
const revoke = (file: string, name: string) => runCommand(['keys', 'revoke', name, '--file', file]);
const namesIn = (file: string): string[] =>
  (JSON.parse(readFileSync(file, 'utf8')) as { keys: { name: string }[] }).keys.map(({ name }) => name).sort();

/** Runs a process that takes the lock of a file and keeps it; resolves when it has it. */
async function holder(cleanup: Cleanup, file: string) {
  const module = JSON.stringify(new URL('../../dist/keys/lock.js', import.meta.url).href);
  const program = `import { withLock } from ${module};
    withLock(process.argv[1], () => { process.stdout.write('has it'); for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanup.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('S1: one writer at a time', () => {
  test('S1: revokes and creates side by side all count (kind: two processes change one file)', async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'keys.json');
    for (let i = 1; i <= 4; i++) assert.equal((await create(file, `r${i}`)).status, 0);
    const all = [1, 2, 3, 4].flatMap((i) => [revoke(file, `r${i}`), create(file, `n${i}`)]);
    for (const { status, stderr } of await Promise.all(all)) assert.equal(status, 0, stderr);
    assert.deepEqual(namesIn(file), ['n1', 'n2', 'n3', 'n4']);
    assert.deepEqual(readdirSync(folder), ['keys.json'], 'no lock and no copy is left');
  });

  test('S2, R7: as many creates at once as keys are printed are kept (kind: the file is made by one of several)', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const all = await Promise.all(Array.from({ length: 12 }, (_, i) => create(file, `n${i}`)));
    for (const { status, stdout, stderr } of all) assert.ok(status === 0 && stdout.startsWith('rsk_'), stderr);
    assert.equal(namesIn(file).length, 12);
  });

  test('S1: of two that revoke one key, one is told that there is none', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    await create(file, 'a');
    const both = await Promise.all([revoke(file, 'a'), revoke(file, 'a')]);
    assert.deepEqual(both.map(({ status }) => status).sort(), [0, 3]);
  });

  test('S1: the lock of a writer that was killed is taken over at once, by all that wait, one after the other', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    await create(file, 'old');
    for (let round = 0; round < 3; round++) {
      const child = await holder(t, file);
      child.kill('SIGKILL');
      await once(child, 'exit');
      assert.ok(lstatSync(`${file}.lock`).isSymbolicLink(), 'it left its lock');
      const all = await Promise.all([0, 1, 2, 3].map((i) => create(file, `n${round}-${i}`)));
      for (const { status, stderr } of all) assert.equal(status, 0, stderr);
    }
    assert.equal(namesIn(file).length, 13);
  });

  test('S1: a writer that stopped half-way keeps its lock; the next one ends with a sentence and changes nothing', async (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    await create(file, 'a');
    const before = readFileSync(file, 'utf8');
    const child = await holder(t, file);
    child.kill('SIGSTOP');
    const [made, gone] = await Promise.all([create(file, 'b'), revoke(file, 'a')]);
    for (const { status, stdout, stderr } of [made, gone]) {
      assert.deepEqual([status, stdout], [1, '']);
      assert.match(stderr, new RegExp(`process ${child.pid} on .* is changing it.*nothing was changed: try again`));
    }
    assert.equal(readFileSync(file, 'utf8'), before);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal((await create(file, 'b')).status, 0);
  });

  test('S1: the lock of another machine counts for a minute, whatever processes there are here (kind: hosts on one file system)', (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const lock = `${file}.lock`;
    symlinkSync(`0123456789abcdef01:${process.pid}:1:elsewhere:boot:1`, lock);
    const elsewhere = readlinkSync(lock);
    const minuteAgo = Date.now() / 1000 - 61;
    lutimesSync(lock, minuteAgo, minuteAgo);
    withLock(file, (confirm) => {
      assert.notEqual(readlinkSync(lock), elsewhere);
      confirm();
    });
    assert.ok(!existsSync(lock));
  });

  test('S1: a writer whose lock was taken from it changes nothing (kind: a stopped host that comes back)', (t) => {
    const file = join(temporaryFolder(t), 'keys.json');
    const lock = `${file}.lock`;
    assert.throws(
      () =>
        withLock(file, (confirm) => {
          rmSync(lock);
          symlinkSync('ffffffffffffffffff:1:1:elsewhere:boot:1', lock);
          confirm();
        }),
      /another writer took over; nothing was changed/,
    );
    assert.ok(lstatSync(lock).isSymbolicLink(), 'the lock of the other one stays');
  });
});

/** S9: a folder that exists keeps its rights, and the files in it were for everybody to read. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command, eventually } from '../support/folder.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';

const windows = process.platform === 'win32';

test('S9: files are for the owner alone whatever folder and umask; an open folder or file is told by the log and the doctor (kind: rights that were there before)', {
  skip: windows,
}, async (t) => {
  const path = join(temporaryFolder(t), 'store');
  mkdirSync(path);
  chmodSync(path, 0o755);
  const env = { RS_STORE: `lmdb:${path}` };
  const loose = ['bash', '-c', 'umask 0; exec "$0" "$1"', process.execPath, MAIN] as const;
  const first = await startServer(t, env, [...loose]);
  const modes = () =>
    ['.', 'data.mdb', 'lock.mdb'].map((name) => (statSync(join(path, name)).mode & 0o777).toString(8));
  assert.deepEqual(modes(), ['755', '600', '600']);
  const told = (file: string) => `"finding":"open-folder","server":"${file}"`;
  await eventually(() => first.output().includes(told(path)), first.output);
  assert.ok(!first.output().includes(told(join(path, 'data.mdb'))));
  assert.match(command(['doctor'], env).output, /setting open-folder at \S+store\n.*mode 755.*chmod 700/);
  assert.equal(await first.end(), 0);

  // What was arranged before stays: other accounts may be meant.
  chmodSync(join(path, 'data.mdb'), 0o664);
  chmodSync(path, 0o770);
  const second = await startServer(t, env);
  await eventually(() => second.output().includes(told(join(path, 'data.mdb'))), second.output);
  assert.ok(!second.output().includes(told(path)), 'a group is no stranger');
  assert.deepEqual(modes(), ['770', '664', '600']);
  const doctor = command(['doctor'], env);
  assert.deepEqual([doctor.status, /open-folder at \S+data\.mdb/.test(doctor.output)], [1, true]);
});

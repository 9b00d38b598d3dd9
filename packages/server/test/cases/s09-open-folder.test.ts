/** S9: a folder that exists keeps its rights, and the files in it were for everybody to read. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command, eventually } from '../support/folder.ts';
import { MAIN, startServer, temporaryFolder } from '../support/server.ts';

const windows = process.platform === 'win32';

test('S9: files are for the owner alone whatever folder and umask; what others may do with files is taken away at the start; an open folder is told by the log and the doctor (kind: rights that were there before)', {
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

  // The doctor changes nothing, and tells.
  chmodSync(join(path, 'data.mdb'), 0o664);
  const doctor = command(['doctor'], env);
  assert.deepEqual([doctor.status, /open-folder at \S+data\.mdb/.test(doctor.output)], [1, true]);

  // An earlier version made files that all could read. What the group may do was arranged on purpose.
  chmodSync(join(path, 'lock.mdb'), 0o644);
  chmodSync(path, 0o770);
  const second = await startServer(t, env);
  assert.deepEqual(modes(), ['770', '660', '640']);
  for (const [file, had, has] of [
    ['data', '664', '660'],
    ['lock', '644', '640'],
  ]) {
    const line = new RegExp(`"level":"warn".*${file}\\.mdb was open to other accounts .*mode ${had}.*mode ${has}`);
    await eventually(() => line.test(second.output()), second.output);
  }
  assert.equal(command(['doctor'], env).status, 0, 'a group is no stranger');
  assert.ok(!second.output().includes('open-folder'), 'nothing is open any more');
});

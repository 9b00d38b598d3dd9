/** A data folder and the accounts of the system: who may not look says so, and what root makes is of whoever has the folder. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { backUp } from '../../src/stores/lmdb/backup/backup.ts';
import { checkBackup } from '../../src/stores/lmdb/backup/restore.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { LmdbReader } from '../../src/stores/lmdb/reader.ts';
import { lmdbStatistics } from '../../src/stores/lmdb/statistics.ts';
import { openAudit } from '../../src/stores/open-audit.ts';
import { isMade } from '../../src/stores/open-place.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const isRoot = process.geteuid?.() === 0;
const onProgress = () => undefined;

async function made(t: Cleanup) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'data');
  await new LmdbStore({ path, namespace: 'drs', onError: () => {} }).close();
  return { folder, path };
}

/** Does work as an account that is not root. */
async function asAnother(work: () => Promise<void>): Promise<void> {
  if (isRoot) process.seteuid!(4711);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid!(0);
  }
}

describe('a data folder', { skip: process.platform === 'win32' }, () => {
  test('that this account may not look into is not called empty', async (t) => {
    const { folder, path } = await made(t);
    chmodSync(folder, 0o755);
    chmodSync(path, 0o000);
    const options = { namespace: 'drs', timeout: 1000, redis: { wait: 0 }, repair: false };
    const file = join(folder, 'sessions.backup');
    await asAnother(async () => {
      for (const look of [
        () => lmdbStatistics(path, 'drs'),
        async () => new LmdbReader(path, 'drs', Date.now),
        () => backUp({ path, file, replace: false, version: 'test', onProgress }),
        () => openAudit(`lmdb:${path}`, options),
        async () => isMade(`lmdb:${path}`),
      ]) {
        await assert.rejects(look, {
          message: `this account cannot look into ${path} (EACCES); run it as the one that owns the folder`,
        });
      }
    });
    chmodSync(path, 0o700);
    const none = join(folder, 'none');
    assert.deepEqual([isMade(`lmdb:${path}`), isMade(`lmdb:${none}`)], [true, false]);
    await assert.rejects(lmdbStatistics(none, 'drs'), { message: `no store in ${none}` });
  });

  test('a backup that this account may not read is told as that file', async (t) => {
    const { folder, path } = await made(t);
    const file = join(folder, 'sessions.backup');
    await backUp({ path, file, replace: false, version: 'test', onProgress });
    chmodSync(folder, 0o755);
    chmodSync(file, 0o000);
    await asAnother(async () => {
      await assert.rejects(checkBackup(file, onProgress), {
        message: `this account may not read the backup ${file} (EACCES); run it as the one that owns the file`,
      });
    });
  });

  test('of a service has no files of root when root makes its store', { skip: !isRoot }, async (t) => {
    const path = join(temporaryFolder(t), 'owned');
    mkdirSync(path);
    chownSync(path, 4711, 4712);
    const store = new LmdbStore({ path, namespace: 'drs', onError: () => {} });
    assert.deepEqual(await store.apps(), []);
    await store.close();
    for (const name of ['data.mdb', 'lock.mdb']) {
      const { uid, gid, mode } = statSync(join(path, name));
      assert.deepEqual([uid, gid, mode & 0o777], [4711, 4712, 0o600], name);
    }
  });
});

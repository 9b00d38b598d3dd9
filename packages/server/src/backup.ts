/** The composition root of `rest-sessions backup` and `restore`: configuration → its data folder, copied and put back. */

import { resolve } from 'node:path';
import { packageVersion } from './assets.ts';
import type { Config } from './config.ts';
import { dataFolderOf } from './stores/data-folder.ts';
import type { Seal } from './stores/lmdb/backup/seal.ts';

export type { Seal };

/** Told how far a phase has come. */
export type OnProgress = (phase: string, done: number, total: number) => void;

/** Gives the data folder of a configuration. Absence: null when its store is not the embedded one. */
export function dataFolder({ store }: Config): string | null {
  return dataFolderOf(store);
}

/** Backs up a data folder. Errors: in a sentence; there is no new file then. */
export async function backUpTo(path: string, file: string, options: { replace: boolean; onProgress: OnProgress }) {
  const { backUp } = await import('./stores/lmdb/backup/backup.ts');
  return backUp({ path, file: resolve(file), version: packageVersion(), ...options });
}

/** Restores a backup. Errors: in a sentence; the folder is as it was then. */
export async function restoreFrom(file: string, path: string, options: { replace: boolean; onProgress: OnProgress }) {
  const { restore } = await import('./stores/lmdb/backup/restore.ts');
  const { replace, onProgress } = options;
  return restore({
    file: resolve(file),
    path,
    replace,
    onBytes: (done, total) => onProgress('restoring', done, total),
  });
}

/** Reads all of a backup. Errors: in a sentence, when it is not whole. */
export async function checkBackup(file: string, onProgress: OnProgress): Promise<Seal> {
  const { checkBackup: check } = await import('./stores/lmdb/backup/restore.ts');
  return check(resolve(file), (done, total) => onProgress('checking', done, total));
}

/** Where a backup or a restore writes. */
export type Place = { readonly file: string } | { readonly folder: string };

/** Gives what removes the leavings of one that is ended in the middle. At once: nothing comes between it and the end. */
export async function discardOf(place: Place): Promise<() => void> {
  if ('file' in place) {
    const { discard } = await import('./stores/lmdb/backup/backup.ts');
    return () => discard(resolve(place.file));
  }
  const { discardRestore } = await import('./stores/lmdb/backup/restore.ts');
  return () => discardRestore(place.folder);
}

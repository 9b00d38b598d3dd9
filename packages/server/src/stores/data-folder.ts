import { resolve } from 'node:path';

/** Gives the data folder that a store URL names, as an absolute path. Absence: null when it is not of the embedded store. */
export function dataFolderOf(url: string): string | null {
  return url.startsWith('lmdb:') ? resolve(url.slice('lmdb:'.length)) : null;
}

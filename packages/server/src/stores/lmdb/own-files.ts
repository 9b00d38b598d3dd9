/** The files of a data folder, looked at without the engine, which would make them. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { OpenFailure } from './open-failure.ts';

/** Errors: OpenFailure, for a folder without a store, or one that this account may not look into. */
export function assertPresent(path: string): void {
  if (!isPresent(path)) throw new OpenFailure(`no store in ${path}`);
}

/** Whether there is a store in a folder. Errors: OpenFailure, for one that this account may not look into. */
export function isPresent(path: string): boolean {
  try {
    statSync(join(path, 'data.mdb'));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new OpenFailure(`this account cannot look into ${path} (${code}); run it as the one that owns the folder`);
  }
}

/** Whether a name is that of a file of the store itself, which its servers would lose if something else took it. */
export function isOwnFile(path: string, file: string): boolean {
  const above = dirname(file);
  if (!/^(data|lock)\.mdb$/i.test(basename(file)) || !existsSync(above) || !existsSync(path)) return false;
  return realpathSync(above) === realpathSync(path);
}

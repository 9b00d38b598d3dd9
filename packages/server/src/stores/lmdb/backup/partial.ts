/** Folders in which a backup or a restore is made before it gets its name, for this account only: PREFIX and the number of the process. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../../files/processes.ts';

/** Gives the folder of this process in `above`. */
export function partialFolder(above: string, prefix: string): string {
  return join(above, `${prefix}${process.pid}`);
}

/** Makes it, and removes those of processes that were killed. Errors: those of the system. */
export function makePartialFolder(above: string, prefix: string): string {
  for (const name of readdirSync(above)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : 0;
    // In a container each command has the same number: what has ours is of one before us.
    if (!Number.isInteger(pid) || pid <= 0 || (pid !== process.pid && isAlive(pid))) continue;
    rmSync(join(above, name), { recursive: true, force: true });
  }
  const folder = partialFolder(above, prefix);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

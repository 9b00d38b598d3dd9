/** Which processes are there, and which of them use a data folder. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Tells whether a process of this number is there, in our pid namespace. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Gives the processes that have a store open: each holds a lock on the begin of its lock file, which Linux lists for all
 * accounts. A process of a pid namespace that is not ours has a number there that is none here. Absence: none, and on systems that list no locks.
 */
export function usersOf(path: string): number[] {
  const lock = statSync(join(path, 'lock.mdb'), { bigint: true, throwIfNoEntry: false });
  if (lock === undefined) return [];
  let locks: string;
  try {
    locks = readFileSync('/proc/locks', 'latin1');
  } catch {
    return [];
  }
  const found = [...locks.matchAll(/^\d+: POSIX +ADVISORY +READ +(-?\d+) \S+:(\d+) 0 0$/gm)];
  return found.filter(([, , inode]) => inode === `${lock.ino}`).map(([, pid]) => Number(pid));
}

/** Which processes use a data folder. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { sharedLocks } from '../proc-locks.ts';

/** Gives the processes that have a store open, by the lock that each has on its lock file. Absence: as proc-locks.ts has it. */
export function usersOf(path: string): number[] {
  const lock = statSync(join(path, 'lock.mdb'), { bigint: true, throwIfNoEntry: false });
  if (lock === undefined) return [];
  return sharedLocks().flatMap(({ pid, inode }) => (inode === `${lock.ino}` ? [pid] : []));
}

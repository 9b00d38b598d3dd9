/** Who holds a lock on the begin of a file, as every process that uses LMDB does on its lock file: Linux lists them for all accounts. */
import { readFileSync } from 'node:fs';

export interface SharedLock {
  /** 0 or less for a process of a pid namespace that is not ours. */
  readonly pid: number;
  /** Of the file. */
  readonly inode: string;
}

/** Absence: none, and on systems that list no locks. */
export function sharedLocks(): SharedLock[] {
  let text: string;
  try {
    text = readFileSync('/proc/locks', 'latin1');
  } catch {
    return [];
  }
  const found = text.matchAll(/^\d+: POSIX +ADVISORY +READ +(-?\d+) \S+:(\d+) 0 0$/gm);
  return [...found].map(([, pid, inode]) => ({ pid: Number(pid), inode: inode! }));
}

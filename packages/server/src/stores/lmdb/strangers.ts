/**
 * Looks for processes that use one of the two files of a data folder without the other. Such a one does not see our locks:
 * `lock.mdb` was removed or replaced under it, or `data.mdb` was. Two processes that both write then destroy what the
 * other wrote, so whoever comes later must not open the store.
 *
 * Linux lists who holds which lock (`/proc/locks`), and which files a process has mapped (`/proc/PID/maps`). What cannot be
 * seen: processes of another account (unless we are root), those of another pid namespace, as in two containers, and anything
 * on other systems. For those, each process looks at the numbers of its own files before it writes (presence.ts).
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sharedLocks } from './proc-locks.ts';

/** Gives what is wrong, in a sentence for the operator. Absence: null. The store must be open in this process. */
export function strangerOf(path: string): string | null {
  const own = read('/proc/self/maps');
  const [data, lock] = ['data.mdb', 'lock.mdb'].map((name) => mappingOf(own, join(realpathSync(path), name)));
  if (data === undefined || lock === undefined) return null;
  for (const pid of lockHolders()) {
    if (pid === `${process.pid}`) continue;
    const maps = read(`/proc/${pid}/maps`);
    const [hasData, hasLock] = [maps.includes(data), maps.includes(lock)];
    if (hasData === hasLock) continue;
    return told(pid, hasData ? WITHOUT_LOCK : WITHOUT_DATA, path);
  }
  return null;
}

/**
 * Gives the same for a lock file without its data file, before the store is opened: to open it would be enough to harm. LMDB then
 * sets the number of the last transaction, which is in the lock file, to that of the data file it finds or makes. The other
 * process, whose own data file may come back, would read a state from before its last commit. Absence: null.
 */
export function strangerBefore(path: string): string | null {
  const [data, lock] = ['data.mdb', 'lock.mdb'].map(
    (name) => statSync(join(path, name), { throwIfNoEntry: false })?.ino,
  );
  if (lock === undefined) return null;
  for (const pid of lockHolders()) {
    if (pid === `${process.pid}`) continue;
    const mapped = read(`/proc/${pid}/maps`)
      .split('\n')
      .map((line) => line.split(/ +/));
    const has = (inode: number, name: string) => mapped.some((c) => c[4] === `${inode}` && c[5]?.endsWith(name));
    // Of the data file the number is enough: it has another name where it was renamed.
    if (!has(lock, '/lock.mdb') || (data !== undefined && has(data, ''))) continue;
    return told(pid, WITHOUT_DATA, path);
  }
  return null;
}

const WITHOUT_LOCK = 'has data.mdb open, but not this lock.mdb: that was removed or replaced while it was in use';
const WITHOUT_DATA = 'has lock.mdb open, but not this data.mdb: that was removed or replaced while it was in use';

function told(pid: string, without: string, path: string): string {
  return `process ${pid} ${without}; stop all servers of ${path}, then start them`;
}

/** Gives the device and inode of a mapped file, as `/proc/PID/maps` writes them. Absence: undefined when it is not mapped. */
function mappingOf(maps: string, file: string): string | undefined {
  const line = maps.split('\n').find((text) => text.endsWith(` ${file}`));
  // The columns: addresses, rights, offset, device, inode, path. The space after keeps 12 from being found in 123.
  const [, , , device, inode] = line?.split(/ +/) ?? [];
  return device && inode && ` ${device} ${inode} `;
}

/** Gives the processes that hold such a lock, each once. */
function lockHolders(): Set<string> {
  return new Set(sharedLocks().map(({ pid }) => `${pid}`));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // Another system, another account's process, or one that has just ended.
    return '';
  }
}

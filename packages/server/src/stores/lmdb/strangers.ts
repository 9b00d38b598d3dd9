/**
 * Looks for processes that use one of the two files of a data folder without the other. Such a one does not see our locks:
 * `lock.mdb` was removed or replaced under it, or `data.mdb` was. Two processes that both write then destroy what the
 * other wrote, so whoever comes later must not open the store.
 *
 * Linux lists who holds which lock (`/proc/locks`), and which files a process has mapped (`/proc/PID/maps`). What cannot be
 * seen: processes of another account (unless we are root), those of another pid namespace, as in two containers, and anything
 * on other systems. For those, each process looks at the numbers of its own files before it writes (presence.ts).
 */
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

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
    const without = hasData
      ? 'has data.mdb open, but not this lock.mdb: that was removed or replaced while it was in use'
      : 'has lock.mdb open, but not this data.mdb: that was removed or replaced while it was in use';
    return `process ${pid} ${without}; stop all servers of ${path}, then start them`;
  }
  return null;
}

/** Gives the device and inode of a mapped file, as `/proc/PID/maps` writes them. Absence: undefined when it is not mapped. */
function mappingOf(maps: string, file: string): string | undefined {
  const line = maps.split('\n').find((text) => text.endsWith(` ${file}`));
  // The columns: addresses, rights, offset, device, inode, path. The space after keeps 12 from being found in 123.
  const [, , , device, inode] = line?.split(/ +/) ?? [];
  return device && inode && ` ${device} ${inode} `;
}

/** Gives the processes that hold a lock on the first byte of a file, as every process that uses LMDB does. */
function lockHolders(): Set<string> {
  const holders = read('/proc/locks').matchAll(/^\d+: POSIX +ADVISORY +READ +(\d+) \S+ 0 0$/gm);
  return new Set([...holders].map((match) => match[1]!));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // Another system, another account's process, or one that has just ended.
    return '';
  }
}

/**
 * One writer at a time for a file that processes of one machine or of several may change. The lock is a symbolic link beside
 * the file: made in one step that only one process can win, on network file systems too, and never half written. Its target is
 * not a path but says who holds it:
 *
 *   NONCE:PID:STARTED:HOST:BOOT:NAMESPACE       STARTED, BOOT and NAMESPACE are empty where the system does not tell them
 *
 * When the holder is a process of this machine, its id and start time tell whether it still lives; the lock of a dead one is
 * taken over at once. Whether a process of another machine or container lives cannot be known here: its lock counts for a
 * minute, which is a thousand times what a change takes. Rejected: flock, which Node does not have; a lock by age alone, which a stopped writer would lose.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isAlive } from '../files/processes.ts';
import { KeysError } from './entry.ts';

/** How long a writer waits for another. Units: milliseconds. */
const PATIENCE = 10_000;
/** How long the lock of a process of another machine or container counts. Units: milliseconds. */
const UNSEEN_LIFE = 60_000;

/**
 * Does the work while no other process does such work at `path`. The work calls `confirm` right before its change can be
 * seen. Errors: KeysError when another writer does not finish within seconds, or has taken over; nothing is changed then.
 */
export function withLock<T>(path: string, work: (confirm: () => void) => T): T {
  const lock = `${path}.lock`;
  const own = [randomBytes(9).toString('hex'), process.pid, startOf('self') ?? '', PLACE].join(':');
  const end = performance.now() + PATIENCE;
  while (!take(lock, own)) {
    if (performance.now() > end) {
      throw new KeysError(
        `${wordsFor(holderOf(lock))} is changing it, and did not finish; nothing was changed: try again`,
      );
    }
    pause(5 + Math.random() * 20);
  }
  const confirm = () => {
    if (holderOf(lock) !== own) throw new KeysError('another writer took over; nothing was changed: try again');
  };
  try {
    return work(confirm);
  } finally {
    if (holderOf(lock) === own) rmSync(lock, { force: true });
  }
}

/**
 * Takes the lock unless somebody has it. The lock of a dead holder is removed first, and only by whoever holds the lock upon
 * that very lock: of two that find it, one removes it, and the other finds that it is another lock by now.
 */
function take(lock: string, own: string): boolean {
  if (make(lock, own)) return true;
  const holder = holderOf(lock);
  if (holder === null || isHeld(holder, lock)) return false;
  const removal = `${lock}.${holder.split(':', 1)[0]?.replace(/\W/g, '_').slice(0, 32)}`;
  if (!take(removal, own)) return false;
  try {
    if (holderOf(lock) === holder) rmSync(lock, { force: true });
  } finally {
    rmSync(removal, { force: true });
  }
  return make(lock, own);
}

function make(lock: string, own: string): boolean {
  try {
    symlinkSync(own, lock);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOSYS' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
  }
  // A file system, or a Windows account, without symbolic links.
  try {
    writeFileSync(lock, own, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Gives who holds a lock. Absence: null when nobody does. */
function holderOf(lock: string): string | null {
  for (const read of [() => readlinkSync(lock), () => readFileSync(lock, 'utf8')]) {
    try {
      return read();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    }
  }
  return '';
}

function isHeld(holder: string, lock: string): boolean {
  const [, pid, started, ...place] = holder.split(':');
  if (place.join(':') !== PLACE) return age(lock) < UNSEEN_LIFE;
  if (!isAlive(Number(pid))) return false;
  const start = startOf(pid!);
  if (started === '' || start === null) return age(lock) < UNSEEN_LIFE;
  return start === started;
}

/** When a process was started, in a unit of the kernel's; `gone` when it has ended and nobody has fetched its exit code. Absence: null where the system does not tell. */
function startOf(pid: string): string | null {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === '') return null;
  // The name of the program stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : (fields[19] ?? null);
}

/** What tells this machine and its view of processes from others. Containers on one machine share the boot. */
const PLACE = [
  encodeURIComponent(hostname()),
  textOf('/proc/sys/kernel/random/boot_id').trim(),
  targetOfLink('/proc/self/ns/pid').replace(/\D/g, ''),
].join(':');

function wordsFor(holder: string | null): string {
  const [, pid, , host = ''] = (holder ?? '').split(':');
  return /^\d+$/.test(pid ?? '') ? `process ${pid} on ${host}` : 'another writer';
}

/** Units: milliseconds. Absence: 0 when it is gone. */
function age(lock: string): number {
  const stats = lstatSync(lock, { throwIfNoEntry: false });
  return stats === undefined ? 0 : Date.now() - stats.mtimeMs;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function targetOfLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Waits without returning to the event loop: the command has nothing else to do. Units: milliseconds. */
function pause(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}

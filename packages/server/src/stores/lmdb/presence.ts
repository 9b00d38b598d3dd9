/**
 * Whether the path of the data folder still leads to the two files that are open. A file that was removed, renamed or
 * replaced stays usable for the process that has it open, so writes to it succeed and are lost. And without its lock file
 * a second process would write beside this one: each destroys what the other wrote.
 *
 * The numbers of the files (device and inode) are compared before each transaction writes and again after its commit: two
 * calls of stat each. Watching the folder instead was rejected: its events come later than the answer, and each commit causes some.
 */
import { type BigIntStats, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

export class Presence {
  private readonly path: string;
  private readonly data: string;
  private readonly lock: string;
  private readonly opened: { readonly data: Identity | null; readonly lock: Identity | null };

  /** Remembers the files that are at the path now: right after they were opened. */
  constructor(path: string) {
    this.path = path;
    this.data = join(path, 'data.mdb');
    this.lock = join(path, 'lock.mdb');
    // The lock file may be absent: a store that is only read, on a file system that is read-only.
    this.opened = { data: identity(this.data), lock: identity(this.lock) };
  }

  /** Gives what is wrong: one sentence for the operator. Absence: null when both files are where they were. */
  fault(): string | null {
    const { path } = this;
    let data: Identity | null;
    let lock: Identity | null;
    try {
      data = identity(this.data);
      lock = identity(this.lock);
    } catch (error) {
      return `the data folder ${path} cannot be looked at (${(error as NodeJS.ErrnoException).code})`;
    }
    if (!same(data, this.opened.data)) {
      if (data !== null)
        return `${path} holds another data.mdb than the one that is open: ${AGAIN}, or restart to use it`;
      return `${existsSync(path) ? `data.mdb is gone from ${path}` : `the data folder ${path} is gone`}: ${AGAIN}, or restart`;
    }
    if (this.opened.lock === null || same(lock, this.opened.lock)) return null;
    return `lock.mdb in ${path} was ${lock === null ? 'removed' : 'replaced'} while it was in use: stop all servers of this folder, then start them`;
  }
}

const AGAIN = 'put back the one that was there';

function identity(path: string): Identity | null {
  // Without BigInt two numbers of a union file system could look alike.
  return statSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
}

function same(one: Identity | null, other: Identity | null): boolean {
  return one === other || (one !== null && other !== null && one.ino === other.ino && one.dev === other.dev);
}

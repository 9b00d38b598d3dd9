/** How LMDB is opened: with which settings, and not beside a process that has lost its data file. */
import { closeSync, fchownSync, lchownSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { OpenFailure, openFailure } from './open-failure.ts';
import { strangerBefore } from './strangers.ts';

/**
 * Addresses set aside for the data file. LMDB maps a file that outgrows its map once more and keeps the map before, so that
 * the same memory is counted two or three times. Nothing but addresses is used up. Units: bytes.
 */
const MAP_SIZE = 64 * 1024 ** 3;

/** What the types of lmdb-js leave out. */
interface Native {
  readonly env: {
    info(): { lastPageNumber: number; lastTxnId: number };
    stat(): PageCounts;
    freeStat(): PageCounts;
  };
  getWriteTxnId(): number;
}

export interface PageCounts {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

export type Root = RootDatabase & Native;

/** Errors: OpenFailure. */
export function openRoot(path: string, readOnly: boolean): Root {
  const stranger = strangerBefore(path);
  if (stranger !== null) throw new OpenFailure(stranger);
  const options = {
    path,
    noSubdir: false,
    readOnly,
    overlappingSync: false,
    // With it, a commit that fails also rejects a promise that nobody can get hold of, and ends the process.
    eventTurnBatching: false,
    // Twelve for each namespace, and one more that an earlier version left: the tables of all of them are opened.
    maxDbs: 512,
    maxReaders: 512,
    // Of files that it makes. The account's umask can only take away from it.
    permissionsMode: 0o600,
  };
  try {
    if (!readOnly) makeForOwner(path);
    const root = open(mayReserve() ? { ...options, mapSize: MAP_SIZE } : options) as Root;
    giveLockToOwner(path);
    return root;
  } catch (error) {
    throw openFailure(`the store in ${path} cannot be opened`, error);
  }
}

/**
 * A data file that root makes (import, copy) in the folder of a service would keep that service from opening it: it is made for the account
 * that has the folder. LMDB fills an empty file as it fills its own.
 */
function makeForOwner(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(path);
  const data = join(path, 'data.mdb');
  if (uid === 0 || lstatSync(data, { throwIfNoEntry: false }) !== undefined) return;
  let fd = -1;
  try {
    fd = openSync(data, 'wx', 0o600);
    // By its number: a name could be made a link.
    fchownSync(fd, uid, gid);
  } catch {
    // Another worker made it, or root may give nothing away here (a container, a network drive): it is opened as without this.
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}

/**
 * LMDB makes a lock file where there is none. One that root made by looking into the store of a service (stats, doctor, backup) would
 * keep that service from opening it: it goes to the account that has the data file.
 */
function giveLockToOwner(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const [data, lock] = ['data.mdb', 'lock.mdb'].map((name) => join(path, name)) as [string, string];
  const [owner, present] = [data, lock].map((file) => lstatSync(file, { throwIfNoEntry: false }));
  if (owner === undefined || present === undefined || (owner.uid === present.uid && owner.gid === present.gid)) return;
  try {
    // By its name: to open and close the file would take LMDB's locks away, which belong to the process.
    lchownSync(lock, owner.uid, owner.gid);
  } catch {
    // On a file system that is read-only nothing can be given away; whoever cannot open it says so.
  }
}

/** Windows would make the file as long as its map, 32 bits have no such addresses, and a process may be limited (ulimit -v). */
function mayReserve(): boolean {
  if (process.platform === 'win32' || !/64|s390x/.test(process.arch)) return false;
  try {
    return /^Max address space +unlimited/m.test(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return process.platform !== 'linux';
  }
}

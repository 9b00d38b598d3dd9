/**
 * Looks at the two files of a data folder before LMDB opens them. It maps `data.mdb` into memory and trusts what it reads there:
 * a file that is cut off or of another program ends the process with SIGSEGV or SIGBUS, and nobody learns why. So does a disk
 * that has no room for the files it makes.
 *
 * The head of the file is read as LMDB writes it (MDB_meta of mdb.c in lmdb-js 3, 64 bits): two pages at the begin, of which the
 * one with the higher transaction number counts. What is wrong further inside the doctor finds, if anything.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OpenFailure, openFailure } from './open-failure.ts';
import { isFull } from './room.ts';

/** Units: bytes. */
const PAGE_HEADER = 24;
const META_LENGTH = 136;
const MAGIC = 0xbeefc0de;
/** No page: the tree is empty. */
const NO_PAGE = 2n ** 64n - 1n;
/** LMDB does not write pages at the end which the same transaction used and freed. Units: pages. */
const UNWRITTEN = 128n;
/** What LMDB writes before it reports errors: the places of 512 readers, and the head of the data file. Units: bytes. */
const FIRST_WRITES = 48 * 1024;

/** Errors: OpenFailure when what is in the folder is no store that can be opened. Nothing there at all is none. */
export function assertStoreFiles(folder: string, readOnly: boolean): void {
  const [data, lock] = ['data.mdb', 'lock.mdb'].map((name) => join(folder, name)) as [string, string];
  try {
    for (const file of [data, lock]) {
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats?.isDirectory()) throw Object.assign(new Error(`${file} is a folder`), { code: 'EISDIR' });
      if (stats?.isFile() === false) throw new OpenFailure(`${file} is no file; name another folder in RS_STORE`);
    }
    const fault = faultOf(data, readOnly);
    if (fault !== null) {
      throw new OpenFailure(`${data} ${fault}; move it away, or restore a copy, with all servers stopped`);
    }
    const makesFiles = [data, lock].some((file) => !statSync(file, { throwIfNoEntry: false })?.size);
    if (makesFiles) assertRoom(folder, readOnly);
  } catch (error) {
    throw openFailure(`the store in ${folder} cannot be opened`, error);
  }
}

/** Errors: what the system says when it has no room for new files, or, for a server, that it may not make them. */
function assertRoom(folder: string, readOnly: boolean): void {
  const file = join(folder, `room-${process.pid}.tmp`);
  try {
    writeFileSync(file, Buffer.alloc(FIRST_WRITES), { mode: 0o600 });
  } catch (error) {
    // Where no file can be made, a store that is only read needs none.
    if (!readOnly || isFull(error)) throw error;
  } finally {
    rmSync(file, { force: true });
  }
}

/** Gives what is wrong with a data file. Absence: null, also for a file that is not there. */
function faultOf(file: string, readOnly: boolean): string | null {
  if (!existsSync(file)) return null;
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd, { bigint: true });
    // A server fills an empty file.
    if (size === 0n) return readOnly ? 'is empty' : null;
    // On 32 bits, and where numbers have their bytes in the other order, a head looks different.
    if (!/^(x64|arm64|riscv64|loong64)$/.test(process.arch)) return null;
    const first = metaAt(fd, 0);
    const second = first && metaAt(fd, first.pageSize);
    if (first === null || second === null) return 'is no data file of this store, or it is damaged';
    const { lastPage, roots } = first.transaction > second.transaction ? first : second;
    const pages = size / BigInt(first.pageSize);
    const isCut = roots.some((root) => root !== NO_PAGE && root >= pages) || pages + UNWRITTEN <= lastPage;
    return isCut ? `is cut off: ${pages} of its ${lastPage + 1n} pages are there` : null;
  } finally {
    closeSync(fd);
  }
}

/** Reads one of the two heads. Absence: null when there is none. */
function metaAt(fd: number, position: number) {
  const head = Buffer.alloc(PAGE_HEADER + META_LENGTH);
  if (readSync(fd, head, 0, head.length, position) < head.length) return null;
  const meta = head.subarray(PAGE_HEADER);
  const pageSize = meta.readUInt32LE(24);
  if (meta.readUInt32LE(0) !== MAGIC || pageSize < 256 || pageSize > 65_536) return null;
  return {
    pageSize,
    roots: [meta.readBigUInt64LE(64), meta.readBigUInt64LE(112)],
    lastPage: meta.readBigUInt64LE(120),
    transaction: meta.readBigUInt64LE(128),
  };
}

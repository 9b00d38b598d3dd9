/**
 * Room for ends on a full disk. LMDB never changes a page in place, so to end a session also takes a few free pages; with
 * none left the newest sessions could not be ended, and no room would ever come back. So the data file is kept longer than
 * what is used of it by a reserve of real, written zeros. What makes the store grow (a create, an update, a memo) is refused
 * when the reserve cannot be kept; ends, rotations with a grace, sweeps and counters may use it. A login
 * leaves a note for those that come a moment too late (core/lost-races.ts), so it is refused like a create.
 *
 * Where a file cannot grow, pages inside it may be free: then what grows may use those beyond the reserve. A file system that
 * writes to new blocks each time, or that stores zeros as nothing (Btrfs, ZFS), can be full nevertheless.
 */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';

/** Pages that are kept for what ends sessions: 512 KiB with the usual pages of 4 KiB. One end takes about twenty in a large store. */
const RESERVE = 128;
/** Pages by which the file is made longer at a time. */
const STEP = 64;
/** Pages that a change may take beside its data: its share of the leaves of six tables. */
const OVERHEAD = 2;

/** The file cannot be made longer: disk full, quota (Linux, macOS), size limit of the process. */
const FULL = new Set<string | number>(['ENOSPC', 'EDQUOT', 'EFBIG', 28, 122, 69, 27]);

/** Whether an error, or its cause, says that there is no room. */
export function isFull(error: unknown): boolean {
  const { code, cause } = error as { code?: string | number; cause?: unknown };
  return FULL.has(code ?? '') || (cause instanceof Error && isFull(cause));
}

/** All numbers of bytes. Used inside write transactions only: the writer lock keeps other processes from the end of the file. */
export class Room {
  private readonly fd: number;
  private readonly pageSize: number;
  private readonly freeInside: () => number;
  private size: number;
  private used = 0;
  private claimed = 0;
  private tried = false;

  /** `freeInside` counts the free pages between those that are used. */
  constructor(file: string, pageSize: number, freeInside: () => number) {
    this.fd = openSync(file, 'r+');
    this.pageSize = pageSize;
    this.freeInside = freeInside;
    this.size = fstatSync(this.fd).size;
  }

  /** Begins a transaction on a file whose last page in use is `lastPage`. */
  begin(lastPage: number): void {
    this.used = (lastPage + 1) * this.pageSize;
    this.claimed = 0;
    this.tried = false;
  }

  /** Asks for room for `bytes` of data. Errors: one for which `isFull` is true. */
  claim(bytes: number): void {
    const { pageSize } = this;
    const claimed = this.claimed + bytes + OVERHEAD * pageSize;
    const reserve = RESERVE * pageSize;
    this.reach(this.used + claimed + reserve);
    const behind = this.size - this.used;
    if (behind < claimed + reserve) {
      // Free pages between the others may not be next to each other. When the end of the file is used up, more must be free.
      const needed = behind < reserve / 2 ? 1.5 * reserve : reserve;
      if (behind + this.freeInside() * pageSize < claimed + needed) {
        throw Object.assign(new Error('the disk is full: what is left is kept for ending sessions'), {
          code: 'ENOSPC',
        });
      }
    }
    this.claimed = claimed;
  }

  close(): void {
    closeSync(this.fd);
  }

  /** Makes the file at least so long, and a step longer, if that can be. Once in a transaction is enough where it cannot. */
  private reach(size: number): void {
    if (this.size >= size || this.tried) return;
    // Another process may have made it longer. Nobody else writes behind the end while we have the writer lock.
    this.size = fstatSync(this.fd).size;
    const target = size + STEP * this.pageSize;
    const zeros = Buffer.alloc(Math.min(STEP * this.pageSize, Math.max(target - this.size, 0)));
    try {
      while (this.size < size || (this.size < target && zeros.length > 0)) {
        this.size += writeSync(this.fd, zeros, 0, Math.min(zeros.length, target - this.size), this.size);
      }
    } catch (error) {
      this.tried = true;
      if (!isFull(error)) throw error;
    }
  }
}

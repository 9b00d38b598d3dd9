/**
 * A backup is the data file of a store with a seal behind it: the last 4096 bytes, which begin with a line of JSON. The seal has
 * the SHA-256 of all that stands before it, so that a backup that is cut off, damaged or of something else is found before
 * anybody relies on it. LMDB does not look behind its last page: its own tools read a backup as it is.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OpenFailure, openFailure } from '../open-failure.ts';

/** Units: bytes. */
const SEAL_LENGTH = 4096;
const CHUNK = 1024 * 1024;
/** The first word of a seal, with the number of its form. A form that this version does not know is refused. */
const KIND = 'rest-sessions-backup';
const FORM = 1;

/** What a backup says of itself. */
export interface Seal {
  /** When it was begun: it has what was committed until then. Units: epoch milliseconds. */
  readonly madeAt: number;
  /** Version of the server that made it. */
  readonly madeBy: string;
  /** The namespaces in it: the format of each, and how many sessions it has. */
  readonly namespaces: readonly { readonly name: string; readonly format: number; readonly sessions: number }[];
  /** Length of the data file. Units: bytes. */
  readonly bytes: number;
  /** Of the data file: SHA-256, in hexadecimal. */
  readonly sha256: string;
}

/** Told how much of a file was gone through. Units: bytes. */
export type OnBytes = (done: number, total: number) => void;

/** Writes a seal behind a data file, and all of it to the disk. */
export async function seal(file: string, facts: Omit<Seal, 'bytes' | 'sha256'>, onBytes: OnBytes): Promise<Seal> {
  const fd = openSync(file, 'r+');
  try {
    const bytes = fstatSync(fd).size;
    const sha256 = await hashOf(fd, bytes, onBytes);
    const sealed: Seal = { ...facts, bytes, sha256 };
    const block = Buffer.alloc(SEAL_LENGTH, ' ');
    const text = `${JSON.stringify({ kind: KIND, form: FORM, ...sealed })}\n`;
    if (Buffer.byteLength(text) >= SEAL_LENGTH) throw new Error('there are too many namespaces for one backup');
    block.write(text);
    block[SEAL_LENGTH - 1] = 0x0a;
    writeSync(fd, block, 0, SEAL_LENGTH, bytes);
    fsyncSync(fd);
    return sealed;
  } finally {
    closeSync(fd);
  }
}

/** Reads the seal of a backup. Errors: OpenFailure, when the file is no backup, is cut off, or of a form that is not known. */
export function readSeal(file: string): Seal {
  let fd: number | null = null;
  try {
    // Looked at before it is opened: opening a pipe waits for its writer, without an end.
    if (!statSync(file).isFile()) throw new OpenFailure(`${file} is no file`);
    fd = openSync(file, 'r');
    const stats = fstatSync(fd);
    const block = Buffer.alloc(SEAL_LENGTH);
    const bytes = stats.size - SEAL_LENGTH;
    if (bytes > 0) readSync(fd, block, 0, SEAL_LENGTH, bytes);
    const found = parse(block);
    if (found === null) throw new OpenFailure(`${file} ${whatElse(fd)}`);
    if (found.form !== FORM) {
      throw new OpenFailure(
        `${file} is a backup of form ${found.form}, of a newer version: this one knows form ${FORM}`,
      );
    }
    if (found.bytes !== bytes) {
      throw new OpenFailure(`${file} is damaged: it has ${bytes} bytes of data, and its seal speaks of ${found.bytes}`);
    }
    if (!isWellFormed(found)) throw new OpenFailure(`${file} is damaged: its seal cannot be read; use another backup`);
    const { kind: _kind, form: _form, ...sealed } = found;
    return sealed;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw openFailure(`the backup ${file} cannot be read`, error);
    // What is said of a data folder does not help here.
    throw new OpenFailure(
      `this account may not read the backup ${file} (${code}); run it as the one that owns the file`,
    );
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** Copies the data file of a backup to `fd`. Errors: OpenFailure, when the backup is not what its seal says. */
export async function unseal(file: string, sealed: Seal, onBytes: OnBytes, fd: number | null): Promise<void> {
  const from = openSync(file, 'r');
  try {
    const sha256 = await hashOf(from, sealed.bytes, onBytes, fd);
    if (sha256 !== sealed.sha256) {
      throw new OpenFailure(`${file} is damaged: its content is not the one that was written; use another backup`);
    }
  } finally {
    closeSync(from);
  }
}

/** Gives the SHA-256 of the first bytes of a file, which it also writes to `to` where there is one. */
async function hashOf(fd: number, bytes: number, onBytes: OnBytes, to: number | null = null): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (let at = 0; at < bytes; ) {
    const read = readSync(fd, chunk, 0, Math.min(CHUNK, bytes - at), at);
    if (read === 0) throw new OpenFailure('the file became shorter while it was read');
    const part = chunk.subarray(0, read);
    hash.update(part);
    for (let written = 0; to !== null && written < read; ) written += writeSync(to, part, written);
    at += read;
    onBytes(at, bytes);
    // So that a signal is heard.
    await nextTurn();
  }
  return hash.digest('hex');
}

function parse(block: Buffer): (Seal & { readonly kind: string; readonly form: number }) | null {
  try {
    const found = JSON.parse(block.toString('utf8'));
    return found?.kind === KIND ? found : null;
  } catch {
    return null;
  }
}

/** Tells whether a seal of our form has what it must have. Nobody vouches for it: the SHA-256 is of the data alone. */
function isWellFormed({ madeAt, madeBy, namespaces, sha256 }: Seal): boolean {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  return (
    isCount(madeAt) &&
    // The last instant that a Date can have.
    madeAt <= 8.64e15 &&
    typeof madeBy === 'string' &&
    typeof sha256 === 'string' &&
    Array.isArray(namespaces) &&
    namespaces.every((one) => typeof one?.name === 'string' && isCount(one.format) && isCount(one.sessions))
  );
}

/** Says what a file without a seal is. */
function whatElse(fd: number): string {
  // The head of a page, and then the number that LMDB begins with.
  const begin = Buffer.alloc(28);
  const isData = readSync(fd, begin, 0, 28, 0) === 28 && begin.readUInt32LE(24) === 0xbeefc0de;
  if (isData)
    return 'is cut off, or was not made by rest-sessions backup: it begins like a data file and has no seal at its end';
  return 'is no backup of rest-sessions';
}

/**
 * The keys file on the disk: it says who may do what, so it is read only when no stranger can write it (trust.ts), and changed
 * by one writer at a time (lock.ts). A path that is a symbolic link stays one: the file it leads to is the one that changes.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { NO_FILE, openRegular } from '../files/regular-file.ts';
import { type KeyEntry, KeysError, parseKeysFile, type RawEntries, rawEntries } from './entry.ts';
import { withLock } from './lock.ts';
import { namesOnTheWay, replaceFile } from './replace.ts';
import { KeyRing } from './ring.ts';
import { judgeAccess } from './trust.ts';

/** The keys of a file, and what its operator should know of who can read or change it. */
export interface KeysFile {
  readonly entries: readonly KeyEntry[];
  /** The SHA-256 of the file, in hexadecimal digits. */
  readonly digest: string;
  /** One line each, beginning with the path. */
  readonly warnings: readonly string[];
}

/** Reads the keys of a file. Errors: KeysError, its message begins with the path. */
export function readKeysFile(path: string): KeysFile {
  return inFile(path, () => {
    const { text, digest, warnings } = readTrusted(path);
    return { entries: parseKeysFile(text), digest, warnings: warnings.map((warning) => `${path}: ${warning}`) };
  });
}

/**
 * Changes the entries of a file; what `change` throws changes nothing. Absence: a file that does not exist has none. Errors:
 * KeysError, and what `change` throws.
 */
export function changeKeysFile(path: string, change: (entries: RawEntries) => RawEntries): void {
  inFile(path, () => {
    const folder = dirname(path);
    if (!existsSync(folder)) throw new KeysError(`there is no folder ${folder}; make it first`);
    const target = namesOnTheWay(path).at(-1)!;
    withLock(target, (confirm) => {
      const text = readOrNull(path);
      const entries = text === null ? [] : rawEntries(text);
      const written = `${JSON.stringify({ keys: change(entries) }, null, 2)}\n`;
      new KeyRing(parseKeysFile(written));
      replaceFile(target, written, confirm);
    });
  });
}

function readOrNull(path: string): string | null {
  try {
    return readTrusted(path).text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function readTrusted(path: string): { text: string; digest: string; warnings: string[] } {
  const file = openRegular(path);
  try {
    const warnings = judgeAccess(fstatSync(file), namesOnTheWay(path));
    const bytes = readFileSync(file);
    return { text: utf8(bytes), digest: createHash('sha256').update(bytes).digest('hex'), warnings };
  } finally {
    closeSync(file);
  }
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new KeysError('it must be UTF-8');
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this account may not read or write it there',
  EPERM: 'this account may not read or write it there',
  EROFS: 'its file system is read-only; change it where it is made',
  ENOSPC: 'the disk is full',
  EISDIR: 'it is a folder',
  [NO_FILE]: 'it is no regular file',
  ELOOP: 'its symbolic links lead in a circle',
};

function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof KeysError) throw new KeysError(`${path}: ${error.message}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new KeysError(`${path}: ${code}: ${REASONS[code] ?? 'it cannot be read or written'}`);
  }
}

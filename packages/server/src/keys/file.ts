/**
 * The keys file on the disk. Read only when nobody but its owner can: it says who may do what, and who can write it can
 * let anyone in. Written whole, to a file beside it that then takes its place: a reader sees the old or the new one.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type KeyEntry, KeysError, parseKeysFile } from './entry.ts';
import { KeyRing } from './ring.ts';

/** The entries as they stand in the file, so that a change keeps what it does not concern. */
export type RawEntries = Record<string, unknown>[];

/** Reads the keys of a file. Errors: KeysError, its message begins with the path. */
export function readKeysFile(path: string): KeyEntry[] {
  return inFile(path, () => parseKeysFile(readPrivate(path)));
}

/** Changes the entries of a file. Absence: a file that does not exist has none. Errors: KeysError. */
export function changeKeysFile(path: string, change: (entries: RawEntries) => RawEntries): void {
  inFile(path, () => {
    const text = readOrNull(path);
    if (text !== null) parseKeysFile(text);
    const document = text === null ? { keys: [] } : (JSON.parse(text) as { keys: RawEntries });
    const written = `${JSON.stringify({ ...document, keys: change(document.keys) }, null, 2)}\n`;
    new KeyRing(parseKeysFile(written));
    replace(path, written);
  });
}

function readOrNull(path: string): string | null {
  try {
    return readPrivate(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function readPrivate(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { mode } = fstatSync(file);
    // Windows has no such bits; there the folder's access list has to do it.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new KeysError(
        `others than its owner may read or write it (mode ${(mode & 0o777).toString(8)}); chmod 600 it`,
      );
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function replace(path: string, text: string): void {
  const beside = `${path}.${process.pid}.new`;
  try {
    const file = openSync(beside, 'wx', 0o600);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function inFile<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = error instanceof KeysError ? message : `${code ?? 'fault'}: the file cannot be read or written`;
    throw new KeysError(`${path}: ${why}`);
  }
}

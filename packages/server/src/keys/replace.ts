/**
 * Puts a new text into the place of a file: whole, so that a reader sees the old or the new one, and with the file's owner and
 * mode. Where that cannot be (a name mounted into a container, a second hard link, an owner that this account may not
 * give), the file itself is written over: it must be the file that changes, never a copy beside it.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { syncFolder } from '../files/folder-sync.ts';

const MAX_LINKS = 40;

/** Gives the names that a path leads through, symbolic link by link; the last one is the file, be it there or not. Errors: ELOOP. */
export function namesOnTheWay(path: string): string[] {
  const names: string[] = [];
  // Not `resolve`: it shortens `link/..` to nothing, but the folder above a link is that of the folder it leads to.
  let next = isAbsolute(path) ? path : `${process.cwd()}/${path}`;
  while (names.length <= MAX_LINKS) {
    const folder = realpathSync.native(dirname(next));
    const name = join(folder, basename(next));
    names.push(name);
    const target = linkAt(name);
    if (target === null) return names;
    next = isAbsolute(target) ? target : `${folder}/${target}`;
  }
  throw Object.assign(new Error('too many symbolic links'), { code: 'ELOOP' });
}

function linkAt(name: string): string | null {
  try {
    return readlinkSync(name);
  } catch {
    return null;
  }
}

/**
 * Writes the text. `confirm` is called right before others can see it. Errors: what the system says. Nothing has changed then; but a file
 * that had to be written over has its old text again only as far as the system lets it be put back.
 */
export function replaceFile(path: string, text: string, confirm: () => void): void {
  const old = statSync(path, { throwIfNoEntry: false });
  const hasOtherNames = old !== undefined && old.nlink > 1;
  if (hasOtherNames || !putInPlace(path, text, old, confirm)) overwrite(path, text, confirm);
  syncNames(dirname(path));
}

/** Gives whether a new file could take the place of the old one, with its owner. */
function putInPlace(path: string, text: string, old: Stats | undefined, confirm: () => void): boolean {
  const beside = `${path}.new`;
  // Left by a writer that was ended half-way; whoever holds the lock may clear it away.
  rmSync(beside, { force: true });
  try {
    if (!writeBeside(beside, text, old)) return false;
    confirm();
    renameSync(beside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
    throw error;
  } finally {
    rmSync(beside, { force: true });
  }
}

/** Gives whether the file beside could be given the owner of the old one. */
function writeBeside(beside: string, text: string, old: Stats | undefined): boolean {
  const file = openSync(beside, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    if (old !== undefined && process.platform !== 'win32') {
      const made = fstatSync(file);
      try {
        if (made.uid !== old.uid || made.gid !== old.gid) fchownSync(file, old.uid, old.gid);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
        throw error;
      }
      fchmodSync(file, old.mode & 0o7777);
    }
    fsyncSync(file);
    return true;
  } finally {
    closeSync(file);
  }
}

function overwrite(path: string, text: string, confirm: () => void): void {
  const file = openSync(path, 'r+');
  try {
    const old = readFileSync(file);
    confirm();
    try {
      put(file, Buffer.from(text));
    } catch (error) {
      putBack(file, old);
      throw error;
    }
  } finally {
    closeSync(file);
  }
}

function put(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, at);
  ftruncateSync(file, bytes.length);
  fsyncSync(file);
}

/** A disk that is full has room for what was there before. */
function putBack(file: number, bytes: Buffer): void {
  try {
    put(file, bytes);
  } catch {
    // What the first attempt failed with is told.
  }
}

/** So that a power cut does not bring a revoked key back. Not every system can do that to a folder. */
function syncNames(folder: string): void {
  try {
    syncFolder(folder);
  } catch {
    // The file itself is on the disk.
  }
}

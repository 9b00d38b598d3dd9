/**
 * Restore of a backup into a data folder that no server uses. The backup is read once: copied beside the place, compared with
 * its seal, and only then given its name. What was there before is kept under another name, never removed.
 */
import { closeSync, existsSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { syncFolder } from '../../../files/folder-sync.ts';
import { assertStoreFiles } from '../file-check.ts';
import { KNOWN_FORMAT } from '../format.ts';
import { makeFolder, OpenFailure, openFailure } from '../open-failure.ts';
import { makePartialFolder, partialFolder } from './partial.ts';
import { usersOf } from './processes.ts';
import { type OnBytes, readSeal, type Seal, unseal } from './seal.ts';

export interface RestoreOptions {
  /** The backup. */
  readonly file: string;
  /** The data folder. It is made when it is not there. */
  readonly path: string;
  /** Whether a store that is there is moved away. */
  readonly replace: boolean;
  /** Told how far it has come. */
  readonly onBytes: OnBytes;
}

export interface Restored extends Seal {
  /** Where the data file is that was there before. Absence: null. */
  readonly moved: string | null;
}

/** Reads all of a backup and compares it with its seal. Errors: OpenFailure. */
export async function checkBackup(file: string, onBytes: OnBytes): Promise<Seal> {
  const sealed = usable(file);
  await unseal(file, sealed, onBytes, null);
  return sealed;
}

/** Restores a backup. Errors: OpenFailure; the folder is as it was then. */
export async function restore({ file, path, replace, onBytes }: RestoreOptions): Promise<Restored> {
  const sealed = usable(file);
  assertUnused(path);
  const place = join(path, 'data.mdb');
  assertPlace(path, place, replace);
  makeFolder(path);
  const folder = partialFolder(path, PREFIX);
  try {
    makePartialFolder(path, PREFIX);
    const copy = join(folder, 'data.mdb');
    await copyTo(copy, async (fd) => {
      await unseal(file, sealed, onBytes, fd);
      giveToOwner(path, fd);
    });
    assertStoreFiles(folder, true);
    // It may have been started meanwhile.
    assertUnused(path);
    assertPlace(path, place, replace);
    const moved = isThere(place) ? aside(path, place) : null;
    renameSync(copy, place);
    syncFolder(path);
    return { ...sealed, moved };
  } catch (error) {
    throw openFailure(`${file} cannot be restored to ${path}`, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes what a restore leaves that is ended in the middle. */
export function discardRestore(path: string): void {
  rmSync(partialFolder(path, PREFIX), { recursive: true, force: true });
}

const PREFIX = 'restoring-';

function usable(file: string): Seal {
  const sealed = readSeal(file);
  const newer = sealed.namespaces.find(({ format }) => format > KNOWN_FORMAT);
  if (newer !== undefined) {
    throw new OpenFailure(
      `${file} was made by a newer version (${sealed.madeBy}): its namespace ${newer.name} has format ${newer.format}, and this version knows ${KNOWN_FORMAT}`,
    );
  }
  return sealed;
}

function assertUnused(path: string): void {
  const users = usersOf(path).filter((pid) => pid !== process.pid);
  if (users.length === 0) return;
  const known = users.filter((pid) => pid > 0).map(String);
  const who = known.length === 0 ? 'a process of another container' : `process ${known.join(', ')}`;
  throw new OpenFailure(`${path} is in use by ${who}: stop all servers of this folder first`);
}

function assertPlace(path: string, place: string, replace: boolean): void {
  if (replace || !isThere(place)) return;
  throw new OpenFailure(
    `there is a store in ${path} already: name another folder, or say --replace, which keeps it beside`,
  );
}

function isThere(place: string): boolean {
  return (statSync(place, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Gives a file to the account that owns the folder: a server of that account could not open one of root. By its number: a name could be made a link. */
function giveToOwner(path: string, fd: number): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(path);
  fchownSync(fd, uid, gid);
}

/** Moves a data file to another name in its folder, and gives that. */
function aside(path: string, place: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  for (let n = 0; ; n++) {
    const name = join(path, `data.mdb.replaced-${stamp}${n === 0 ? '' : `-${n}`}`);
    if (existsSync(name)) continue;
    renameSync(place, name);
    return name;
  }
}

async function copyTo(copy: string, write: (fd: number) => Promise<void>): Promise<void> {
  const fd = openSync(copy, 'wx', 0o600);
  try {
    await write(fd);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

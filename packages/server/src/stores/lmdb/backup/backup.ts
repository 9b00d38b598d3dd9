/**
 * Backup of a data folder, while servers use it. LMDB copies one state of it, page by page and without those that are free, in a
 * thread of its own; commits go on meanwhile, and pages that they free are used again when the copy is done. The
 * copy is then opened and every entry of every table is read, before it gets its seal and its name: a file of that
 * name is whole.
 */
import { chmodSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RootDatabase } from 'lmdb';
import { syncFolder } from '../../../files/folder-sync.ts';
import { assertFree, FileInTheWay, takeName } from '../../../files/taking-a-name.ts';
import { assertStoreFiles } from '../file-check.ts';
import { OpenFailure, openFailure } from '../open-failure.ts';
import { openRoot, type Root } from '../open-root.ts';
import { assertPresent, isOwnFile } from '../own-files.ts';
import { makePartialFolder, partialFolder } from './partial.ts';
import { type Seal, seal } from './seal.ts';

export interface BackupOptions {
  /** The data folder. */
  readonly path: string;
  /** Where the backup is to be. Its folder must be there. */
  readonly file: string;
  /** Whether a file of that name is replaced, at the very end. */
  readonly replace: boolean;
  /** Version of the server, for the seal. */
  readonly version: string;
  /** Told how far a phase has come. */
  readonly onProgress: (phase: string, done: number, total: number) => void;
}

/** Entries that are read in one turn. */
const SLICE = 5000;

/** Makes a backup. Errors: OpenFailure, FileInTheWay; there is no new file then. */
export async function backUp({ path, file, replace, version, onProgress }: BackupOptions): Promise<Seal> {
  assertPresent(path);
  assertFree(file, replace);
  assertNotOfStore(path, file);
  assertStoreFiles(path, true);
  const folder = makeFolderBeside(file);
  try {
    const madeAt = Date.now();
    onProgress('copying', 0, 1);
    await copy(path, folder);
    onProgress('copying', 1, 1);
    const namespaces = await check(folder, onProgress);
    const data = join(folder, 'data.mdb');
    const sealed = await seal(data, { madeAt, madeBy: version, namespaces }, (done, total) =>
      onProgress('sealing', done, total),
    );
    chmodSync(data, 0o600);
    takeName(data, file, replace);
    syncFolder(dirname(file));
    return sealed;
  } catch (error) {
    throw error instanceof FileInTheWay ? error : openFailure(`${path} cannot be backed up to ${file}`, error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes what a backup leaves that is ended in the middle. */
export function discard(file: string): void {
  rmSync(partialFolder(dirname(file), prefixOf(file)), { recursive: true, force: true });
}

/** Errors: a backup that would take the place of the store itself, which its servers would lose at that moment. */
function assertNotOfStore(path: string, file: string): void {
  if (!isOwnFile(path, file)) return;
  throw new OpenFailure(`${file} is a file of the store that is to be backed up: name another file`);
}

const prefixOf = (file: string) => `${basename(file)}.partial-`;

function makeFolderBeside(file: string): string {
  try {
    return makePartialFolder(dirname(file), prefixOf(file));
  } catch (error) {
    throw openFailure(`nothing can be written beside ${file}`, error);
  }
}

async function copy(path: string, folder: string): Promise<void> {
  const root = openRoot(path, true) as RootDatabase & { backup(path: string, compact: boolean): Promise<void> };
  try {
    await root.backup(folder, true);
  } finally {
    await root.close();
  }
}

/** Reads every entry of a copy. Gives what each namespace has. Errors: an entry too few or too many. */
async function check(folder: string, onProgress: BackupOptions['onProgress']): Promise<Seal['namespaces']> {
  assertStoreFiles(folder, true);
  const root = openRoot(folder, true);
  try {
    const tables = [...root.getKeys()].map(String).filter((name) => name.includes(':'));
    const sizes = new Map<string, number>();
    for (const name of tables) sizes.set(name, entryCount(root, name));
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    let done = 0;
    for (const [name, size] of sizes) {
      const found = await walk(root, name, (read) => onProgress('checking', done + read, total));
      if (found !== size) throw new OpenFailure(`the table ${name} has ${found} of its ${size} entries`);
      done += size;
    }
    const names = new Set(tables.map((name) => name.slice(0, name.lastIndexOf(':'))));
    return [...names].map((name) => ({ name, format: formatOf(root, name), sessions: sessionsOf(root, name, sizes) }));
  } finally {
    await root.close();
  }
}

async function walk(root: Root, name: string, onRead: (done: number) => void): Promise<number> {
  const table = root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' });
  let found = 0;
  // A copy has no writer: one range stays valid over all turns.
  for (const { value } of table.getRange({ snapshot: false })) {
    if (value === undefined) throw new OpenFailure(`the table ${name} has an entry without a value`);
    found++;
    if (found % SLICE !== 0) continue;
    onRead(found);
    await nextTurn();
  }
  return found;
}

function entryCount(root: Root, name: string): number {
  const table = root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' });
  return (table.getStats() as { entryCount: number }).entryCount;
}

/** As format.ts notes it. 0: a version that noted none. */
function formatOf(root: Root, namespace: string): number {
  return Number(root.get(`format ${namespace}`) ?? 0);
}

/** Gives how many sessions there are that their apps have not left. Those of before the counts (counts.ts): all. */
function sessionsOf(root: Root, namespace: string, sizes: ReadonlyMap<string, number>): number {
  const all = sizes.get(`${namespace}:sessions`) ?? 0;
  if (!sizes.has(`${namespace}:totals`)) return all;
  const totals = root.openDB<readonly [number, number], string>({ name: `${namespace}:totals`, encoding: 'msgpack' });
  return [...totals.getRange({})].reduce((sum, { value: [sessions] }) => sum + sessions, 0);
}

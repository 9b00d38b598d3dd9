/**
 * What goes wrong when the data folder is opened, in words for the operator: which file or folder, and what to do. An error
 * code alone does not say which call it came from: EACCES of a folder once was told as a port that may not be used.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** Its message is for the operator, and it has no `code` that somebody could take for one of another call. */
export class OpenFailure extends Error {
  override readonly name = 'OpenFailure';
}

/** Error codes as Node names them, and the numbers by which lmdb-js gives the same ones. */
const REASONS: readonly (readonly [code: string, number: number, reason: string])[] = [
  ['EPERM', 1, 'the system does not permit it; look at its owner and at what the service manager or container allows'],
  ['ENOENT', 2, 'a part of the path does not exist, or it cannot be made there'],
  // A write that the disk had only half the room for is one, too.
  ['EIO', 5, 'the disk reports an error, or is nearly full; look at its free space and at the log of the system'],
  ['EACCES', 13, 'this account lacks the right; let the account own the folder, or name another one in RS_STORE'],
  ['EEXIST', 17, 'a file of that name is in the way; name a folder in RS_STORE'],
  ['ENOTDIR', 20, 'a part of the path is a file and no folder; name a folder in RS_STORE'],
  ['EISDIR', 21, 'a folder is where the file should be; name another folder in RS_STORE'],
  ['ENFILE', 23, 'the system has too many open files; raise its limit (fs.file-max)'],
  ['EMFILE', 24, 'the process has too many open files; raise its limit (ulimit -n, LimitNOFILE=)'],
  ['EFBIG', 27, 'the file may not grow to the size it needs; raise the limit (ulimit -f, LimitFSIZE=)'],
  ['ENOSPC', 28, 'the disk is full; make room'],
  ['EROFS', 30, 'the file system is read-only; mount it for writing, or name another folder in RS_STORE'],
  ['ENAMETOOLONG', 36, 'the path is too long; name a shorter one in RS_STORE'],
];

/** Gives the failure of one step in words. `what` was to be done, such as `the folder /x cannot be made`. */
export function openFailure(what: string, cause: unknown): OpenFailure {
  if (cause instanceof OpenFailure) return cause;
  const { code, message } = cause as { code?: string | number; message?: string };
  const known = REASONS.find(([name, number]) => code === name || code === number);
  const reason = known ? `${known[2]} (${known[0]})` : (message ?? String(cause));
  return new OpenFailure(`${what}: ${reason}`, { cause });
}

/** Makes a folder and those above it, for this account only. Node's own way does not end where none can be made, as in `/proc`. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (!existsSync(above)) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another server that starts now was faster.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) return;
    throw openFailure(`the data folder ${path} cannot be made`, error);
  }
}

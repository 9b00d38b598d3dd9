/** How a file gets its name once it is whole: written under another one in the same folder, it never stands there in part. */
import { linkSync, lstatSync, renameSync, rmSync } from 'node:fs';

/** What stands in the way of a file. The message is one sentence, with what to do. */
export class FileInTheWay extends Error {
  override readonly name = 'FileInTheWay';
}

/** Errors: FileInTheWay, when something has the name that may not be replaced. */
export function assertFree(file: string, replace: boolean): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return;
  // A pipe, a device, a folder or a link in that place is something else, and never in the way by mistake alone.
  if (!found.isFile()) throw new FileInTheWay(`${file} is there already, and is no regular file: name another file`);
  if (!replace) throw new FileInTheWay(`${file} is there already: name another file, or say --replace`);
}

/**
 * Gives a whole file its name. Without `replace` no file is ever replaced, also not one that was made meanwhile.
 * Errors: FileInTheWay; those of the system.
 */
export function takeName(whole: string, file: string, replace: boolean): void {
  assertFree(file, replace);
  try {
    if (replace) renameSync(whole, file);
    else linkSync(whole, file);
    rmSync(whole, { force: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') assertFree(file, false);
    // A file system without links.
    if (!/^(EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test(code)) throw error;
    renameSync(whole, file);
  }
}

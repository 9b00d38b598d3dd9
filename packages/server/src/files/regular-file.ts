/**
 * Files whose text is wanted, and nothing else: a pipe keeps who opens it waiting for a writer, deaf to every signal. A symbolic link to a file
 * is one: Kubernetes mounts secrets that way.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** The code of the error for a pipe, a socket or a device. A folder has EISDIR, where it is read. */
export const NO_FILE = 'EFTYPE';

/** Opens it for reading. Errors: those of the system, and one with the code NO_FILE. */
export function openRegular(path: string): number {
  // Windows has neither such pipes nor the flag.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const found = fstatSync(file);
  if (found.isFile() || found.isDirectory()) return file;
  closeSync(file);
  throw Object.assign(new Error(`${NO_FILE}: it is no regular file`), { code: NO_FILE });
}

/** Reads it. Errors: as of openRegular. */
export function readRegular(path: string): Buffer {
  const file = openRegular(path);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

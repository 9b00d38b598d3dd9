import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Brings the names of the files in a folder to the disk. Errors: those of the system. */
export function syncFolder(folder: string): void {
  // Windows has no such call.
  if (process.platform === 'win32') return;
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

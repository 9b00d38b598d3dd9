/** Runs a program in Python, which has written what a test reads: pickles, and files of SQLite. */
import { spawnSync } from 'node:child_process';

const HAS = spawnSync('python3', ['-c', 'import sqlite3, pickle']).status === 0;

/** What `skip` of a test takes. */
export const NEEDS_PYTHON = HAS || process.env.CI === 'true' ? false : 'there is no python3 here';

/** Gives what the program writes to standard output. Errors: what it says. */
export function python(program: string, ...args: string[]): Buffer {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', program, ...args], { maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr.toString());
  return stdout;
}

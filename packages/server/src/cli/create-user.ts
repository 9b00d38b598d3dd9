/**
 * `rest-sessions keys create-user`: makes an entry of RS_CONSOLE_USERS from a password. That comes from standard input, or from
 * whoever sits at the terminal, unseen; never from an argument, where every user of the machine could read it.
 */
import { readFileSync, readSync } from 'node:fs';
import { KeysError } from '../keys/entry.ts';
import { hashPassword, PASSWORD_LENGTH } from '../keys/password.ts';
import { parseUsers, restrictionsOf, userListEntry } from '../keys/users.ts';
import { UsageError, type Words } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';

const [CTRL_C, CTRL_D, CTRL_U, BACKSPACE] = ['\u0003', '\u0004', '\u0015', '\u007f'];

/** Gives the exit code. `expires`: an instant, or undefined. Errors: UsageError. */
export function createUser(given: Words, expires: string | undefined): number {
  const [name, apps, scopes] = [given.text('name')!, given.text('apps')!, given.text('scopes')!];
  const written = {
    name,
    apps: apps === '*' ? ('*' as const) : apps.split(','),
    scopes: scopes.split(','),
    ...(expires !== undefined && { expiresAt: expires }),
  };
  // A fault is said before anybody has typed a password.
  try {
    restrictionsOf(written, 'keys create-user');
  } catch (error) {
    if (error instanceof KeysError) throw new UsageError(error.message.replace('expiresAt', '--expires'));
    throw error;
  }
  const password = process.stdin.isTTY ? askTwice() : readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  if (password === null) return EXIT.interrupted;
  if (typeof password !== 'string') return fail('the two passwords are not the same');
  const { min, max } = PASSWORD_LENGTH;
  if (password.length < min || password.length > max || /[\r\n]/.test(password)) {
    return fail(`the password must be one line of ${min} to ${max} characters; it comes from standard input`);
  }
  const entry = userListEntry({ ...written, hash: hashPassword(password) });
  // What is printed is what a server reads.
  parseUsers(entry);
  say('this is the entry for RS_CONSOLE_USERS; entries stand there with spaces between them');
  return print(`${entry}\n`);
}

/** Absence: null when it was interrupted; false when the two differ. */
function askTwice(): string | null | false {
  const first = ask('password: ');
  const second = first === null ? null : ask('once more: ');
  if (second === null) return null;
  return first === second ? first : false;
}

/** Reads a line of the terminal that is not shown. Absence: null when it was interrupted. */
function ask(words: string): string | null {
  process.stdin.setRawMode(true);
  try {
    process.stderr.write(words);
    let line = '';
    for (;;) {
      const typed = readTyped();
      for (const character of typed) {
        if (character === CTRL_C || character === CTRL_D) return null;
        if (character === '\r' || character === '\n') return line;
        if (character === BACKSPACE || character === '\b') line = [...line].slice(0, -1).join('');
        else if (character === CTRL_U) line = '';
        else line += character;
      }
    }
  } finally {
    process.stdin.setRawMode(false);
    process.stderr.write('\n');
  }
}

/** Waits for what is typed next. The end of the terminal is an interruption. */
function readTyped(): string {
  const bytes = Buffer.alloc(1024);
  for (;;) {
    try {
      const length = readSync(0, bytes);
      return length === 0 ? CTRL_D! : bytes.toString('utf8', 0, length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

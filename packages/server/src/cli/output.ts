/**
 * What a command says: its result on standard output, words on standard error. Written at once and completely, whatever is
 * there: a file, a pipe, a terminal. Not process.stdout, which reports a reader who has gone (`| head -1`) as a fault of the program.
 */
import { write as writeSome, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { visible } from './plain-text.ts';

/** How long somebody who does not read is waited for, where writing does not wait by itself. Units: milliseconds. */
const PATIENCE = 10_000;

/** Writes a result. Gives the exit code: 0, also when nobody reads any more; 1 when it cannot be written, which is then said. */
export function print(text: string): number {
  const fault = write(1, text);
  if (fault === null || fault === 'EPIPE') return 0;
  return fail(`standard output cannot be written (${fault})`);
}

/** Writes a result that must arrive. Absence: null when it has; else why it has not, as a code of the system. */
export function deliver(text: string): string | null {
  return write(1, text);
}

const writeLater = promisify(writeSome);
let writing = 0;
let afterWriting: (() => void) | null = null;

/** Whether a write of results has not come back: who reads them has stopped reading, and has not gone. */
export function isWriting(): boolean {
  return writing > 0;
}

/** Calls this at once when a write of results has come back, with its last line whole and before the next one. */
export function onceWritten(then: () => void): void {
  afterWriting = then;
}

/**
 * Writes a part of a long result, and waits for who reads it, however long: meanwhile signals are heard. Absence: null when it is written;
 * else why not, as a code of the system: EPIPE when the reader has gone.
 */
export async function writeInTurn(part: string | Uint8Array): Promise<string | null> {
  const bytes = Buffer.from(part);
  writing++;
  try {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += (await writeLater(1, bytes, at)).bytesWritten;
      } catch (error) {
        const { code = 'unknown fault' } = error as NodeJS.ErrnoException;
        if (code !== 'EAGAIN') return code;
        await delay(10);
      }
    }
    return null;
  } finally {
    writing--;
    if (writing === 0) afterWriting?.();
  }
}

/** Writes a line for the person on standard error. Where that cannot be written, only the exit code tells. */
export function say(message: string): void {
  write(2, `rest-sessions: ${message}\n`);
}

/** Where progress is shown. Where nobody reads it, the work goes on: process.stderr would end the program there. */
export const standardError = {
  isTTY: isatty(2),
  write: (text: string): void => void write(2, text),
};

/** Says what went wrong. Gives the exit code, which is 1 where no other says more (exit-codes.ts). */
export function fail(message: string, code: number = EXIT.failed): number {
  say(message);
  return code;
}

/** What a server answered in the place of a result: the problem of its body. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** Says what the server refused, by its code. Gives the exit code. */
export function refused({ status, code, detail }: Problem): number {
  return fail(visible(`${code}: ${detail}`), exitCodeOf(status));
}

/** Gives what an error says, with what a store said underneath, as one line. */
export function whyOf(error: Error): string {
  const { message, cause } = error;
  const why = cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
  return why.replaceAll('\n', ' ');
}

/** Says what is wrong with the words or the configuration, a line each, and where to look. Gives the exit code. */
export function misuse(lines: readonly string[], advice = ''): number {
  write(2, `${lines.map((line) => `rest-sessions: ${line.replaceAll('\n', ' ')}\n`).join('')}${advice}`);
  return EXIT.misuse;
}

function write(fd: number, text: string): string | null {
  const bytes = Buffer.from(text);
  const end = performance.now() + PATIENCE;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code = 'unknown fault' } = error as NodeJS.ErrnoException;
      // The program that started this one made the pipe non-blocking.
      if (code !== 'EAGAIN' || performance.now() > end) return code;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
  return null;
}

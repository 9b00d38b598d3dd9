/** A real server process for tests: built code, a free port of 127.0.0.1, a folder of its own; ended with the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `npm test` runs some files once more with it off. */
const LANE = process.env.RS_FAST_LANE === undefined ? {} : { RS_FAST_LANE: process.env.RS_FAST_LANE };

/** `npm run test:workers` runs files with several workers in each server, wherever its store can be shared. */
function workersOn(store: string): Record<string, string> {
  const count = process.env.RS_TEST_WORKERS;
  return count === undefined || store === 'memory:' ? {} : { RS_WORKERS: count };
}

/** The built command. The runner of all tests names the same in fewer files, which starts in half the time (scripts/test-bundles). */
export const MAIN = process.env.RS_TEST_SERVER ?? fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** Gives the environment of a server whose clock is wrong. Units: milliseconds that it is ahead. */
export function skewed(ahead: number): Record<string, string> {
  const preload = new URL('./clock-skew.mjs', import.meta.url);
  return { NODE_OPTIONS: `--import=${preload}`, TEST_CLOCK_SKEW: `${ahead}` };
}

/** What a test or a suite offers to clean up after itself: a TestContext, or node:test's `after`. */
export interface Cleanup {
  after(fn: () => unknown): void;
}

/**
 * Gives a Cleanup that ends last what was started first. node:test itself ends things in the order in which they were
 * started: a Redis then goes before the store that uses it, and whether that store notices is a matter of luck.
 */
export function lastFirst(cleanup: Cleanup): Cleanup {
  const ends: (() => unknown)[] = [];
  cleanup.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => void ends.push(end) };
}

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** All it wrote to standard output and standard error so far. */
  readonly output: () => string;
  /** Sends a signal and resolves with the exit code once it has ended; null when the signal ended it. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Gives an empty folder that is removed with the test. */
export function temporaryFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-test-'));
  // Where it is removed before the process that uses it has ended, that may write a file into it meanwhile.
  cleanup.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return folder;
}

/** Starts the built server and resolves when it listens. Errors: what it printed, when it ends before that. */
export async function startServer(
  cleanup: Cleanup,
  env: Record<string, string> = {},
  command: readonly [string, ...string[]] = [process.execPath, MAIN],
): Promise<ServerProcess> {
  const store = env.RS_STORE ?? `lmdb:${temporaryFolder(cleanup)}`;
  const child = spawn(command[0], command.slice(1), {
    env: { PATH: process.env.PATH, ...LANE, ...workersOn(store), RS_PORT: '0', ...env, RS_STORE: store },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  const listening = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const url = /listens on (https?:\S+)/.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void ended.then((code) => reject(new Error(`the server ended with ${code} before it listened: ${output}`)));
  });
  const url = await listening;
  return {
    url,
    port: Number(new URL(url).port),
    child,
    output: () => output,
    end: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Tells whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

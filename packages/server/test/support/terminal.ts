/** A program on a terminal of its own, as a person has it: typed to, and read. It is made by `script` of util-linux. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.ts';

const isHere = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

export const NEEDS_TERMINAL = isHere || process.env.CI === 'true' ? false : 'script of util-linux is not here';

export interface OnTerminal {
  /** What stands on the terminal by now, lines ended by \r\n. */
  readonly shown: () => string;
  readonly type: (text: string) => void;
  readonly shows: (text: string | RegExp) => Promise<void>;
  /** Absence: null when a signal has ended `script` itself. */
  readonly ended: Promise<number | null>;
  /** Waits for something else that comes of it. */
  readonly fills: (isSo: () => boolean) => Promise<void>;
  readonly process: ChildProcess;
}

/** Starts a program. `columns`: the width of its terminal. */
export function onTerminal(
  words: readonly string[],
  { columns = 80, env = {} as Record<string, string> } = {},
): OnTerminal {
  const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['-qefc', `stty cols ${columns} -echo; exec ${quoted}`, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', ...env },
    timeout: 60_000,
  });
  let shown = '';
  child.stdout.on('data', (chunk) => (shown += chunk));
  child.stderr.on('data', (chunk) => (shown += chunk));
  return {
    shown: () => shown,
    type: (text) => child.stdin.write(text),
    shows: (text) =>
      until(
        () => (typeof text === 'string' ? shown.includes(text) : text.test(shown)),
        () => `${text} in: ${shown}`,
      ),
    fills: (isSo) => until(isSo, () => shown),
    ended: once(child, 'close').then(([status]) => status),
    process: child,
  };
}

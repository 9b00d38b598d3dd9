/** The built command, run to its end: as another account, with other streams, several at once. */
import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MAIN } from './server.ts';

export interface Ran {
  /** Absence: null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends Pick<SpawnOptions, 'uid' | 'gid' | 'cwd'> {
  readonly env?: Record<string, string>;
  readonly input?: string;
}

/** Runs the command with these words. Its environment is what `env` says, a free port and a store in memory. */
export async function runCommand(args: readonly string[], { env, input = '', ...more }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...more,
    env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', ...env },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

/** An account that owns nothing here. Only root can become it. */
export const STRANGER = { uid: 65_534, gid: 65_534 };
export const NEEDS_ROOT = process.getuid?.() === 0 ? false : 'only root can give files to other accounts';

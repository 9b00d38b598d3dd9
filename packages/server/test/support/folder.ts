/** What tests of a data folder share: other processes on it, and commands that end by themselves. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cleanup, MAIN } from './server.ts';

/** Starts a process that reads one state of a store and never ends it. Resolves when it does. */
export async function startReader(cleanup: Cleanup, path: string): Promise<ChildProcess> {
  const script = `
    const { open } = await import(${JSON.stringify(import.meta.resolve('lmdb'))});
    const root = open({ path: ${JSON.stringify(path)}, noSubdir: false, readOnly: true, overlappingSync: false });
    globalThis.held = root.useReadTransaction();
    root.get('probe', { transaction: globalThis.held });
    setInterval(() => {}, 1_000_000);
    console.log('reading');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await Promise.race([once(child.stdout!, 'data'), ended]);
  return child;
}

export interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs the command until it ends. `uid`: the account, where we may choose. */
export function command(args: readonly string[], env: Record<string, string>, uid?: number): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, RS_PORT: '0', ...env },
    encoding: 'utf8',
    timeout: 60_000,
    ...(uid !== undefined && { uid, gid: uid, cwd: '/' }),
  });
  return { status, output: stdout + stderr };
}

/** Waits until it is so. Errors: when it is not after 60 seconds, with `tell`. */
export async function eventually(isSo: () => boolean | Promise<boolean>, tell: () => string = () => ''): Promise<void> {
  for (const began = Date.now(); !(await isSo()); await delay(50)) {
    if (Date.now() - began > 60_000) throw new Error(`not so after 60 seconds: ${isSo} ${tell()}`);
  }
}

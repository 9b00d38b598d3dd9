/** Another process that is the writer of an embedded store, and is stopped while it is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './server.ts';

const HOLD = `
const { open } = await import('lmdb');
const root = open({ path: process.argv[1], noSubdir: false, maxDbs: 64, maxReaders: 512 });
const fs = await import('node:fs');
root.transactionSync(() => {
  fs.writeSync(1, 'held\\n');
  process.kill(process.pid, 'SIGSTOP');
});
await root.close();
`;

/** Takes the writer lock of a folder and stops. Gives what lets it go on, and so gives the lock back. */
export async function holdWriterLock(cleanup: Cleanup, folder: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', HOLD, folder], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  if (line !== 'held') throw new Error(`the writer ended with ${line}`);
  return async () => {
    child.kill('SIGCONT');
    await ended;
  };
}

/** The supervisor of several workers on one port, as the command runs it: what it says, and what signals mean to it. */
import { isSea } from 'node:sea';
import type { Config } from '../config.ts';
import { finishLog, greet, isLogStuck, type Log } from '../log/log.ts';
import { NotStarted } from '../workers/member.ts';
import { type Program, Supervisor } from '../workers/supervisor.ts';
import { leave } from './leave.ts';
import { fail, misuse } from './output.ts';
import { firstCauseToStop } from './signals.ts';
import { greeting } from './start-words.ts';

/** Runs the workers until it is told to stop. `warn` says what there is to say at the start. Gives the exit code. */
export async function runSupervisor(config: Config, log: Log, warn: () => void): Promise<number> {
  const supervisor = new Supervisor({ count: config.workers, program: ownProgram(), log });
  const stopped = firstCauseToStop({
    onReload: () => supervisor.reload(),
    onIgnored: (signal) => log.info({ signal }, 'this signal means nothing to the server'),
    onRestart: () => supervisor.restart(),
    onImpatience: () => {
      supervisor.kill();
      return leave(1, { isStuck: isLogStuck() });
    },
  });
  warn();
  try {
    const ready = await supervisor.start();
    greet(greeting(ready));
    log.info({ url: ready.url, store: ready.location, pid: process.pid, workers: supervisor.pids }, 'listening');
  } catch (error) {
    await finishLog();
    if (!(error instanceof NotStarted)) throw error;
    return say(error.failure);
  }
  const cause = await Promise.race([stopped, supervisor.failed]);
  if (typeof cause !== 'string') {
    await supervisor.stop();
    await finishLog();
    return say(cause);
  }
  log.info({ signal: cause }, 'stopping: requests under way are finished');
  const isGood = await supervisor.stop();
  log.info('stopped');
  await finishLog();
  return leave(isGood ? 0 : 1, { isStuck: isLogStuck() });
}

function say({ code, lines }: NotStarted['failure']): number {
  return code === 2 ? misuse(lines) : fail(lines.join('; '));
}

/** How this command is started once more. A single executable has no script: its first word is the first one of the command. */
function ownProgram(): Program {
  const [, script = '', ...words] = process.argv;
  return isSea() ? { exec: 'serve', args: [] } : { exec: script, args: words };
}

/**
 * What each signal means to a running server. Listened to from the start on, because a supervisor may send one at any moment.
 *
 *   SIGTERM, SIGINT, SIGQUIT   stop; a second one ends the process at once
 *   SIGHUP                     read the files again, or nothing when there are none; stop when the terminal that it was started
 *                              on and writes to is gone
 *   SIGUSR1, SIGUSR2           nothing (Node would open its debugger on the first, and end on the second)
 *   SIGPIPE, SIGXFSZ           nothing: a reader who has gone or a file that is too large are errors of that write
 *   a cluster's "disconnect"   stop: its primary has taken the worker's sockets away
 */
import cluster from 'node:cluster';
import { closeSync, openSync } from 'node:fs';

const STOP = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
const IGNORED = ['SIGUSR1', 'SIGUSR2'] as const;

export interface SignalActions {
  readonly onReload: () => void;
  readonly onIgnored: (signal: string) => void;
  /** Told to stop once more: ends the process. */
  readonly onImpatience: () => never;
}

/** Starts to listen. Resolves with the first cause to stop. */
export function firstCauseToStop({ onReload, onIgnored, onImpatience }: SignalActions): Promise<string> {
  const isOnTerminal = process.stdout.isTTY || process.stderr.isTTY;
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (cause: string) => {
      if (isStopping) onImpatience();
      isStopping = true;
      resolve(cause);
    };
    for (const signal of STOP) process.on(signal, () => stop(signal));
    for (const signal of IGNORED) process.on(signal, () => onIgnored(signal));
    process.on('SIGXFSZ', () => {});
    process.on('SIGHUP', () => {
      if (!isOnTerminal || hasTerminal()) onReload();
      else if (!isStopping) stop('SIGHUP');
    });
    if (cluster.isWorker) process.once('disconnect', () => !isStopping && stop('disconnect'));
  });
}

/** Tells whether the process still has the terminal that it was started on. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

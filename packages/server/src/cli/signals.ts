/**
 * What each signal means to a running server. Listened to from the start on, because a supervisor may send one at any moment.
 *
 *   SIGTERM, SIGINT, SIGQUIT   stop; a second one ends the process at once
 *   SIGHUP                     read the files again, or nothing when there are none; stop when the terminal that it was started
 *                              on and writes to is gone
 *   SIGUSR1, SIGUSR2           nothing (Node would open its debugger on the first, and end on the second)
 *   SIGPIPE, SIGXFSZ           nothing: a reader who has gone or a file that is too large are errors of that write
 *   a cluster's "disconnect"   stop: its primary has taken the worker's sockets away, or is gone
 *
 * A supervisor restarts its workers on SIGUSR2. To its workers, who are told by messages what to do, signals mean less: a terminal, systemd
 * and others send a signal to all processes at once, and none of them may take it for a second one.
 */
import cluster from 'node:cluster';
import { closeSync, openSync } from 'node:fs';

const STOP = ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const;
const IGNORED = ['SIGUSR1', 'SIGUSR2'] as const;

export interface SignalActions {
  readonly onReload: () => void;
  readonly onIgnored: (signal: string) => void;
  /** SIGUSR2. Absence: undefined where it means nothing. */
  readonly onRestart?: () => void;
  /** Told to stop once more: ends the process. */
  readonly onImpatience: () => never;
}

/** Starts to listen. Resolves with the first cause to stop. */
export function firstCauseToStop({ onReload, onIgnored, onRestart, onImpatience }: SignalActions): Promise<string> {
  const isOnTerminal = process.stdout.isTTY || process.stderr.isTTY;
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (cause: string) => {
      if (isStopping) onImpatience();
      isStopping = true;
      resolve(cause);
    };
    for (const signal of STOP) process.on(signal, () => stop(signal));
    for (const signal of IGNORED) {
      const restarts = signal === 'SIGUSR2' ? onRestart : undefined;
      process.on(signal, restarts ?? (() => onIgnored(signal)));
    }
    process.on('SIGXFSZ', () => {});
    process.on('SIGHUP', () => {
      if (!isOnTerminal || hasTerminal()) onReload();
      else if (!isStopping) stop('SIGHUP');
    });
    if (cluster.isWorker) onDisconnect(() => !isStopping && stop('disconnect'));
  });
}

/** The same for a worker of our own supervisor. Resolves with the first cause to stop. */
export function firstCauseForWorker({ onReload }: Pick<SignalActions, 'onReload'>): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of STOP) process.on(signal, () => resolve(signal));
    for (const signal of [...IGNORED, 'SIGXFSZ'] as const) process.on(signal, () => {});
    process.on('SIGHUP', onReload);
    onDisconnect(() => resolve('disconnect'));
  });
}

/** Node would end a worker at once whose primary is gone, with the requests that are under way. */
function onDisconnect(stop: () => void): void {
  cluster.worker?.once('disconnect', () => {
    cluster.worker!.exitedAfterDisconnect = true;
    stop();
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

/**
 * What a signal (Ctrl-C) does to a command: work that is resumed or tidied up ends soon with the first one (stopOnSignal), and the process
 * with the second; all other work ends with the process, at once (leaveOnSignal). Both say what was done until then.
 */
import { leave } from './leave.ts';
import { isWriting, onceWritten, say } from './output.ts';

const SIGNALS = [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const;

/** How long a write is waited for that who reads lets come back. Units: milliseconds. */
const WRITING = 100;

export interface Stop {
  readonly signal: AbortSignal;
  /** Says what was done until then. Gives the exit code. */
  readonly ended: (what: string) => number;
  /** Listens no more. */
  readonly release: () => void;
}

/** Starts to listen. `onSignal`: what is shown is cleared, so that words can be written. */
export function stopOnSignal(onSignal: () => void): Stop {
  const stop = new AbortController();
  let came = 0;
  const listeners = SIGNALS.map(([signal, number]) => {
    const listener = () => {
      if (came !== 0) leave(128 + number);
      came = number;
      onSignal();
      stop.abort();
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    signal: stop.signal,
    ended: (what) => {
      say(`ended by a signal: ${what}`);
      return 128 + came;
    },
    release: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

/**
 * From now on the first signal ends the process, within milliseconds whatever it waits for. `done`: what was done until then. `clear`: what
 * is shown is cleared, and what lies about is removed, without waiting. Gives what takes that back.
 */
export function leaveOnSignal(done: () => string, clear = () => {}): () => void {
  const listeners = SIGNALS.map(([signal, number]) => {
    const end = (last: () => void) => {
      clear();
      say(`ended by a signal: ${done()}`);
      last();
    };
    const listener = () => {
      if (!isWriting()) return end(() => leave(128 + number));
      onceWritten(() => end(() => leave(128 + number)));
      setTimeout(() => end(() => dieOf(signal)), WRITING);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

/** The end of a process waits for a write that does not come back. The signal itself does not; a shell gives the same exit code for it. */
function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

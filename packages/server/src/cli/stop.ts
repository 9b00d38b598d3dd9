/** How a long piece of work is ended by a signal: the first one ends it soon, the second one the process. */
import { leave } from './leave.ts';
import { say } from './output.ts';

const SIGNALS = [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
] as const;

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

/**
 * Whether the client of a request is still there, for requests that wait for something. A client that has closed its half of the
 * connection may still read, so it gets its answer; but it looks the same as one that is gone, so nothing is waited for on its behalf.
 */
import type { Call } from './route.ts';

export interface Departure {
  /** Aborted when it is not worth waiting any longer. */
  readonly signal: AbortSignal;
  /** Tells whether nobody can get an answer any more. */
  readonly isGone: () => boolean;
  /** Ends the watch. */
  readonly end: () => void;
}

/** Watches the connection of a request. */
export function departureOf({ env }: Call): Departure {
  const socket = env.incoming?.socket;
  const gone = new AbortController();
  const abort = () => gone.abort();
  if (socket?.destroyed || socket?.readableEnded) abort();
  for (const event of ['end', 'close'] as const) socket?.on?.(event, abort);
  return {
    signal: gone.signal,
    isGone: () => socket?.destroyed === true,
    end: () => {
      for (const event of ['end', 'close'] as const) socket?.off?.(event, abort);
    },
  };
}

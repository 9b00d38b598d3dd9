/**
 * A stream of events of the server, by fetch. Not EventSource: that tells neither a 401 nor a 403, and cannot wait as Retry-After
 * says. It connects again by itself behind what it heard last, so nothing is left out.
 */
import { EventStream, type StreamState } from './event-stream.ts';
import { Problem } from './problem.ts';
import { type RequestOptions, send } from './request.ts';
import type { SseMessage } from './sse-parser.ts';

export type { StreamState } from './event-stream.ts';
export type { SseMessage } from './sse-parser.ts';

export interface StreamOptions {
  readonly query?: RequestOptions['query'];
  /** Where to begin: what an older stream gave as `lastPosition`. Absence: with what comes from now on. */
  readonly position?: string | null;
  /** All that came in one piece, the oldest first: one piece of work for the screen. */
  readonly onMessages: (messages: readonly SseMessage[]) => void;
  readonly onState?: (state: StreamState) => void;
  /** What no waiting helps against (401, 403, 400). The stream has ended. */
  readonly onProblem?: (problem: Problem) => void;
}

/** Opens `/v1` + path as a stream. */
export function openStream(path: string, options: StreamOptions): EventStream {
  const { query, position = null, onMessages, onState, onProblem } = options;
  const stream = {
    connect: async (last: string | null, signal: AbortSignal) => {
      const asked = { query: { ...query, ...(last !== null && { after: last }) }, signal, accept: 'text/event-stream' };
      return (await send(`/api/v1${path}`, asked)).body!;
    },
    onMessages,
    onState: (state: StreamState) => onState?.(state),
    onRefused: (error: unknown) =>
      onProblem?.(error instanceof Problem ? error : new Problem(0, 'fault', String(error))),
    after: (delay: number, run: () => void) => {
      const timer = setTimeout(run, delay);
      return () => clearTimeout(timer);
    },
    now: () => Date.now(),
  };
  return new EventStream(stream, position);
}

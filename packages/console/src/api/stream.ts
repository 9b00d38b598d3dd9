/**
 * A stream of Server-Sent Events by fetch. Not EventSource: that tells neither a 401 nor a 403, and cannot wait as Retry-After
 * says. It connects again by itself from the last position it heard, so nothing is left out.
 */
import { Problem } from './problem.ts';
import { type RequestOptions, send } from './request.ts';

export interface Message {
  /** `message` when the server names none. */
  readonly event: string;
  /** The position: `after` of a request that goes on. Absence: null. */
  readonly id: string | null;
  readonly data: string;
}

export type StreamState = 'connecting' | 'open' | 'waiting';

export interface StreamOptions {
  readonly query?: RequestOptions['query'];
  /** All that came in one piece, the oldest first: one piece of work for the screen. */
  readonly onMessages: (messages: readonly Message[]) => void;
  readonly onState?: (state: StreamState) => void;
  /** What no waiting helps against (401, 403, 400). The stream has ended. */
  readonly onProblem?: (problem: Problem) => void;
}

const SHORTEST = 1_000;
const LONGEST = 15_000;

/** Opens `/v1` + path as a stream. Gives the function that closes it. */
export function openStream(path: string, { query, onMessages, onState, onProblem }: StreamOptions): () => void {
  const abort = new AbortController();
  let last: string | null = null;
  let delay = SHORTEST;

  const connect = async (): Promise<void> => {
    onState?.('connecting');
    const answer = await send(`/api/v1${path}`, {
      query: { ...query, ...(last !== null && { after: last }) },
      signal: abort.signal,
      accept: 'text/event-stream',
    });
    onState?.('open');
    delay = SHORTEST;
    const reader = parser((messages) => {
      last = messages.findLast(({ id }) => id !== null)?.id ?? last;
      onMessages(messages);
    });
    const text = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await text.read(); !read.done; read = await text.read()) reader(read.value);
  };

  const goOn = async (): Promise<void> => {
    while (!abort.signal.aborted) {
      try {
        await connect();
      } catch (error) {
        if (abort.signal.aborted) return;
        if (error instanceof Problem && error.status >= 400 && !error.isAway && error.status !== 429) {
          onProblem?.(error);
          return;
        }
        if (error instanceof Problem && error.retryAfter !== null) delay = Math.max(delay, error.retryAfter * 1000);
      }
      onState?.('waiting');
      await pause(delay, abort.signal);
      delay = Math.min(delay * 2, LONGEST);
    }
  };
  void goOn();
  return () => abort.abort();
}

/** Gives a function that takes pieces of a stream of events, however they are cut, and tells whole messages. */
export function parser(onMessages: (messages: readonly Message[]) => void): (piece: string) => void {
  let rest = '';
  let [event, id, data]: [string, string | null, string[]] = ['message', null, []];
  return (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    const messages: Message[] = [];
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line === '') {
        if (data.length > 0 || event !== 'message') messages.push({ event, id, data: data.join('\n') });
        [event, id, data] = ['message', null, []];
        continue;
      }
      const colon = line.indexOf(':');
      const name = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (name === 'event') event = value;
      else if (name === 'id') id = value;
      else if (name === 'data') data.push(value);
    }
    if (messages.length > 0) onMessages(messages);
  };
}

function pause(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delay);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

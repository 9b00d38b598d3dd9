/**
 * A stream of Server-Sent Events that goes on where it stood after each cut, later and later while nobody answers. How it connects, and
 * when time passes, it is told: so it can be tested without a browser and without waiting. stream.ts opens one at the server.
 */
import { type SseMessage, SseParser } from './sse-parser.ts';

/** `waiting`: it asks again at `retryAt`. Units: epoch milliseconds. */
export type StreamState =
  | { readonly is: 'connecting' | 'open' }
  | { readonly is: 'waiting'; readonly since: number; readonly retryAt: number; readonly attempt: number };

export interface EventStreamOptions {
  /**
   * Asks for what comes behind a position. Absence: null for what comes from now on. Errors: with `status` (0 for no answer) and
   * `retryAfter` in seconds, as far as the answer had them.
   */
  readonly connect: (position: string | null, signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  /** Is given all that came in one piece, the oldest first: one piece of work for the screen. */
  readonly onMessages: (messages: readonly SseMessage[]) => void;
  readonly onState: (state: StreamState) => void;
  /** No waiting helps against this: the question is wrong, or who asks. The stream has ended. */
  readonly onRefused: (error: unknown) => void;
  /** Runs something later, and gives a function that takes that back. Units: milliseconds. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
  readonly now: () => number;
}

/** The server says something every 15 s: three times that without a sign is a connection that is dead and does not know it. */
const SILENCE = 45_000;
const FIRST_RETRY = 1000;
const LONGEST_RETRY = 15_000;

export class EventStream {
  private readonly options: EventStreamOptions;
  private position: string | null;
  private attempt = 0;
  private waitingSince: number | null = null;
  private retry = FIRST_RETRY;
  private aborter: AbortController | null = null;
  private cancelTimer: (() => void) | null = null;
  private isClosed = false;

  constructor(options: EventStreamOptions, position: string | null = null) {
    this.options = options;
    this.position = position;
    void this.connect();
  }

  /** Behind what was heard last. Absence: null before the first. */
  get lastPosition(): string | null {
    return this.position;
  }

  /** Asks at once instead of when the pause is over. */
  retryNow(): void {
    if (!this.isClosed && this.aborter === null) void this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.cancelTimer?.();
    this.aborter?.abort();
  }

  private async connect(): Promise<void> {
    const aborter = new AbortController();
    this.aborter = aborter;
    if (this.waitingSince === null) this.tell({ is: 'connecting' });
    let error: unknown = null;
    try {
      this.watch(aborter);
      await this.read(await this.options.connect(this.position, aborter.signal), aborter);
    } catch (cause) {
      error = cause;
    }
    this.cancelTimer?.();
    if (this.isClosed) return;
    this.aborter = null;
    if (isFinal(error)) {
      this.isClosed = true;
      this.options.onRefused(error);
    } else this.comeAgain(error);
  }

  private async read(body: ReadableStream<Uint8Array>, aborter: AbortController): Promise<void> {
    const parser = new SseParser();
    const decoder = new TextDecoder();
    const reader = body.getReader();
    this.attempt = 0;
    this.waitingSince = null;
    this.tell({ is: 'open' });
    for (;;) {
      this.watch(aborter);
      const { done, value } = await reader.read();
      if (done || this.isClosed) return;
      this.heard(parser.push(decoder.decode(value, { stream: true })));
    }
  }

  private heard(messages: readonly SseMessage[]): void {
    for (const { id, retry } of messages) {
      if (retry !== null) this.retry = Math.min(Math.max(retry, 100), LONGEST_RETRY);
      if (id !== null) this.position = id;
    }
    if (messages.length > 0) this.options.onMessages(messages);
  }

  private watch(aborter: AbortController): void {
    this.cancelTimer?.();
    this.cancelTimer = this.options.after(SILENCE, () => aborter.abort());
  }

  private comeAgain(error: unknown): void {
    this.attempt++;
    const now = this.options.now();
    this.waitingSince ??= now;
    const asked = (answerOf(error).retryAfter ?? 0) * 1000;
    const pause = Math.max(asked, Math.min(this.retry * 2 ** (this.attempt - 1), LONGEST_RETRY));
    this.tell({ is: 'waiting', since: this.waitingSince, retryAt: now + pause, attempt: this.attempt });
    this.cancelTimer = this.options.after(pause, () => void this.connect());
  }

  private tell(state: StreamState): void {
    if (!this.isClosed) this.options.onState(state);
  }
}

function answerOf(error: unknown): { readonly status?: number; readonly retryAfter?: number | null } {
  return typeof error === 'object' && error !== null ? error : {};
}

/** Tells whether asking again is of no use. Too many requests (429) and a timeout (408) pass. */
function isFinal(error: unknown): boolean {
  const { status = 0 } = answerOf(error);
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

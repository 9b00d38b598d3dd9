/**
 * The stream of events of an app, for as long as somebody listens: when the connection is lost it is opened anew behind the last event
 * that came; where none came, behind the position that the server tells first. It deliberately keeps no event: whoever reads slowly slows the connection down, and is told by the server when
 * that was too slow.
 */
import { lostError, refusal } from './connection.ts';
import { SessionConfigurationError, SessionError } from './errors.ts';
import { EventStreamReader, type Frame, FrameTooLong } from './event-stream.ts';
import type { EventFilter, Resync, StreamedEvent } from './event-types.ts';
import type { Settings } from './options.ts';
import { letEnd, pause } from './pause.ts';
import { answerOf } from './recognition.ts';
import { queryText } from './request-parts.ts';
import { type IncomingStream, TimedOut } from './transport.ts';

/** The server sends a comment every 15 s: who hears nothing for so long has lost it. Units: milliseconds. */
const SILENCE = 45_000;
/** From one attempt to the next: twice as long each time, and at random by up to a half less. Units: milliseconds. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** Of an answer that is no stream. Units: bytes. */
const LONGEST_ANSWER = 65_536;

export interface Subscription extends EventFilter {
  /** Where to begin. Absence: null for now. */
  readonly after: string | null;
  /** Whether it goes on where it was, after a loss; else it begins at the then and there. */
  readonly resumes: boolean;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Whether the process may end while it is open. */
  readonly isBackground: boolean;
  /** Default: 45 seconds. Units: milliseconds. */
  readonly silence?: number;
}

/** That the server is heard, and that it is no more, with the reason. The first byte counts: before it a proxy may hold the stream back. */
export type Hearing = { readonly type: 'heard' } | { readonly type: 'lost'; readonly error: unknown };

/**
 * Gives what comes, without end. Errors: SessionConfigurationError and what else no further attempt would change; the reason of the
 * signal.
 */
export async function* subscribe(
  settings: Settings,
  subscription: Subscription,
): AsyncGenerator<StreamedEvent | Resync | Hearing, never, undefined> {
  const { resumes, signal } = subscription;
  let position = subscription.after;
  for (let attempts = 0; ; attempts++) {
    const connection = new Connection(settings, subscription);
    let error: SessionError;
    try {
      for await (const chunk of connection.open(position)) {
        if (connection.isNew) {
          attempts = 0;
          yield { type: 'heard' };
        }
        for (const frame of connection.read(chunk)) {
          if (frame.id) position = frame.id;
          const told = toldBy(frame, settings);
          if (told === null) continue;
          if (told.type === 'resync') position = told.position;
          yield told;
        }
      }
      error = lostError(settings, new Error('the stream of events ended'), true);
    } catch (cause) {
      signal.throwIfAborted();
      error = cause instanceof SessionError ? cause : lostError(settings, cause, true);
      if (!error.retryable) throw error;
    } finally {
      connection.close();
    }
    yield { type: 'lost', error };
    if (!resumes) position = null;
    await pause(waitAfter(attempts, error.retryAfter), subscription);
  }
}

/** Gives how long to wait before the next attempt. `retryAfter`: what the server said, in seconds, or null. Units: milliseconds. */
export function waitAfter(attempts: number, retryAfter: number | null, random = Math.random()): number {
  const usual = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempts);
  return Math.max(usual * (1 - random / 2), (retryAfter ?? 0) * 1000);
}

/** Gives what a frame tells. Absence: null for what is not for us. Errors: SessionConfigurationError for what is no event of ours. */
function toldBy({ event, data, id }: Frame, { base }: Settings): StreamedEvent | Resync | null {
  if (data === null || (event !== '' && event !== 'message' && event !== 'resync')) return null;
  let body: Partial<StreamedEvent> | null;
  try {
    body = JSON.parse(data);
  } catch {
    body = null;
  }
  if (event === 'resync') return { type: 'resync', position: body?.position ?? id };
  if (typeof body?.type !== 'string' || typeof body.data !== 'object') {
    throw new SessionConfigurationError(
      'not_rest_sessions',
      `there is no REST-Sessions server at ${base}: it tells other events`,
    );
  }
  return { ...body, position: id } as StreamedEvent;
}

class Connection {
  /** Whether the chunk that is being read is the first one. */
  isNew = false;
  private readonly settings: Settings;
  private readonly subscription: Subscription;
  private readonly reader = new EventStreamReader();
  private readonly ended = new AbortController();
  private readonly leave = () => this.ended.abort(this.subscription.signal.reason);

  constructor(settings: Settings, subscription: Subscription) {
    this.settings = settings;
    this.subscription = subscription;
  }

  /** Gives what comes. Errors: SessionError. */
  async *open(position: string | null): AsyncGenerator<Uint8Array, void, undefined> {
    const { signal, silence = SILENCE } = this.subscription;
    signal.throwIfAborted();
    signal.addEventListener('abort', this.leave);
    const stream = await this.within(this.settings.timeout, new TimedOut(), this.ask(position));
    const chunks = stream.chunks[Symbol.asyncIterator]();
    const silent = new Error(`nothing came for ${silence / 1000} s`);
    for (this.isNew = true; ; this.isNew = false) {
      const { done, value } = await this.within(silence, silent, chunks.next());
      if (done) return;
      yield value;
    }
  }

  /** Errors: SessionConfigurationError. */
  read(chunk: Uint8Array): Frame[] {
    try {
      return this.reader.read(chunk);
    } catch (cause) {
      if (!(cause instanceof FrameTooLong)) throw cause;
      const message = `there is no REST-Sessions server at ${this.settings.base}: it sent ${cause.message}`;
      throw new SessionConfigurationError('not_rest_sessions', message, { cause });
    }
  }

  close(): void {
    this.subscription.signal.removeEventListener('abort', this.leave);
    this.ended.abort();
  }

  private async ask(after: string | null): Promise<IncomingStream> {
    const { types, subject, isBackground } = this.subscription;
    const { base, appPath, headers, timeout, openStream } = this.settings;
    const began = performance.now();
    const { signal } = this.ended;
    const stream = await openStream(`${base}${appPath}/events${queryText({ after, types: types?.join(), subject })}`, {
      headers: { ...headers, Accept: 'text/event-stream' },
      signal,
      isBackground,
    });
    const { status } = stream;
    if (status === 200 && stream.headers.get('Content-Type')?.startsWith('text/event-stream')) return stream;
    const came = { status, headers: stream.headers, text: await textOf(stream.chunks) };
    const answer = answerOf(came, null);
    throw await refusal(this.settings, came, answer, { signal, isRepeatable: true }, began + timeout);
  }

  /** Ends the connection when something takes longer. Errors: `late`; the reason of the signal. */
  private within<T>(most: number, late: Error, doing: Promise<T>): Promise<T> {
    const { signal } = this.ended;
    return new Promise((resolve, reject) => {
      // Not all that carries requests obeys a signal.
      const leave = () => settle(() => reject(signal.reason));
      const timer = setTimeout(() => this.ended.abort(late), most);
      if (this.subscription.isBackground) letEnd(timer);
      const settle = (tell: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        tell();
      };
      signal.addEventListener('abort', leave);
      doing.then(
        (value) => settle(() => resolve(value)),
        (cause) => settle(() => reject(signal.reason ?? cause)),
      );
    });
  }
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_ANSWER) break;
  }
  return text;
}

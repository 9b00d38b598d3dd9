/**
 * Sends one request of a webhook and tells what came of it. Of the answer only the status line and `Retry-After` count; a body is
 * thrown away, so that the connection can be used again, unless it is long. A redirect is an answer like others: followed, it could
 * lead anywhere.
 */
import { type ClientRequest, type IncomingMessage, type Agent as PlainAgent, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';

/** What is sent. `headers`: without those of HTTP itself. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** `retryAfter`: what the receiver asks for. Units: milliseconds. Absence: null. */
export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter: number | null }
  | { readonly kind: 'failed'; readonly why: string };

/** Whether the receiver has taken it. */
export function isDelivered(outcome: Outcome): boolean {
  return outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300;
}

/** Units: milliseconds, by Standard Webhooks; bytes. */
export const TIMEOUT = 15_000;
const LONGEST_ANSWER = 65_536;
const LONGEST_RETRY_AFTER = 86_400_000;
/** With these `Retry-After` says that the receiver has too much to do. */
const ASKING: ReadonlySet<number> = new Set([429, 503]);

export interface SenderOptions {
  readonly agents: Readonly<Record<'http:' | 'https:', PlainAgent>>;
  readonly clock: () => number;
  readonly userAgent: string;
  /** Units: milliseconds. */
  readonly timeout?: number;
  /** Told what came of each request, those that an administrator sends included. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

export class Sender {
  private readonly options: SenderOptions;
  private readonly underWay = new Set<ClientRequest>();
  private isClosed = false;

  constructor(options: SenderOptions) {
    this.options = options;
  }

  /** Never rejects. */
  async send(url: string, message: Message): Promise<Outcome> {
    const first = await this.attempt(url, message);
    // The receiver closed a connection that was kept, in the moment in which it was used again: nobody has seen the request.
    const outcome = first === 'stale' ? ((await this.attempt(url, message, true)) as Outcome) : first;
    this.options.onOutcome?.(outcome);
    return outcome;
  }

  /** Ends what is under way, and all connections. */
  close(): void {
    this.isClosed = true;
    for (const request of this.underWay) request.destroy(new Error('the server stops'));
    for (const agent of Object.values(this.options.agents)) agent.destroy();
  }

  private attempt(url: string, { headers, body }: Message, isLast = false): Promise<Outcome | 'stale'> {
    const { agents, clock, userAgent, timeout = TIMEOUT } = this.options;
    if (this.isClosed) return Promise.resolve({ kind: 'failed', why: 'the server stops' });
    const target = new URL(url);
    const bytes = Buffer.from(body);
    const options = {
      method: 'POST',
      agent: agents[target.protocol as 'http:' | 'https:'],
      headers: { ...headers, 'User-Agent': userAgent, 'Content-Length': `${bytes.length}` },
    };
    return new Promise((resolve) => {
      const onAnswer = (answer: IncomingMessage) => {
        const status = answer.statusCode ?? 0;
        const asked = ASKING.has(status) ? answer.headers['retry-after'] : undefined;
        resolve({ kind: 'answered', status, retryAfter: retryAfterOf(asked, clock()) });
        let length = 0;
        answer.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > LONGEST_ANSWER) answer.destroy();
        });
        answer.on('error', () => {});
      };
      let request: ClientRequest;
      try {
        request = (target.protocol === 'https:' ? requestSecure : requestPlain)(target, options, onAnswer);
      } catch (error) {
        resolve({ kind: 'failed', why: (error as Error).message });
        return;
      }
      this.underWay.add(request);
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeout / 1000} s`)), timeout);
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        resolve(isStale && !isLast ? 'stale' : { kind: 'failed', why: whyOf(error) });
      });
      request.on('close', () => {
        clearTimeout(timer);
        this.underWay.delete(request);
        resolve({ kind: 'failed', why: 'the connection was closed without an answer' });
      });
      request.end(bytes);
    });
  }
}

/** Of several addresses that were tried, the first one tells. */
function whyOf(error: NodeJS.ErrnoException): string {
  const one = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  return (one.message || one.code || 'the connection failed').slice(0, 200);
}

/** Reads seconds, or a date. Absence: null. */
function retryAfterOf(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_RETRY_AFTER) : null;
}

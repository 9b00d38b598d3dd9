/**
 * Requests to one server: within their time, sent again only where that is safe, and every answer that is none of the server's
 * recognised. Redirects are not followed: they would take tokens and keys to wherever they point.
 */
import type { CallOptions } from './call-options.ts';
import {
  SessionConfigurationError,
  SessionError,
  SessionNotFoundError,
  SessionServerLostError,
  SessionTimeoutError,
} from './errors.ts';
import { jsonText } from './json.ts';
import type { Settings } from './options.ts';
import {
  type Answer,
  type Ask,
  answerOf,
  oldServerError,
  type Problem,
  secondsUntil,
  strangerError,
} from './recognition.ts';
import { type Incoming, type Outgoing, TimedOut } from './transport.ts';

export type { Answer } from './recognition.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Call extends CallOptions {
  readonly method: Method;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Absence: undefined without a body. */
  readonly body?: unknown;
  /** A body that is text already, in the place of `body`. */
  readonly text?: string;
  /** Default: application/json. */
  readonly mediaType?: string;
  /** A member that the body of every good answer has; empty where any object is one, null where there is no body. */
  readonly answerHas: string | null;
  /** Whether it does no harm twice: a read, or a call with an Idempotency-Key. */
  readonly isRepeatable: boolean;
  /** Reads an answer, as `answerOf` does, which is the default: its errors are problems. */
  readonly read?: typeof answerOf;
}

/** Sends a call. Errors: SessionError and its classes; the reason of the caller's own signal. */
export async function send(settings: Settings, call: Call): Promise<Answer> {
  const body = call.body === undefined ? call.text : jsonText(call.body, 'the body');
  const { method, signal } = call;
  const headers = { ...settings.headers, ...call.headers, ...typeOf(call) };
  const end = performance.now() + settings.timeout;
  const outgoing = (): Outgoing => ({ method, headers, body, signal, timeout: left(end) });
  let came = await attempt(settings, call, outgoing());
  // Once more, on another connection: the server may have closed this one, for example because it was restarted.
  if (came instanceof SessionServerLostError && call.isRepeatable) came = await attempt(settings, call, outgoing());
  if (came instanceof SessionError) throw came;
  const answer = (call.read ?? answerOf)(came, call.answerHas);
  if (answer !== null && answer.status < 400) return answer;
  throw await refusal(settings, came, answer, call, end);
}

/** Gives the error of an answer that is none of those that were hoped for. `answer`: null when it is none of the server's. */
export function refusal(
  settings: Settings,
  came: Incoming,
  answer: Answer | null,
  { signal, isRepeatable }: Pick<Call, 'signal' | 'isRepeatable'>,
  end: number,
): Promise<SessionError> {
  // Without the key: it may be a stranger who is asked.
  const ask: Ask = (url) =>
    settings.transport(url, { method: 'GET', headers: { Accept: 'application/json' }, signal, timeout: left(end) });
  if (answer === null) return strangerError(settings, came, isRepeatable, ask);
  return errorOf(settings, answer as Answer & { readonly body: Problem }, ask);
}

/** What is left of the time of a call. Units: milliseconds. */
const left = (end: number) => Math.max(1, Math.ceil(end - performance.now()));

function typeOf({ body, text, mediaType = 'application/json' }: Call): Record<string, string> {
  return body === undefined && text === undefined ? {} : { 'Content-Type': mediaType };
}

async function attempt(settings: Settings, call: Call, outgoing: Outgoing): Promise<Incoming | SessionError> {
  const { signal, path, isRepeatable } = call;
  try {
    return await settings.transport(settings.base + path, outgoing);
  } catch (cause) {
    if (signal?.aborted) throw signal.reason;
    return lostError(settings, cause, isRepeatable);
  }
}

/** Gives the error of a connection that did not come about, or broke. */
export function lostError({ base, timeout }: Settings, cause: unknown, retryable: boolean): SessionError {
  if (cause instanceof TimedOut) {
    return new SessionTimeoutError('timeout', `${base} did not answer within ${timeout} ms`, { retryable, cause });
  }
  const reason = reasonOf(cause);
  const kind = strangeProtocol(reason);
  if (kind !== null) {
    const told = `there is no REST-Sessions server at ${base}: what is there does not speak ${kind} (${reason})`;
    return new SessionConfigurationError('not_rest_sessions', told, { cause });
  }
  return new SessionServerLostError('unreachable', `${base} cannot be reached: ${reason}`, { retryable, cause });
}

/** Gives which protocol somebody does not speak: `https:` to a plain server, HTTP to a mail server. Absence: null. By Node's names. */
function strangeProtocol(reason: string): string | null {
  if (/^(?:ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)|EPROTO)/.test(reason)) return 'HTTPS';
  // Newer versions of Node have a sentence and no name.
  return /^HPE_|does not match the HTTP\/1\.1 protocol/.test(reason) ? 'HTTP' : null;
}

/** What names it is a code (ECONNREFUSED, a certificate, a name that is not known). Of `fetch` it is that of the cause beneath. */
function reasonOf(error: unknown): string {
  const { code, message, cause } = error as Named & { readonly cause?: Named };
  return cause?.code ?? (typeof code === 'string' ? code : cause?.message || message || 'no reason was given');
}

interface Named {
  readonly code?: string;
  readonly message?: string;
}

/** Gives the error that an answer of the server is. */
async function errorOf(settings: Settings, { status, headers, body }: Answer & { readonly body: Problem }, ask: Ask) {
  const { code, detail, errors: faults = [], requestId = null } = body;
  if (code === 'session_not_found') return new SessionNotFoundError();
  const { base, app } = settings;
  const refused = (wrong: string, message: string) =>
    new SessionConfigurationError(wrong, `${message} (${detail})`, { status, faults, requestId });
  if (code === 'unauthorized') {
    return refused(
      'wrong_key',
      `${base} does not take the API key${settings.headers.Authorization ? '' : ', of which there is none'}`,
    );
  }
  if (code === 'forbidden') {
    return refused('wrong_key', `${base} does not let this API key do that${app && ` in the app ${app}`}`);
  }
  if (code === 'app_not_found') return refused('wrong_app', `${base} has no app ${app}`);
  if (code === 'route_not_found' || code === 'method_not_allowed') return oldServerError(settings, status, ask);
  const retryable = status === 423 || status === 429 || status >= 500;
  return new SessionError(code, detail, { status, faults, requestId, retryable, retryAfter: secondsUntil(headers) });
}

/** The classic routes, which answer as redis-sessions does: one call, one request. */
import { type Answer, type Call, send } from '../connection.ts';
import { SessionError, SessionNotFoundError } from '../errors.ts';
import type { Settings } from '../options.ts';
import type { Incoming } from '../transport.ts';
import type { InFlight } from './in-flight.ts';
import { libraryError } from './validation.ts';

/** What only the server finds out, and the library calls by names of its own. */
const NAMES: Readonly<Record<string, string>> = {
  invalid_format: 'invalidFormat',
  invalid_value: 'invalidValue',
  missing_parameter: 'missingParameter',
};

type ClassicCall = Pick<Call, 'method' | 'path' | 'answerHas' | 'headers'> & { readonly text?: string };

export class ClassicCalls {
  readonly #settings: Settings;
  readonly #inFlight: InFlight;

  constructor(settings: Settings, inFlight: InFlight) {
    this.#settings = settings;
    this.#inFlight = inFlight;
  }

  /**
   * Makes a call of an app. `answerHas`: see `Call`; where there is no session the answer is `{}`. Errors: SessionError; of
   * what the server refuses as the library does, the library's own.
   */
  async send(app: string, { method, path, answerHas, headers, text }: ClassicCall): Promise<Record<string, unknown>> {
    const call: Call = {
      method,
      path: `/${app}/${path}`,
      answerHas,
      isRepeatable: method === 'GET',
      read: classicAnswer,
      ...(headers !== undefined && { headers }),
      ...(text !== undefined && { text }),
    };
    try {
      return (await this.#inFlight.run(() => send({ ...this.#settings, app }, call))).body as Record<string, unknown>;
    } catch (error) {
      throw wordsOf(error);
    }
  }

  /** Tells whether somebody is there, and is a server of ours; until then he is not shown the key. Errors: SessionError. */
  async home(): Promise<void> {
    const { Accept } = this.#settings.headers;
    await send(
      { ...this.#settings, headers: { Accept: Accept! } },
      {
        method: 'GET',
        path: '/',
        answerHas: 'version',
        isRepeatable: true,
        read: (came, member) => {
          const answer = classicAnswer(came, member);
          return answer !== null && (answer.body as { name?: unknown }).name === 'REST-Sessions' ? answer : null;
        },
      },
    );
  }

  async ping(): Promise<'PONG'> {
    const call: Call = { method: 'GET', path: '/ping', answerHas: null, isRepeatable: true, read: pong };
    await this.#inFlight.run(() => send(this.#settings, call));
    return 'PONG';
  }

  /**
   * Looks at a session, which neither counts nor lengthens it. `version`: only if it has another one by now; then
   * `unchanged` is the answer when not. Absence: null.
   */
  async look(app: string, token: string, version?: number): Promise<Look | 'unchanged' | null> {
    const headers: Record<string, string> = { 'Session-Token': token };
    if (version !== undefined) headers['If-None-Match'] = `"${version}"`;
    const call: Call = {
      method: 'GET',
      path: `/v1/apps/${app}/session`,
      headers,
      answerHas: 'idleTimeout',
      isRepeatable: true,
    };
    try {
      const answer = await this.#inFlight.run(() => send({ ...this.#settings, app }, call));
      if (answer.status === 304) return 'unchanged';
      const now = Date.parse(answer.headers.get('Date') ?? '') || Date.now();
      return { session: answer.body as Look['session'], now };
    } catch (error) {
      if (error instanceof SessionNotFoundError) return null;
      throw wordsOf(error);
    }
  }
}

export interface Look {
  readonly session: {
    readonly subject: string | null;
    readonly createdAt: string;
    readonly authenticatedAt: string | null;
    readonly lastSeenAt: string;
    readonly absoluteExpiresAt: string | null;
    readonly idleTimeout: number | null;
    readonly version: number;
    readonly reads: number;
    readonly ip: string | null;
    readonly data: object;
  };
  /** By the clock of the server. Units: epoch milliseconds. */
  readonly now: number;
}

/** Reads an answer of a classic route. Absence: null when it is none. */
function classicAnswer({ status, headers, text }: Incoming, member: string | null): Answer | null {
  if (!(headers.get('Content-Type') ?? '').startsWith('application/json')) return null;
  const body = objectOf(text);
  if (body === null) return null;
  if (status === 200) {
    // Only a session may be absent: of all others an empty answer is none.
    const isOurs =
      member !== null && (Object.hasOwn(body, member) || (member === 'id' && Object.keys(body).length === 0));
    return isOurs ? { status, headers, body } : null;
  }
  const { name, message } = body;
  if (status < 400 || typeof name !== 'string' || typeof message !== 'string') return null;
  const code = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { status, headers, body: { code, detail: message, requestId: headers.get('X-Request-Id') ?? undefined } };
}

function pong({ status, headers, text }: Incoming): Answer | null {
  return status === 200 && text === 'PONG'
    ? { status, headers, body: text }
    : classicAnswer({ status, headers, text }, null);
}

function objectOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function wordsOf(error: unknown): unknown {
  if (!(error instanceof SessionError) || error.status !== 400) return error;
  const name = NAMES[error.code];
  return name === undefined ? error : libraryError(name, error.message);
}

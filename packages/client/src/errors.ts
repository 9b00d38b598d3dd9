/**
 * Everything that a call can fail with. A caller asks three things of an error: is the session gone (SessionNotFoundError: the
 * only one on which a cookie is cleared), may the call be tried again (`retryable`), and which fault is it (`code`).
 */

/** One value of a request that the server refused. */
export interface Fault {
  /** A JSON pointer into the body. Absence: undefined where the value is not in the body. */
  readonly pointer?: string;
  /** Absence: undefined where the value is in the body. */
  readonly parameter?: string;
  readonly in?: 'query' | 'header' | 'path';
  readonly rule: string;
  readonly message: string;
}

export interface SessionErrorDetails {
  readonly status?: number | null;
  readonly retryable?: boolean;
  readonly retryAfter?: number | null;
  readonly faults?: readonly Fault[];
  readonly requestId?: string | null;
  readonly cause?: unknown;
}

/** A call that did not do what it was asked. Its message holds no token and no key. */
export class SessionError extends Error {
  override readonly name: string = 'SessionError';
  /** As docs/errors.md of the server lists them, and those of the classes below. */
  readonly code: string;
  /** Of the answer. Absence: null when there was none. */
  readonly status: number | null;
  /** Whether the same call may succeed later, and does no harm if the first one did its work after all. */
  readonly retryable: boolean;
  /** When to try again. Units: seconds. Absence: null when the server did not say. */
  readonly retryAfter: number | null;
  /** Each value that was wrong. Absence: empty. */
  readonly faults: readonly Fault[];
  /** Of the call, as the log of the server has it. Absence: null when there was no answer, or none with an id. */
  readonly requestId: string | null;

  constructor(code: string, message: string, details: SessionErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? null;
    this.retryable = details.retryable ?? false;
    this.retryAfter = details.retryAfter ?? null;
    this.faults = details.faults ?? [];
    this.requestId = details.requestId ?? null;
  }
}

/**
 * There is no such session: it never was, has expired, or was ended. The only answer on which a cookie is cleared. `status` is null
 * when the server was not asked, because what was given can be no token; and 409 of the session layers when another page has given the
 * session a new token, as when a login form is sent twice. The cookie is that page's then, and stays.
 */
export class SessionNotFoundError extends SessionError {
  override readonly name = 'SessionNotFoundError';

  constructor(message = 'there is no such session', status: 404 | 409 | null = 404) {
    super('session_not_found', message, { status });
  }
}

/** The server did not answer in time. Nothing is known about the session; a write may have been done. Code: `timeout`. */
export class SessionTimeoutError extends SessionError {
  override readonly name = 'SessionTimeoutError';
}

/** No connection to the server, or one that broke. Nothing is known about the session. Code: `unreachable`. */
export class SessionServerLostError extends SessionError {
  override readonly name = 'SessionServerLostError';
}

/**
 * The client itself is set up wrongly: the URL, the key or the app. Codes: `wrong_url`, `wrong_key`, `wrong_app`,
 * `wrong_timeout`, `wrong_near_cache`, `wrong_tls`, `not_rest_sessions`, `wrong_version`.
 */
export class SessionConfigurationError extends SessionError {
  override readonly name = 'SessionConfigurationError';
}

/** Gives null for "no such session". Errors: any other, as it is. */
export function noSession(error: unknown): null {
  if (error instanceof SessionNotFoundError) return null;
  throw error;
}

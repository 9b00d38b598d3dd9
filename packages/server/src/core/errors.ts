/**
 * Every way a request can fail, by code. The code is the contract between the layers: core and stores throw it,
 * `http/message/problem.ts` alone knows which status it becomes. Absence is not an error: it is null, 0 or an empty list.
 */
import type { Session } from './session.ts';

export const ERROR_CODES = {
  unauthorized: 'The request shows no API key, or one that is not in force.',
  forbidden:
    'The API key is good, but not for this route or this app. At the gateway also: there is no key, or a wrong one, and 401 there would send visitors to log in.',
  session_required:
    'The gateway was asked for a visitor who has no session: no token, one that opens nothing, or two different ones.',
  cross_site_request:
    'A web page of another site made a browser send the request, to a server without API keys (`Sec-Fetch-Site`, `Origin`). Nothing was done.',
  misdirected_request:
    'The server has no API keys, and the name in `Host` is one that a web page could have (DNS rebinding). `RS_ALLOWED_HOSTS` names those that are yours.',
  rate_limited:
    'The API key or the app has had its requests for now, or too many wrong keys came from the address. Retry-After says when there are more.',
  overloaded: 'The server is doing as much at once as it takes on. Nothing was done; try again.',
  invalid_format: 'A value has characters or a length that its field does not allow.',
  invalid_value: 'A value is of the right shape but outside of what its field allows.',
  missing_parameter:
    'A value that the request needs is absent. Of the classic `ip` an empty one is, too; an empty `Session-Token` is a token that opens nothing.',
  invalid_json: 'The request body is not a JSON document that every client could read back.',
  invalid_request:
    'The request does not have the form of its route. `errors` names each value, the rule and what came.',
  invalid_cursor: 'A list cursor is not one that this list gave.',
  bad_request: 'The bytes on the connection are not an HTTP request this server can read.',
  body_too_large: 'The request body is longer than the server reads.',
  data_too_large: 'The session data would grow past the limit of the app. The session is unchanged.',
  session_not_found: 'There is no such session: it never was, has expired, or was ended.',
  version_mismatch:
    'The session is not at the version that If-Match names, or exists although If-None-Match says it must not.',
  session_locked:
    'Another request has the lock of the session, and did not end it in the time that this one would wait; or too many wait already. Retry-After says when to try again.',
  lock_lost:
    'The lock that `Session-Lock` names does not hold: its lease is over, it was ended, or it was another session’s. The session is unchanged.',
  token_taken: 'The token that the request chose opens a session already.',
  token_replaced:
    'A rotation replaced the token: use the new one. In its grace it still opens the session, but moves it to no other subject and gets no other token. Nobody is logged out.',
  rotation_limit_reached:
    'The session has been rotated so often that no more of its replaced tokens can be kept for their grace. Try again when one is over, or rotate with a shorter one.',
  idempotency_key_reused: 'The Idempotency-Key was used before, with another request.',
  session_limit_reached: 'The subject has as many sessions as its app allows, and the app refuses more.',
  session_quota_reached: 'The app has as many sessions as its policy allows (`maxSessions`).',
  unsupported_media_type: 'The request body has a content type, charset or encoding that the route does not read.',
  app_not_found:
    'The app is not one that this server serves, or not one that the classic routes serve: see `strictApps` and `classic` of the policy file.',
  webhook_not_found: 'The policy of the app has no webhook with this name.',
  dead_letter_not_found: 'The webhook has no dead letter with this id: it was delivered, or dropped for a newer one.',
  route_not_found: 'No route has this path.',
  method_not_allowed: 'The path exists, with other methods. The Allow header names them.',
  uri_too_long: 'The request target is longer than the server reads.',
  headers_too_large: 'The request headers are longer than the server reads.',
  request_timeout: 'The request did not arrive completely in time.',
  expectation_failed: 'The Expect header asks for something other than 100-continue.',
  store_unavailable: 'The session store did not do its work. Nothing is known about the session; try again.',
  audit_unavailable:
    'The audit log (`RS_AUDIT_LOG`) cannot be written, and sessions of others are not ended without a line in it. Nothing was done; try again. Also: it was asked for, and cannot be read.',
  internal_error: 'A fault of the server itself. It is in the log.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What is wrong with one value of a request. `in`: where it is; `at`: a JSON pointer in the body, else a name. */
export interface Fault {
  readonly in: 'body' | 'query' | 'header' | 'path';
  readonly at: string;
  readonly rule: string;
  readonly message: string;
}

/** What a ServiceError may carry beside its code and message. */
export interface ErrorDetails {
  /** The field the message speaks of: `app`, `subject`, `ip`, `idleTimeout`, `window`, `data`, `token`, … */
  readonly field?: string;
  /** All that is wrong, where that is more than the message says. */
  readonly faults?: readonly Fault[];
  /** Of `session_limit_reached`: the sessions that are there, most recent activity first. */
  readonly sessions?: readonly Session[];
  /** Whether the token that was shown opens nothing. Default: of `session_not_found` it does, of all other codes it does not. */
  readonly opensNothing?: boolean;
  /** Which check has failed, where somebody asks whether the server is ready. */
  readonly check?: 'store' | 'stopping' | undefined;
  /** The fault underneath. Logged, never sent. */
  readonly cause?: unknown;
}

/** An expected failure. Its message is written for the caller: it never quotes a token, a path or a stack. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly sessions: readonly Session[] | undefined;
  readonly opensNothing: boolean;
  readonly check: ErrorDetails['check'];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.faults = details.faults;
    this.sessions = details.sessions;
    this.opensNothing = details.opensNothing ?? code === 'session_not_found';
    this.check = details.check;
  }
}

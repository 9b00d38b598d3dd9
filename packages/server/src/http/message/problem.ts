/**
 * Error code → status and body: the only place with status codes. The classic API has `{name, message}`, all others have
 * problem details (RFC 9457).
 */
import { ERROR_CODES, type ErrorCode, type Fault, ServiceError } from '../../core/errors.ts';
import { sessionList } from './wire.ts';

export const STATUS: Readonly<Record<ErrorCode, number>> = {
  unauthorized: 401,
  forbidden: 403,
  session_required: 401,
  cross_site_request: 403,
  misdirected_request: 421,
  rate_limited: 429,
  overloaded: 503,
  invalid_format: 400,
  invalid_value: 400,
  missing_parameter: 400,
  invalid_json: 400,
  invalid_request: 400,
  invalid_cursor: 400,
  bad_request: 400,
  body_too_large: 413,
  data_too_large: 413,
  session_not_found: 404,
  version_mismatch: 412,
  session_locked: 423,
  lock_lost: 409,
  token_taken: 409,
  token_replaced: 409,
  rotation_limit_reached: 409,
  idempotency_key_reused: 422,
  session_limit_reached: 409,
  session_quota_reached: 409,
  unsupported_media_type: 415,
  app_not_found: 404,
  webhook_not_found: 404,
  dead_letter_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  uri_too_long: 414,
  headers_too_large: 431,
  request_timeout: 408,
  expectation_failed: 417,
  store_unavailable: 503,
  audit_unavailable: 503,
  internal_error: 500,
};

/** Has the id of the request in each answer that is an error (request-id.ts). */
export const REQUEST_ID = 'X-Request-Id';

export const PROBLEM_TYPE = 'application/problem+json';

/** Seconds after which a client may try again when the store did not answer, or another client had the lock. */
const RETRY_AFTER = '1';

/** Headers of every answer. Nothing here may be stored by a cache: it speaks of who is logged in. */
export const HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
};

/** An expected failure whose answer has headers of its own. */
export class Refusal extends ServiceError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, headers: Readonly<Record<string, string>>) {
    super(code, message);
    this.headers = headers;
  }
}

/** Gives the classic name of an error: the code in camelCase. */
export function classicName(code: ErrorCode): string {
  return code.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function classicBody({ code, message, check }: ServiceError): string {
  return JSON.stringify({ name: classicName(code), message, ...(check !== undefined && { check }) });
}

/** The two forms that errors have on the wire. */
export type ErrorForm = 'classic' | 'problem';

/** Gives the form that clients of a path expect. What has no path is classic. */
export function errorForm(path: string): ErrorForm {
  return path === '/v1' || path.startsWith('/v1/') ? 'problem' : 'classic';
}

/** The URL of an error's meaning: a constant to compare, as RFC 9457 has it. The name is reserved and leads nowhere. */
export function problemType(code: ErrorCode): string {
  return `https://rest-sessions.example/errors/${code}`;
}

/** Gives the short name of an error: the code in words. */
export function problemTitle(code: ErrorCode): string {
  const words = code.replaceAll('_', ' ').replace(/\b(?:json|uri)\b/, (acronym) => acronym.toUpperCase());
  return words[0]!.toUpperCase() + words.slice(1);
}

function problemBody({ code, message, field, faults, sessions }: ServiceError, requestId: string): string {
  const own: Fault[] = field === undefined ? [] : [{ in: 'body', at: `/${field}`, rule: code, message }];
  const errors = (faults ?? own).map(({ in: place, at, rule, message }) =>
    place === 'body' ? { pointer: at, rule, message } : { parameter: at, in: place, rule, message },
  );
  const body = JSON.stringify({
    type: problemType(code),
    title: problemTitle(code),
    status: STATUS[code],
    detail: message,
    code,
    requestId,
    ...(errors.length > 0 && { errors }),
  });
  return sessions === undefined ? body : `${body.slice(0, -1)},"sessions":${sessionList(sessions)}}`;
}

/** That of the example in the standard (W3C Trace Context). */
export const EXAMPLE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

/** Gives the body of an error as documents show it. The message is that of its fault, else its meaning. */
export function problemExample(code: ErrorCode, faults?: readonly Fault[]): Record<string, unknown> {
  const message = faults?.[0]?.message ?? ERROR_CODES[code];
  return JSON.parse(problemBody(new ServiceError(code, message, faults && { faults }), EXAMPLE_ID));
}

/** Gives the complete answer to an error. In the classic form, whose body is the predecessor's, the id is in the header alone. */
export function problem(error: ServiceError, form: ErrorForm, requestId: string): Response {
  const { body, headers } = plainProblem(error, form, requestId);
  return new Response(body, { status: STATUS[error.code], headers });
}

/** Gives what `problem` does, for those who write it without a Response. */
export function plainProblem(
  error: ServiceError,
  form: ErrorForm,
  requestId: string,
): { body: string; headers: Readonly<Record<string, string>> } {
  const body = form === 'classic' ? classicBody(error) : problemBody(error, requestId);
  const extra: Record<string, string> = {
    'Content-Length': String(Buffer.byteLength(body)),
    [REQUEST_ID]: requestId,
  };
  if (form === 'problem') extra['Content-Type'] = PROBLEM_TYPE;
  if (STATUS[error.code] === 503 || error.code === 'session_locked') extra['Retry-After'] = RETRY_AFTER;
  return { body, headers: { ...HEADERS, ...extra } };
}

/** Gives the answer to what ends its connection: for those who write it without a Response. */
export function closingAnswer(
  error: ServiceError,
  form: ErrorForm,
  requestId: string,
): { body: string; headers: Readonly<Record<string, string>> } {
  const { body, headers } = plainProblem(error, form, requestId);
  return { body, headers: { ...headers, Connection: 'close' } };
}

/** Error code → status and classic body: the only place with status codes. (RFC 9457 bodies of v1 will be made here.) */
import { type ErrorCode, ServiceError } from '../core/errors.ts';

export const STATUS: Readonly<Record<ErrorCode, number>> = {
  unauthorized: 401,
  forbidden: 403,
  rate_limited: 429,
  overloaded: 503,
  invalid_format: 400,
  invalid_value: 400,
  missing_parameter: 400,
  invalid_json: 400,
  invalid_cursor: 400,
  bad_request: 400,
  body_too_large: 413,
  data_too_large: 413,
  session_not_found: 404,
  session_limit_reached: 409,
  unsupported_media_type: 415,
  route_not_found: 404,
  method_not_allowed: 405,
  uri_too_long: 414,
  headers_too_large: 431,
  request_timeout: 408,
  expectation_failed: 417,
  store_unavailable: 503,
  internal_error: 500,
};

/** Seconds after which a client may try again when the store did not answer. */
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

/** Gives the classic body of an error: the code in camelCase as `name`, and a message. */
function classicBody(code: ErrorCode, message: string): string {
  const name = code.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return JSON.stringify({ name, message });
}

/** Gives the answer to what ends its connection: for those who write it without a Response. */
export function closingAnswer(code: ErrorCode, message: string): { body: string; headers: Record<string, string> } {
  const body = classicBody(code, message);
  return { body, headers: { ...HEADERS, Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) } };
}

/** Gives the complete classic answer to an error. */
export function problem(error: ServiceError, headers: Record<string, string> = {}): Response {
  const status = STATUS[error.code];
  const body = classicBody(error.code, error.message);
  const extra: Record<string, string> = { ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
  if (status === 503) extra['Retry-After'] = RETRY_AFTER;
  return new Response(body, { status, headers: { ...HEADERS, ...extra } });
}

/** What a call failed with, as a line for the person and as the exit code. The code in it is the server's own wherever it has said one. */
import { SessionConfigurationError, SessionError, SessionNotFoundError } from 'rest-sessions-client/admin';
import { EXIT, exitCodeOf } from '../exit-codes.ts';
import { fail, whyOf } from '../output.ts';
import { visible } from '../plain-text.ts';

/** What the client calls by words of its own, by the status of the answer. */
const OF_SERVER: Readonly<Record<number, string>> = { 401: 'unauthorized', 403: 'forbidden', 404: 'app_not_found' };
/** Somebody else is there, or an older server: no other words would change it. */
const NO_SERVER: ReadonlySet<string> = new Set(['not_rest_sessions', 'wrong_version']);

/** Says it. `done`: what was done before; empty for nothing. Gives the exit code. */
export function failed(error: unknown, done = ''): number {
  const before = done === '' ? '' : `; before that: ${done}`;
  return fail(`${failureText(error)}${before}`, error instanceof SessionError ? exitOf(error) : EXIT.failed);
}

/** `CODE: detail`, on one line. */
export function failureText(error: unknown): string {
  return visible(error instanceof SessionError ? `${codeOf(error)}: ${error.message}` : whyOf(error as Error));
}

function codeOf({ code, status }: SessionError): string {
  const isRefused = code === 'wrong_key' || code === 'wrong_app';
  return (isRefused && status !== null && OF_SERVER[status]) || code;
}

function exitOf(error: SessionError): number {
  const { code, status } = error;
  if (error instanceof SessionNotFoundError) return EXIT.notThere;
  if (NO_SERVER.has(code)) return EXIT.failed;
  if (status !== null && code !== 'wrong_url') return exitCodeOf(status);
  // Refused before anything was sent.
  return error instanceof SessionConfigurationError || code === 'invalid_request' ? EXIT.misuse : EXIT.failed;
}

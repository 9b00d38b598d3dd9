import { SessionError, SessionNotFoundError } from '../errors.ts';

/** Gives the error of a page whose token another one has replaced as that of a session which was ended meanwhile: for this page it was. */
export function endedError(error: unknown): unknown {
  if (!(error instanceof SessionError) || error.code !== 'token_replaced') return error;
  return new SessionNotFoundError('the session was ended meanwhile: another page has given it a new token', 409);
}

/**
 * Gives the error as a page is to fail with it. Express, Koa and Fastify answer the browser with the `status` of an error: a wrong API
 * key (401) or a limit of the application's own requests (429) would look as if the visitor had to log in or to slow down.
 */
export function pageError(failure: unknown): unknown {
  const error = endedError(failure);
  if (!(error instanceof SessionError) || error.code === 'session_not_found') return error;
  if (error.status === null || error.status >= 500) return error;
  return Object.defineProperty(error, 'status', { value: error.retryable ? 503 : 500 });
}

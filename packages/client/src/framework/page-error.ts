import { SessionError } from '../errors.ts';

/**
 * Gives the error as a page is to fail with it. Express, Koa and Fastify answer the browser with the `status` of an error: a wrong API
 * key (401) or a limit of the application's own requests (429) would look as if the visitor had to log in or to slow down.
 */
export function pageError(error: unknown): unknown {
  if (!(error instanceof SessionError) || error.code === 'session_not_found') return error;
  if (error.status === null || error.status >= 500) return error;
  return Object.defineProperty(error, 'status', { value: error.retryable ? 503 : 500 });
}

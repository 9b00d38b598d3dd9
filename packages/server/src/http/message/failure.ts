/** The answer to what a handler threw. */
import { ServiceError } from '../../core/errors.ts';
import { meterMiss } from './miss.ts';
import { errorForm, plainProblem, Refusal, STATUS } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import type { Call, Reply } from './route.ts';

/** Which request it was. `route`: its template; absence: undefined when requests are not logged. */
export interface Failed {
  readonly requestId: string;
  readonly route: string | undefined;
}

/** Told of faults that are not the caller's: 5xx, and answers that broke off. */
export type OnFault = (error: unknown, request: Failed) => void;

/** Gives what is told of a request that failed. */
export function failedOf(c: Pick<Call, 'env' | 'req'>): Failed {
  return { requestId: requestIdOf(c), route: c.env.trace?.route };
}

/** Gives the answer to an error. What is no ServiceError is a fault of ours, and nothing of it is told. */
export function failure(c: Pick<Call, 'env' | 'req'>, error: unknown, onFault: OnFault): Reply {
  const known =
    error instanceof ServiceError ? error : new ServiceError('internal_error', 'internal error', { cause: error });
  if (STATUS[known.code] >= 500) onFault(error, failedOf(c));
  if (known.opensNothing && c.req.header('session-token') !== undefined) meterMiss(c);
  return refusal(c, known, known instanceof Refusal ? known.headers : {});
}

/** Gives the answer to an expected error, and notes it for the request log. `more`: headers. */
export function refusal(c: Pick<Call, 'env' | 'req'>, error: ServiceError, more: Reply['headers']): Reply {
  const { env, req } = c;
  if (env.trace !== undefined) env.trace.error = error.code;
  const { body, headers } = plainProblem(error, env.errorForm ?? errorForm(req.path), requestIdOf(c));
  return { status: STATUS[error.code], headers: { ...headers, ...env.always, ...more }, body };
}

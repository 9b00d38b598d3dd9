/** What metrics are told of a request on Node's HTTP server, once it is answered. */
import type { ServerResponse } from 'node:http';
import { STATUS } from '../message/problem.ts';
import type { Meter, Trace } from '../message/route.ts';

/** For a server whose requests nobody counts. */
export const NOBODY: Meter = { answered: () => {}, shed: () => {}, missed: () => {} };

/** A client whose connection ended before its answer was written. */
export const GONE = 499;

/** Begins to time a request. What it gives is to be called when the answer was handed to the connection. */
export function metered(meter: Meter, outgoing: ServerResponse, trace: Trace): () => void {
  const startedAt = performance.now();
  return () => {
    if (trace.error === 'overloaded') meter.shed();
    meter.answered(trace.route, statusOf(outgoing, trace), performance.now() - startedAt, trace.traceId);
  };
}

function statusOf({ statusCode, destroyed, writableFinished }: ServerResponse, { error }: Trace): number {
  if (!destroyed || writableFinished) return statusCode;
  // An answer that had begun and broke off has the status of what broke it.
  return error === undefined ? GONE : STATUS[error];
}

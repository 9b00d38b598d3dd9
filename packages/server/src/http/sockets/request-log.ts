/** The request log: what a line about a request says, and when it is written. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../../core/errors.ts';
import { STATUS } from '../message/problem.ts';
import { requestIdIn } from '../message/request-id.ts';
import type { Incoming, Trace } from '../message/route.ts';
import { GONE } from './metering.ts';

/** One line of the request log. Holds the route's template, never the path. */
export type RequestLine = {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** Units: milliseconds. */
  readonly duration: number;
  readonly session: string | undefined;
  /** The name of the caller's API key. */
  readonly key: string | undefined;
  readonly error: ErrorCode | undefined;
};

/** Begins the line about a request on Node's HTTP server, and writes it when its answer has gone, or cannot go any more. */
export function observe(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onRequest: (line: RequestLine) => void,
): Trace {
  const { socket } = incoming;
  const { trace, end } = beginLine(incoming, onRequest);
  let isSent = false;
  // Node says so of an answer that lay unread when its connection was cut, too, and Node 20 of one that could not be written.
  outgoing.once('finish', () => {
    isSent = !socket.destroyed && socket.errored === null;
  });
  outgoing.once('close', () => {
    const { error } = trace;
    // An answer that had begun and broke off has the status of what broke it, though the client saw a 200.
    const broke = outgoing.statusCode === 200 && error !== undefined;
    end(isSent || trace.isLive ? outgoing.statusCode : broke ? STATUS[error] : GONE);
  });
  return trace;
}

/** Begins the line about a request. `end` writes it. */
export function beginLine(
  { method = '', headers }: Incoming & { readonly method?: string | undefined },
  onRequest: (line: RequestLine) => void,
) {
  const start = performance.now();
  const trace: Trace = { route: 'none' };
  const end = (status: number) => {
    const duration = Math.round((performance.now() - start) * 1000) / 1000;
    const { route, session, key, error, requestId = requestIdIn(headers) } = trace;
    onRequest({ requestId, method, route, status, duration, session, key, error });
  };
  return { trace, end };
}

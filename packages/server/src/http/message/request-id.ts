/**
 * The id of a request: what a line of the log, an audit line and the answer that a user complains about have in common. It is the
 * trace id of `traceparent` (W3C Trace Context), else `X-Request-Id` where that is well-formed, else drawn. It is made when
 * somebody asks for it, and not before: nearly all requests are reads that need none.
 */
import { REQUEST_ID } from './problem.ts';
import type { Call, Incoming, Reply } from './route.ts';

/** Version, trace id, id of the parent span, flags. A version after 00 may have more behind them; ff is none. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;
/** Nothing that would have to be escaped in JSON, in a header or in a shell. A token or a key of this server is none: it would come into logs. */
const WELL_FORMED =
  /^(?!rs(?:k_[A-Za-z0-9]{36}|[0-9a-f]{2}[A-Za-z0-9]{36}(?:[A-Za-z0-9]{24})?)$)[A-Za-z0-9._~:@+/=-]{1,128}$/;

/** Gives the id of a request with these headers. Where it is drawn, each call draws another one. */
export function requestIdIn(headers: Incoming['headers']): string {
  return traceIdIn(headers?.traceparent) ?? givenIdIn(headers) ?? crypto.randomUUID().replaceAll('-', '');
}

/** Gives the id of a request: the same however often it is asked for. */
export function requestIdOf({ env, req }: Pick<Call, 'env' | 'req'>): string {
  const headers = env.incoming?.headers ?? {
    traceparent: req.header('traceparent'),
    'x-request-id': req.header(REQUEST_ID),
  };
  const { trace } = env;
  if (trace !== undefined) {
    trace.requestId ??= env.requestId ?? requestIdIn(headers);
    return trace.requestId;
  }
  env.requestId ??= requestIdIn(headers);
  return env.requestId;
}

/** Gives an answer with the id, if the request has brought one in `X-Request-Id`. */
export function withRequestId(call: Call, reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, [REQUEST_ID]: requestIdOf(call) } };
}

/** Tells whether a request wants its id in the answer, whatever that is. */
export function asksForId({ env }: Pick<Call, 'env'>): boolean {
  return env.incoming?.headers?.['x-request-id'] !== undefined;
}

/** Absence: undefined where there is none, or none that is well-formed. */
function traceIdIn(traceparent: string | string[] | undefined): string | undefined {
  if (typeof traceparent !== 'string') return undefined;
  const [, version, traceId, more] = TRACEPARENT.exec(traceparent) ?? [];
  return version === '00' && more !== undefined ? undefined : traceId;
}

function givenIdIn(headers: Incoming['headers']): string | undefined {
  const given = headers?.['x-request-id'];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : undefined;
}

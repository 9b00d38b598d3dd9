/** What stands before the handler of each route, in this order: headers that came twice, the API key, how often it may ask. */

import type { Audit } from '../message/audit.ts';
import { asksForId, withRequestId } from '../message/request-id.ts';
import type { Call, Clock, Handle, Reply, Route } from '../message/route.ts';
import type { Tracing } from '../message/tracing.ts';
import { audited } from './audit.ts';
import { type Authenticate, guard, type WrongKeys } from './auth.ts';
import { limited, type RateLimits } from './rate-limits.ts';
import { refuseRepeatedHeaders } from './repeated-headers.ts';

export interface Guards {
  readonly clock: Clock;
  /** Absence: null when everyone may call, as on loopback without keys. */
  readonly authenticate?: Authenticate | null;
  /** Absence: null when calls with wrong keys are not counted. */
  readonly wrongKeys?: WrongKeys | null;
  /** Absence: null when nobody is limited. */
  readonly rateLimits?: RateLimits | null;
  /** Absence: null without an audit log. */
  readonly audit?: Audit | null;
  /** Absence: null when nothing is traced. */
  readonly tracing?: Tracing | null;
}

/** Puts a route's handler behind something else than API keys. */
export type Enter = (route: Route) => Handle;

/** Gives a route with its guards before it. `enter`: what stands in the place of API keys. Absence: null for these. */
export function guarded<R extends Route>(route: R, guards: Guards, enter: Enter | null = null): R {
  const { clock, authenticate = null, wrongKeys = null, rateLimits = null, audit = null, tracing = null } = guards;
  let { handle } = route;
  if (rateLimits !== null) handle = limited(route, rateLimits, clock);
  if (enter !== null) handle = enter({ ...route, handle });
  else if (authenticate !== null) handle = guard({ ...route, handle }, authenticate, clock, wrongKeys);
  if (audit !== null) handle = audited(route, handle, audit);
  if (route.scope !== null) handle = withoutRepeatedHeaders(handle, route.forVisitors && KEY_ALONE);
  if (route.forVisitors !== undefined) handle = withAlways(handle, route.forVisitors.always);
  handle = givingIds(handle);
  return { ...route, handle: tracing === null ? handle : (c) => tracing.within(c, route, handle) };
}

const KEY_ALONE: ReadonlySet<string> = new Set(['Authorization']);

/** `only`: the headers that must come once. Absence: undefined for all that decide something. */
function withoutRepeatedHeaders(handle: Handle, only?: ReadonlySet<string>): Handle {
  return (c: Call) => {
    refuseRepeatedHeaders(c, only);
    return handle(c);
  };
}

/** Answers that are no errors have the id of the request only if it brought one: reads are not to pay for what nobody reads. */
function givingIds(handle: Handle): Handle {
  return (c: Call) => {
    const reply = handle(c);
    if (!asksForId(c)) return reply;
    return reply instanceof Promise ? reply.then((reply) => withRequestId(c, reply)) : withRequestId(c, reply);
  };
}

function withAlways(handle: Handle, always: Reply['headers']): Handle {
  return (c: Call) => {
    c.env.always = always;
    return handle(c);
  };
}

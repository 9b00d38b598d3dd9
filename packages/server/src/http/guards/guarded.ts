/** What stands before the handler of each route, in this order: headers that came twice, the API key, how often it may ask. */
import type { Call, Clock, Handle, Route } from '../message/route.ts';
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
}

/** Gives a route with its guards before it. */
export function guarded<R extends Route>(route: R, guards: Guards): R {
  const { clock, authenticate = null, wrongKeys = null, rateLimits = null } = guards;
  let { handle } = route;
  if (rateLimits !== null) handle = limited(route, rateLimits, clock);
  if (authenticate !== null) handle = guard({ ...route, handle }, authenticate, clock, wrongKeys);
  return { ...route, handle: route.scope === null ? handle : withoutRepeatedHeaders(handle) };
}

function withoutRepeatedHeaders(handle: Handle): Handle {
  return (c: Call) => {
    refuseRepeatedHeaders(c);
    return handle(c);
  };
}

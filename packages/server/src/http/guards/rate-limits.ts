/**
 * How often each caller and each app may ask, and how many tokens that open nothing a caller may show. A route is limited
 * by being in the table, like everything else about access; routes for everyone are not. Answers say what is left
 * (draft-ietf-httpapi-ratelimit-headers-10); a server without limits adds nothing and pays nothing.
 */
import { ServiceError } from '../../core/errors.ts';
import { meterMiss } from '../message/miss.ts';
import { Refusal } from '../message/problem.ts';
import { requestIdOf } from '../message/request-id.ts';
import { type Call, type Clock, callerOf, type Handle, type Route } from '../message/route.ts';
import { appIn } from './auth.ts';

/** What http needs of a limiter; made in limits/. Units: milliseconds. */
export interface Limiter {
  readonly rate: { readonly perSecond: number; readonly burst: number };
  take(name: string, now: number): Allowance;
  charge(name: string, cost: number, now: number): void;
  look(name: string, now: number): Allowance;
}

interface Allowance {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly full: number;
  readonly wait: number;
}

/** Absence: null when there is no such limit. */
export interface RateLimits {
  readonly key: Limiter | null;
  readonly app: Limiter | null;
  readonly misses: Limiter | null;
  /** Told of a key that has shown too many tokens that open nothing: someone may be guessing. */
  readonly onMisses: (key: string, now: number, requestId: string) => void;
}

/** Puts a route's handler behind the limits. */
export function limited(route: Route, limits: RateLimits, clock: Clock): Handle {
  if (route.scope === null) return route.handle;
  let handle = route.handle;
  if (limits.misses !== null) handle = countingMisses(route, limits.misses, limits.onMisses, clock);
  if (limits.key === null && limits.app === null) return handle;
  const appPosition = route.path.split('/').indexOf(':app');
  return async (c) => {
    const now = clock();
    const taken: Taken[] = [];
    if (limits.key !== null) taken.push(take('key', limits.key, callerOf(c), now));
    let refused = taken.find(({ allowance }) => !allowance.allowed);
    const app = limits.app === null || appPosition < 0 ? '' : appIn(c, appPosition);
    if (limits.app !== null && isAppLength(app)) {
      // What one key may not have must not be taken from all others of the app.
      taken.push((refused === undefined ? take : look)('app', limits.app, app, now));
      refused ??= taken.find(({ allowance }) => !allowance.allowed);
    }
    if (refused !== undefined) {
      throw tooMany(`this ${refused.policy} has had its requests for now`, refused.allowance.wait, fieldsOf(taken));
    }
    const reply = await handle(c);
    return { ...reply, headers: { ...reply.headers, ...fieldsOf(taken) } };
  };
}

/** Notes that a token opened nothing. For handlers that answer so without an error. */
export function countMiss(c: Call): void {
  if (c.env.misses !== undefined) c.env.misses++;
  meterMiss(c);
}

function countingMisses(
  { path, scope, handle }: Route,
  limiter: Limiter,
  onMisses: RateLimits['onMisses'],
  clock: Clock,
): Handle {
  const alwaysHasToken = scope === 'verify' || path.includes(':token');
  return async (c) => {
    if (!alwaysHasToken && c.req.header('session-token') === undefined) return handle(c);
    const now = clock();
    const caller = callerOf(c);
    const { allowed, wait } = limiter.look(caller, now);
    if (!allowed) {
      onMisses(caller, now, requestIdOf(c));
      throw tooMany('too many tokens that open nothing', wait, {});
    }
    c.env.misses = 0;
    try {
      return await handle(c);
    } catch (error) {
      if (error instanceof ServiceError && error.opensNothing) c.env.misses++;
      throw error;
    } finally {
      if (c.env.misses > 0) limiter.charge(caller, c.env.misses, now);
    }
  };
}

interface Taken {
  readonly policy: string;
  readonly limiter: Limiter;
  readonly allowance: Allowance;
}

function take(policy: string, limiter: Limiter, name: string, now: number): Taken {
  return { policy, limiter, allowance: limiter.take(name, now) };
}

function look(policy: string, limiter: Limiter, name: string, now: number): Taken {
  return { policy, limiter, allowance: limiter.look(name, now) };
}

/** What no app can be called would only fill the memory. */
function isAppLength(app: string): boolean {
  return app.length >= 3 && app.length <= 20;
}

function tooMany(message: string, wait: number, fields: Record<string, string>): ServiceError {
  return new Refusal('rate_limited', message, { ...fields, 'Retry-After': String(seconds(wait)) });
}

function fieldsOf(taken: readonly Taken[]): Record<string, string> {
  const policies = taken.map(({ policy, limiter: { rate } }) => {
    return `"${policy}";q=${rate.burst};w=${seconds((1000 * rate.burst) / rate.perSecond)}`;
  });
  const states = taken.map(({ policy, allowance }) => {
    return `"${policy}";r=${allowance.remaining};t=${seconds(allowance.full)}`;
  });
  return { 'RateLimit-Policy': policies.join(', '), RateLimit: states.join(', ') };
}

/** Whole seconds, at least one: a client that waits shorter would come too early. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}

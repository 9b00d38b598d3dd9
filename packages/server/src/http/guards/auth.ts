/**
 * Lets a request through to its route, or not: who calls (RFC 6750, or Basic with the key as password for old clients),
 * whether the route's scope is among its own, and whether the app in the path is. It takes all of that from the route
 * table: a route is guarded by being in it. A server without keys has no guard, and pays nothing.
 *
 * A route without an app in its path needs a key for all apps, unless it says that it narrows what it answers itself.
 */
import type { ServiceError } from '../../core/errors.ts';
import { mayUse, type Principal, type Scope } from '../../core/principal.ts';
import { Refusal } from '../message/problem.ts';
import { requestIdOf } from '../message/request-id.ts';
import type { Call, Clock, Handle, Route } from '../message/route.ts';
import { pathPart } from '../message/target.ts';

/** Finds who calls, by the key of the request and the names in the client's certificate. `c`: for what is logged of it. Absence: null. */
export type Authenticate = (
  presented: { readonly key: string | null; readonly certificates: readonly string[] },
  now: number,
  c: Pick<Call, 'env' | 'req'>,
) => Principal | null;

const REALM = 'Bearer realm="rest-sessions"';
const NO_CERTIFICATES: readonly string[] = [];

/** What http needs to know of wrong keys; made in limits/. */
export interface WrongKeys {
  /** Counts one. Absence: null when it is not limited. Units: milliseconds. */
  note(
    address: string | undefined,
    now: number,
    requestId: string,
  ): { readonly allowed: boolean; readonly wait: number } | null;
}

/** Puts a route's handler behind its scope. `wrongKeys`: null when they are not counted. */
export function guard(
  route: Route,
  authenticate: Authenticate,
  clock: Clock,
  wrongKeys: WrongKeys | null = null,
): Handle {
  const { scope, handle, forVisitors } = route;
  /** What is wrong with the key. */
  const refused = forVisitors === undefined ? (error: Refusal) => error : asForbidden;
  if (scope === null) return handle;
  const appPosition = route.path.split('/').indexOf(':app');
  return (c) => {
    const { key, fault } = shown(authorizationOf(c));
    const certificates = c.env.certificates ?? NO_CERTIFICATES;
    const now = clock();
    const principal = fault === null ? authenticate({ key, certificates }, now, c) : null;
    if (principal === null) {
      if (key === null && fault === null) throw refused(noKey());
      const allowance = wrongKeys?.note(c.env.incoming?.socket?.remoteAddress, now, requestIdOf(c)) ?? null;
      if (allowance?.allowed === false) throw refused(tooManyWrong(allowance.wait));
      throw refused(wrongKey(fault ?? 'the API key is not known, or no longer in force'));
    }
    admit(c, principal, scope, route, appPosition);
    if (route.mayBeLive) {
      c.env.isStillAllowed = (now) => {
        const again = authenticate({ key, certificates }, now, c);
        return again !== null && mayGoOn(c, principal, again, scope, appPosition);
      };
    }
    return handle(c);
  };
}

/** Lets a caller who is known through to a route with a scope. `appPosition`: of the app in its path, below 0 without one. Errors: `forbidden`. */
export function admit(c: Call, principal: Principal, scope: Scope, route: Route, appPosition: number): void {
  if (c.env.trace !== undefined) c.env.trace.key = principal.name;
  c.env.principal = principal;
  if (!principal.scopes.has(scope)) throw forbidden(`the key needs the scope ${scope}`, scope);
  if (principal.apps === '*') return;
  if (appPosition > 0) {
    if (!mayUse(principal, appIn(c, appPosition))) throw forbidden('the key is not for this app', scope);
  } else if (route.narrowsApps !== true) {
    throw forbidden('the key is not for all apps', scope);
  }
}

/** Tells whether a caller who was let through may still do the same. `again`: as the caller is now. */
export function mayGoOn(c: Call, before: Principal, again: Principal, scope: Scope, appPosition: number): boolean {
  if (!again.scopes.has(scope)) return false;
  return appPosition > 0 ? mayUse(again, appIn(c, appPosition)) : isSame(again.apps, before.apps);
}

function isSame(a: Principal['apps'], b: Principal['apps']): boolean {
  if (a === '*' || b === '*') return a === b;
  return a.size === b.size && [...a].every((app) => b.has(app));
}

/** Tells whether the caller may see an app: for routes that narrow what they answer. Without keys everyone may. */
export function seesApp(c: Call, app: string): boolean {
  const { principal } = c.env;
  return principal === undefined || mayUse(principal, app);
}

/** Tells whether the caller may see something that is about so many apps: only what is about none but its own. */
export function seesApps(c: Call, apps: Principal['apps']): boolean {
  const { principal } = c.env;
  if (principal === undefined || principal.apps === '*') return true;
  return apps !== '*' && [...apps].every((app) => mayUse(principal, app));
}

/** Gives the app in the path, decoded as the handler will. What cannot be decoded is nobody's app: empty. */
export function appIn(c: Call, position: number): string {
  try {
    return pathPart(c, position, 'app');
  } catch {
    return '';
  }
}

/** What a request shows of a key. `key`: null when it shows none; `fault`: what is wrong with the form, null when nothing is. */
interface Shown {
  readonly key: string | null;
  readonly fault: string | null;
}

/** What nearly all callers send. */
const USUAL_FORM = /^Bearer ([\x21-\x7e]+)$/;

function shown(header: string | undefined): Shown {
  const usual = header === undefined ? undefined : USUAL_FORM.exec(header)?.[1];
  if (usual !== undefined) return { key: usual, fault: null };
  if (header === undefined || header.trim() === '') return { key: null, fault: null };
  const [, scheme = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(header) ?? [];
  const faulty = (fault: string): Shown => ({ key: null, fault });
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return rest === ''
        ? faulty('Authorization has the scheme Bearer and no key: Bearer KEY')
        : { key: rest, fault: null };
    case 'basic': {
      const login = BASE64.test(rest) ? Buffer.from(rest, 'base64').toString('latin1') : '';
      const colon = login.indexOf(':');
      if (colon < 0) return faulty('Basic must be followed by USER:KEY in base64');
      return { key: login.slice(colon + 1), fault: null };
    }
    default:
      if (rest === '') return faulty('the scheme is missing: Authorization must be Bearer KEY');
      return faulty('the scheme of Authorization must be Bearer, or Basic with the key as the password');
  }
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Asks Node's own request first: the Headers of a Request cost more than all the rest here. */
function authorizationOf({ env, req }: Call): string | undefined {
  const headers = env.incoming?.headers;
  return headers === undefined ? req.header('authorization') : (headers.authorization as string | undefined);
}

/** Gives the error of a key where 401 would be taken for one of a visitor. Only how long to wait stays of its headers. */
function asForbidden({ message, headers }: Refusal): Refusal {
  const wait = headers['Retry-After'];
  return new Refusal('forbidden', message, wait === undefined ? {} : { 'Retry-After': wait });
}

function noKey(): Refusal {
  const message = 'this needs an API key: Authorization: Bearer KEY';
  return new Refusal('unauthorized', message, { 'WWW-Authenticate': REALM });
}

function wrongKey(message: string): Refusal {
  return new Refusal('unauthorized', message, { 'WWW-Authenticate': `${REALM}, error="invalid_token"` });
}

/** `wait`: in milliseconds. */
function tooManyWrong(wait: number): Refusal {
  const seconds = Math.max(1, Math.ceil(wait / 1000));
  const message = 'too many calls with wrong API keys came from this address; right ones are still answered';
  return new Refusal('rate_limited', message, { 'Retry-After': String(seconds) });
}

/** RFC 6750 section 3.1: one code for everything a known caller may not do. */
function forbidden(message: string, scope: string): ServiceError {
  return new Refusal('forbidden', message, {
    'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"`,
  });
}

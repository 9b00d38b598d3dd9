/**
 * Lets a request through to its route, or not: who calls (RFC 6750, or Basic with the key as password for old clients),
 * whether the route's scope is among its own, and whether the app in the path is. It takes all of that from the route
 * table: a route is guarded by being in it. A server without keys has no guard, and pays nothing.
 *
 * A route without an app in its path needs a key for all apps, unless it says that it narrows what it answers itself.
 */
import type { Context } from 'hono';
import type { ServiceError } from '../core/errors.ts';
import { mayUse, type Principal } from '../core/principal.ts';
import { Refusal } from './problem.ts';
import type { Clock, Handle, RequestEnv, Route } from './route.ts';
import { pathPart } from './target.ts';

/** Finds who calls, by the key of the request and the names in the client's certificate. Absence: null. */
export type Authenticate = (
  presented: { readonly key: string | null; readonly certificates: readonly string[] },
  now: number,
) => Principal | null;

type C = Context<RequestEnv>;

const REALM = 'Bearer realm="rest-sessions"';
const NO_CERTIFICATES: readonly string[] = [];

/** Puts a route's handler behind its scope. */
export function guard(route: Route, authenticate: Authenticate, clock: Clock): Handle {
  const { scope, handle } = route;
  if (scope === null) return handle;
  const appPosition = route.path.split('/').indexOf(':app');
  return (c) => {
    const key = keyOf(c);
    const certificates = c.env.certificates ?? NO_CERTIFICATES;
    const principal = key === '' ? null : authenticate({ key, certificates }, clock());
    if (principal === null) throw unauthorized(key);
    if (c.env.trace !== undefined) c.env.trace.key = principal.name;
    if (!principal.scopes.has(scope)) throw forbidden(`the key needs the scope ${scope}`, scope);
    if (principal.apps !== '*') {
      if (appPosition > 0) {
        if (!mayUse(principal, appIn(c, appPosition))) throw forbidden('the key is not for this app', scope);
      } else if (route.narrowsApps !== true) {
        throw forbidden('the key is not for all apps', scope);
      }
    }
    c.env.principal = principal;
    return handle(c);
  };
}

/** Tells whether the caller may see an app: for routes that narrow what they answer. Without keys everyone may. */
export function seesApp(c: C, app: string): boolean {
  const { principal } = c.env;
  return principal === undefined || mayUse(principal, app);
}

/** Gives the app in the path, decoded as the handler will. What cannot be decoded is nobody's app: empty. */
export function appIn(c: C, position: number): string {
  try {
    return pathPart(c, position, 'app');
  } catch {
    return '';
  }
}

/** Gives the key that a request shows. Absence: null when it shows none, empty when it shows something else. */
function keyOf(c: C): string | null {
  const header = authorizationOf(c);
  if (header === undefined) return null;
  if (/^bearer /i.test(header)) return header.slice(7).trim();
  if (!/^basic /i.test(header)) return '';
  const login = Buffer.from(header.slice(6).trim(), 'base64').toString('latin1');
  return login.slice(login.indexOf(':') + 1);
}

/** Asks Node's own request first: the Headers of a Request cost more than all the rest here. */
function authorizationOf({ env, req }: C): string | undefined {
  const headers = env.incoming?.headers;
  return headers === undefined ? req.header('authorization') : (headers.authorization as string | undefined);
}

function unauthorized(key: string | null): ServiceError {
  if (key === null) {
    return new Refusal('unauthorized', 'this needs an API key: Authorization: Bearer KEY', {
      'WWW-Authenticate': REALM,
    });
  }
  return new Refusal('unauthorized', 'the API key is not known, or no longer in force', {
    'WWW-Authenticate': `${REALM}, error="invalid_token"`,
  });
}

/** RFC 6750 section 3.1: one code for everything a known caller may not do. */
function forbidden(message: string, scope: string): ServiceError {
  return new Refusal('forbidden', message, {
    'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"`,
  });
}

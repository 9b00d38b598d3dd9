/**
 * The v1 API as the console's page asks it, under /console/api: the same routes with the same guards in the same process, but for who
 * calls. That is whoever is logged in; and what the page may not see, the data of sessions, is taken out unless the scope `data` is there.
 * Not here: routes for proxies that ask in the name of a visitor. The browser is the visitor.
 */
import type { Scope } from '../../core/principal.ts';
import { admit, mayGoOn } from '../guards/auth.ts';
import { type Enter, type Guards, guarded } from '../guards/guarded.ts';
import type { Console, ConsoleSession } from '../message/console.ts';
import type { Call, Clock, Handle, Route } from '../message/route.ts';
import { shownIn } from './cookie.ts';
import { NO_CERTIFICATES, visitorOf } from './visitor.ts';

const PREFIX = '/console/api';

/** Routes of the same table over all there is of sessions, and over sessions without their data. */
export interface Tables {
  readonly whole: readonly Route[];
  readonly withoutData: readonly Route[];
}

/** Gives the routes. `wrap`: what all routes of the console have around them. */
export function apiRoutes(
  { whole, withoutData }: Tables,
  guards: Guards,
  console: Console,
  wrap: (route: Route) => Route,
): Route[] {
  const enter = entering(console, guards.clock);
  return whole.flatMap((route, i) => {
    if (route.scope === null || route.forVisitors !== undefined) return [];
    const [seeing, blind] = [route.handle, withoutData[i]!.handle];
    const handle: Handle = (c) => (c.env.principal!.scopes.has('data') ? seeing(c) : blind(c));
    // Traced as the request that it is, by `wrap`.
    const inner = guarded({ ...route, handle }, { ...guards, tracing: null }, enter).handle;
    return [wrap({ method: route.method, path: PREFIX + route.path, scope: null, handle: (c) => inner(asV1(c)) })];
  });
}

/** Gives a request as the routes of v1 know it: they find the parts of their paths by position. */
function asV1(c: Call): Call {
  const { method, path, raw } = c.req;
  return { env: c.env, req: { method, path: path.slice(PREFIX.length), raw, header: (name) => c.req.header(name) } };
}

/** Puts a handler behind who is logged in. */
function entering(console: Console, clock: Clock): Enter {
  return (route) => {
    const scope = route.scope!;
    const appPosition = route.path.split('/').indexOf(':app');
    return async (c) => {
      const session = await visitorOf(c, console, true, clock());
      admit(c, session.principal, scope, route, appPosition);
      if (route.mayBeLive) c.env.isStillAllowed = watching(c, console, session, scope, appPosition);
      return route.handle(c);
    };
  };
}

/**
 * Tells again and again whether an answer may go on. What a key or a user may do is known at once; whether the session is
 * still there the store is asked meanwhile, and the next call knows. That is no activity: a page that only listens is idle.
 */
function watching(c: Call, console: Console, session: ConsoleSession, scope: Scope, appPosition: number) {
  const shown = shownIn(c)!;
  const certificates = c.env.certificates ?? NO_CERTIFICATES;
  let isThere = true;
  let isAsked = false;
  const look = async (now: number) => {
    isAsked = true;
    try {
      isThere = (await console.find(shown, certificates, false, now)) !== null;
    } catch {
      // A store that does not answer ends nothing.
    }
    isAsked = false;
  };
  return (now: number): boolean => {
    if (!isAsked) void look(now);
    const again = isThere ? console.stillMay(session, certificates, now) : null;
    return again !== null && mayGoOn(c, session.principal, again, scope, appPosition);
  };
}

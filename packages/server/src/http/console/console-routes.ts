/**
 * All that is served under /console: the page and its files, who comes and goes, the search, and the API for the page. Each answer has the
 * console's headers, errors too; each request comes from its own page (same-origin.ts).
 */
import { ServiceError } from '../../core/errors.ts';
import type { Sessions } from '../../core/sessions.ts';
import { withoutData } from '../../core/without-data.ts';
import type { Guards } from '../guards/guarded.ts';
import type { Console } from '../message/console.ts';
import { allowedMethods } from '../message/methods.ts';
import { HEADERS, Refusal } from '../message/problem.ts';
import type { Call, Handle, Reply, Route } from '../message/route.ts';
import { apiRoutes } from './api-routes.ts';
import { CONSOLE_HEADERS } from './headers.ts';
import { loginHandlers } from './login-routes.ts';
import { pagesFrom, type ReadConsoleFile } from './page-routes.ts';
import { refuseForeign } from './same-origin.ts';
import { SEARCH_PATH, searchRoute } from './search-route.ts';

const NO_ROUTE = new ServiceError('route_not_found', 'no route has this path');

export interface ConsoleOptions extends Guards {
  readonly console: Console;
  readonly sessions: Sessions;
  readonly version: string;
  readonly readFile: ReadConsoleFile;
  /** Gives the routes of v1, without guards, over some sessions: the same list each time. */
  readonly v1: (sessions: Sessions) => readonly Route[];
}

export function consoleRoutes(options: ConsoleOptions): Route[] {
  const { console, sessions, version, readFile, v1, clock, audit = null, rateLimits = null, tracing = null } = options;
  const wrap = (route: Route): Route => {
    const handle = answering(route.handle);
    return { ...route, handle: tracing === null ? handle : (c) => tracing.within(c, route, handle) };
  };
  const own = (method: Route['method'], path: string, handle: Handle) => wrap({ method, path, scope: null, handle });

  const { page, asset } = pagesFrom(readFile);
  const blind = withoutData(sessions);
  const login = loginHandlers({ console, clock, version, audit });
  const search = searchRoute({ console, clock, sessions: blind, rateLimits });
  const routes = [
    own('GET', '/console/assets/:file', asset),
    // The page has an address of the same name.
    own('GET', '/console/login', (c) => (isNavigation(c) ? page(c) : login.ways(c))),
    own('POST', '/console/login', login.login),
    own('GET', '/console/me', login.me),
    // Somebody is at a page that asks nothing else.
    own('POST', '/console/me', login.stay),
    own('POST', '/console/logout', login.logout),
    own('POST', '/console/logout-everywhere', login.logoutEverywhere),
    own('POST', SEARCH_PATH, search.handle),
    ...apiRoutes({ whole: v1(sessions), withoutData: v1(blind) }, options, console, wrap),
  ];
  return [...routes, own('ALL', '/console/*', elsewhere(routes, page))];
}

/** What has no route of its own: an address of the page, unless it is one of a route with other methods, or under the API. */
function elsewhere(routes: readonly Route[], page: Handle): Handle {
  return (c) => {
    const { method, path } = c.req;
    const isPage = !/^\/console\/(?:api|assets)(?:\/|$)/.test(path);
    const known = allowedMethods(routes, path);
    const allowed = known.length === 0 && isPage ? ['GET', 'HEAD'] : known;
    if (allowed.length === 0) throw NO_ROUTE;
    const Allow = allowed.join(', ');
    if (method === 'OPTIONS') return { status: 204, headers: { ...HEADERS, Allow }, body: null };
    if (allowed.includes(method)) return page(c);
    throw new Refusal('method_not_allowed', `the methods of this route are ${Allow}`, { Allow });
  };
}

/** A browser that opens an address, and not the page that asks. */
function isNavigation({ req }: Call): boolean {
  const mode = req.header('sec-fetch-mode');
  return mode === undefined ? /\btext\/html\b/i.test(req.header('accept') ?? '') : mode === 'navigate';
}

/** Puts around a handler what all of the console have. Links from elsewhere lead to the page, and so may come from elsewhere. */
function answering(handle: Handle): Handle {
  return (c) => {
    c.env.errorForm = 'problem';
    c.env.via = 'console';
    c.env.always = CONSOLE_HEADERS;
    if (!(c.req.method === 'GET' && isNavigation(c) && isOfPage(c))) refuseForeign(c);
    // The router passes over a slash at the end, and v1 does not.
    if (c.req.path.startsWith('/console/api/') && c.req.path.endsWith('/')) throw NO_ROUTE;
    const reply = handle(c);
    return reply instanceof Promise ? reply.then(withHeaders) : withHeaders(reply);
  };
}

function isOfPage({ req: { path } }: Call): boolean {
  return !path.startsWith('/console/api/') && path !== '/console/me';
}

function withHeaders(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, ...CONSOLE_HEADERS } };
}

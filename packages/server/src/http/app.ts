/** createApp: the list of routes, and what happens to a request that matches none or fails. No socket in sight. */
import { type Context, Hono } from 'hono';
import { PatternRouter } from 'hono/router/pattern-router';
import { ServiceError } from '../core/errors.ts';
import type { Sessions } from '../core/sessions.ts';
import { classicRoutes } from './classic/classic-routes.ts';
import { type Authenticate, guard, type WrongKeys } from './guards/auth.ts';
import { limited, type RateLimits } from './guards/rate-limits.ts';
import { refuseRepeatedHeaders } from './guards/repeated-headers.ts';
import { errorForm, HEADERS, problem, Refusal, STATUS } from './message/problem.ts';
import type { Clock, OnFault, RequestEnv, Route } from './message/route.ts';
import { routePath, targetOf } from './message/target.ts';
import { docsRoutes, type ReadAsset } from './openapi/docs-routes.ts';
import { openApiDocument, openApiRoute } from './openapi/openapi.ts';
import { operationsWith } from './operation/operation.ts';
import { systemRoutes } from './system-routes.ts';
import { appRoutes } from './v1/app-routes.ts';
import { sessionRoutes } from './v1/session-routes.ts';
import { subjectRoutes } from './v1/subject-routes.ts';
import { tokenRoutes } from './v1/token-routes.ts';
import { verifyRoutes } from './v1/verify-routes.ts';

export interface AppOptions {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly isStopping: () => boolean;
  /** The JSON Schema of the policy file, as text. */
  readonly configSchema?: string;
  /** Of the server, for the OpenAPI document. */
  readonly version?: string;
  /** Of the page that shows the document. Without it the page stays empty. */
  readonly docsAsset?: ReadAsset;
  /** Absence: null when everyone may call, as on loopback without keys. */
  readonly authenticate?: Authenticate | null;
  /** Absence: null when calls with wrong keys are not counted. */
  readonly wrongKeys?: WrongKeys | null;
  /** Absence: null when nobody is limited. */
  readonly rateLimits?: RateLimits | null;
  readonly onFault: OnFault;
}

export type App = Hono<RequestEnv>;

/** Gives every route of the server: what is not in here is not served, and what is in here is guarded by its scope. */
export function routeTable(options: AppOptions): Route[] {
  const { sessions, clock, isStopping, configSchema = '{}', version = '0', docsAsset = noAsset, onFault } = options;
  const operation = operationsWith(clock, sessions.policy);
  const v1 = [tokenRoutes, sessionRoutes, subjectRoutes, appRoutes, verifyRoutes].flatMap((of) =>
    of(sessions, operation),
  );
  const document = openApiDocument(v1, version);
  // The classic reads come first: the router tries one after the other.
  return [
    ...systemRoutes(sessions, isStopping, configSchema, version),
    ...classicRoutes(sessions, clock, onFault),
    ...v1,
    openApiRoute(document),
    ...docsRoutes(docsAsset, document, version),
  ];
}

export function createApp(options: AppOptions): App {
  const { clock, authenticate = null, wrongKeys = null, rateLimits = null, onFault } = options;
  const app: App = new Hono<RequestEnv>({
    // 0.4 µs a look-up for these routes; the default falls back to a trie for them, at 1.5 µs.
    router: new PatternRouter(),
    getPath: (request, options) => routePath(targetOf(request, options?.env)),
  });
  const routes = routeTable(options);
  for (const route of routes) {
    const { method, path, scope } = route;
    let { handle } = route;
    if (rateLimits !== null) handle = limited(route, rateLimits, clock);
    if (authenticate !== null) handle = guard({ ...route, handle }, authenticate, clock, wrongKeys);
    app.on(method, path, (c) => {
      if (c.env.trace !== undefined) c.env.trace.route = path;
      // The router passes over a slash at the end.
      if (c.req.path.endsWith('/') && path !== '/') throw noRoute(c.req.path);
      if (scope !== null) refuseRepeatedHeaders(c);
      return handle(c);
    });
  }

  app.notFound((c) => {
    const allowed = allowedMethods(routes, c.req.path);
    if (allowed.length === 0) return fail(c, noRoute(c.req.path));
    const Allow = allowed.join(', ');
    if (c.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...HEADERS, Allow } });
    return fail(c, new ServiceError('method_not_allowed', `the methods of this route are ${Allow}`), { Allow });
  });

  app.onError((error, c) => {
    const known =
      error instanceof ServiceError ? error : new ServiceError('internal_error', 'internal error', { cause: error });
    if (STATUS[known.code] >= 500) onFault(error, c.env.trace);
    return fail(c, known, known instanceof Refusal ? known.headers : undefined);
  });
  return app;
}

function noRoute(path: string): ServiceError {
  // Operators look for metrics at a path of their own.
  const message =
    path === '/metrics'
      ? 'this version has no metrics; /livez and /readyz tell how the server is'
      : 'no route has this path';
  return new ServiceError('route_not_found', message);
}

function fail(c: Context<RequestEnv>, error: ServiceError, headers?: Record<string, string>): Response {
  if (c.env.trace !== undefined) c.env.trace.error = error.code;
  return problem(error, errorForm(c.req.path), headers);
}

function allowedMethods(routes: readonly Route[], path: string): string[] {
  const parts = path.split('/');
  const methods = routes.filter((route) => matches(route.path.split('/'), parts)).map((route) => route.method);
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}

function matches(template: readonly string[], parts: readonly string[]): boolean {
  if (template.length !== parts.length) return false;
  return template.every((part, i) => (part.startsWith(':') ? parts[i] !== '' : part === parts[i]));
}

function noAsset(name: string): never {
  throw new Error(`there is no ${name}`);
}

/** createApp: the list of routes, and what happens to a request that matches none or fails. No socket in sight. */
import { Hono } from 'hono';
import { PatternRouter } from 'hono/router/pattern-router';
import { ServiceError } from '../core/errors.ts';
import type { Hearing } from '../core/hearing.ts';
import type { PolicyReporter } from '../core/policy-report.ts';
import type { Sessions } from '../core/sessions.ts';
import { classicRoutes } from './classic/classic-routes.ts';
import type { ConsoleOptions } from './console/console-routes.ts';
import type { ReadConsoleFile } from './console/page-routes.ts';
import { type Guards, guarded } from './guards/guarded.ts';
import type { ReadAudit } from './message/audit-entries.ts';
import { type Console, isOfConsole } from './message/console.ts';
import { failure, type OnFault, refusal } from './message/failure.ts';
import type { ListKeys } from './message/keys.ts';
import { allowedMethods } from './message/methods.ts';
import { HEADERS } from './message/problem.ts';
import type { App, Call, Reply, RequestEnv, Route } from './message/route.ts';
import type { SeriesOf } from './message/series.ts';
import { streamOf } from './message/stream.ts';
import { routePath, targetOf } from './message/target.ts';
import type { Webhooks } from './message/webhooks.ts';
import { type Exposition, metricsRoute } from './metrics-route.ts';
import { docsRoutes, type ReadAsset } from './openapi/docs-routes.ts';
import { openApiDocument, openApiRoute } from './openapi/openapi.ts';
import { operationsWith } from './operation/operation.ts';
import { type Schemas, systemRoutes } from './system-routes.ts';
import { appRoutes } from './v1/app-routes.ts';
import { auditRoute } from './v1/audit-routes.ts';
import { eventRoutes } from './v1/event-routes.ts';
import { gatewayRoute } from './v1/gateway-routes.ts';
import { historyRoutes } from './v1/history-routes.ts';
import { keyRoute } from './v1/key-routes.ts';
import { listRoutes } from './v1/list-routes.ts';
import { lockRoutes } from './v1/lock-routes.ts';
import { policyRoute } from './v1/policy-routes.ts';
import { seriesRoute } from './v1/series-routes.ts';
import { sessionRoutes } from './v1/session-routes.ts';
import { subjectRoutes } from './v1/subject-routes.ts';
import { tokenRoutes } from './v1/token-routes.ts';
import { verifyRoutes } from './v1/verify-routes.ts';
import { webhookRoutes } from './v1/webhook-routes.ts';

export interface AppOptions extends Guards {
  readonly sessions: Sessions;
  /** Absence: undefined where nobody hears of events. */
  readonly hearing?: Hearing;
  /** Absence: undefined where nobody sends webhooks. */
  readonly webhooks?: Webhooks;
  /** Absence: undefined where nobody knows where a policy comes from. */
  readonly policyReport?: PolicyReporter;
  /** Absence: undefined where there are no keys. */
  readonly keys?: ListKeys;
  /** Absence: undefined where nobody counts. */
  readonly series?: SeriesOf;
  /** Absence: undefined where there is no audit log. */
  readonly readAudit?: ReadAudit;
  readonly isStopping: () => boolean;
  /** Whether the Redis that sessions are taken over from does not answer. Absence: none are. */
  readonly isAdoptAway?: (() => boolean) | undefined;
  readonly schemas?: Schemas;
  /** Of the server, for the OpenAPI document. */
  readonly version?: string;
  /** Of the page that shows the document. Without it the page stays empty. */
  readonly docsAsset?: ReadAsset;
  /** Absence: null when metrics are not shown here. */
  readonly metrics?: Exposition | null;
  /** Absence: null where there is no console. */
  readonly console?: ConsoleOfApp | null;
  readonly onFault: OnFault;
}

export interface ConsoleOfApp {
  readonly access: Console;
  /** Makes its routes. Given, because a server without a console loads nothing of it. */
  readonly routes: (options: ConsoleOptions) => Route[];
  readonly readFile: ReadConsoleFile;
  /** Whether it is on a port of its own, and not among the routes of the server. */
  readonly isElsewhere: boolean;
}

/** Gives every route of the server: what is not in here is not served, and what is in here is guarded by its scope. */
export function routeTable(options: AppOptions): Route[] {
  const {
    sessions,
    clock,
    isStopping,
    schemas = { config: '{}', export: '{}' },
    isAdoptAway,
    version = '0',
    docsAsset = noAsset,
    metrics = null,
  } = options;
  const v1 = v1Routes(options, sessions);
  const document = openApiDocument(v1, version);
  // The classic reads come first: the router tries one after the other.
  return [
    ...systemRoutes(sessions, isStopping, schemas, version, isAdoptAway),
    metricsRoute(metrics),
    ...classicRoutes(sessions, clock),
    ...v1,
    openApiRoute(document),
    ...docsRoutes(docsAsset, document, version),
  ];
}

/** Gives the routes of the console, with their guards. Absence: empty where there is none. */
export function guardedConsole(options: AppOptions): Route[] {
  const { console = null, version = '0' } = options;
  if (console === null) return [];
  const { access, routes, readFile } = console;
  return routes({
    ...options,
    console: access,
    version,
    readFile,
    v1: (sessions) => v1Routes(options, sessions),
  });
}

/** Gives the routes of v1 over some sessions: those of the options, or the same without their data. */
function v1Routes(options: AppOptions, sessions: Sessions) {
  const { clock, hearing = NO_HEARING, webhooks = null } = options;
  const { policyReport = NO_REPORT, keys = NO_KEYS, series = NO_SERIES, readAudit = NO_AUDIT } = options;
  const operation = operationsWith(clock, sessions.policy);
  return [
    ...[tokenRoutes, sessionRoutes, lockRoutes, listRoutes, subjectRoutes, appRoutes, verifyRoutes].flatMap((of) =>
      of(sessions, operation),
    ),
    ...eventRoutes(sessions, hearing, operation),
    ...historyRoutes(sessions, operation),
    ...webhookRoutes(webhooks, operation),
    policyRoute(policyReport, operation),
    keyRoute(keys, operation),
    seriesRoute(series, operation),
    auditRoute(readAudit, operation),
    gatewayRoute(sessions, clock),
  ];
}

/** Gives every route with its guards: for the app, and for the fast lane beside it (hot/). */
export function guardedRoutes(options: AppOptions): Route[] {
  const routes = routeTable(options).map((route) => guarded(route, options));
  return options.console?.isElsewhere === false ? [...routes, ...guardedConsole(options)] : routes;
}

export function createApp(options: AppOptions, routes = guardedRoutes(options)): App {
  const { onFault } = options;
  const app: App = new Hono<RequestEnv>({
    // 0.4 µs a look-up for these routes; the default falls back to a trie for them, at 1.5 µs.
    router: new PatternRouter(),
    getPath: (request, options) => routePath(targetOf(options?.env, () => request)),
  });
  for (const { method, path, handle } of routes) {
    app.on(method, path, (c): Response | Promise<Response> => {
      if (c.env.trace !== undefined) c.env.trace.route = path;
      // The router passes over a slash at the end. The console says so in its own form.
      if (c.req.path.endsWith('/') && path !== '/' && !path.endsWith('/*') && !isOfConsole(path)) throw NO_ROUTE;
      const reply = handle(c);
      return reply instanceof Promise ? reply.then((reply) => respond(c, reply)) : respond(c, reply);
    });
  }

  const respond = (c: Call, reply: Reply): Response => {
    if (c.req.method === 'HEAD') return responseOf(reply);
    if (reply.live !== undefined && c.env.openLive !== undefined) return c.env.openLive(reply);
    if (reply.pieces === undefined) return responseOf(reply);
    if (c.env.streams?.begin() === false) return responseOf(refusal(c, TOO_MANY_STREAMS, {}));
    return new Response(streamOf(c, reply.pieces, onFault), { status: reply.status, headers: reply.headers });
  };

  app.notFound((c) => {
    const allowed = allowedMethods(routes, c.req.path);
    if (allowed.length === 0) return responseOf(refusal(c, NO_ROUTE, {}));
    const Allow = allowed.join(', ');
    if (c.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...HEADERS, Allow } });
    const error = new ServiceError('method_not_allowed', `the methods of this route are ${Allow}`);
    return responseOf(refusal(c, error, { Allow }));
  });

  app.onError((error, c) => responseOf(failure(c, error, onFault)));
  return app;
}

const NOT_HEARD = new ServiceError('store_unavailable', 'nobody hears of events here');
const NO_HEARING: Hearing = {
  page: () => Promise.reject(NOT_HEARD),
  open: () => Promise.reject(NOT_HEARD),
};
const NO_REPORT: PolicyReporter = () => ({ values: [], file: null, reload: null });
const NO_KEYS: ListKeys = async () => [];
const NO_SERIES: SeriesOf = async (_app, _period, now) => ({
  step: 60_000,
  from: now,
  since: now,
  created: [],
  ended: {},
});
const NO_AUDIT: ReadAudit = async () => ({ on: false, readable: false, entries: [], next: null });
const NO_ROUTE = new ServiceError('route_not_found', 'no route has this path');
const TOO_MANY_STREAMS = new ServiceError('overloaded', 'too many long lists are under way; try again');

function responseOf({ status, headers, body, bytes }: Reply): Response {
  return new Response(bytes ?? body, { status, headers });
}

function noAsset(name: string): never {
  throw new Error(`there is no ${name}`);
}

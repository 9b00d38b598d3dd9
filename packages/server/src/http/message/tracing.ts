/** What routes ask of tracing; made in tracing/. A server without it pays nothing. */
import type { Call, Reply, Route } from './route.ts';

export interface Tracing {
  /** Has a request handled within a span of its own. */
  within(c: Call, route: Pick<Route, 'method' | 'path'>, handle: Route['handle']): Reply | Promise<Reply>;
}

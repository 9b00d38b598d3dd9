/**
 * Traces by OpenTelemetry: a span for each request that has a route, and below it one for each verb of the store. This module is loaded only
 * where OTEL_EXPORTER_OTLP_ENDPOINT is set (decision 43). What a span says is written here, attribute by attribute, and nowhere
 * else: the template of the route, never the path; the verb of the store, never what it was given.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { ServiceError } from '../core/errors.ts';
import { STATUS } from '../http/message/problem.ts';
import type { Call, Incoming, Reply, Route } from '../http/message/route.ts';
import type { Tracing } from '../http/message/tracing.ts';
import { type Place, placeOf } from './place.ts';
import { Trouble } from './trouble.ts';

/** Units: milliseconds. A collector that is away does not hold up a stop for longer. */
const LAST_PATIENCE = 2000;

export interface OpenTelemetryOptions {
  readonly version: string;
  /** RS_STORE. */
  readonly store: string;
  /** Told once when spans cannot be sent, until they can. */
  readonly onTrouble: (why: string) => void;
  readonly onOver: () => void;
}

type Headers = NonNullable<Incoming['headers']>;

const HEADERS: TextMapGetter<Headers> = {
  get: (headers, name) => headers[name] as string | string[] | undefined,
  keys: (headers) => Object.keys(headers),
};

export class OpenTelemetry implements Tracing {
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;
  private readonly propagator = new W3CTraceContextPropagator();
  private readonly current = new AsyncLocalStorage<Context>();
  private readonly place: Place;

  constructor({ version, store, onTrouble, onOver }: OpenTelemetryOptions) {
    const trouble = new Trouble(onTrouble, onOver);
    const tell = (message: string) => trouble.failed(message);
    // What the libraries say of their own: settings that they do not understand.
    diag.setLogger({ error: tell, warn: tell, info: () => {}, debug: () => {}, verbose: () => {} }, DiagLogLevel.WARN);
    setGlobalErrorHandler((error) => trouble.failed((error as Error).message ?? String(error)));
    this.place = placeOf(store);
    this.provider = new BasicTracerProvider({
      resource: defaultResource()
        .merge(resourceFromAttributes({ 'service.name': 'rest-sessions', 'service.version': version }))
        .merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor(trouble.watching(new OTLPTraceExporter()))],
    });
    this.tracer = this.provider.getTracer('rest-sessions', version);
  }

  within(c: Call, { path }: Pick<Route, 'method' | 'path'>, handle: Route['handle']): Reply | Promise<Reply> {
    const { method } = c.req;
    const headers = c.env.incoming?.headers ?? {};
    const parent = this.propagator.extract(ROOT_CONTEXT, headers, HEADERS);
    const attributes = {
      'http.request.method': method,
      'http.route': path,
      'url.scheme': c.env.certificates === undefined ? 'http' : 'https',
    };
    const span = this.tracer.startSpan(`${method} ${path}`, { kind: SpanKind.SERVER, attributes }, parent);
    noteTrace(c, headers, span);
    const context = trace.setSpan(parent, span);
    try {
      const reply = this.current.run(context, handle, c);
      if (!(reply instanceof Promise)) return answered(span, reply);
      return reply.then(
        (reply) => answered(span, reply),
        (error: unknown) => refused(span, error),
      );
    } catch (error) {
      return refused(span, error);
    }
  }

  /** Runs a verb of the store within a span, if a request has asked for it. */
  verb<T>(name: string, run: () => Promise<T>): Promise<T> {
    const parent = this.current.getStore();
    if (parent === undefined) return run();
    const { system, server } = this.place;
    const attributes = { 'db.system.name': system, 'db.operation.name': name, ...server };
    const span = this.tracer.startSpan(`${name} ${system}`, { kind: SpanKind.CLIENT, attributes }, parent);
    return run().then(
      (value) => {
        span.end();
        return value;
      },
      (error: unknown) => {
        fail(span, codeOf(error));
        span.end();
        throw error;
      },
    );
  }

  /** Sends what has not been sent, for a while. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_PATIENCE);
    });
    await Promise.race([this.provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
  }
}

/** Metrics name the trace of a request if it is kept. A request that brought no id has that of its trace. */
function noteTrace({ env }: Call, headers: Headers, span: Span): void {
  const { traceId, traceFlags } = span.spanContext();
  if ((traceFlags & TraceFlags.SAMPLED) !== 0) {
    env.traceId = traceId;
    if (env.trace !== undefined) env.trace.traceId = traceId;
  }
  if (headers['x-request-id'] !== undefined) return;
  env.requestId = traceId;
  if (env.trace !== undefined) env.trace.requestId = traceId;
}

function answered(span: Span, reply: Reply): Reply {
  span.setAttribute('http.response.status_code', reply.status);
  span.end();
  return reply;
}

function refused(span: Span, error: unknown): never {
  const code = codeOf(error);
  const status = STATUS[code];
  span.setAttribute('http.response.status_code', status);
  // What a client does wrong is no error of the server.
  if (status >= 500) fail(span, code);
  span.end();
  throw error;
}

function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function codeOf(error: unknown) {
  return error instanceof ServiceError ? error.code : 'internal_error';
}

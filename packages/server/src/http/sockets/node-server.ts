/**
 * The app on Node's HTTP server: limits, slow clients, what the parser refuses, the request log, and a stop that loses
 * nothing. Everything that needs a socket is here; everything that does not is in app.ts.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { ServiceError } from '../../core/errors.ts';
import { type HostRule, isRewritten } from '../guards/host-rule.ts';
import type { FastLane } from '../hot/fast-lane.ts';
import { problem } from '../message/problem.ts';
import { requestIdIn } from '../message/request-id.ts';
import type { App, Meter, Reply, RequestEnv, Trace } from '../message/route.ts';
import { noteTurn, refuseConnect, refuseConnection, watchBody } from './bare-connection.ts';
import { Concurrency } from './concurrency.ts';
import { Connections } from './connections.ts';
import { faultOfHead } from './head-checks.ts';
import { HotConnections } from './hot-connection.ts';
import { IncomingRequest } from './incoming-request.ts';
import { type ConnectionEnv, openLive } from './live-answer.ts';
import { metered, NOBODY } from './metering.ts';
import { Pipeline } from './pipeline.ts';
import { MISSPELT, NO_URL, OVERLOADED, refuse, refuseOverload, tellMethods } from './refusals.ts';
import { RequestLines } from './request-line.ts';
import { beginLine, observe, type RequestLine } from './request-log.ts';
import { type TlsFiles, TlsSide } from './secure-server.ts';

/** Units: milliseconds and bytes. */
export const LIMITS = {
  headers: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  /** A client that does not read its answer, or a connection on which neither side moves while a request is under way. */
  stalledTimeout: 60_000,
  /** Longer than the 60 s of the usual proxies, so that it is they who close, never we under their request. */
  keepAliveTimeout: 75_000,
  stopGrace: 10_000,
};

export interface NodeServerOptions {
  readonly app: App;
  /** Absence: null when every request goes through the app. */
  readonly lane?: FastLane | null;
  /** Absence: null when requests are not logged; that costs nothing. */
  readonly onRequest: ((line: RequestLine) => void) | null;
  /** Absence: nobody counts. */
  readonly meter?: Meter;
  /** Absence: null for plain HTTP. */
  readonly tls: TlsFiles | null;
  /** How many requests are worked on at once. */
  readonly maxConcurrent: number;
  /** Which names it answers to. Absence: any, as with keys. */
  readonly hosts?: HostRule | null;
  /** Units: milliseconds. Default: of LIMITS. */
  readonly stalledTimeout?: number;
}

type NodeEnv = RequestEnv['Bindings'] & { incoming: IncomingRequest };

export class NodeServer {
  private readonly server: Server;
  private readonly tls: TlsSide | null;
  private readonly concurrency: Concurrency;
  private stopping = false;

  constructor(options: NodeServerOptions) {
    const {
      app,
      lane = null,
      onRequest,
      meter = NOBODY,
      tls,
      maxConcurrent,
      hosts = null,
      stalledTimeout = LIMITS.stalledTimeout,
    } = options;
    /** Adds what is known of a request beside itself. */
    const withMore = (env: NodeEnv): NodeEnv => {
      const { trace } = env.incoming;
      if (trace !== undefined) env.trace = trace;
      env.meter = meter;
      if (this.tls !== null) env.certificates = this.tls.namesFor(env.incoming.socket);
      return env;
    };
    const fetch = (request: Request, env: object) =>
      app.fetch(
        request,
        Object.assign(withMore(env as NodeEnv), {
          streams: concurrency.streams,
          openLive: (reply: Reply) => openLive(reply, env as ConnectionEnv),
        }),
      );
    /** Whose URL is being read: the adapter does so at once. Absence: null before the first. */
    let current: IncomingRequest | null = null;
    const listener = getRequestListener(fetch, {
      hostname: 'localhost',
      errorHandler: () => problem(NO_URL, 'classic', idOf(current!)),
    });
    const idOf = (incoming: IncomingRequest): string => {
      const { trace } = incoming;
      const id = requestIdIn(incoming.headers);
      if (trace !== undefined) trace.requestId = id;
      return id;
    };
    const work = (incoming: IncomingRequest, outgoing: ServerResponse): Promise<void> => {
      const route = lane?.routeOf(incoming) ?? null;
      if (route !== null) {
        if (incoming.method === 'GET') hot?.adopt(incoming.socket);
        return new Promise((answered) => {
          lane!.answer(route, withMore({ incoming }), (reply) => answered(write(outgoing, reply)));
        });
      }
      // Hono would refuse it. What the server is called makes no difference from here on.
      if (isRewritten(incoming.headers.host)) incoming.headers.host = 'localhost';
      current = incoming;
      return listener(incoming, outgoing);
    };
    /** Notes why a request was turned away before it had a route, and gives its id. */
    const turnedAway = (incoming: IncomingRequest, { code }: ServiceError): string => {
      if (incoming.trace !== undefined) incoming.trace.error = code;
      return idOf(incoming);
    };
    const waiting = new Pipeline();
    const concurrency = new Concurrency(maxConcurrent, (socket) => waiting.holds(socket));
    this.concurrency = concurrency;
    const answer = (incoming: IncomingRequest, outgoing: ServerResponse): void => {
      if (this.stopping) closeAfterLast(outgoing, () => waiting.isBehind(incoming.socket));
      const trace: Trace = onRequest === null ? { route: 'none' } : observe(incoming, outgoing, onRequest);
      incoming.trace = trace;
      const answered = metered(meter, outgoing, trace);
      const fault = misspelt.has(incoming) ? MISSPELT : faultOfHead(incoming, hosts);
      if (fault !== null) refuse(incoming.url ?? '', outgoing, fault, turnedAway(incoming, fault));
      else if (incoming.url === '*' && incoming.method === 'OPTIONS') tellMethods(outgoing);
      else if (concurrency.isFull(incoming.url)) {
        refuseOverload(incoming.url ?? '', outgoing, turnedAway(incoming, OVERLOADED));
        concurrency.rest(incoming.socket);
      } else {
        concurrency.during(work(incoming, outgoing), answered);
        return;
      }
      answered();
    };
    const requestLines = new RequestLines();
    const hot =
      lane &&
      new HotConnections({
        ...{ lane, concurrency, hosts, meter, lines: requestLines, keepAliveTimeout: LIMITS.keepAliveTimeout },
        isStopping: () => this.stopping,
        certificatesOf: tls === null ? null : (socket) => this.tls!.namesFor(socket),
        observe: onRequest && ((head) => beginLine(head, onRequest)),
      });
    const misspelt = new WeakSet<IncomingMessage>();
    // The bytes of a request are looked at while they are parsed. A request that waits behind another has its turn much later.
    const handle = (incoming: IncomingRequest, outgoing: ServerResponse): void => {
      // Behind an answer that ended the connection nothing is done (RFC 9112, 9.6): its client, who hears no more, sends it again.
      if (!incoming.socket.writable) return;
      noteTurn(outgoing);
      const { isGood, rest } = requestLines.check(incoming);
      if (!isGood) misspelt.add(incoming);
      hot?.parsed(incoming);
      watchBody(incoming, outgoing, rest, requestLines);
      if (outgoing.socket === null) waiting.add(incoming, outgoing, () => answer(incoming, outgoing));
      else answer(incoming, outgoing);
    };
    const settings = {
      IncomingMessage: IncomingRequest,
      maxHeaderSize: LIMITS.headers,
      connectionsCheckingInterval: 1000,
      keepAlive: true,
      requireHostHeader: false,
    };
    this.tls = tls === null ? null : new TlsSide(tls, settings, handle);
    this.server = this.tls?.server ?? createServer(settings, handle);
    // A client that closes its half after the request (nc, some HTTP/1.0 libraries) still gets the answer.
    Object.assign(this.server, { httpAllowHalfOpen: true });
    // Headers are bounded by their size. Node's bound by number would silently drop those beyond it.
    this.server.maxHeadersCount = 0;
    this.server.headersTimeout = LIMITS.headersTimeout;
    this.server.requestTimeout = LIMITS.requestTimeout;
    this.server.keepAliveTimeout = LIMITS.keepAliveTimeout;
    this.server.timeout = stalledTimeout;
    const begin = tls === null ? 'connection' : 'secureConnection';
    new Connections(this.server, begin, stalledTimeout, (socket) => hot?.isBusy(socket) ?? false);
    this.server.on(begin, (socket: Socket) => requestLines.watch(socket));
    this.server.on('clientError', refuseConnection);
    this.server.on('connect', refuseConnect);
    // Whether the client may send its body (100 Continue) is decided when it is the request's turn.
    this.server.on('checkExpectation', handle);
    this.server.on('checkContinue', (incoming: IncomingRequest, outgoing: ServerResponse) => {
      incoming.watch().awaitReader(() => outgoing.writeContinue());
      handle(incoming, outgoing);
    });
  }

  /** How many requests are worked on now. */
  get inFlight(): number {
    return this.concurrency.inside;
  }

  /** Starts to listen; gives the port. Errors: what the system says (EADDRINUSE, EACCES, …). */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Uses other TLS files for the connections to come. Errors: what OpenSSL says of them; nothing has changed then. */
  useTls(files: TlsFiles): void {
    this.tls?.use(files);
  }

  /**
   * Takes no new connection, and has each client come back on another one: with its next answer, or when its connection has been
   * idle for as long as always. None is cut off, for the client may be about to send. Resolves when none is left.
   */
  drain(): Promise<void> {
    this.stopping = true;
    // Not the `close` of Node's HTTP server, which closes idle connections.
    return new Promise((resolve) => NetServer.prototype.close.call(this.server, () => resolve()));
  }

  /** Takes no new connection, lets the requests under way finish (as long as the grace), then closes all. */
  async stop(): Promise<void> {
    this.stopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.tls?.dropHandshakes();
    const sweep = setInterval(() => this.server.closeIdleConnections(), 50);
    const end = setTimeout(() => this.server.closeAllConnections(), LIMITS.stopGrace);
    await closed;
    clearInterval(sweep);
    clearTimeout(end);
  }
}

/**
 * Has an answer end its connection, unless another request waits behind it by then: of requests that were sent together, the end
 * after the first would take the others along.
 */
function closeAfterLast(outgoing: ServerResponse, isOneBehind: () => boolean): void {
  const writeHead = outgoing.writeHead;
  outgoing.writeHead = (...head: unknown[]) => {
    if (!isOneBehind()) outgoing.setHeader('Connection', 'close');
    return Reflect.apply(writeHead, outgoing, head);
  };
}

function write(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  outgoing.writeHead(status, headers).end(body ?? undefined);
}

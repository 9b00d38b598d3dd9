/**
 * The app on Node's HTTP server: limits, slow clients, what the parser refuses, the request log, and a stop that loses
 * nothing. Everything that needs a socket is here; everything that does not is in app.ts.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { ErrorCode } from '../core/errors.ts';
import type { App } from './app.ts';
import { classicBody, HEADERS, STATUS } from './problem.ts';
import type { Trace } from './route.ts';

/** Units: milliseconds and bytes. */
export const LIMITS = {
  target: 8192,
  headers: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  /** A connection on which neither side moves while a request is under way: a client that does not read its answer. */
  stalledTimeout: 60_000,
  /** Longer than the 60 s of the usual proxies, so that it is they who close, never we under their request. */
  keepAliveTimeout: 75_000,
  stopGrace: 10_000,
};

/** One line of the request log. Holds the route's template, never the path. */
export interface RequestLine {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** Units: milliseconds. */
  readonly duration: number;
  readonly session: string | undefined;
  readonly error: ErrorCode | undefined;
}

export interface NodeServerOptions {
  readonly app: App;
  /** Null: requests are not logged, and cost nothing. */
  readonly onRequest: ((line: RequestLine) => void) | null;
}

export class NodeServer {
  private readonly server: Server;
  private stopping = false;

  constructor({ app, onRequest }: NodeServerOptions) {
    const traces = new WeakMap<object, Trace>();
    const traced = (request: Request, env: { incoming: object }) => {
      const trace = traces.get(env.incoming);
      return app.fetch(request, trace === undefined ? env : { ...env, trace });
    };
    const listener = getRequestListener(onRequest === null ? app.fetch : traced, {
      hostname: 'localhost',
      errorHandler: () => refusal('bad_request', 'the request target or the Host header is not valid'),
    });
    const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
      if (this.stopping) outgoing.setHeader('Connection', 'close');
      if ((incoming.url?.length ?? 0) > LIMITS.target) {
        write(outgoing, 'uri_too_long', `the request target must not exceed ${LIMITS.target} bytes`);
        return;
      }
      if (onRequest !== null) traces.set(incoming, observe(incoming, outgoing, onRequest));
      void listener(incoming, outgoing);
    };
    this.server = createServer(
      { maxHeaderSize: LIMITS.headers, connectionsCheckingInterval: 1000, keepAlive: true },
      handle,
    );
    this.server.headersTimeout = LIMITS.headersTimeout;
    this.server.requestTimeout = LIMITS.requestTimeout;
    this.server.keepAliveTimeout = LIMITS.keepAliveTimeout;
    this.server.timeout = LIMITS.stalledTimeout;
    this.server.on('clientError', refuseConnection);
    this.server.on('connect', (_request, socket: Socket) =>
      endWith(socket, 'method_not_allowed', 'this is not a proxy'),
    );
    this.server.on('checkExpectation', (_request, outgoing: ServerResponse) =>
      write(outgoing, 'expectation_failed', 'the only expectation that is met is 100-continue'),
    );
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

  /** Takes no new connection, lets the requests under way finish (as long as the grace), then closes all. */
  async stop(): Promise<void> {
    this.stopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    const sweep = setInterval(() => this.server.closeIdleConnections(), 50);
    const end = setTimeout(() => this.server.closeAllConnections(), LIMITS.stopGrace);
    await closed;
    clearInterval(sweep);
    clearTimeout(end);
  }
}

function observe(incoming: IncomingMessage, outgoing: ServerResponse, onRequest: (line: RequestLine) => void): Trace {
  const start = process.hrtime.bigint();
  const trace: Trace = { route: 'none' };
  outgoing.once('close', () => {
    const duration = Number((process.hrtime.bigint() - start) / 1000n) / 1000;
    const status = outgoing.writableFinished ? outgoing.statusCode : 499;
    const { route, session, error } = trace;
    onRequest({ method: incoming.method ?? '', route, status, duration, session, error });
  });
  return trace;
}

/** What the parser refuses never becomes a request: its answer is written to the bare connection. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  // An answer under way on this connection must not be cut through by another one.
  const current = (socket as Socket & { _httpMessage?: { headersSent: boolean } })._httpMessage;
  if (error.code === 'ECONNRESET' || !socket.writable || current?.headersSent) {
    socket.destroy();
    return;
  }
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    endWith(socket, 'headers_too_large', `target and headers must not exceed ${LIMITS.headers} bytes`);
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    endWith(socket, 'request_timeout', 'the request did not arrive in time');
  } else {
    endWith(socket, 'bad_request', 'this is not a well-formed HTTP/1.1 request');
  }
}

const REASON: Partial<Record<ErrorCode, string>> = {
  headers_too_large: 'Request Header Fields Too Large',
  request_timeout: 'Request Timeout',
  method_not_allowed: 'Method Not Allowed',
};

function endWith(socket: Socket, code: ErrorCode, message: string): void {
  const body = classicBody(code, message);
  const headers = { ...HEADERS, Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const allow = code === 'method_not_allowed' ? 'Allow: GET, HEAD, PUT, POST, DELETE\r\n' : '';
  socket.end(`HTTP/1.1 ${STATUS[code]} ${REASON[code] ?? 'Bad Request'}\r\n${lines.join('')}${allow}\r\n${body}`);
  // A client that goes on sending without reading does not keep the connection.
  setTimeout(() => socket.destroy(), 1000).unref();
}

function write(outgoing: ServerResponse, code: ErrorCode, message: string): void {
  const body = classicBody(code, message);
  const headers = { ...HEADERS, Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) };
  outgoing.writeHead(STATUS[code], headers).end(body);
}

function refusal(code: ErrorCode, message: string): Response {
  return new Response(classicBody(code, message), { status: STATUS[code], headers: HEADERS });
}

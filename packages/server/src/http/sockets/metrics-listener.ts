/**
 * The metrics on a port of their own, on loopback and without API keys: for a Prometheus on the same machine, and for places where the port
 * of the sessions is reachable from further away than metrics should be. Nothing else is served here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../../core/errors.ts';
import { HostRule } from '../guards/host-rule.ts';
import { HEADERS, plainProblem, STATUS } from '../message/problem.ts';
import { requestIdIn } from '../message/request-id.ts';
import { CONTENT_TYPES, type Exposition, formFor, METRICS_PATH } from '../metrics-route.ts';

/** Units: milliseconds and bytes. A scrape is short. */
const LIMITS = { headers: 8192, requestTimeout: 10_000, keepAliveTimeout: 75_000, stopGrace: 3000, connections: 64 };

const NOT_FOUND = new ServiceError('route_not_found', 'this port has /metrics, and nothing else');
const ONLY_GET = new ServiceError('method_not_allowed', 'the methods of this route are GET, HEAD');
const FAILED = new ServiceError('internal_error', 'internal error');

export class MetricsListener {
  private readonly server: Server;

  /** `onFault` is told of what could not be shown. */
  constructor(exposition: Exposition, onFault: (error: unknown) => void) {
    // No page of a browser on this machine may read it either.
    const hosts = new HostRule([]);
    const settings = { maxHeaderSize: LIMITS.headers, requestTimeout: LIMITS.requestTimeout };
    this.server = createServer(settings, (incoming, outgoing) => {
      const { method, url = '', headers } = incoming;
      const refuse = (error: ServiceError, more?: Record<string, string>) =>
        answerError(outgoing, error, requestIdIn(headers), more);
      const refused = hosts.check(incoming);
      if (refused !== null) return refuse(refused);
      if (!/^\/metrics(?:$|\?)/.test(url)) return refuse(NOT_FOUND);
      if (method !== 'GET' && method !== 'HEAD') return refuse(ONLY_GET, { Allow: 'GET, HEAD' });
      const form = formFor(headers.accept);
      exposition(form).then(
        (text) => show(incoming, outgoing, text, CONTENT_TYPES[form]),
        (error: unknown) => {
          onFault(error);
          refuse(FAILED);
        },
      );
    });
    this.server.keepAliveTimeout = LIMITS.keepAliveTimeout;
    this.server.maxConnections = LIMITS.connections;
  }

  /** Listens on loopback; gives the address of the metrics. Errors: what the system says (EADDRINUSE, EACCES). */
  listen(port: number): Promise<string> {
    const host = '127.0.0.1';
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve(`http://${host}:${(this.server.address() as AddressInfo).port}${METRICS_PATH}`);
      });
    });
  }

  /** Takes no new connection, lets a scrape that is under way finish, then closes all. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      const end = setTimeout(() => this.server.closeAllConnections(), LIMITS.stopGrace);
      this.server.close(() => {
        clearTimeout(end);
        resolve();
      });
      this.server.closeIdleConnections();
    });
  }
}

function show({ method }: IncomingMessage, outgoing: ServerResponse, text: string, type: string): void {
  outgoing.writeHead(200, {
    ...HEADERS,
    'Content-Type': type,
    Vary: 'Accept',
    'Content-Length': Buffer.byteLength(text),
  });
  outgoing.end(method === 'HEAD' ? undefined : text);
}

function answerError(outgoing: ServerResponse, error: ServiceError, requestId: string, more = {}): void {
  const { body, headers } = plainProblem(error, 'classic', requestId);
  outgoing.writeHead(STATUS[error.code], { ...headers, ...more }).end(body);
}

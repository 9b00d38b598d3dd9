/**
 * The fast lane on the bare socket. Node's HTTP server keeps each connection, with all its limits and timers; this stands
 * before its parser and looks at what comes in. Where Node is between two requests, and what came is exactly one whole
 * request of the lane (hot/head.ts), it is answered here and the parser never sees it. All else, down to the last byte, is
 * handed to Node as it came. So a connection changes hands at any request, and nothing is ever parsed by halves.
 *
 * A connection gets here by a request of the lane that Node parsed: others pay nothing for this. One answer is under way at
 * a time, and what comes meanwhile waits, unread beyond the next packet.
 *
 * Rejected: a server of our own that hands connections to Node. Each limit and timer would have to be built a second time.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { HostRule } from '../guards/host-rule.ts';
import type { FastLane, Head, HotEnv } from '../hot/fast-lane.ts';
import { HeadReader } from '../hot/head.ts';
import { replyText } from '../hot/reply-text.ts';
import type { Meter, Reply, Route, Trace } from '../message/route.ts';
import type { Concurrency } from './concurrency.ts';
import { GONE } from './metering.ts';
import type { RequestLines } from './request-line.ts';

/** What the lane shares with the server it stands before. */
export interface Shared {
  readonly lane: FastLane;
  readonly lines: RequestLines;
  readonly concurrency: Concurrency;
  readonly hosts: HostRule | null;
  readonly isStopping: () => boolean;
  /** Absence: null for plain HTTP. */
  readonly certificatesOf: ((socket: Socket) => readonly string[]) | null;
  /** Begins the line of the log about a request; what it gives ends the line. Absence: null when requests are not logged. */
  readonly observe: ((head: Head) => { readonly trace: Trace; readonly end: (status: number) => void }) | null;
  readonly meter: Meter;
  /** Units: milliseconds. */
  readonly keepAliveTimeout: number;
}

/** What Node's parser calls when a message begins (`kOnMessageBegin`). There is no public way to it. */
const ON_BEGIN = 0;

/** What we use of Node's own, where nothing public tells. Where a part of it is missing, the lane stays off the socket. */
interface Parser {
  readonly socket?: Socket | null;
  [ON_BEGIN]?: unknown;
}

interface NodeSocket extends Socket {
  readonly _httpMessage?: unknown;
  readonly parser?: Parser | null;
}

type Listener = (bytes: Buffer) => void;

export class HotConnections {
  private readonly shared: Shared;
  /** Absence: null until it is taken over. */
  private readonly connections = new WeakMap<Socket, HotConnection | null>();
  private readonly onBegin: (this: Parser) => void;

  constructor(shared: Shared) {
    this.shared = shared;
    const { connections } = this;
    this.onBegin = function () {
      if (this.socket) connections.get(this.socket)?.messageBegun();
    };
  }

  /** Takes a connection over, once its read has been parsed. To be called for each request of the lane that Node parsed. */
  adopt(socket: Socket): void {
    if (this.connections.has(socket)) return;
    this.connections.set(socket, null);
    setImmediate(() => {
      const connection = this.takeOver(socket);
      if (connection !== null) this.connections.set(socket, connection);
      else this.connections.delete(socket);
    });
  }

  /** Tells whether an answer of the lane is under way: Node takes such a connection for idle. */
  isBusy(socket: Socket): boolean {
    return this.connections.get(socket)?.isBusy ?? false;
  }

  /** Puts itself before Node's listeners. Absence: null where they are not as we know them. */
  private takeOver(socket: NodeSocket): HotConnection | null {
    const node = (event: 'data' | 'end') =>
      socket.listeners(event).find(({ name }) => name === `bound socketOn${event === 'data' ? 'Data' : 'End'}`);
    const [onData, onEnd] = [node('data'), node('end')];
    // Node would not begin to read again, because it paused the connection beneath the stream. There will be a better moment.
    if (socket.destroyed || socket.isPaused()) return null;
    if (onData === undefined || onEnd === undefined || !socket.parser) return null;
    // For each connection: Node uses a parser for one after the other, and takes this away in between.
    socket.parser[ON_BEGIN] = this.onBegin;
    return new HotConnection(socket, onData as Listener, onEnd as () => void, this.shared);
  }

  /** Notes a request whose head Node has parsed. To be called for each, while it is being parsed. */
  parsed(incoming: IncomingMessage): void {
    this.connections.get(incoming.socket)?.headParsed(incoming);
  }
}

class HotConnection {
  isBusy = false;
  private readonly socket: NodeSocket;
  private readonly toNode: Listener;
  private readonly endToNode: () => void;
  private readonly shared: Shared;
  private readonly heads: HeadReader;
  /** What came while an answer was under way. */
  private readonly held: Buffer[] = [];
  private isPaused = false;
  private hasEnded = false;
  /** Whether Node's parser has seen the begin of a request whose head it has not read. */
  private hasBegun = false;
  /** The request that it saw last. Absence: null when one has begun after it, and before any was seen from its begin. */
  private latest: IncomingMessage | null = null;
  private endLine: ((status: number) => void) | null = null;
  private status = 0;
  /** Of the request whose answer is under way. */
  private route = '';
  /** Absence: null before the first one. */
  private env: HotEnv | null = null;
  private startedAt = 0;

  constructor(socket: NodeSocket, toNode: Listener, endToNode: () => void, shared: Shared) {
    this.socket = socket;
    this.toNode = toNode;
    this.endToNode = endToNode;
    this.shared = shared;
    this.heads = new HeadReader(socket);
    shared.lines.tellOf(socket, () => this.ahead());
    // This also has Node read the socket by events, and no longer beneath them.
    socket.on('data', this.onData).off('data', toNode);
    socket.on('end', this.onEnd).off('end', endToNode);
    socket.once('close', () => this.endLog(GONE));
  }

  messageBegun(): void {
    this.hasBegun = true;
    this.latest = null;
  }

  headParsed(incoming: IncomingMessage): void {
    // A parser that does not tell of begins would not tell of the next one either.
    if (this.hasBegun) this.latest = incoming;
    this.hasBegun = false;
  }

  private readonly onData = (bytes: Buffer): void => {
    if (!this.isBusy) this.see(bytes);
    else {
      this.held.push(bytes);
      this.isPaused = true;
      this.socket.pause();
    }
  };

  private readonly onEnd = (): void => {
    this.hasEnded = true;
    if (!this.isBusy) this.passEnd();
  };

  private see(bytes: Buffer): void {
    if (this.isBetweenRequests() && this.take(bytes)) return;
    // Node takes its parser away from a connection that is no longer its own.
    if (this.socket.parser) this.shared.lines.give(this.socket, bytes, this.toNode);
  }

  private isBetweenRequests(): boolean {
    const { socket, latest } = this;
    // One that Node is about to close takes no more requests.
    return latest?.complete === true && !socket._httpMessage && socket.writable && Boolean(socket.parser);
  }

  /** How much was read from the connection and not yet looked at. Units: bytes. */
  private ahead(): number {
    return this.held.reduce((sum, { length }) => sum + length, this.socket.readableLength);
  }

  /** Answers a request of the lane. Gives false when it is none, or none to be answered now: then nothing was done. */
  private take(bytes: Buffer): boolean {
    const { lane, hosts, concurrency, lines, isStopping } = this.shared;
    const head = this.heads.read(bytes);
    const route = head && lane.routeOfPlain(head);
    if (head === null || route === null || isStopping() || concurrency.isFull(head.url)) return false;
    if (hosts !== null && hosts.check(head) !== null) return false;
    this.isBusy = true;
    lines.pass(this.socket);
    concurrency.enter();
    this.answer(route, head);
    return true;
  }

  private answer(route: Route, incoming: Head): void {
    const { lane, certificatesOf, observe, meter } = this.shared;
    const env: HotEnv = { incoming, meter };
    this.route = route.path;
    this.startedAt = performance.now();
    if (certificatesOf !== null) env.certificates = certificatesOf(this.socket);
    if (observe !== null) {
      const { trace, end } = observe(incoming);
      env.trace = trace;
      this.endLine = end;
    }
    this.env = env;
    lane.answer(route, env, this.write);
  }

  private readonly write = (reply: Reply): void => {
    const { socket, shared } = this;
    shared.concurrency.leave();
    this.status = reply.status;
    const { writable } = socket;
    if (writable) {
      const text = replyText(reply, shared.keepAliveTimeout);
      socket.write(text, isAscii(reply) ? 'latin1' : 'utf8', this.onWritten);
    }
    const took = performance.now() - this.startedAt;
    shared.meter.answered(this.route, writable ? reply.status : GONE, took, this.env?.traceId);
    // A connection that nobody uses keeps nothing of its last request.
    this.env = null;
  };

  private readonly onWritten = (error?: Error | null): void => {
    // A write that failed is told before its connection is destroyed. Nothing more is answered on it.
    if (error || this.socket.destroyed) {
      this.endLog(GONE);
      return;
    }
    this.endLog(this.status);
    this.isBusy = false;
    // As events, for those who follow a body that begins in one of them (chunk-sizes.ts).
    while (!this.isBusy && this.held.length > 0) this.socket.emit('data', this.held.shift());
    if (this.isBusy) return;
    if (this.hasEnded) this.passEnd();
    else if (this.isPaused) {
      this.isPaused = false;
      if (!this.shared.concurrency.isResting(this.socket)) this.socket.resume();
    }
  };

  private passEnd(): void {
    if (this.socket.parser) this.endToNode();
  }

  private endLog(status: number): void {
    this.endLine?.(status);
    this.endLine = null;
  }
}

/** Tells whether each character is a byte: then the text need not be looked at to be written. */
function isAscii({ body, headers }: Reply): boolean {
  return body === null || headers['Content-Length'] === `${body.length}`;
}

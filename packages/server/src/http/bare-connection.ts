/**
 * What never becomes a request, because the parser refuses it or it is not for us: answered in JSON on the bare
 * connection, then closed. Requests that came before it on the same connection get their answers first.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../core/errors.ts';
import { closingAnswer, STATUS } from './problem.ts';

/** Units: milliseconds. A client that goes on sending without reading does not keep the connection longer. */
const LINGER = 1000;

/** Requests that wait on one connection. A read of 64 KiB brings about 1,400; Node reads on only while we let it. */
const MAX_WAITING = 2000;

/** The last request of a connection that was answered before its body had come: more bytes are the rest of that. */
const answeredEarly = new WeakMap<Socket, IncomingMessage>();

/** Connections that have their refusal: what still comes is dropped, so that the client gets to read it. */
const refused = new WeakSet<Socket>();

/**
 * Requests pipelined behind one that has no answer yet: each waits its turn. All at once, a client that does not read
 * could have hundreds of answers made for one packet it sent; and one that sends without end is cut off.
 */
export class Pipeline {
  private readonly counts = new WeakMap<Socket, number>();

  /** Answers when the connection is free for it. */
  add(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  ): void {
    const { socket } = incoming;
    const count = (this.counts.get(socket) ?? 0) + 1;
    this.counts.set(socket, count);
    if (count > MAX_WAITING) socket.destroy();
    outgoing.once('socket', () => {
      this.counts.set(socket, this.counts.get(socket)! - 1);
      answer(incoming, outgoing);
    });
  }
}

/** Notes when a request is answered before its body has come. For each request, when it begins. */
export function watchBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { headers, socket } = incoming;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  outgoing.once('finish', () => {
    if (!incoming.complete) answeredEarly.set(socket, incoming);
  });
}

/** Answers a connection on which the parser stopped (`clientError`). */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || answeredEarly.get(socket)?.complete === false) {
    socket.destroy();
  } else if (error.code === 'HPE_HEADER_OVERFLOW') {
    endWith(socket, 'headers_too_large', 'the request target and headers are too long');
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    endWith(socket, 'request_timeout', 'the request did not arrive in time');
  } else {
    endWith(socket, 'bad_request', 'this is not a well-formed HTTP/1.1 request');
  }
}

/** Answers CONNECT, which takes the connection away from the server, errors and all. */
export function refuseConnect(_request: IncomingMessage, socket: Socket): void {
  socket.on('error', () => socket.destroy());
  endWith(socket, 'method_not_allowed', 'this is not a proxy', 'Allow: GET, HEAD, PUT, POST, DELETE\r\n');
}

function endWith(socket: Socket, code: ErrorCode, message: string, extraHeader = ''): void {
  const current = answerUnderWay(socket);
  if (current?.req.complete) {
    current.once('close', () => setImmediate(endWith, socket, code, message, extraHeader));
    return;
  }
  if (!socket.writable || current?.headersSent) {
    socket.destroy();
    return;
  }
  const { body, headers } = closingAnswer(code, message);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `HTTP/1.1 ${STATUS[code]} ${STATUS_CODES[STATUS[code]]}\r\n`;
  // What is still coming is read and dropped: closing over unread bytes would reset the connection, answer and all.
  socket.on('error', () => socket.destroy()).resume();
  socket.end(`${status}${lines.join('')}${extraHeader}\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER).unref();
}

/** Node keeps the answer that a connection is waiting for here; there is no public way to it from `clientError`. */
function answerUnderWay(socket: Socket): ServerResponse | undefined {
  return (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage ?? undefined;
}

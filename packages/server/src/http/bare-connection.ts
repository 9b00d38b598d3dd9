/**
 * What never becomes a request, because the parser refuses it or it is not for us: answered in JSON on the bare
 * connection, then closed. Requests that came before it on the same connection get their answers first.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ErrorCode } from '../core/errors.ts';
import { classicBody, HEADERS, STATUS } from './problem.ts';

/** Units: milliseconds. A client that goes on sending without reading does not keep the connection longer. */
const LINGER = 1000;

const REASONS: Partial<Record<ErrorCode, string>> = {
  headers_too_large: 'Request Header Fields Too Large',
  request_timeout: 'Request Timeout',
  method_not_allowed: 'Method Not Allowed',
};

/** Connections whose last answer went out before the body of its request had come: more bytes are the rest of that. */
const answeredEarly = new WeakSet<Socket>();

/** Connections that have their refusal: what still comes is dropped, so that the client gets to read it. */
const refused = new WeakSet<Socket>();

/** Notes when a request is answered before its body has come. For each request, when it begins. */
export function watchBody(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { socket } = incoming;
  answeredEarly.delete(socket);
  outgoing.once('finish', () => {
    if (!incoming.complete) answeredEarly.add(socket);
  });
}

/** Answers a connection on which the parser stopped (`clientError`). */
export function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (refused.has(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable || answeredEarly.has(socket)) {
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
  refused.add(socket);
  const body = classicBody(code, message);
  const headers = { ...HEADERS, Connection: 'close', 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `HTTP/1.1 ${STATUS[code]} ${REASONS[code] ?? 'Bad Request'}\r\n`;
  // What is still coming is read and dropped: closing over unread bytes would reset the connection, answer and all.
  socket.on('error', () => socket.destroy()).resume();
  socket.end(`${status}${lines.join('')}${extraHeader}\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER).unref();
}

/** Node keeps the answer that a connection is waiting for here; there is no public way to it from `clientError`. */
function answerUnderWay(socket: Socket): ServerResponse | undefined {
  return (socket as Socket & { _httpMessage?: ServerResponse })._httpMessage ?? undefined;
}

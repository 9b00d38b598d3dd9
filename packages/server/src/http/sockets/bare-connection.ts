/**
 * What never becomes a request, because the parser refuses it or it is not for us: answered in JSON on the bare
 * connection, then closed. Requests that came before it on the same connection get their answers first.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ServiceError } from '../../core/errors.ts';
import { closingAnswer, errorForm, STATUS } from '../message/problem.ts';
import { requestIdIn } from '../message/request-id.ts';
import type { Incoming } from '../message/route.ts';
import { routePath } from '../message/target.ts';
import { followChunks } from './chunk-sizes.ts';
import type { IncomingRequest } from './incoming-request.ts';
import type { RequestLines } from './request-line.ts';

/** The methods that this server knows, for an `Allow` that is about no path in particular. */
export const ALL_METHODS = 'GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS';

/** Units: milliseconds. A client that goes on sending without reading does not keep the connection longer. */
const LINGER = 1000;

/** By connection, the last answer that had its turn on it. */
const answers = new WeakMap<Socket, ServerResponse>();

/** By connection, its last request that was answered before its body had come. What still comes is the rest of that body. */
const answeredEarly = new WeakMap<Socket, IncomingMessage>();

/** Connections that were refused. What they still send is read and dropped, so that the client can read the refusal. */
const refused = new WeakSet<Socket>();

/**
 * Bounds the chunks of a body, and notes when a request is answered before it has come. For each request, at its begin.
 * `rest`: what came after the head in the same read; null when that is not known.
 */
export function watchBody(
  incoming: IncomingRequest,
  outgoing: ServerResponse,
  rest: Buffer | null,
  lines: RequestLines,
): void {
  const { headers, socket } = incoming;
  const isChunked = headers['transfer-encoding'] !== undefined;
  if (!isChunked && headers['content-length'] === undefined) return;
  if (isChunked) {
    incoming.boundChunks(() => {
      if (!outgoing.headersSent) outgoing.setHeader('Connection', 'close');
      if (outgoing.writableFinished) socket.destroySoon();
    });
    followChunks(incoming, rest, lines);
  }
  outgoing.once('finish', () => {
    if (incoming.arriving?.isCrumbled) socket.destroySoon();
    if (!incoming.complete) answeredEarly.set(socket, incoming);
  });
}

/** Notes whose turn it is on a connection: at once, or when the answers before this one are done. */
export function noteTurn(outgoing: ServerResponse): void {
  if (outgoing.socket !== null) answers.set(outgoing.socket, outgoing);
  else outgoing.once('socket', (socket: Socket) => answers.set(socket, outgoing));
}

/** What Node tells of a connection on which the parser stopped. */
interface ClientError extends Error {
  readonly code?: string;
  /** The read in which it stopped, and where. Absence: undefined when nothing was read. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** Answers a connection on which the parser stopped (`clientError`). */
export function refuseConnection(error: ClientError, socket: Socket): void {
  if (refused.has(socket)) return;
  refused.add(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || answeredEarly.get(socket)?.complete === false) {
    socket.destroy();
    return;
  }
  endWith(socket, faultOf(error), headOf(error, socket));
}

function faultOf({ code }: ClientError): ServiceError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ServiceError('headers_too_large', 'the request target and headers are too long');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new ServiceError('request_timeout', 'the request did not arrive in time');
  }
  return new ServiceError('bad_request', 'this is not a well-formed HTTP/1.1 request');
}

/** What is known of a request that cannot be read on. */
type PartialHead = Pick<Incoming, 'url' | 'headers'>;

/** Gives it from its head, or from the bytes of it in the last read. Absence: what is not known is empty. */
function headOf({ rawPacket, bytesParsed }: ClientError, socket: Socket): PartialHead {
  const current = answerUnderWay(socket);
  if (current !== undefined && !current.req.complete) return current.req;
  const read = rawPacket?.toString('latin1', 0, Math.min(bytesParsed ?? 0, rawPacket.length)) ?? '';
  // What comes after the last empty line is the head that the parser was in.
  const head = read.slice(read.lastIndexOf('\r\n\r\n') + 1).trimStart();
  // A line is whole when another one has begun after it.
  const lines = [...head.matchAll(/\n(traceparent|x-request-id):[ \t]*([^\r\n]*?)[ \t]*(?=\r?\n)/gi)];
  const headers = Object.fromEntries(lines.map(([, name, value]) => [name!.toLowerCase(), value]));
  return { url: /^[A-Z]+ +([^ \r\n]+)/.exec(head)?.[1], headers };
}

/** Answers CONNECT, which takes the connection away from the server, errors and all. */
export function refuseConnect(request: IncomingMessage, socket: Socket): void {
  socket.on('error', () => socket.destroy());
  const head = { url: '', headers: request.headers };
  endWith(socket, new ServiceError('method_not_allowed', 'this is not a proxy'), head, `Allow: ${ALL_METHODS}\r\n`);
}

function endWith(socket: Socket, error: ServiceError, head: PartialHead, extraHeader = ''): void {
  const current = answerUnderWay(socket);
  if (current?.req.complete) {
    current.once('close', () => setImmediate(endWith, socket, error, head, extraHeader));
    return;
  }
  if (!socket.writable || current?.headersSent) {
    socket.destroy();
    return;
  }
  const { body, headers } = closingAnswer(error, errorForm(routePath(head.url ?? '')), requestIdIn(head.headers));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `HTTP/1.1 ${STATUS[error.code]} ${STATUS_CODES[STATUS[error.code]]}\r\n`;
  // What is still coming is read and dropped: closing over unread bytes would reset the connection, answer and all.
  socket.on('error', () => socket.destroy()).resume();
  socket.end(`${status}${lines.join('')}${extraHeader}\r\n${body}`);
  setTimeout(() => socket.destroy(), LINGER).unref();
}

/** Gives the answer that a connection is waiting for. Absence: undefined. */
function answerUnderWay(socket: Socket): ServerResponse | undefined {
  const last = answers.get(socket);
  // Node takes the connection from an answer that is done.
  return last?.socket === socket ? last : undefined;
}

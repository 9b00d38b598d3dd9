// As much of WebSocket (RFC 6455) as the gateway needs: it only speaks. Your application has a library for it.
import { createHash } from 'node:crypto';

const TEXT = 0x81;
const CLOSE = 0x88;
/** Of a text and of the reason of a close, in a frame with the shortest head. Units: bytes. */
const LONGEST = 123;
/** For the browser's answer to a close. Units: milliseconds. */
const PATIENCE = 1000;

/** Answers the handshake. What the browser sends is not looked at. */
export function accept(request, socket) {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const answer = createHash('sha1').update(key).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...head, `Sec-WebSocket-Accept: ${answer}`, '', ''].join('\r\n'));
  socket.resume();
}

export function sendText(socket, text) {
  socket.write(frame(TEXT, Buffer.from(text)));
}

/** `code`: 4000 to 4999 are the application's own. */
export function closeSocket(socket, code, reason) {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
  socket.end(frame(CLOSE, payload));
  setTimeout(() => socket.destroy(), PATIENCE).unref();
}

function frame(kind, payload) {
  const short = payload.subarray(0, LONGEST + 2);
  return Buffer.concat([Buffer.from([kind, short.length]), short]);
}

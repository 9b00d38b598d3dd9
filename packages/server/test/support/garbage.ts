/** Bytes that are no request, sent without end: for the test of what they do, and the measurement of what they cost. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export const PIECE = 64 * 1024;
/** Units: milliseconds between two pieces: 1 MiB a second. */
const PACE = 62.5;

const CHUNKED =
  'PUT /shop/create/u?ip=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

export const GARBAGE: readonly { what: string; head: string; piece: () => Buffer }[] = [
  { what: 'bytes without form', head: '', piece: () => randomBytes(PIECE) },
  { what: 'a body in crumbs', head: CHUNKED, piece: () => Buffer.from('1\r\n \r\n'.repeat(PIECE / 6)) },
  {
    what: 'headers without end',
    head: 'GET /ping HTTP/1.1\r\n',
    piece: () => Buffer.from('A: b\r\n'.repeat(PIECE / 6)),
  },
];

/** Sends pieces at the pace, on a new connection whenever the server has ended the last one. Counts while it goes on. */
export function flood(port: number, head: string, piece: () => Buffer, isOver: () => boolean) {
  const sent = { bytes: 0, connections: 0 };
  const send = async () => {
    while (!isOver()) {
      const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
      sent.connections++;
      let open = true;
      socket.on('close', () => {
        open = false;
      });
      socket.resume();
      socket.write(head);
      while (open && !isOver()) {
        socket.write(piece());
        sent.bytes += PIECE;
        await sleep(PACE);
      }
      socket.destroy();
    }
  };
  const ended = send();
  return {
    ended,
    get bytes() {
      return sent.bytes;
    },
    get connections() {
      return sent.connections;
    },
  };
}

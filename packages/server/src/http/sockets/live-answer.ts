/**
 * Answers that go on until somebody ends them. They are written to the connection itself, past the web's streams: it alone knows how
 * much a client has not taken yet. Each ends its connection, so that nobody waits behind one, and a server that stops is rid of it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Outlet } from '../../core/hearing.ts';
import type { Reply, Trace } from '../message/route.ts';

export interface ConnectionEnv {
  readonly incoming: IncomingMessage & { readonly trace?: Trace | undefined };
  readonly outgoing: ServerResponse;
}

/** Writes the head of an answer, and has the rest written. Gives what tells the adapter that there is nothing for it to do. */
export function openLive({ status, headers, live }: Reply, { incoming, outgoing }: ConnectionEnv): Response {
  if (incoming.trace !== undefined) incoming.trace.isLive = true;
  outgoing.writeHead(status, { ...headers, Connection: 'close' });
  live!(outletOf(incoming, outgoing));
  return RESPONSE_ALREADY_SENT;
}

function outletOf({ socket }: IncomingMessage, outgoing: ServerResponse): Outlet {
  const isOpen = () => !outgoing.destroyed && !outgoing.writableEnded;
  // What cannot be written any more is told by `close`.
  outgoing.on('error', () => {});
  return {
    get unsent() {
      return outgoing.writableLength;
    },
    write: (text) => void (isOpen() && outgoing.write(text)),
    end: () => void (isOpen() && outgoing.end()),
    onDrain: (run) => void outgoing.on('drain', run),
    onGone: (run) => {
      outgoing.on('close', run);
      // Who has closed its half looks the same as one that has gone.
      const leave = () => {
        outgoing.end();
        run();
      };
      socket.on('end', leave);
      outgoing.on('close', () => socket.off('end', leave));
      if (outgoing.destroyed) run();
      else if (socket.readableEnded) leave();
    },
  };
}

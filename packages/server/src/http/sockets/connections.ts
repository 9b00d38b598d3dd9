/**
 * The open connections, for what Node's own timers and lists do not see: a client that does not read its answer, and one
 * that reads it slowly while the server stops. Node's timeout starts again whenever some bytes went out since it was started
 * last. And Node takes a connection for idle when its answer is made, even if the client has not read it yet.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** In how many steps a timeout is counted. A process that was held up counts one step for it, so it cuts nobody off for its own delay. */
const STEPS = 20;

/** What Node has beneath a socket: there is no public way to what the system has taken of it. */
interface Handle {
  readonly bytesWritten?: number;
  readonly writeQueueSize?: number;
}

export class Connections {
  private readonly open = new Set<Socket>();
  private readonly isBusy: (socket: Socket) => boolean;
  private readonly waits = new WeakMap<Socket, { taken: number; steps: number }>();

  /**
   * `stalledTimeout`: how long an answer may lie unread before its connection is cut. Units: milliseconds. `isBusy`: tells of
   * connections with a request under way that Node does not know of.
   */
  constructor(
    server: Server,
    event: 'connection' | 'secureConnection',
    stalledTimeout: number,
    isBusy: (socket: Socket) => boolean,
  ) {
    this.isBusy = isBusy;
    server.on(event, (socket: Socket) => {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
    const timer = setInterval(() => this.cutStalled(), stalledTimeout / STEPS).unref();
    server.once('close', () => clearInterval(timer));
    this.spareUnread(server);
  }

  private cutStalled(): void {
    for (const socket of this.open) {
      if (socket.writableLength === 0) {
        this.waits.delete(socket);
        continue;
      }
      const taken = takenOf(socket);
      const wait = this.waits.get(socket);
      if (wait === undefined || wait.taken !== taken) this.waits.set(socket, { taken, steps: 0 });
      else if (++wait.steps >= STEPS) socket.destroy();
    }
  }

  /** Has `closeIdleConnections` pass over connections with something unread, or under way. `close` of a server calls it, too. */
  private spareUnread(server: Server): void {
    const closeIdle = server.closeIdleConnections.bind(server);
    server.closeIdleConnections = () => {
      const unread = [...this.open].filter((socket) => socket.writableLength > 0 || this.isBusy(socket));
      for (const socket of unread) socket.destroy = () => socket;
      closeIdle();
      for (const socket of unread) Reflect.deleteProperty(socket, 'destroy');
    };
  }
}

/** Gives how many bytes the system has taken from a connection: of a TLS connection, from the one beneath it. */
function takenOf(socket: Socket): number {
  const { _handle: own, _parent: beneath } = socket as Socket & { _handle?: Handle; _parent?: { _handle?: Handle } };
  const { bytesWritten = 0, writeQueueSize = 0 } = beneath?._handle ?? own ?? {};
  return bytesWritten - writeQueueSize;
}

/**
 * Connections that are on their way from the supervisor to a worker. node:cluster waits for the worker to say that it has one,
 * and forgets it when the worker dies first: its client would then hang, because the supervisor still holds the connection. Here they are
 * remembered, and given to another worker. A worker says so before it reads from a connection, so nothing is done twice.
 *
 * It uses the messages of node:cluster, which are no public part of Node. Where they are other ones, nothing is remembered.
 */
import cluster, { type Worker } from 'node:cluster';

interface Handle {
  close(): void;
}

/** A connection is handed over with `act` and `seq`; the answer to it has `ack`. */
interface Message {
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

type Send = (message: Message, handle?: Handle, ...rest: unknown[]) => boolean;

/** Begins to remember those of a worker. `isAnyoneThere` tells, once it has died, whether another worker listens. */
export function keepHandoffs(worker: Worker, isAnyoneThere: () => boolean): void {
  const underWay = new Map<number, Handle>();
  const channel = worker.process as unknown as { send: Send };
  const send = channel.send;
  channel.send = (message, handle, ...rest) => {
    if (message.act === 'newconn' && message.seq !== undefined && handle) underWay.set(message.seq, handle);
    return send.call(worker.process, message, handle, ...rest);
  };
  worker.process.on('internalMessage', ({ ack }: Message) => {
    if (ack !== undefined) underWay.delete(ack);
  });
  const giveAway = () => {
    // What it said last is still read.
    if (worker.isConnected()) {
      setImmediate(giveAway);
      return;
    }
    if (underWay.size === 0) return;
    // With a connection on its way, Node waits for the dead worker, and node:cluster goes on to count on it.
    if (cluster.workers?.[worker.id] !== undefined) worker.process.emit('disconnect');
    for (const [ack, handle] of underWay) {
      if (isAnyoneThere()) worker.process.emit('internalMessage' as 'message', { ...REFUSED, ack }, undefined);
      else handle.close();
    }
    underWay.clear();
  };
  worker.once('exit', giveAway);
}

/** What a worker says that takes no more connections. */
const REFUSED = { cmd: 'NODE_CLUSTER', accepted: false };

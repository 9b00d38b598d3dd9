/**
 * Requests pipelined behind one that has no answer yet. Each waits for its turn, and then for the next turn of the event
 * loop: all at once, one packet of a client would keep every other waiting while a thousand answers are made for it. One
 * that sends faster than it is answered is not read meanwhile.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests that wait on one connection before it is read no further, and how few let it be read again. */
const MANY_WAITING = 64;
const FEW_WAITING = 16;
/** Requests that wait on all connections, some 80 MB: beyond it, one that has more than a few is cut off. */
const MOST_WAITING = 20_000;

export class Pipeline {
  private readonly waiting = new WeakMap<Socket, number>();
  private total = 0;

  /** Answers when the connection is free for it. */
  add(incoming: IncomingMessage, outgoing: ServerResponse, answer: () => void): void {
    const { socket } = incoming;
    this.enter(socket);
    outgoing.once('socket', () => {
      const left = this.waitingOn(socket) - 1;
      if (left < 0) return;
      this.waiting.set(socket, left);
      this.total--;
      // In the next tick, because Node resumes the connection in this one, whenever an answer is done.
      if (this.holds(socket)) process.nextTick(() => socket.pause());
      else if (left === FEW_WAITING) socket.resume();
      setImmediate(() => socket.destroyed || answer());
    });
    // After the piece that is being parsed, because Node resumes the connection at the end of each request in it; but before
    // the next piece, of which the system has up to 32 ready in one turn.
    if (this.waitingOn(socket) % MANY_WAITING === 0) process.nextTick(() => this.holds(socket) && socket.pause());
  }

  private enter(socket: Socket): void {
    // A connection that ends never gives a turn to the requests that wait on it.
    if (!this.waiting.has(socket)) socket.once('close', () => this.forget(socket));
    this.waiting.set(socket, this.waitingOn(socket) + 1);
    this.total++;
    if (this.total > MOST_WAITING && this.holds(socket)) socket.destroy();
  }

  private forget(socket: Socket): void {
    this.total -= this.waitingOn(socket);
    this.waiting.delete(socket);
  }

  /** Tells whether so many requests wait that the connection is not read. */
  holds(socket: Socket): boolean {
    return this.waitingOn(socket) > FEW_WAITING;
  }

  /** Tells whether a request waits behind the one that is answered now. */
  isBehind(socket: Socket): boolean {
    return this.waitingOn(socket) > 0;
  }

  private waitingOn(socket: Socket): number {
    return this.waiting.get(socket) ?? 0;
  }
}

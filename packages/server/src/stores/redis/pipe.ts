/**
 * One connection for the gathered reads alone: it writes calls of lua/get.lua and reads their answers from the bytes
 * (reply-reader.ts). A command costs the driver more than all reads that it carries.
 *
 * It knows one thing to do about anything that goes wrong: give the call back, `null`, and the driver's way does it (script-calls.ts).
 * There, a script that is not known, a slot that moved, a failover and a lost connection are looked after already. So
 * nothing is tried again here, nothing is sent to another server, and no pipe is ever needed.
 */
import type { Socket } from 'node:net';
import { type Reply, ReplyReader } from './reply-reader.ts';

/** How a pipe ended. `silent`: it owed an answer for longer than a budget. `garbled`: what came was no answer. */
export type End = 'closed' | 'silent' | 'garbled';

interface Call {
  readonly bytes: string;
  readonly reads: number;
  /** Until when it may be sent and answered, on the clock of `performance`. Units: milliseconds. */
  readonly until: number;
  readonly settle: (reply: Reply | null) => void;
}

export class Pipe {
  private readonly socket: Socket;
  /** Told once. `owing`: whether calls had been sent and not answered. */
  private readonly onEnd: (end: End, owing: boolean) => void;
  /** Sent and not answered, in the order of their answers. */
  private readonly sent: Call[] = [];
  /** Not sent: in this turn, or as long as the other side does not read. */
  private unsent: Call[] = [];
  private flushing = false;
  private blocked = false;
  private timer: NodeJS.Timeout | null = null;
  private ended = false;

  /** `socket`: one whose handshake is done (handshake.ts). */
  constructor(socket: Socket, onEnd: (end: End, owing: boolean) => void) {
    this.socket = socket;
    this.onEnd = onEnd;
    const reader = new ReplyReader(
      () => this.sent[0]?.reads ?? 0,
      (reply) => this.sent.shift()!.settle(reply),
    );
    socket.setNoDelay(true).setKeepAlive(true);
    socket.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        this.end('garbled');
      }
    });
    socket.on('drain', () => {
      this.blocked = false;
      this.flush();
    });
    // The handshake has a listener for errors; the end comes as `close`.
    socket.on('end', () => this.end('closed'));
    socket.on('close', () => this.end('closed'));
  }

  /** Sends a call of lua/get.lua, encoded. Absence: null when it has to go another way; it may have been done. */
  call(bytes: string, reads: number, until: number): Promise<Reply | null> {
    return new Promise((settle) => {
      if (this.ended) return settle(null);
      this.unsent.push({ bytes, reads, until, settle });
      if (this.flushing) return;
      this.flushing = true;
      // All calls of a turn leave in one write.
      process.nextTick(() => {
        this.flushing = false;
        this.flush();
      });
    });
  }

  /** Ends the connection and gives back what it owes. */
  end(how: End = 'closed'): void {
    if (this.ended) return;
    this.ended = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.socket.destroy();
    const owing = this.sent.length > 0;
    this.onEnd(how, owing);
    for (const { settle } of [...this.sent.splice(0), ...this.unsent.splice(0)]) settle(null);
  }

  private flush(): void {
    if (this.ended || this.blocked || this.unsent.length === 0) return;
    const calls = this.unsent;
    this.unsent = [];
    const now = performance.now();
    let bytes = '';
    for (const call of calls) {
      // It waited for the other side to read, and nobody waits for it any more.
      if (call.until <= now) call.settle(null);
      else {
        bytes += call.bytes;
        this.sent.push(call);
      }
    }
    if (bytes === '') return;
    this.blocked = !this.socket.write(bytes, 'latin1');
    const [oldest] = this.sent;
    this.timer ??= setTimeout(() => this.watch(), oldest!.until - now);
  }

  /** Looks whether it owes an answer whose time is over. One timer is enough: the oldest call ends first. */
  private watch(): void {
    this.timer = null;
    const [oldest] = this.sent;
    if (oldest === undefined) return;
    const left = oldest.until - performance.now();
    if (left > 0) this.timer = setTimeout(() => this.watch(), left);
    // This process may have stood still itself: what came meanwhile is read before this is asked.
    else setImmediate(() => (this.sent[0] === oldest ? this.end('silent') : this.watch()));
  }
}

/** Writes parts of a command. Of each part, a character is a byte. */
export function encode(parts: readonly string[]): string {
  let text = '';
  for (const part of parts) text += `$${part.length}\r\n${part}\r\n`;
  return text;
}

/**
 * The load of a soak, from one process: as many requests as are answered at once, to see what the server can do; then so many a second,
 * each at its instant, whatever became of those before it. Latency counts from when a request was due.
 *
 * A connection is kept for some thousand requests and then closed and opened anew: clients come and go, too.
 *
 * Rejected: wrk. It tells its latencies when it has ended, and a soak wants them every few seconds, of one run.
 */
import { connect, type Socket } from 'node:net';
import type { Request } from './visitors.ts';

/** Requests on one connection. */
const KEPT_FOR = 2000;
/** More different ones would be a flood. */
const MOST_TOLD = 20;

/** What became of the requests since the last time it was asked. */
export interface Interval {
  readonly answered: number;
  /** Of those answered: from when they were due to the last byte. Units: milliseconds. Absence: null when none was. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly longest: number | null;
  /** Wrong answers, and connections that broke with a request on them. */
  readonly failed: number;
  /** Due, and not sent yet, because all connections wait. */
  readonly behind: number;
}

interface Line {
  socket: Socket;
  /** On the way. Absence: null, it is free. */
  request: Request | null;
  due: number;
  sent: number;
  text: string;
}

export class Load {
  /** What went wrong first, in words. */
  readonly failures: string[] = [];
  /** How many went wrong in all. */
  failed = 0;
  readonly #port: number;
  readonly #next: () => Request;
  readonly #due: number[] = [];
  #head = 0;
  readonly #free: Line[] = [];
  readonly #lines: Line[] = [];
  /** As many as are answered: a line that has its answer sends again at once. */
  #isGreedy = false;
  #isOver = false;
  #latencies: number[] = [];
  #failed = 0;

  constructor(port: number, connections: number, next: () => Request) {
    this.#port = port;
    this.#next = next;
    for (let i = 0; i < connections; i++) {
      const line = { request: null, due: 0, sent: 0, text: '' } as unknown as Line;
      this.#open(line);
      this.#lines.push(line);
      this.#free.push(line);
    }
  }

  /** As many as are answered, for so long. Gives how many a second were, in the second half of it. */
  async greedy(seconds: number): Promise<number> {
    this.#isGreedy = true;
    for (const line of this.#free.splice(0)) this.#send(line, performance.now());
    await sleep(seconds * 500);
    this.take();
    const begin = performance.now();
    await sleep(seconds * 500);
    const { answered } = this.take();
    this.#isGreedy = false;
    return (answered * 1000) / (performance.now() - begin);
  }

  /** So many a second, for so long; resolves when the last of them was due. */
  async steady(perSecond: number, seconds: number): Promise<void> {
    const begin = performance.now();
    const total = Math.floor(perSecond * seconds);
    for (let made = 0; made < total; ) {
      const now = performance.now();
      const target = Math.min(total, Math.floor(((now - begin) * perSecond) / 1000));
      for (; made < target; made++) this.#due.push(begin + (made * 1000) / perSecond);
      while (this.#head < this.#due.length && this.#free.length > 0) this.#send(this.#free.shift()!, this.#takeDue());
      await sleep(1);
    }
  }

  /** Gives what happened since the last time, and begins anew. */
  take(): Interval {
    const sorted = Float64Array.from(this.#latencies).sort();
    const interval = {
      answered: sorted.length,
      p50: sorted[Math.floor(sorted.length * 0.5)] ?? null,
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? null,
      longest: sorted.at(-1) ?? null,
      failed: this.#failed,
      behind: this.#due.length - this.#head,
    };
    this.#latencies = [];
    this.#failed = 0;
    return interval;
  }

  /** Waits for the answers that are under way, a minute at most, and closes all connections. What has none by then has failed. */
  async end(): Promise<void> {
    const patience = performance.now() + 60_000;
    while (this.#lines.some(({ request }) => request !== null) && performance.now() < patience) await sleep(5);
    this.#isOver = true;
    for (const line of this.#lines) {
      if (line.request !== null) this.#fail(line, 'no answer within a minute after the end');
      line.socket.destroy();
    }
  }

  #takeDue(): number {
    const due = this.#due[this.#head++]!;
    if (this.#head === this.#due.length) {
      this.#due.length = 0;
      this.#head = 0;
    }
    return due;
  }

  #send(line: Line, due: number): void {
    line.due = due;
    line.request = this.#next();
    line.sent++;
    line.socket.write(line.request.bytes);
  }

  #open(line: Line): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
    line.socket = socket;
    line.sent = 0;
    line.text = '';
    socket.on('data', (chunk: string) => line.socket === socket && this.#read(line, chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (line.socket !== socket || this.#isOver) return;
      // With nothing on it that is a failure, too: the server has no reason to close a connection that is used all the time.
      this.#fail(line, 'the connection broke');
      line.request?.judge(0, '');
      this.#open(line);
      if (line.request !== null) this.#isFree(line);
    });
  }

  #read(line: Line, chunk: string): void {
    line.text += chunk;
    const end = line.text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(line.text)?.[1] ?? 0);
    if (line.text.length < end + 4 + length) return;
    const status = Number(line.text.slice(9, 12));
    const body = line.text.slice(end + 4);
    line.text = '';
    this.#latencies.push(performance.now() - line.due);
    if (!line.request!.judge(status, body))
      this.#fail(line, `${status} ${body.slice(0, 200).replace(/[\w-]{40,}/g, '…')}`);
    if (line.sent >= KEPT_FOR) {
      line.socket.destroy();
      this.#open(line);
    }
    this.#isFree(line);
  }

  #isFree(line: Line): void {
    line.request = null;
    if (this.#isGreedy) this.#send(line, performance.now());
    else if (this.#head < this.#due.length) this.#send(line, this.#takeDue());
    else this.#free.push(line);
  }

  /** Without the token, which may be in the path of the request. */
  #fail({ request }: Line, words: string): void {
    this.#failed++;
    this.failed++;
    const [method, path = ''] = (request?.bytes ?? '').split(' ', 2);
    const route = path
      .split('/')
      .slice(0, 5)
      .filter((part) => part.length < 30)
      .join('/');
    if (this.failures.length < MOST_TOLD) this.failures.push(`${method} ${route}: ${words}`);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

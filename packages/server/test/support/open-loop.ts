/**
 * Load that does not wait: requests leave at their time whether or not earlier ones were answered, as they do when many
 * users come at once. Latency counts from when a request was due, so a server that makes clients queue cannot hide it.
 * Each connection has one request under way; one that is due while all are busy leaves when one gets free. They take turns:
 * the one that was answered longest ago is next. One that is turned away does as it was told: it waits before it sends
 * again, and where all others wait, too, so does whoever would have come.
 */
import { connect, type Socket } from 'node:net';

export interface OpenLoop {
  readonly port: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
  /** Gives the bytes of the next request. */
  readonly next: () => string;
  /** Whether clients send again at once although they were told to wait. */
  readonly unruly?: boolean;
}

export interface Outcome {
  /** How many answers had each status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Units: milliseconds; 99 of 100 were not longer. */
  readonly p99: (status: number) => number;
  /** Requests that got no answer, or could not leave. */
  readonly lost: number;
  /** 503 without Retry-After. */
  readonly bare: number;
  /** Requests that never left, because every connection that was free had been told to wait. */
  readonly held: number;
}

/** Units: milliseconds. After the last request: what has not been answered then is lost. */
const PATIENCE = 60_000;

export async function openLoop(options: OpenLoop): Promise<Outcome> {
  const { port, perSecond, seconds, connections, next, unruly = false } = options;
  const latencies = new Map<number, number[]>();
  const due: number[] = [];
  let head = 0;
  let open = 0;
  let bare = 0;
  let held = 0;
  let resting = 0;
  let free: Line[] = [];
  let taken = 0;
  const send = (line: Line) => {
    if (head === due.length) {
      free.push(line);
      return;
    }
    line.since = due[head++]!;
    line.socket.write(next());
  };
  const rest = (line: Line, seconds: number) => {
    resting++;
    setTimeout(() => {
      resting--;
      send(line);
    }, seconds * 1000);
  };
  const answered = (line: Line, status: number, text: string) => {
    if (!latencies.has(status)) latencies.set(status, []);
    latencies.get(status)!.push(performance.now() - line.since);
    const wait = /\r\nretry-after: (\d+)/i.exec(text);
    if (status === 503 && wait === null) bare++;
    if (wait === null || unruly) send(line);
    else rest(line, Number(wait[1]));
  };
  const lines = await Promise.all(Array.from({ length: connections }, () => openLine(port, answered)));
  free.push(...lines);

  const begin = performance.now();
  const total = Math.floor(perSecond * seconds);
  while (open < total) {
    const now = performance.now();
    const target = Math.min(total, Math.floor(((now - begin) * perSecond) / 1000));
    for (; open < target; open++) due.push(begin + (open * 1000) / perSecond);
    while (taken < free.length && head < due.length) send(free[taken++]!);
    // Before the next wait, when no answer can come in between.
    free = free.slice(taken);
    taken = 0;
    if (resting > 0) {
      held += due.length - head;
      head = due.length;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const end = performance.now() + PATIENCE;
  while (count(latencies) + held < total && performance.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 5));
  for (const { socket } of lines) socket.destroy();
  return {
    statuses: new Map([...latencies].map(([status, list]) => [status, list.length])),
    p99: (status) => {
      const sorted = Float64Array.from(latencies.get(status) ?? []).sort();
      return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
    },
    lost: total - count(latencies) - held,
    bare,
    held,
  };
}

interface Line {
  readonly socket: Socket;
  since: number;
}

function openLine(port: number, answered: (line: Line, status: number, text: string) => void): Promise<Line> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const line: Line = { socket, since: 0 };
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    const answer = text;
    text = '';
    answered(line, Number(answer.slice(9, 12)), answer);
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.once('connect', () => resolve(line));
  });
}

function count(latencies: ReadonlyMap<number, readonly number[]>): number {
  let sum = 0;
  for (const list of latencies.values()) sum += list.length;
  return sum;
}

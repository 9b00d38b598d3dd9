/** A receiver of webhooks on a free port of 127.0.0.1, with a library of others for the signature; and a clock that tests set forward. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { agentsFor } from '../../src/webhooks/connecting.ts';
import { type Network, Networks } from '../../src/webhooks/networks.ts';
import { Sender } from '../../src/webhooks/sender.ts';
import type { Cleanup } from '../support/server.ts';

export const secretOf = (byte: number, length = 32) => `whsec_${Buffer.alloc(length, byte).toString('base64')}`;
export const SECRET = secretOf(7);

export interface Got {
  readonly id: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** How it was answered; 0: not at all. */
  readonly status: number;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly got: Got[];
  /** How many connections were made. */
  readonly connections: () => number;
  readonly open: () => number;
}

/** What a request is answered with. 0: never. */
export type Answering = (
  got: Omit<Got, 'status'>,
) => number | { readonly status: number; readonly headers: Record<string, string>; readonly body?: string };

/** `secret`: what signatures are checked with; absence: null for no check. */
export async function startReceiver(
  cleanup: Cleanup,
  answering: Answering,
  secret: string | null = SECRET,
): Promise<Receiver> {
  const got: Got[] = [];
  let [connections, open] = [0, 0];
  const verifier = secret === null ? null : new Webhook(secret);
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    open++;
    response.on('close', () => open--);
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { headers } = request;
    const about = { id: `${headers['webhook-id']}`, headers, body };
    verifier?.verify(body, headers as Record<string, string>);
    const said = answering(about);
    const {
      status,
      headers: own,
      body: text = 'thank you',
    } = typeof said === 'number' ? { status: said, headers: {} } : said;
    got.push({ ...about, status });
    if (status !== 0) response.writeHead(status, own).end(text);
  };
  const faults: unknown[] = [];
  const server = createServer((request, response) => {
    void answer(request, response).catch((error) => {
      faults.push(error);
      response.destroy();
    });
  });
  server.on('connection', () => connections++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.closeAllConnections();
    server.close();
    assert.deepEqual(faults, []);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, port, got, connections: () => connections, open: () => open };
}

/** Reads `10.0.0.0/8`, or an address. */
export function network(text: string): Network {
  const [address = '', bits] = text.split('/');
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return { address, family, prefix: bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits) };
}

export function startSender(cleanup: Cleanup, timeout = 15_000, networks = ['127.0.0.0/8']): Sender {
  const agents = agentsFor(new Networks(networks.map(network)));
  const sender = new Sender({ agents, clock: Date.now, userAgent: 'REST-Sessions/test', timeout });
  cleanup.after(() => sender.close());
  return sender;
}

/** A clock and timers that only a test sets forward. */
export class FakeTime {
  now: number;
  private readonly timers = new Set<{ readonly at: number; readonly run: () => void }>();
  private readonly onSet: (now: number) => void;

  constructor(now: number, onSet: (now: number) => void = () => {}) {
    this.now = now;
    this.onSet = onSet;
    onSet(now);
  }

  readonly clock = () => this.now;
  readonly later = (run: () => void, delay: number) => {
    const timer = { at: this.now + delay, run };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  };

  /** Goes on to the next timer and runs it. Gives whether there was one. */
  toNext(): boolean {
    const [next] = [...this.timers].sort((a, b) => a.at - b.at);
    if (next === undefined) return false;
    this.timers.delete(next);
    this.now = Math.max(this.now, next.at);
    this.onSet(this.now);
    next.run();
    return true;
  }
}

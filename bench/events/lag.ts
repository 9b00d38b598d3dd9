/**
 * How long it takes from the commit of a change until who listens has its event, at 2,000 events a second: by the stream, read by the
 * npm package eventsource, and by a webhook, whose receiver checks each with the npm package standardwebhooks. Both instants are of
 * this machine's clock, in whole milliseconds.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EventSource } from 'eventsource';
import { Webhook } from 'standardwebhooks';
import { drive } from '../load.ts';
import { startServer } from '../process.ts';
import { startRedis } from '../redis.ts';
import { APP } from '../sessions.ts';
import { number } from '../table.ts';
import type { Bench, Finding } from '../workload.ts';
import { policyFile } from './cost.ts';
import type { StoreName } from './stores.ts';

const PER_SECOND = 2000;
/** Of the design. Units: milliseconds. */
const MOST = 250;
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
/** Edges of the histogram that is kept. Units: milliseconds. */
const EDGES = [5, 10, 20, 30, 50, 75, 100, 150, 250, 500, 1000] as const;

/** Gives a finding for the stream and one for the webhook. */
export async function lagOf(bench: Bench, store: StoreName): Promise<Finding[]> {
  const redis = store === 'Redis' ? await startRedis(bench) : null;
  const hooked: number[] = [];
  const receiver = await receive(bench, hooked);
  const secret = { env: 'BENCH_SECRET' };
  const webhooks = [{ name: 'bench', url: `${receiver}/events`, secret, batch: 100 }];
  const server = await startServer(bench, {
    ...(redis && { store: redis.location }),
    env: {
      RS_CONFIG: policyFile(bench, { defaults: { events: true }, apps: { [APP]: { webhooks } } }),
      RS_WEBHOOK_NETWORKS: '127.0.0.0/8',
      BENCH_SECRET: SECRET,
      RS_LOGLEVEL: 'error',
    },
  });
  const streamed: number[] = [];
  const source = new EventSource(`${server.url}/v1/apps/${APP}/events`);
  bench.after(() => source.close());
  source.addEventListener('message', ({ data }) => streamed.push(lagSince(data)));
  await once(source as unknown as EventTarget, 'open');
  const load = { url: server.url, script: 'create-end.lua' };
  await drive({ ...load, args: [APP, `${PER_SECOND}`], seconds: 3 });
  await quiet(streamed, hooked);
  for (const lags of [streamed, hooked]) lags.length = 0;
  const { requests, seconds } = await drive({
    ...load,
    args: [APP, `${PER_SECOND}`],
    seconds: bench.seconds * bench.rounds,
  });
  await quiet(streamed, hooked);
  const offered = requests / seconds;
  return [
    finding(`${store}: commit → stream, p99`, streamed, offered),
    finding(`${store}: commit → webhook, p99`, hooked, offered),
  ];
}

function finding(what: string, lags: readonly number[], perSecond: number): Finding {
  const sorted = [...lags].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  const histogram = EDGES.map((edge) => sorted.filter((lag) => lag <= edge).length);
  return {
    target: 'E3',
    what,
    unit: 'ms',
    ours: at(0.99),
    peer: null,
    ratio: null,
    goal: { bound: 'at most', value: MOST },
    spread: [at(0), at(1)],
    note: `${what}: ${number(sorted.length)} events at ${number(perSecond)}/s; p50 ${at(0.5)} ms, p90 ${at(0.9)} ms`,
    details: { edges: EDGES, upTo: histogram, p50: at(0.5), p90: at(0.9) },
  };
}

/** Starts a receiver of webhooks. Gives its URL. */
async function receive(bench: Bench, lags: number[]): Promise<string> {
  const webhook = new Webhook(SECRET);
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    webhook.verify(body, request.headers as Record<string, string>);
    const told: unknown = JSON.parse(body);
    for (const event of Array.isArray(told) ? told : [told]) lags.push(lagSince(JSON.stringify(event)));
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function lagSince(text: string): number {
  return Date.now() - Date.parse((JSON.parse(text) as { time: string }).time);
}

/** Resolves when nothing more comes. */
async function quiet(...lists: readonly (readonly number[])[]): Promise<void> {
  const count = () => lists.reduce((sum, { length }) => sum + length, 0);
  for (let before = -1; before !== count(); ) {
    before = count();
    await delay(1500);
  }
}

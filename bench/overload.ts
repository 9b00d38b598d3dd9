/**
 * `npm run overload`: twice as many requests as the server can do, for a minute, whether or not they are answered (G12).
 * First what it can do (64 connections that wait), then what is usual (half of that, open loop), then the flood. Exit code
 * 1: the p99 of what was served is more than twice what it is under as much as it can do, an answer is missing, or memory
 * grew.
 */
import { parseArgs } from 'node:util';
import { type Outcome, openLoop } from '../packages/server/test/support/open-loop.ts';
import { startNode, temporaryFolder } from './process.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, concurrent: { type: 'string', default: '64' } },
});
const seconds = Number(values.seconds);
const MEBIBYTE = 1024 * 1024;
/** What a process may keep of a flood: buffers of a thousand connections and what the collector has not yet looked at. */
const GROWTH = 100 * MEBIBYTE;
/** Enough that a client whose connection rests is never the next to be due. */
const CONNECTIONS = 4000;

const cleanups: (() => unknown)[] = [];
const bench = { after: (fn: () => unknown) => void cleanups.push(fn) };
let user = 0;
const next = () =>
  `PUT /shop/create/u${user++ % 50_000}?ip=1.1.1.1&ttl=30 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;

try {
  process.exitCode = await overload();
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}

async function overload(): Promise<number> {
  const server = await startNode(bench, ['packages/server/dist/cli/main.js'], {
    RS_PORT: '0',
    RS_STORE: `lmdb:${temporaryFolder(bench)}`,
    RS_MAX_CONCURRENT: values.concurrent,
  });
  const port = Number(new URL(server.url).port);
  const load = (perSecond: number, time: number, connections: number) =>
    openLoop({ port, perSecond, seconds: time, connections, next });
  // All due at once on few connections: as fast as they are answered.
  const burst = 20_000;
  const begin = performance.now();
  await load(burst * 1000, 1 / 1000, 64);
  const capacity = Math.round((burst * 1000) / (performance.now() - begin));
  const usual = await load(capacity / 2, 5, CONNECTIONS);
  const full = await load(capacity, 5, CONNECTIONS);
  const before = server.memory();
  const flood = await load(capacity * 2, seconds, CONNECTIONS);
  const grown = server.memory() - before;
  say('capacity', `${capacity} creates/s`);
  say('half of it', words(usual));
  say('all of it', words(full));
  say('twice of it', words(flood));
  say('memory', `${(grown / MEBIBYTE).toFixed(0)} MiB more than before`);
  const calm = flood.p99(200) <= 2 * full.p99(200);
  return calm && flood.lost === 0 && flood.bare === 0 && grown < GROWTH ? 0 : 1;
}

function words({ statuses, p99, lost }: Outcome): string {
  const parts = [...statuses].sort().map(([status, n]) => `${n} × ${status} (p99 ${p99(status).toFixed(1)} ms)`);
  return `${parts.join(', ')}, ${lost} lost`;
}

function say(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(12)} ${text}\n`);
}

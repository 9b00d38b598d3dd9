/**
 * `npm run overload`: twice as many requests as the server can do, for a minute, whether or not they are answered (G12).
 * First what it can do (64 connections that wait), then what is usual (half of that, open loop), then the flood: of clients
 * that wait when they are told to, and for a quarter of the time of clients that do not. Exit code 1: the p99 of what was
 * served is more than twice what it is under as much as it can do, an answer is missing, memory goes on growing, or
 * clients that do not wait leave less than half of what it can do.
 */
import { parseArgs } from 'node:util';
import { type Outcome, openLoop } from '../packages/server/test/support/open-loop.ts';
import { startNode, temporaryFolder } from './process.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, concurrent: { type: 'string', default: '64' } },
});
const seconds = Number(values.seconds);
const MEBIBYTE = 1024 * 1024;
/** By how much the second half of a flood may find the process larger than the first half left it. */
const GROWTH = 50 * MEBIBYTE;
const CONNECTIONS = 4000;

const cleanups: (() => unknown)[] = [];
const bench = { after: (fn: () => unknown) => void cleanups.push(fn) };
let user = 0;
const next = () => `PUT /shop/create/u${user++ % 50_000}?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`;

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
  const load = (perSecond: number, time: number, connections: number, unruly = false) =>
    openLoop({ port, perSecond, seconds: time, connections, next, unruly });
  // All due at once on few connections: as fast as they are answered.
  const burst = 20_000;
  const begin = performance.now();
  await load(burst * 1000, 1 / 1000, 64);
  const capacity = Math.round((burst * 1000) / (performance.now() - begin));
  const usual = await load(capacity / 2, 5, CONNECTIONS);
  const full = await load(capacity, 5, CONNECTIONS);
  const before = server.ownMemory();
  const first = await load(capacity * 2, seconds / 2, CONNECTIONS);
  const middle = server.ownMemory();
  const second = await load(capacity * 2, seconds / 2, CONNECTIONS);
  const end = server.ownMemory();
  const unruly = await load(capacity * 2, seconds / 4, CONNECTIONS, true);
  say('capacity', `${capacity} creates/s`);
  say('half of it', words(usual));
  say('all of it', words(full));
  say('twice of it', words(first));
  say('', words(second));
  say('unruly', words(unruly));
  const grown = [middle - before, end - middle].map((bytes) => `${(bytes / MEBIBYTE).toFixed(0)} MiB`);
  say('memory', `${grown.join(' more after the first half, ')} more after the second`);
  const calm = [first, second].every((flood) => flood.p99(200) <= 2 * full.p99(200));
  const complete = [first, second].every(({ lost, bare }) => lost === 0 && bare === 0);
  const goesOn = (unruly.statuses.get(200) ?? 0) > (capacity * seconds) / 4 / 2;
  return calm && complete && goesOn && end - middle < GROWTH ? 0 : 1;
}

function words({ statuses, p99, lost, held }: Outcome): string {
  const parts = [...statuses].sort().map(([status, n]) => `${n} × ${status} (p99 ${p99(status).toFixed(1)} ms)`);
  return `${parts.join(', ')}, ${held} waited as told, ${lost} lost`;
}

function say(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(12)} ${text}\n`);
}

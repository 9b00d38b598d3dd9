/**
 * `npm run garbage`: what a megabyte a second of bytes that are no request costs another client of the same server. Prints
 * the p99 of that client's reads before and during each flood. Exit code 1: one is more than twice the p99 before (G11).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../packages/server/test/support/client.ts';
import { flood, GARBAGE } from '../packages/server/test/support/garbage.ts';
import { startNode, temporaryFolder } from './process.ts';

const ROUNDS = 500;
const cleanups: (() => unknown)[] = [];
const bench = { after: (fn: () => unknown) => void cleanups.push(fn) };

try {
  for (const kind of GARBAGE) if (!(await measure(kind))) process.exitCode = 1;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}

async function measure({ what, head, piece }: (typeof GARBAGE)[number]): Promise<boolean> {
  const server = await startNode(bench, ['packages/server/dist/cli/main.js'], {
    RS_PORT: '0',
    RS_STORE: `lmdb:${temporaryFolder(bench)}`,
  });
  const client = new Client(server.url);
  cleanups.push(() => client.close());
  const token = await client.create('shop', 'me');
  await p99(client, token);
  const before = await p99(client, token);
  let over = false;
  const sent = flood(Number(new URL(server.url).port), head, piece, () => over);
  const during = await p99(client, token);
  over = true;
  await sent.ended;
  const megabytes = (sent.bytes / 1024 / 1024).toFixed(1);
  process.stdout.write(
    `${what.padEnd(22)} p99 ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during (${megabytes} MiB)\n`,
  );
  return during <= 2 * before;
}

async function p99(client: Client, token: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const begin = performance.now();
    await client.send('GET', `/shop/get/${token}`);
    times.push(performance.now() - begin);
    await sleep(4);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS * 0.99)]!;
}

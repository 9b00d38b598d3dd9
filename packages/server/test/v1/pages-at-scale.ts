/**
 * P6 by way of v1: `npm run pages`. How long a page of an app with 100,000 sessions and the list of a user's ten take in
 * the server, at any depth, store by store. Takes a minute, so it is no test; it ends with 1 when a median misses its
 * target, which on a busy machine says little: the CPU time beside it moves less.
 */

import { Client } from '../support/client.ts';
import { V1 } from './harness.ts';
import { LOCAL_STORES, serveLocally } from './local.ts';

const SESSIONS = 100_000;
const PER_USER = 10;
const TIMES = 200;
const HOUR = 3_600_000;

interface Figures {
  readonly what: string;
  /** Units: milliseconds. */
  readonly target: number;
  readonly times: number[];
  readonly cpu: number;
}

/** Does work again and again; wall time of each, CPU time of this process (client and server) on average. */
async function measured(
  what: string,
  target: number,
  times: number,
  work: (i: number) => Promise<unknown>,
): Promise<Figures> {
  for (let i = 0; i < 20; i++) await work(i);
  const before = process.cpuUsage();
  const taken: number[] = [];
  for (let i = 0; i < times; i++) {
    const begin = performance.now();
    await work(i);
    taken.push(performance.now() - begin);
  }
  const { user, system } = process.cpuUsage(before);
  return { what, target, times: taken.sort((a, b) => a - b), cpu: (user + system) / 1000 / times };
}

let missed = 0;
for (const [name, open] of Object.entries(LOCAL_STORES)) {
  const ends: (() => unknown)[] = [];
  const cleanup = { after: (end: () => unknown) => void ends.unshift(end) };
  const server = await serveLocally(cleanup, await open(cleanup));
  const client = new Client(server.url);
  const app = new V1(client, 'walk');
  await server.fill('walk', SESSIONS, (i) => `user${Math.floor(i / PER_USER)}`, HOUR);
  const cursors = [''];
  for (let cursor: string | null = ''; cursor !== null; ) {
    cursor = (await app.list(`?view=ids&limit=1000${cursor && `&cursor=${cursor}`}`)).json.cursor;
    if (cursor !== null) cursors.push(`&cursor=${cursor}`);
  }
  const page = (limit: number) => async (i: number) => {
    const { json } = await app.list(`?limit=${limit}${cursors[(i * 37) % cursors.length]}`);
    if (json.sessions.length !== limit) throw new Error(`a page of ${json.sessions.length}`);
  };
  const figures = [
    await measured('the 10 sessions of a user', 1.5, TIMES, async (i) => {
      const { json } = await app.ofSubject(`user${(i * 7919) % (SESSIONS / PER_USER)}`);
      if (json.sessions.length !== PER_USER) throw new Error(`${json.sessions.length} sessions`);
    }),
    await measured('a page of 50, any depth', 10, TIMES, page(50)),
    await measured('a page of 100, any depth', 10, TIMES, page(100)),
    await measured('a page of 1,000, any depth', Number.POSITIVE_INFINITY, TIMES / 10, page(1000)),
  ];
  for (const { what, target, times, cpu } of figures) {
    const at = (share: number) => times[Math.floor((times.length - 1) * share)]!.toFixed(2);
    if (Number(at(0.5)) > target) missed++;
    const goal = Number.isFinite(target) ? `, at most ${target}` : '';
    console.log(
      `${name}: ${what}: ${at(0.5)} ms median (p99 ${at(0.99)}, best ${at(0)}, CPU ${cpu.toFixed(2)}${goal})`,
    );
  }
  client.close();
  for (const end of ends) await end();
}
process.exitCode = missed > 0 ? 1 : 0;

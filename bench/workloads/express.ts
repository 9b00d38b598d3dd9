/**
 * A web application as users of Node have it: Express and express-session, with its sessions on our server or by connect-redis, on a
 * Redis each. The CPU is that of all processes: the application, our server and Redis.
 *
 * connect-redis speaks to Redis itself, so it has a process less, and no HTTP. What is bought with that is said beside it: what is left
 * of twenty changes at once.
 */
import { tokenFile } from '../contenders.ts';
import { itemsKept, logIn, startExpress } from '../express.ts';
import { startServer } from '../process.ts';
import { startRedis } from '../redis.ts';
import { median, type Round, rate, storeCpu, takeTurns, totalCpu } from '../rounds.ts';
import { number } from '../table.ts';
import type { Bench, Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';

const SESSIONS = 1000;
const AT_ONCE = 20;
/** How much more an application may pay in all for what it gets. */
const MOST = 4;

export const express: Workload = {
  target: 'express',
  what: 'pages of Express with express-session: CPU of application + server + Redis, beside connect-redis',
  run: async (bench) => {
    const sides = [await startOurs(bench), await startTheirs(bench)];
    const kept = await Promise.all(sides.map(({ process }) => itemsKept(process, AT_ONCE)));
    const note = `of ${AT_ONCE} requests at once that each add an item, ${kept[0]} are kept; connect-redis: ${kept[1]}`;
    const findings: Finding[] = [];
    for (const [path, what] of [
      ['/view', 'unchanged page view'],
      ['/change', 'page that changes the session'],
    ] as const) {
      const load = (file: string) => ({ script: 'get.lua', args: [file, '0', path, 'Cookie: connect.sid={}'] });
      const taken = await takeTurns(
        bench,
        sides.map(({ name, process, stores, file }) => ({ name, process, stores, load: load(file) })),
      );
      findings.push(...findingsOf(what, taken[0]!, taken[1]!, note));
    }
    return { findings };
  },
};

async function startOurs(bench: Bench) {
  const redis = await startRedis(bench);
  const server = await startServer(bench, { store: redis.location });
  const process = await startExpress(bench, { sessionsUrl: server.url });
  return { name: 'ours', process, stores: [server, redis], file: await cookies(bench, process) };
}

async function startTheirs(bench: Bench) {
  const redis = await startRedis(bench);
  const process = await startExpress(bench, { redisPort: redis.port });
  return { name: 'connect-redis', process, stores: [redis], file: await cookies(bench, process) };
}

async function cookies(bench: Bench, process: Parameters<typeof logIn>[0]): Promise<string> {
  const found: string[] = [];
  while (found.length < SESSIONS) found.push(await logIn(process));
  return tokenFile(bench, found);
}

function findingsOf(what: string, ours: readonly Round[], peer: readonly Round[], note: string): Finding[] {
  const sides = { target: express.target, ours, peer, name: 'connect-redis' };
  const parts = (rounds: readonly Round[]) =>
    `${number(median(rounds.map(({ cpu }) => cpu)))} + ${number(median(rounds.map(storeCpu)))} µs, ${number(median(rounds.map(rate)))}/s`;
  const cpu = compare({ ...sides, what: `${what}: CPU of application + server + Redis`, of: totalCpu, most: MOST });
  const p99 = compare({ ...sides, what: `${what}: p99 with 64 connections`, of: (round) => round.p99, most: MOST });
  return [
    { ...cpu, note: `${what}: application + the rest: ours ${parts(ours)}; connect-redis ${parts(peer)}; ${note}` },
    { ...p99, unit: 'ms' },
  ];
}

/**
 * An unchanged page view of each platform, with its sessions on our server or on Redis itself, as the platform usually has them. The CPU is
 * that of all processes: the application, what stands before it, our server and Redis.
 *
 * The peers speak to Redis themselves, so they have a process less, and no HTTP. They know no device lists, no end of all sessions of a user, and of
 * two pages at once they keep what the later one wrote.
 */
import { tokenFile } from '../contenders.ts';
import { logIn, missingFor, PLATFORMS, type Platform } from '../platforms.ts';
import { startServer } from '../process.ts';
import { startRedis } from '../redis.ts';
import { median, type Round, rate, type Side, storeCpu, takeTurns, totalCpu } from '../rounds.ts';
import { number } from '../table.ts';
import type { Bench, Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';

const SESSIONS = 200;
const AT_ONCE = 8;
/** How much more a page view may cost in all for what it gets. */
const MOST = 4;

export const platforms: Workload = {
  target: 'platforms',
  what: 'a page view of PHP, Django, Rack, Go and Spring: CPU of application + server + Redis, beside the usual Redis session',
  run: async (bench) => {
    const findings: Finding[] = [];
    for (const platform of PLATFORMS) {
      const missing = missingFor(platform);
      if (missing.length > 0) {
        bench.miss(`platforms: ${platform.name} is not measured (apt-get install ${missing.join(' ')})`);
        continue;
      }
      bench.say(`  ${platform.name}`);
      platform.prepare?.(bench);
      const [ours, theirs] = await takeTurns(bench, [
        await startOurs(bench, platform),
        await startTheirs(bench, platform),
      ]);
      findings.push(...findingsOf(platform, ours!, theirs!));
    }
    return { findings };
  },
};

async function startOurs(bench: Bench, platform: Platform): Promise<Side> {
  const redis = await startRedis(bench);
  const server = await startServer(bench, { store: redis.location });
  const process = await platform.start(bench, { sessionsUrl: server.url });
  return { name: 'ours', process, stores: [server, redis], load: await views(bench, process) };
}

async function startTheirs(bench: Bench, platform: Platform): Promise<Side> {
  const redis = await startRedis(bench);
  const process = await platform.start(bench, { redisPort: redis.port });
  return { name: platform.peer, process, stores: [redis], load: await views(bench, process) };
}

async function views(bench: Bench, process: Parameters<typeof logIn>[0]): Promise<Side['load']> {
  const cookies: string[] = [];
  const some = async () => {
    while (cookies.length < SESSIONS) cookies.push(await logIn(process));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, some));
  return { script: 'get.lua', args: [tokenFile(bench, cookies), '0', '/view', 'Cookie: {}'] };
}

function findingsOf({ name, peer: peerName }: Platform, ours: readonly Round[], peer: readonly Round[]): Finding[] {
  const sides = { target: platforms.target, ours, peer, name: peerName, most: MOST };
  const parts = (rounds: readonly Round[]) =>
    `${number(median(rounds.map(({ cpu }) => cpu)))} + ${number(median(rounds.map(storeCpu)))} µs, ${number(median(rounds.map(rate)))}/s`;
  const cpu = compare({ ...sides, what: `${name}, unchanged page view: CPU of all`, of: totalCpu });
  const p99 = compare({ ...sides, what: `${name}: p99 with 64 connections`, of: (round) => round.p99 });
  return [
    { ...cpu, note: `${name}: application + the rest: ours ${parts(ours)}; ${peerName} ${parts(peer)}` },
    { ...p99, unit: 'ms' },
  ];
}

/**
 * Two workers against one process, on two cores: reads on the embedded store, those that touch (each moves a deadline, which is written within a
 * second) and those that do not, reads on Redis, and writes on the embedded store. On a machine of
 * two cores the load generator and Redis take a part of what the second worker is for, so the rate of two workers is counted by the
 * CPU that was left for them: rate × cores ÷ (cores − what the others took). One process does not come near two cores: its own rate is its rate.
 *
 * That needs a machine with nothing else to do. The CPU of a request beside it holds on a busy one, too: where it is the same for one and
 * for two, nothing but a lock or the disk can keep two from twice the rate.
 */
import { availableParallelism } from 'node:os';
import { type Ask, CLASSIC, reads, tokenFile, V1 } from '../contenders.ts';
import { fillEmbedded, fillOurs } from '../fill.ts';
import { startServer, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { median, type Round, rate, type Side, spread, storeCpu, takeTurns } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

const SESSIONS = { count: 10_000, data: DATA };
const CORES = 2;
const GOAL = 1.7;

export const workers: Workload = {
  target: 'workers',
  what: 'two workers against one process, on two cores: rate by the CPU that was left for them',
  run: async (bench) => {
    if (availableParallelism() < CORES) {
      bench.miss('workers: this machine has one core');
      return { findings: [] };
    }
    const findings: Finding[] = [];
    for (const [what, make] of [
      ['reads, embedded store', (bench, count) => readsEmbedded(bench, count, CLASSIC)],
      ['reads that do not touch, embedded store', (bench, count) => readsEmbedded(bench, count, V1)],
      ['reads, Redis', readsRedis],
      ['creates and sets, embedded store', writesEmbedded],
    ] satisfies [string, (bench: Bench, count: string) => Promise<Side>][]) {
      const sides = [await make(bench, '1'), await make(bench, '2')];
      const [one, two] = await takeTurns(bench, sides);
      for (const { process } of sides) await process.stop();
      findings.push(finding(what, one!, two!));
    }
    return { findings };
  },
};

async function readsEmbedded(bench: Bench, count: string, ask: Ask): Promise<Side> {
  const folder = temporaryFolder(bench);
  const file = tokenFile(bench, await fillEmbedded(folder, SESSIONS));
  const process = await startServer(bench, { store: `lmdb:${folder}`, env: { RS_WORKERS: count } });
  return { name: `${count} on LMDB`, process, load: reads(ask, file) };
}

async function readsRedis(bench: Bench, count: string): Promise<Side> {
  const redis = await startRedis(bench);
  const url = `redis://127.0.0.1:${redis.port}`;
  const file = tokenFile(bench, await fillOurs(url, SESSIONS));
  const process = await startServer(bench, { store: url, env: { RS_WORKERS: count } });
  return { name: `${count} on Redis`, process, stores: [redis], load: reads(CLASSIC, file) };
}

async function writesEmbedded(bench: Bench, count: string): Promise<Side> {
  const process = await startServer(bench, { env: { RS_WORKERS: count } });
  return { name: `${count} writing`, process, load: { script: 'create-set.lua', args: [APP, DATA] } };
}

/** Gives how many cores the load generator and the store took. */
function takenByOthers(round: Round): number {
  return (round.loadCpu + storeCpu(round) * round.requests) / (round.seconds * 1e6);
}

function finding(what: string, one: readonly Round[], two: readonly Round[]): Finding {
  const rates = two.map((round) => (rate(round) * CORES) / (CORES - takenByOthers(round)));
  const ratios = rates.map((each, i) => each / rate(one[i]!));
  const cpu = (rounds: readonly Round[]) => median(rounds.map((round) => round.cpu));
  const used = (rounds: readonly Round[]) => median(rounds.map((round) => (rate(round) * round.cpu) / 1e6));
  // Nobody gets more out of the cores than what one process leaves of them, at what a request costs two.
  const ceiling = (CORES / used(one)) * (cpu(one) / cpu(two));
  return {
    target: 'workers',
    what,
    unit: '/s',
    ours: median(rates),
    peer: { name: 'one process', value: median(one.map(rate)) },
    ratio: median(ratios),
    goal: { bound: 'at least', value: GOAL },
    spread: spread(ratios),
    note: `as measured, beside the load: ${number(median(two.map(rate)))}/s, with ${number(used(two))} cores of the server's own (one process: ${number(used(one))}); CPU a request ${number(cpu(two))} µs, of one process ${number(cpu(one))}; so the most that ${CORES} cores can give is ${number(ceiling)} ×`,
    details: {
      perSecond: two.map(rate),
      onePerSecond: one.map(rate),
      cpu: two.map((round) => round.cpu),
      oneCpu: one.map((round) => round.cpu),
      takenByOthers: two.map(takenByOthers),
      ceiling,
    },
  };
}

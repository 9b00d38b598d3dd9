/**
 * P4: a working day on Redis: 80 % reads, 10 % sets, 5 % creates, 5 % ends. First as much as goes, for the CPU of a
 * request; then both under the same load, what the predecessor carried before, for how long requests take.
 */
import { startOurs, startTheirs, tokenFile } from '../contenders.ts';
import { median, type Round, rate, spread, storeCpu, takeTurns, totalCpu } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';

/** More than any round ends. */
const FILLING = { count: 50_000, data: DATA };
export const p4: Workload = {
  target: 'P4',
  what: 'mix on Redis: CPU a request, latency under the same load',
  run: async (bench) => {
    const stacks = await Promise.all([startOurs(bench, FILLING), startTheirs(bench, FILLING)]);
    // A round ends sessions that the next one must not ask for.
    const shares = stacks.map(({ tokens }) => share(tokens, 2 * (bench.rounds + 1)));
    const takeAll = (perSecond: number, from: number) =>
      takeTurns(
        bench,
        stacks.map(({ name, process, redis }, i) => ({
          name,
          process,
          stores: [redis],
          load: (round) => ({
            script: 'mix.lua',
            args: [APP, tokenFile(bench, shares[i]![from + round]!), DATA, `${perSecond}`],
          }),
        })),
        from > 0,
      );
    const [ours, theirs] = await takeAll(0, 0);
    const what = 'mix on Redis: CPU of server and Redis';
    const cpu = compare({
      target: p4.target,
      what,
      of: totalCpu,
      ours: ours!,
      peer: theirs!,
      name: '2.x',
      most: 1 / 4,
    });
    const parts = (rounds: readonly Round[]) =>
      `${number(median(rounds.map((round) => round.cpu)))} + ${number(median(rounds.map(storeCpu)))} µs, ${number(median(rounds.map(rate)))}/s`;
    const note = `server + Redis: ours ${parts(ours!)}; 2.x ${parts(theirs!)}`;
    const offered = Math.floor(median(theirs!.map(rate)));
    const [own, peer] = await takeAll(offered, bench.rounds + 1);
    return { findings: [{ ...cpu, note }, latencyFinding(own!, peer!, offered)] };
  },
};

function latencyFinding(ours: readonly Round[], theirs: readonly Round[], offered: number): Finding {
  const ratios = ours.map(({ p99 }, i) => p99 / theirs[i]!.p50);
  return {
    target: p4.target,
    what: `mix on Redis, ${number(offered)}/s offered to both: our p99, their p50`,
    unit: 'ms',
    ours: median(ours.map(({ p99 }) => p99)),
    peer: { name: '2.x, p50', value: median(theirs.map(({ p50 }) => p50)) },
    ratio: median(ratios),
    goal: { bound: 'at most', value: 1 },
    spread: spread(ratios),
    note: '',
    details: {
      offered,
      p50: ours.map(({ p50 }) => p50),
      p99: ours.map(({ p99 }) => p99),
      peerP50: theirs.map(({ p50 }) => p50),
      peerP99: theirs.map(({ p99 }) => p99),
    },
  };
}

/** Deals a list into so many of the same length. */
function share(tokens: readonly string[], parts: number): string[][] {
  const length = Math.floor(tokens.length / parts);
  return Array.from({ length: parts }, (_, i) => tokens.slice(i * length, (i + 1) * length));
}

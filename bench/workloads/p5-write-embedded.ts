/**
 * P5: creates and sets on the embedded store, half and half. Each is answered once it is on the disk; what carries the
 * rate is that all that waits for the disk goes there together. A bare put into LMDB in the same run tells what the disk gave.
 */
import { startPeer, startServer, temporaryFolder } from '../process.ts';
import { latency, median, type Round, rate, spread, takeTurns } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';

export const p5: Workload = {
  target: 'P5',
  what: 'create + set, embedded store, each on the disk: rate',
  run: async (bench) => {
    const server = await startServer(bench);
    const load = { script: 'create-set.lua', args: [APP, DATA] };
    const bare = await startPeer(bench, 'lmdb-put.ts', { FOLDER: temporaryFolder(bench) });
    const [rounds, puts] = await takeTurns(bench, [
      { name: 'ours', process: server, load },
      { name: 'a bare put', process: bare, load },
    ]);
    const rates = rounds!.map(rate);
    const finding: Finding = {
      target: p5.target,
      what: p5.what,
      unit: '/s',
      ours: median(rates),
      peer: null,
      ratio: null,
      goal: { bound: 'at least', value: 10_000 },
      spread: spread(rates),
      note: `${latency(rounds!)}; ${number(median(rounds!.map(({ cpu }) => cpu)))} µs of CPU a request; node:http and a bare put did ${number(median(puts!.map(rate)))}/s beside it, ours ${number(share(rounds!, puts!))} of that`,
      details: {
        perSecond: rates,
        barePerSecond: puts!.map(rate),
        cpu: rounds!.map(({ cpu }) => cpu),
        p50: rounds!.map(({ p50 }) => p50),
        p99: rounds!.map(({ p99 }) => p99),
      },
    };
    return [finding];
  },
};

function share(ours: readonly Round[], bare: readonly Round[]): number {
  return median(ours.map((round, i) => rate(round) / rate(bare[i]!)));
}

/**
 * P5: creates and sets on the embedded store, half and half, into an empty store and into a large one. Each is answered once
 * it is on the disk; what carries the rate is that all that waits for the disk goes there together. A bare put into LMDB in
 * the same run tells what the disk gave.
 */
import { fillEmbedded } from '../fill.ts';
import { startPeer, startServer, temporaryFolder } from '../process.ts';
import { latency, median, type Round, rate, spread, takeTurns } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';

export const p5: Workload = {
  target: 'P5',
  what: 'create + set, embedded store, each on the disk: rate',
  run: async (bench) => {
    const folder = temporaryFolder(bench);
    await fillEmbedded(folder, { count: bench.many, data: DATA });
    const load = { script: 'create-set.lua', args: [APP, DATA] };
    const [small, large, puts] = await takeTurns(bench, [
      { name: 'empty', process: await startServer(bench), load },
      { name: 'large', process: await startServer(bench, { store: `lmdb:${folder}` }), load },
      { name: 'a bare put', process: await startPeer(bench, 'lmdb-put.ts', { FOLDER: temporaryFolder(bench) }), load },
    ]);
    const many = bench.many.toLocaleString('en-US');
    return {
      findings: [finding(p5.what, small!, puts!), finding(`${p5.what}, at ${many} sessions`, large!, puts!)],
    };
  },
};

function finding(what: string, rounds: readonly Round[], puts: readonly Round[]): Finding {
  const rates = rounds.map(rate);
  const share = median(rounds.map((round, i) => rate(round) / rate(puts[i]!)));
  return {
    target: p5.target,
    what,
    unit: '/s',
    ours: median(rates),
    peer: null,
    ratio: null,
    goal: { bound: 'at least', value: 10_000 },
    spread: spread(rates),
    note: `${latency(rounds)}; ${number(median(rounds.map(({ cpu }) => cpu)))} µs of CPU a request; node:http and a bare put did ${number(median(puts.map(rate)))}/s beside it, ours ${number(share)} of that`,
    details: {
      perSecond: rates,
      barePerSecond: puts.map(rate),
      cpu: rounds.map(({ cpu }) => cpu),
      p50: rounds.map(({ p50 }) => p50),
      p99: rounds.map(({ p99 }) => p99),
    },
  };
}

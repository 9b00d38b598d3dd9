/**
 * P5: creates and sets on the embedded store, half and half. Each is answered once it is on the disk; what carries the
 * rate is that all that waits for the disk goes there together.
 */
import { startServer } from '../process.ts';
import { latency, median, rate, spread, takeTurns } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import type { Finding, Workload } from '../workload.ts';

export const p5: Workload = {
  target: 'P5',
  what: 'create + set, embedded store, each on the disk: rate',
  run: async (bench) => {
    const server = await startServer(bench);
    const load = { script: 'create-set.lua', args: [APP, DATA] };
    const [rounds] = await takeTurns(bench, [{ name: 'ours', process: server, load }]);
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
      note: `${latency(rounds!)}; ${median(rounds!.map(({ cpu }) => cpu)).toFixed(1)} µs of CPU a request`,
      details: {
        perSecond: rates,
        cpu: rounds!.map(({ cpu }) => cpu),
        p50: rounds!.map(({ p50 }) => p50),
        p99: rounds!.map(({ p99 }) => p99),
      },
    };
    return [finding];
  },
};

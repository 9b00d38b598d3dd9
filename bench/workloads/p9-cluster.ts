/**
 * P9: the same reads on a Cluster of three masters and on one server. In a Cluster a script call has one slot, so fewer
 * reads share one; what that costs is asked here, and whether the masters carry alike.
 */
import { CLASSIC, checkRead, reads, startOurs, tokenFile } from '../contenders.ts';
import { fillOurs } from '../fill.ts';
import { startServer } from '../process.ts';
import { hitsOf, startCluster } from '../redis.ts';
import { median, rate, spread, storeCpu, takeTurns } from '../rounds.ts';
import { DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';

const FILLING = { count: 10_000, data: DATA };

export const p9: Workload = {
  target: 'P9',
  what: 'classic GET on a Cluster of 3 masters, 10,000 sessions',
  run: async (bench) => {
    const single = await startOurs(bench, FILLING);
    const cluster = await startCluster(bench);
    const tokens = await fillOurs(cluster.location, FILLING);
    const process = await startServer(bench, { store: cluster.location });
    await checkRead(process, CLASSIC, tokens[0]!);
    const before = await hitsOf(cluster.masters);
    const load = (list: readonly string[]) => reads(CLASSIC, tokenFile(bench, list));
    const [ours, alone] = await takeTurns(bench, [
      { name: 'Cluster', process, stores: cluster.masters, load: load(tokens) },
      { name: 'one server', process: single.process, stores: [single.redis], load: load(single.tokens) },
    ]);
    const after = await hitsOf(cluster.masters);
    const looked = after.map((hits, i) => hits - before[i]!);
    const mean = looked.reduce((sum, hits) => sum + hits, 0) / looked.length;
    const off = looked.map((hits) => (100 * Math.abs(hits - mean)) / mean);
    const cpu = compare({
      target: p9.target,
      what: 'classic GET on a Cluster of 3: CPU of the server',
      of: (round) => round.cpu,
      ours: ours!,
      peer: alone!,
      name: 'one Redis',
      most: 1.2,
    });
    const redis = [ours!, alone!].map((rounds) => number(median(rounds.map(storeCpu))));
    const findings: Finding[] = [
      {
        ...cpu,
        note: `Redis ${redis.join(' and ')} µs; ${[ours!, alone!].map((r) => number(median(r.map(rate)))).join(' and ')}/s`,
      },
      {
        target: p9.target,
        what: 'load of a master beside the mean of three: the furthest off',
        unit: '%',
        ours: Math.max(...off),
        peer: null,
        ratio: null,
        goal: { bound: 'at most', value: 10 },
        spread: spread(off),
        note: '',
        details: { looked },
      },
    ];
    return { findings };
  },
};

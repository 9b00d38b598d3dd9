/**
 * P7: all sessions of a large app end, by the classic route, while others go on reading another app; on Redis and on the
 * embedded store. The short form has fewer sessions and as much less time for them.
 */
import { firstToken } from '../contenders.ts';
import { fillEmbedded, fillOurs } from '../fill.ts';
import { type Running, startServer, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { APP, createSessions, DATA } from '../sessions.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

const OTHER_APP = 'others';
const READERS = 8;
/** What a million may take. Units: seconds. */
const GOAL = 10;
const MILLION = 1_000_000;

export const p7: Workload = {
  target: 'P7',
  what: 'end all sessions of an app',
  run: async (bench) => {
    const filling = { count: bench.many, data: DATA };
    const redis = await startRedis(bench);
    await fillOurs(redis.location, filling);
    const onRedis = await endAll(bench, 'Redis', await startServer(bench, { store: redis.location }));
    const folder = temporaryFolder(bench);
    await fillEmbedded(folder, filling);
    const onEmbedded = await endAll(bench, 'embedded', await startServer(bench, { store: `lmdb:${folder}` }));
    return { findings: [...onRedis, ...onEmbedded] };
  },
};

async function endAll(bench: Bench, where: string, server: Running): Promise<Finding[]> {
  const token = firstToken(await createSessions(bench, server, READERS, OTHER_APP));
  const waits: number[] = [];
  let ending = true;
  const readers = Array.from({ length: READERS }, async () => {
    while (ending) {
      const begin = performance.now();
      const text = await (await fetch(`${server.url}/${OTHER_APP}/get/${token}`)).text();
      if (!text.includes('"d":')) throw new Error(`a read beside it answered ${text}`);
      waits.push(performance.now() - begin);
    }
  });
  const end = async () => {
    const begin = performance.now();
    const answer = await (await fetch(`${server.url}/${APP}/killall`, { method: 'DELETE' })).text();
    ending = false;
    return { answer, seconds: (performance.now() - begin) / 1000 };
  };
  const [{ answer, seconds }] = await Promise.all([end(), ...readers]);
  if (answer !== `{"kill":${bench.many}}`) throw new Error(`killall answered ${answer}`);
  waits.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => waits[Math.floor(waits.length * share)]!) as [number, number];
  const common = { target: p7.target, peer: null, ratio: null, note: '', details: { reads: waits.length, p50 } };
  const what = `end all of an app of ${bench.many.toLocaleString('en-US')}, ${where}`;
  const atMost = (value: number) => ({ bound: 'at most', value }) as const;
  const most = (GOAL * bench.many) / MILLION;
  return [
    { ...common, what, unit: 's', ours: seconds, goal: atMost(most), spread: [seconds, seconds] },
    { ...common, what: `${what}: p99 of others`, unit: 'ms', ours: p99, goal: atMost(20), spread: [p50, p99] },
  ];
}

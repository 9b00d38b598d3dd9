/**
 * P8: what a session takes in Redis, against the predecessor's layout: 100,000 sessions of as many users into an empty
 * server, `used_memory` before and after. In the short form half as many, which fill their hash tables just as full.
 */
import { fillOurs, fillPredecessor } from '../fill.ts';
import { memoryUsed, type RedisProcess, startRedis } from '../redis.ts';
import { DATA } from '../sessions.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

/** Of each kind; the short form has half. Both fill a table of a power of two to 76 %. */
const COUNT = 100_000;

export const p8: Workload = {
  target: 'P8',
  what: 'memory of a session in Redis',
  run: async (bench) => ({
    findings: [
      await memory(bench, 'without data', '{}', 0.65),
      await memory(bench, `with ${DATA.length} bytes of data`, DATA, 0.45),
    ],
  }),
};

async function memory(bench: Bench, kind: string, data: string, most: number): Promise<Finding> {
  const filling = { count: Math.min(COUNT, bench.many / 2), data };
  const [ours, theirs] = await Promise.all([
    perSession(bench, filling.count, (redis) => fillOurs(redis.location, filling)),
    perSession(bench, filling.count, (redis) => fillPredecessor(redis, filling)),
  ]);
  const ratio = ours / theirs;
  return {
    target: p8.target,
    what: `memory of a session in Redis, ${kind}`,
    unit: 'bytes',
    ours,
    peer: { name: '2.x', value: theirs },
    ratio,
    goal: { bound: 'at most', value: most },
    spread: [ratio, ratio],
    note: '',
    details: {},
  };
}

async function perSession(
  bench: Bench,
  count: number,
  fill: (redis: RedisProcess) => Promise<unknown>,
): Promise<number> {
  const redis = await startRedis(bench);
  const before = await memoryUsed(redis);
  await fill(redis);
  return ((await memoryUsed(redis)) - before) / count;
}

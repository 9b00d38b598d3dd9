/**
 * P8: what a session takes in Redis, against the predecessor's layout: 100,000 sessions of as many users into an empty
 * server, `used_memory` before and after. Not fewer in the short form: what Redis packs depends on how many there are.
 */
import { fillOurs, fillPredecessor } from '../fill.ts';
import { memoryUsed, type RedisProcess, startRedis } from '../redis.ts';
import { DATA } from '../sessions.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

const COUNT = 100_000;

export const p8: Workload = {
  target: 'P8',
  what: 'memory of a session in Redis',
  run: async (bench) => [
    await memory(bench, 'without data', '{}'),
    await memory(bench, `with ${DATA.length} bytes of data`, DATA),
  ],
};

async function memory(bench: Bench, kind: string, data: string): Promise<Finding> {
  const filling = { count: COUNT, data };
  const [ours, theirs] = await Promise.all([
    perSession(bench, (redis) => fillOurs(redis.location, filling)),
    perSession(bench, (redis) => fillPredecessor(redis, filling)),
  ]);
  const ratio = ours / theirs;
  return {
    target: p8.target,
    what: `memory of a session in Redis, ${kind}`,
    unit: 'bytes',
    ours,
    peer: { name: '2.x', value: theirs },
    ratio,
    goal: { bound: 'at most', value: 0.7 },
    spread: [ratio, ratio],
    note: '',
    details: {},
  };
}

async function perSession(bench: Bench, fill: (redis: RedisProcess) => Promise<unknown>): Promise<number> {
  const redis = await startRedis(bench);
  const before = await memoryUsed(redis);
  await fill(redis);
  return ((await memoryUsed(redis)) - before) / COUNT;
}

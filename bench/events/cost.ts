/** What a journal costs: the CPU of creates and ends with events on, beside the same server with events off, in turns. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import { median, type Round, rate, type Side, spread, takeTurns, totalCpu } from '../rounds.ts';
import { APP } from '../sessions.ts';
import { number } from '../table.ts';
import type { Bench, Finding } from '../workload.ts';
import type { StoreName } from './stores.ts';

/** Of the design: events on, beside off. */
const MOST = 1.15;

export async function costOf(bench: Bench, store: StoreName): Promise<Finding> {
  const sides: Side[] = [];
  for (const events of [true, false]) {
    const redis = store === 'Redis' ? await startRedis(bench) : null;
    const process = await startServer(bench, {
      ...(redis && { store: redis.location }),
      env: { RS_CONFIG: policyFile(bench, { defaults: { events } }), RS_LOGLEVEL: 'error' },
    });
    const load = { script: 'create-end.lua', args: [APP, '0'] };
    sides.push({ name: `events ${events ? 'on' : 'off'}`, process, stores: redis === null ? [] : [redis], load });
  }
  const [on, off] = await takeTurns(bench, sides);
  const ratios = on!.map((round, i) => totalCpu(round) / totalCpu(off![i]!));
  const parts = (rounds: readonly Round[]) =>
    `${number(median(rounds.map(totalCpu)))} µs a request, ${number(median(rounds.map(rate)))}/s`;
  return {
    target: 'E1',
    what: `create + end, ${store}: CPU with events, beside without`,
    unit: 'µs',
    ours: median(on!.map(totalCpu)),
    peer: { name: 'events off', value: median(off!.map(totalCpu)) },
    ratio: median(ratios),
    goal: { bound: 'at most', value: MOST },
    spread: spread(ratios),
    note: `${store}, all processes together: on ${parts(on!)}; off ${parts(off!)}`,
    details: { on: on!.map(totalCpu), off: off!.map(totalCpu) },
  };
}

/** Writes a policy file and gives its path. */
export function policyFile(bench: Pick<Bench, 'after'>, policy: object): string {
  const path = join(temporaryFolder(bench), 'policy.json');
  writeFileSync(path, JSON.stringify(policy));
  return path;
}

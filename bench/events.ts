/**
 * `npm run events`: what events cost and how fast they come, on the embedded store and on Redis: CPU of creates and ends beside a
 * server without, memory of a kept event, and the time from the commit to who listens. Needs wrk and redis-server. Writes
 * bench/results/events.json; `npm run docs` puts it into docs/performance.md. `--rounds N`, `--seconds N` for other lengths.
 * Exit code 0: everything was measured. 1: it could not be. 2: wrong use.
 */
import { parseArgs } from 'node:util';
import { costOf } from './events/cost.ts';
import { lagOf } from './events/lag.ts';
import { memoryOfEvents } from './events/memory.ts';
import { keepEvents } from './events/results.ts';
import { STORES } from './events/stores.ts';
import { wrkVersion } from './load.ts';
import { describeMachine } from './machine.ts';
import { table } from './table.ts';
import type { Bench, Finding } from './workload.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '4' } },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  if (!(rounds >= 1 && seconds >= 1)) {
    console.error('Usage: npm run events -- [--rounds 7] [--seconds 4]');
    return 2;
  }
  const wrk = wrkVersion();
  if (wrk === null) {
    console.error('wrk is not installed: it sends the requests');
    return 1;
  }
  const date = new Date().toISOString();
  const findings: Finding[] = [];
  const measure = async (what: string, run: (bench: Bench) => Promise<readonly Finding[]>) => {
    console.log(what);
    const ends: (() => unknown)[] = [];
    try {
      findings.push(
        ...(await run({
          rounds,
          seconds,
          many: 0,
          say: console.log,
          miss: console.log,
          after: (end) => void ends.unshift(end),
        })),
      );
    } finally {
      for (const end of ends) await end();
    }
  };
  for (const store of STORES) {
    await measure(`CPU, ${store}`, async (bench) => [await costOf(bench, store)]);
    await measure(`lag, ${store}`, (bench) => lagOf(bench, store));
  }
  await measure('memory, Redis', async (bench) => [await memoryOfEvents(bench)]);
  console.log(table(findings));
  keepEvents({ date, size: { rounds, seconds }, machine: describeMachine(wrk), findings });
  return 0;
}

process.exitCode = await main();

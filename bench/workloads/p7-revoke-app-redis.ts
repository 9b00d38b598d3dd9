/**
 * P7: all sessions of a large app end on Redis, by the classic route, while others go on reading another app. The short
 * form has fewer sessions and as much less time for them.
 */

import { firstToken } from '../contenders.ts';
import { fillOurs } from '../fill.ts';
import { startServer } from '../process.ts';
import { startRedis } from '../redis.ts';
import { APP, createSessions, DATA } from '../sessions.ts';
import type { Finding, Workload } from '../workload.ts';

const OTHER_APP = 'others';
const READERS = 8;
/** What a million may take. Units: seconds. */
const GOAL = 10;
const MILLION = 1_000_000;

export const p7: Workload = {
  target: 'P7',
  what: 'end all sessions of an app on Redis',
  run: async (bench) => {
    const redis = await startRedis(bench);
    await fillOurs(redis.location, { count: bench.many, data: DATA });
    const server = await startServer(bench, redis.location);
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
    const begin = performance.now();
    const answer = await (await fetch(`${server.url}/${APP}/killall`, { method: 'DELETE' })).text();
    const seconds = (performance.now() - begin) / 1000;
    ending = false;
    await Promise.all(readers);
    if (answer !== `{"kill":${bench.many}}`) throw new Error(`killall answered ${answer}`);
    waits.sort((a, b) => a - b);
    const [p50, p99] = [0.5, 0.99].map((share) => waits[Math.floor(waits.length * share)]!) as [number, number];
    const common = { target: p7.target, peer: null, ratio: null, note: '', details: { reads: waits.length, p50 } };
    const what = `end all of an app of ${bench.many.toLocaleString('en-US')}`;
    const atMost = (value: number) => ({ bound: 'at most', value }) as const;
    const most = (GOAL * bench.many) / MILLION;
    return [
      { ...common, what, unit: 's', ours: seconds, goal: atMost(most), spread: [seconds, seconds] },
      { ...common, what: `${what}: p99 of others`, unit: 'ms', ours: p99, goal: atMost(20), spread: [p50, p99] },
    ] satisfies Finding[];
  },
};

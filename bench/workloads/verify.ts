/** What the rest must not pay for fast reads: 100 tokens checked in one request, on Redis. */
import { startOurs, tokenFile } from '../contenders.ts';
import { median, rate, spread, takeTurns } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';

const TOKENS = 100;

export const verify: Workload = {
  target: 'verify',
  what: `verify ${TOKENS} tokens in one request: CPU of the server a token`,
  run: async (bench) => {
    const { process, redis, tokens } = await startOurs(bench, { count: 10_000, data: DATA });
    const args = [`/v1/apps/${APP}/sessions:verify`, tokenFile(bench, tokens), `${TOKENS}`];
    const [rounds] = await takeTurns(bench, [
      { name: 'ours', process, stores: [redis], load: { script: 'verify.lua', args } },
    ]);
    const figures = rounds!.map(({ cpu }) => cpu / TOKENS);
    const finding: Finding = {
      target: verify.target,
      what: verify.what,
      unit: 'µs',
      ours: median(figures),
      peer: null,
      ratio: null,
      goal: { bound: 'at most', value: 3 },
      spread: spread(figures),
      note: `${number(median(rounds!.map(rate)) * TOKENS)} tokens/s`,
      details: { figures },
    };
    return { findings: [finding] };
  },
};

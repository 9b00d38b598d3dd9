/**
 * P1: reading hot sessions from Redis, against the predecessor's stack and, where they are installed, against nginx with
 * Lua and Webdis. Each side has its own Redis with 10,000 sessions; each read counts and moves last-seen.
 */
import { checkRead, GET, startOurs, startTheirs, tokenFile } from '../contenders.ts';
import { startFrontEnds } from '../front-ends.ts';
import { latency, median, type Round, rate, storeCpu, takeTurns } from '../rounds.ts';
import { DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';

const FILLING = { count: 10_000, data: DATA };

export const p1: Workload = {
  target: 'P1',
  what: 'classic GET on Redis, 10,000 sessions: CPU a request',
  run: async (bench) => {
    const stacks = [await startOurs(bench, FILLING), await startTheirs(bench, FILLING)];
    const sides = [
      ...stacks.map((stack) => ({ ...stack, path: GET })),
      ...(await startFrontEnds(bench, FILLING.count)),
    ].map(({ name, process, redis, path, tokens }) => {
      const file = tokenFile(bench, tokens);
      return {
        name,
        process,
        stores: [redis],
        path,
        first: tokens[0]!,
        load: { script: 'get.lua', args: [path, file] },
      };
    });
    for (const { process, path, first } of sides) await checkRead(process, path, first);
    const [ours, theirs, ...frontEnds] = await takeTurns(bench, sides);
    const server = (round: Round) => round.cpu;
    const finding = (what: string, peer: Round[], name: string, of: (round: Round) => number, most: number): Finding =>
      compare({ target: p1.target, what, of, ours: ours!, peer, name, most });
    return [
      {
        ...finding('classic GET on Redis, hot: CPU of the server', theirs!, '2.x', server, 1 / 6),
        note: sides.map(({ name }, i) => figures(name, [ours!, theirs!, ...frontEnds][i]!)).join('; '),
      },
      finding('classic GET on Redis, hot: CPU of Redis', theirs!, '2.x', storeCpu, 1 / 3),
      ...frontEnds.map((rounds, i) =>
        finding('classic GET on Redis, hot: CPU of the server', rounds, sides[i + 2]!.name, server, 1),
      ),
    ];
  },
};

function figures(name: string, rounds: readonly Round[]): string {
  const redis = number(median(rounds.map(storeCpu)));
  return `${name} ${number(median(rounds.map(rate)))}/s, Redis ${redis} µs, ${latency(rounds)}`;
}

/**
 * P2: reading from a large Redis, no session twice: each read moves its last-seen, and nothing is in the caches of the
 * processor. Against the predecessor on as many sessions, and against ourselves on 10,000.
 */
import { CLASSIC, checkRead, reads, startOurs, startTheirs, tokenFile } from '../contenders.ts';
import { median, type Round, rate, storeCpu, takeTurns, totalCpu } from '../rounds.ts';
import { DATA } from '../sessions.ts';
import { number } from '../table.ts';
import type { Bench, Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';

const FEW = 10_000;
/** More than a round can read. */
const SLICE = 50_000;

export const p2: Workload = {
  target: 'P2',
  what: 'classic GET on Redis, cold: CPU a request',
  run: async (bench) => {
    const many = { count: bench.many, data: DATA };
    bench.say(`  filling: ${many.count.toLocaleString('en-US')} sessions for each side`);
    const [ours, theirs] = await Promise.all([startOurs(bench, many), startTheirs(bench, many)]);
    const small = await startOurs(bench, { ...many, count: FEW });
    const sides = [ours, theirs, small].map(({ name, process, redis, tokens }) => {
      const files = slices(bench, tokens);
      const load = (round: number) => reads(CLASSIC, files[round % files.length]!);
      return { name: name === 'ours' ? `ours, ${tokens.length}` : name, process, stores: [redis], load };
    });
    for (const { process, tokens } of [ours, theirs, small]) await checkRead(process, CLASSIC, tokens[0]!);
    const [cold, peer, hot] = await takeTurns(bench, sides);
    const finding = (name: string, rounds: Round[], most: number): Finding =>
      compare({ target: p2.target, what, of: totalCpu, ours: cold!, peer: rounds, name, most });
    const what = `classic GET on Redis, ${many.count.toLocaleString('en-US')} sessions: CPU of server and Redis`;
    const parts = (rounds: readonly Round[]) =>
      `${number(median(rounds.map(({ cpu }) => cpu)))} + ${number(median(rounds.map(storeCpu)))} µs, ${number(median(rounds.map(rate)))}/s`;
    const note = `server + Redis: ours ${parts(cold!)}; 2.x ${parts(peer!)}; ours with 10,000 ${parts(hot!)}`;
    return { findings: [{ ...finding('2.x', peer!, 1 / 5), note }, finding('ours, 10,000', hot!, 1.15)] };
  },
};

/** Writes the tokens in an order of their own, so many to a file: each round reads others. */
function slices(bench: Bench, tokens: readonly string[]): string[] {
  const shuffled = [...tokens];
  // Any order but that of creation will do; the same one each time.
  for (let i = shuffled.length - 1, x = 1; i > 0; i--) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) >>> 0;
    const j = x % (i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  const files: string[] = [];
  for (let i = 0; i < shuffled.length; i += SLICE) files.push(tokenFile(bench, shuffled.slice(i, i + SLICE)));
  return files;
}

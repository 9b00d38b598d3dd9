/**
 * P1: reading hot sessions from Redis, in every form the target names, against the predecessor's stack and, where they are
 * installed, against nginx with Lua and Webdis. 10,000 sessions; each read of the classic form counts and moves last-seen, on
 * every side. After the turns for the CPU, all take the same load, for how long a request takes.
 */
import { candidate } from '../results.ts';
import { median, type Round, rate, storeCpu, takeTurns } from '../rounds.ts';
import { OWN } from '../runtimes.ts';
import { number } from '../table.ts';
import type { Finding, Outcome, Workload } from '../workload.ts';
import { compare } from './compare.ts';
import { type Asked, startSides } from './p1-sides.ts';

/** What the slowest of all carries on any machine this may run on. Units: requests a second. */
export const PACE = 4000;
/** Shown beside each other in the plots, in this order. Others are findings only. */
const SHOWN = /^(?:classic \d+|v1 \d+|constant|nginx \+ Lua|Webdis|2\.x)$/;

const serverCpu = ({ cpu }: Round) => cpu;

export const p1: Workload = {
  target: 'P1',
  what: 'classic and v1 GET on Redis, 10,000 sessions: CPU a request',
  run: async (bench) => {
    const sides = await startSides(bench);
    const taken = await takeTurns(bench, sides);
    const of = new Map(sides.map(({ key }, i) => [key, taken[i]!]));
    const shown = sides.filter(({ key }) => SHOWN.test(key));
    const paced = await takeTurns(
      bench,
      shown.map((side) => ({ ...side, load: side.paced!(PACE) })),
      true,
    );
    const candidates = shown.map((side, i) =>
      candidate(shownAs(side), of.get(side.key)!, { perSecond: PACE, rounds: paced[i]! }),
    );
    return { findings: findings(of, sides), candidates } satisfies Outcome;
  },
};

/** The classic read is what peers can do; the others of ours say what they are. */
function shownAs({ key, name, who, node }: Asked) {
  if (who !== 'ours') return { name, who, node };
  return { name: `ours${key.startsWith('v1') ? ', v1' : ''}, Node ${node}`, who, node };
}

function findings(of: ReadonlyMap<string, readonly Round[]>, sides: readonly Asked[]): Finding[] {
  const found: Finding[] = [];
  const add = (key: string, peer: string, most: number, what = 'CPU of the server', cpu = serverCpu) => {
    const [ours, theirs] = [of.get(key), of.get(peer)];
    if (ours === undefined || theirs === undefined) return;
    const words = key.replace(/ (\d+)$/, ', Node $1');
    found.push(compare({ target: 'P1', what: `${words}: ${what}`, of: cpu, ours, peer: theirs, name: peer, most }));
  };
  for (const version of [OWN, '24']) {
    if (version === '24' && OWN === '24') continue;
    const [nginx, webdis] = Number(version) < 24 ? [0.7, 0.8] : [0.6, 0.75];
    for (const form of ['classic', 'v1', 'classic with a key', 'v1 with a key']) {
      add(`${form} ${version}`, 'nginx + Lua', nginx!);
      add(`${form} ${version}`, 'Webdis', webdis!);
    }
    if (version !== OWN) continue;
    add(`v1 with touch ${version}`, 'nginx + Lua', nginx!);
    add(`v1 with touch ${version}`, 'Webdis', webdis!);
    add(`classic with the log ${version}`, 'nginx + Lua with its log', nginx!);
    add(`classic with 1 kB ${version}`, 'nginx + Lua with 1 kB', nginx!);
    add(`classic with 1 kB ${version}`, 'Webdis with 1 kB', webdis!);
    add(`classic over TLS ${version}`, 'nginx + Lua over TLS', nginx!);
    add(`classic ${version}`, '2.x', 1 / 10);
    add(`classic ${version}`, '2.x', 1 / 4, 'CPU of Redis', storeCpu);
  }
  const note = sides.map(({ key }) => figures(key, of.get(key)!)).join('; ');
  return found.map((finding, i) => (i === 0 ? { ...finding, note } : finding));
}

function figures(key: string, rounds: readonly Round[]): string {
  const [server, redis, perSecond] = [serverCpu, storeCpu, rate].map((figure) => number(median(rounds.map(figure))));
  return `${key} ${server} + ${redis} µs, ${perSecond}/s`;
}

/**
 * P3: reading hot sessions from the embedded store, against nginx with Lua, which needs a Redis beside it, and against
 * node:http answering a constant. Each read counts and moves last-seen, so what is written behind is part of the price.
 */
import { startConstant } from '../constant.ts';
import { CLASSIC, checkRead, reads, tokenFile } from '../contenders.ts';
import { fillEmbedded } from '../fill.ts';
import { startFrontEnds } from '../front-ends.ts';
import { startServer, temporaryFolder } from '../process.ts';
import { type Candidate, candidate } from '../results.ts';
import { latency, type Round, type Side, takeTurns } from '../rounds.ts';
import { OWN, type Runtime, runtimes } from '../runtimes.ts';
import { DATA } from '../sessions.ts';
import type { Bench, Finding, Workload } from '../workload.ts';
import { compare } from './compare.ts';
import { PACE } from './p1-get-redis-hot.ts';

const SESSIONS = { count: 10_000, data: DATA };
const NGINX = 'nginx + Lua';
/** Versions with a constant beside them. */
const WITH_FLOOR = [OWN, '24'];

type Asked = Side & Pick<Candidate, 'who' | 'node'> & { readonly file: string };

export const p3: Workload = {
  target: 'P3',
  what: 'classic GET, embedded store, 10,000 sessions: CPU a request',
  run: async (bench) => {
    const sides: Asked[] = [];
    for (const runtime of runtimes(bench.miss)) sides.push(...(await startOn(bench, runtime)));
    for (const { process, redis, path, tokens } of await startFrontEnds(bench, [SESSIONS], [NGINX])) {
      const file = tokenFile(bench, tokens[0]!);
      sides.push({ name: NGINX, who: 'peer', node: null, file, process, stores: [redis], load: reads({ path }, file) });
    }
    const taken = await takeTurns(bench, sides);
    const own = sides.filter(({ who, node }) => who === 'embedded' && WITH_FLOOR.includes(node!));
    const paced = await takeTurns(
      bench,
      own.map((side) => ({ ...side, load: reads(CLASSIC, side.file, PACE) })),
      true,
    );
    const of = (who: Candidate['who'], node: string | null) =>
      taken[sides.findIndex((side) => side.who === who && side.node === node)];
    const candidates = sides.flatMap((side, i) => {
      const at = own.indexOf(side);
      const name = side.who === 'embedded' ? `ours, embedded, Node ${side.node}` : side.name;
      if (side.who === 'peer' || (side.who === 'floor' && side.node === OWN)) return [];
      return [candidate({ ...side, name }, taken[i]!, at < 0 ? undefined : { perSecond: PACE, rounds: paced[at]! })];
    });
    const findings = own.flatMap(({ node }) => [
      ...against(of('embedded', node)!, of('peer', null), node!, NGINX, 0.75),
      ...against(of('embedded', node)!, of('floor', node), node!, 'node:http, a constant', 1.4),
    ]);
    return { findings, candidates };
  },
};

async function startOn(bench: Bench, runtime: Runtime): Promise<Asked[]> {
  const { version, node } = runtime;
  const folder = temporaryFolder(bench);
  const tokens = await fillEmbedded(folder, SESSIONS);
  const process = await startServer(bench, { store: `lmdb:${folder}`, node });
  await checkRead(process, CLASSIC, tokens[0]!);
  const file = tokenFile(bench, tokens);
  const common = { node: version, file, load: reads(CLASSIC, file) };
  const ours: Asked = { ...common, name: `Node ${version}`, who: 'embedded', process };
  if (!WITH_FLOOR.includes(version)) return [ours];
  const constant = await startConstant(bench, process, CLASSIC, tokens[0]!, runtime);
  return [ours, { ...common, name: `node:http, a constant, Node ${version}`, who: 'floor', process: constant }];
}

function against(ours: Round[], peer: Round[] | undefined, node: string, name: string, most: number): Finding[] {
  if (peer === undefined) return [];
  const what = `classic, embedded store, Node ${node}: CPU of the server`;
  return [{ ...compare({ target: 'P3', what, of: ({ cpu }) => cpu, ours, peer, name, most }), note: latency(ours) }];
}

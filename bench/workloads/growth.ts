/**
 * What a read costs while one size grows: sessions in the store, connections, bytes of data, apps. Ours on Redis and on the
 * embedded store, and nginx with Lua beside them, in turns at each size, in a third of the rounds that others have. The stores grow while their servers run, so that
 * everything but the size stays the same. No goals: what should be flat is seen to be flat.
 */
import { type Ask, checkRead, dataOf, reads, tokenFile } from '../contenders.ts';
import { type Filling, fillEmbedded, fillOurs } from '../fill.ts';
import { fillFrontEnd, startFrontEnds } from '../front-ends.ts';
import { startServer, temporaryFolder } from '../process.ts';
import { startRedis } from '../redis.ts';
import type { Growth } from '../results.ts';
import { type Side, takeTurns, totalCpu } from '../rounds.ts';
import { APP, DATA } from '../sessions.ts';
import type { Bench, Workload } from '../workload.ts';

/** Sessions that stand for the usual: all other sizes are tried with them. */
const USUAL = 10_000;
const SESSIONS = [1000, USUAL, 100_000, 1_000_000];
/** Those of wrk's single thread; it opens them anew for each round. */
const CONNECTIONS = [1, 8, 64, 256, 1000];
/** Units: bytes. */
const BYTES = [0, 100, 1024, 8192, 65_536];
const APPS = [1, 10, 100, 1000];
/** Sessions for each size of data and number of apps. */
const FEW = 1000;

/** One who is measured, and how its store grows. */
interface Grower {
  readonly name: string;
  readonly who: Growth['who'];
  readonly side: Omit<Side, 'name' | 'load'>;
  readonly ask: Ask;
  /** Adds sessions; gives their tokens. */
  readonly fill: (filling: Filling) => Promise<string[]>;
}

export const growth: Workload = {
  target: 'growth',
  what: 'CPU of a read while sessions, connections, data and apps grow',
  run: async (bench) => {
    const growers = await startGrowers(bench);
    const charts: Growth[] = [];
    const tokens = growers.map(() => [] as string[]);
    const addUpTo = async (count: number) => {
      for (const [i, { fill }] of growers.entries()) {
        const more = await fill({ count: count - tokens[i]!.length, data: DATA });
        tokens[i] = tokens[i]!.concat(more);
      }
    };
    const bySessions = chart(bench, growers, 'sessions');
    const usual: string[][] = [];
    for (const size of SESSIONS.filter((size) => size <= bench.many)) {
      await addUpTo(size);
      await bySessions.measure(size, tokens);
      if (size === USUAL) usual.push(...tokens);
    }
    const byConnections = chart(bench, growers, 'connections');
    for (const size of CONNECTIONS) await byConnections.measure(size, usual, size);
    const byData = chart(bench, growers, 'data');
    for (const size of BYTES) await byData.measure(size, await fillAll(growers, `data${size}`, dataOf(size)));
    // What others keep has no apps.
    const own = growers.filter(({ who }) => who !== 'peer');
    const byApps = chart(bench, own, 'apps');
    for (const size of APPS) await byApps.measure(size, await fillAll(own, `of${size}`, DATA, size));
    for (const { result } of [bySessions, byConnections, byData, byApps]) charts.push(...result());
    return { findings: [], growth: charts };
  },
};

function chart(bench: Bench, growers: readonly Grower[], axis: Growth['axis']) {
  const points = growers.map(() => [] as { at: number; cpu: number[] }[]);
  return {
    measure: async (at: number, tokens: readonly (readonly string[])[], connections = 64) => {
      bench.say(`  ${axis}: ${at.toLocaleString('en-US')}`);
      const sides = growers.map(({ name, side, ask }, i) => ({
        ...side,
        name,
        load: { ...reads(ask, tokenFile(bench, tokens[i]!)), connections },
      }));
      const taken = await takeTurns({ ...bench, rounds: Math.ceil(bench.rounds / 3) }, sides, true);
      for (const [i, rounds] of taken.entries()) points[i]!.push({ at, cpu: rounds.map(totalCpu) });
    },
    result: (): Growth[] => growers.map(({ name, who }, i) => ({ axis, name, who, points: points[i]! })),
  };
}

async function startGrowers(bench: Bench): Promise<Grower[]> {
  const redis = await startRedis(bench);
  const onRedis = await startServer(bench, { store: redis.location });
  const folder = temporaryFolder(bench);
  const embedded = await startServer(bench, { store: `lmdb:${folder}` });
  // Each token with its app, as the path has it.
  const own = { ask: { path: '/{}' } };
  const growers: Grower[] = [
    {
      ...own,
      name: 'ours, Redis',
      who: 'ours',
      side: { process: onRedis, stores: [redis] },
      fill: async (filling) => withApps(filling, await fillOurs(redis.location, filling)),
    },
    {
      ...own,
      name: 'ours, embedded',
      who: 'embedded',
      side: { process: embedded },
      fill: async (filling) => withApps(filling, await fillEmbedded(folder, filling)),
    },
  ];
  for (const { name, process, redis, path } of await startFrontEnds(bench, [], ['nginx + Lua'])) {
    let filled = 0;
    const side = { process, stores: [redis] };
    const fill = (filling: Filling) => fillFrontEnd(redis, `x${filled++}x`, filling);
    growers.push({ name, who: 'peer', side, ask: { path }, fill });
  }
  await warmUp(bench, growers);
  return growers;
}

/** A turn of each with sessions that nobody asks for later. */
async function warmUp(bench: Bench, growers: readonly Grower[]): Promise<void> {
  const sides: Side[] = [];
  for (const { name, side, ask, fill } of growers) {
    const tokens = await fill({ count: 100, data: DATA, appOf: () => 'warm' });
    await checkRead(side.process, ask, tokens[0]!);
    sides.push({ ...side, name, load: reads(ask, tokenFile(bench, tokens)) });
  }
  await takeTurns({ ...bench, rounds: 1 }, sides);
}

/** Sessions with data of a size, in an app of their own, or dealt among so many: each follows one of another app. */
async function fillAll(growers: readonly Grower[], name: string, data: string, apps = 1): Promise<string[][]> {
  const tokens: string[][] = [];
  for (const { fill } of growers) tokens.push(await fill({ count: FEW, data, appOf: (i) => `${name}-${i % apps}` }));
  return tokens;
}

/** Puts the app before each token, as the path of the classic form has it. */
function withApps({ appOf = () => APP }: Filling, tokens: readonly string[]): string[] {
  return tokens.map((token, i) => `${appOf(i)}/get/${token}`);
}

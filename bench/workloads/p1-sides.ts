/**
 * Who takes part in P1: our server in every form the target names, and all peers. Ours are processes of their own where a
 * setting or the version of Node differs; they take turns on one Redis, so each sees the same sessions.
 */

import { keyListEntry } from '../../packages/server/src/keys/entry.ts';
import { hashKey, newKey } from '../../packages/server/src/keys/format.ts';
import { certificate } from '../certificate.ts';
import { startConstant } from '../constant.ts';
import { type Ask, CLASSIC, dataOf, firstToken, readOnce, reads, startTheirs, tokenFile, V1 } from '../contenders.ts';
import { fillOurs } from '../fill.ts';
import { startFrontEnds } from '../front-ends.ts';
import { type Running, type Start, startServer } from '../process.ts';
import { type RedisProcess, startRedis } from '../redis.ts';
import type { Candidate } from '../results.ts';
import type { Side, SideLoad } from '../rounds.ts';
import { OWN, type Runtime, runtimes } from '../runtimes.ts';
import { APP, DATA } from '../sessions.ts';
import type { Bench } from '../workload.ts';

const COUNT = 10_000;
const LARGE_APP = 'large';
const LARGE = dataOf(1024);

export interface Asked extends Side, Pick<Candidate, 'who' | 'node'> {
  /** What findings know it by: `classic 20`, `classic key 24`, `nginx`. */
  readonly key: string;
  /** The load at so many requests a second. Absence: it is in no comparison of latencies. */
  readonly paced?: (perSecond: number) => Side['load'];
}

/** Starts all sides, and reads a session on each once. */
export async function startSides(bench: Bench): Promise<Asked[]> {
  const own = await startAllOfOurs(bench);
  const peers = await startPeers(bench, own[0]!);
  return [...own, ...peers];
}

async function startAllOfOurs(bench: Bench): Promise<Asked[]> {
  const redis = await startRedis(bench);
  const tokens = await fillOurs(redis.location, { count: COUNT, data: DATA });
  const large = await fillOurs(redis.location, { count: COUNT, data: LARGE, appOf: () => LARGE_APP });
  const [file, largeFile] = [tokenFile(bench, tokens), tokenFile(bench, large)];
  const start = (how: Omit<Start, 'store'>) => startServer(bench, { ...how, store: redis.location });
  const key = newKey();
  const keys = keyListEntry({ name: 'bench', hash: hashKey(key), apps: [APP], scopes: ['verify'] });
  const withKey = ({ path, headers = [] }: Ask): Ask => ({
    path,
    headers: [...headers, `Authorization: Bearer ${key}`],
  });

  const sides: Asked[] = [];
  const add = async (name: string, process: Running, ask: Ask, { version }: Pick<Runtime, 'version'>, of = file) => {
    await readOnce(process, ask, of === file ? tokens[0]! : large[0]!);
    const side = {
      key: `${name} ${version}`,
      name: `ours, ${name}, Node ${version}`,
      node: version,
      who: 'ours' as const,
    };
    const paced = (perSecond: number) => reads(ask, of, perSecond);
    sides.push({ ...side, process, stores: [redis], load: reads(ask, of), paced });
  };
  for (const runtime of runtimes(bench.miss)) {
    const { version, node } = runtime;
    const plain = await start({ node });
    await add('classic', plain, CLASSIC, runtime);
    if (version !== OWN && version !== '24') continue;
    await add('v1', plain, V1, runtime);
    const keyed = await start({ node, env: { RS_API_KEYS: keys } });
    await add('classic with a key', keyed, withKey(CLASSIC), runtime);
    await add('v1 with a key', keyed, withKey(V1), runtime);
    if (version !== OWN) continue;
    await add('v1 with touch', plain, { ...V1, path: `${V1.path}?touch=true` }, runtime);
    await add('classic with 1 kB', plain, { path: `/${LARGE_APP}/get/{}` }, runtime, largeFile);
    await add('classic with the log', await start({ env: { RS_LOGLEVEL: 'common' } }), CLASSIC, runtime);
    const { cert, key: certificateKey } = certificate(bench);
    const secure = await start({ env: { RS_TLS_CERT: cert, RS_TLS_KEY: certificateKey } });
    await add('classic over TLS', secure, CLASSIC, runtime);
  }
  return sides;
}

async function startPeers(bench: Bench, ours: Asked): Promise<Asked[]> {
  const sides: Asked[] = [];
  const add = (key: string, process: Running, redis: RedisProcess, ask: Ask, tokens: readonly string[]) => {
    const file = tokenFile(bench, tokens);
    const paced = (perSecond: number) => reads(ask, file, perSecond);
    const side = { key, name: key, who: 'peer' as const, node: null };
    sides.push({ ...side, process, stores: [redis], load: reads(ask, file), paced });
    return readOnce(process, ask, tokens[0]!);
  };
  const fillings = [DATA, LARGE].map((data) => ({ count: COUNT, data }));
  for (const { name, process, redis, path, tokens, logging, secure } of await startFrontEnds(bench, fillings)) {
    await add(name, process, redis, { path }, tokens[0]!);
    await add(`${name} with 1 kB`, process, redis, { path }, tokens[1]!);
    if (logging) await add(`${name} with its log`, logging, redis, { path }, tokens[0]!);
    if (secure) await add(`${name} over TLS`, secure, redis, { path }, tokens[0]!);
  }
  const theirs = await startTheirs(bench, fillings[0]!);
  await add('2.x', theirs.process, theirs.redis, CLASSIC, theirs.tokens);
  const load = ours.load as SideLoad;
  const constant = await startConstant(bench, ours.process, CLASSIC, firstToken(load.args[0]!), {
    node: process.execPath,
  });
  const name = `node:http, a constant, Node ${OWN}`;
  return [...sides, { ...ours, key: 'constant', name, who: 'floor', process: constant, stores: [] }];
}

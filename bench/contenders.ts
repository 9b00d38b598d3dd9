/** The two stacks that most workloads on Redis compare, ours and the predecessor's: each on a Redis of its own, filled. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Filling, fillOurs, fillPredecessor } from './fill.ts';
import { startPredecessor } from './predecessor.ts';
import { type Running, startServer, temporaryFolder } from './process.ts';
import { type RedisProcess, startRedis } from './redis.ts';
import { APP } from './sessions.ts';
import type { Bench } from './workload.ts';

/** The classic path of a read, before the token. */
export const GET = `/${APP}/get/`;

export interface Contender {
  readonly name: string;
  readonly process: Running;
  readonly redis: RedisProcess;
  readonly tokens: readonly string[];
}

export async function startOurs(bench: Bench, filling: Filling): Promise<Contender> {
  const redis = await startRedis(bench);
  const tokens = await fillOurs(redis.location, filling);
  return { name: 'ours', process: await startServer(bench, redis.location), redis, tokens };
}

export async function startTheirs(bench: Bench, filling: Filling): Promise<Contender> {
  const redis = await startRedis(bench);
  const tokens = await fillPredecessor(redis, filling);
  return { name: '2.x', process: await startPredecessor(bench, redis.port), redis, tokens };
}

/** Writes tokens into a file, one a line, as the load generator reads them. */
export function tokenFile(bench: Bench, tokens: readonly string[]): string {
  const file = join(temporaryFolder(bench), 'tokens');
  writeFileSync(file, `${tokens.join('\n')}\n`);
  return file;
}

/** Reads one session twice. Errors: when it is not there or not counted, so that nobody measures empty answers. */
export async function checkRead({ url }: Running, path: string, token: string): Promise<void> {
  const read = async () => (await fetch(`${url}${path}${token}`)).text();
  const reads = [await read(), await read()].map((text) => Number(/"r":(\d+)[,}].*"d":\{/.exec(text)?.[1]));
  if (reads[1] !== reads[0]! + 1) throw new Error(`${url} does not read and count: ${reads.join(', ')}`);
}

/** Gives the first token of a file of them. */
export function firstToken(file: string): string {
  return readFileSync(file, 'utf8').split('\n', 1)[0]!;
}

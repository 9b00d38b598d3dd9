/** Who is measured: ours and the predecessor's stack on a Redis of their own, filled, and how sessions are asked for. */
import { readFileSync, writeFileSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Filling, fillOurs, fillPredecessor } from './fill.ts';
import { startPredecessor } from './predecessor.ts';
import { type Running, type Start, startServer, temporaryFolder } from './process.ts';
import { type RedisProcess, startRedis } from './redis.ts';
import type { SideLoad } from './rounds.ts';
import { APP, DATA } from './sessions.ts';
import type { Bench } from './workload.ts';

/** How a session is asked for; `{}` stands for its token. */
export interface Ask {
  readonly path: string;
  /** `Name: value`. */
  readonly headers?: readonly string[];
}

export const CLASSIC: Ask = { path: `/${APP}/get/{}` };
export const V1: Ask = { path: `/v1/apps/${APP}/session`, headers: ['Session-Token: {}'] };

export interface Contender {
  readonly name: string;
  readonly process: Running;
  readonly redis: RedisProcess;
  readonly tokens: readonly string[];
}

export async function startOurs(bench: Bench, filling: Filling, how: Omit<Start, 'store'> = {}): Promise<Contender> {
  const redis = await startRedis(bench);
  const tokens = await fillOurs(redis.location, filling);
  return { name: 'ours', process: await startServer(bench, { ...how, store: redis.location }), redis, tokens };
}

export async function startTheirs(bench: Bench, filling: Filling): Promise<Contender> {
  const redis = await startRedis(bench);
  const tokens = await fillPredecessor(redis, filling);
  return { name: '2.x', process: await startPredecessor(bench, redis.port), redis, tokens };
}

/** Writes tokens into a file, one a line, as the load generator reads them. */
export function tokenFile(bench: Pick<Bench, 'after'>, tokens: readonly string[]): string {
  const file = join(temporaryFolder(bench), 'tokens');
  writeFileSync(file, `${tokens.join('\n')}\n`);
  return file;
}

/** The load of reads: as many as go, or so many a second. */
export function reads({ path, headers = [] }: Ask, file: string, perSecond = 0): SideLoad {
  return { script: 'get.lua', args: [file, `${perSecond}`, path, ...headers] };
}

export interface Answer {
  readonly text: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Reads one session. Errors: when its data is not in the answer, so that nobody measures empty answers. */
export async function readOnce({ url }: Running, { path, headers = [] }: Ask, token: string): Promise<Answer> {
  const sent = headers.map((header) => header.replace('{}', token).split(': ', 2) as [string, string]);
  const get = url.startsWith('https:') ? getSecure : getPlain;
  const options = { agent: false, rejectUnauthorized: false, headers: Object.fromEntries(sent) };
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    get(url + path.replace('{}', token), options, resolve).once('error', reject);
  });
  const body = await text(response);
  if (response.statusCode !== 200 || !body.includes('"name":"Grace Hopper"'))
    throw new Error(`${url} answers a read with ${response.statusCode}: ${body.slice(0, 300)}`);
  return { text: body, headers: response.headers as Answer['headers'] };
}

/** Reads one session twice by the classic form. Errors: when that is not counted. */
export async function checkRead(process: Running, ask: Ask, token: string): Promise<void> {
  const counted = async () => Number(/"r":(\d+)[,}]/.exec((await readOnce(process, ask, token)).text)?.[1]);
  const counts = [await counted(), await counted()];
  if (counts[1] !== counts[0]! + 1) throw new Error(`${process.url} does not count reads: ${counts.join(', ')}`);
}

/** Gives the first token of a file of them. */
export function firstToken(file: string): string {
  return readFileSync(file, 'utf8').split('\n', 1)[0]!;
}

/** Data of so many bytes: DATA, and one more member that fills it up. Fewer than 120: DATA itself; 0: none. */
export function dataOf(bytes: number): string {
  if (bytes === 0) return '{}';
  return bytes < 120 ? DATA : `${DATA.slice(0, -1)},"note":"${'x'.repeat(bytes - DATA.length - 10)}"}`;
}

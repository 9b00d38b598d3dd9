/**
 * Redis servers of the bench: each side of a comparison has its own, empty, without persistence, on a free port of
 * loopback, ended with the workload. What a figure needs to know of them is asked over a connection of the bench.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, type Running, startProgram, temporaryFolder } from './process.ts';
import type { Bench } from './workload.ts';

export interface RedisProcess extends Running {
  readonly port: number;
  /** What a store is opened with. */
  readonly location: string;
  readonly ask: Redis;
}

/** Starts a server with further settings (`--name`, `value`) and resolves when it answers. */
export async function startRedis(bench: Pick<Bench, 'after'>, settings: readonly string[] = []): Promise<RedisProcess> {
  const port = await freePort();
  const own = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', temporaryFolder(bench)];
  const args = [...own, '--save', '', '--appendonly', 'no', '--daemonize', 'no', ...settings];
  const running = await startProgram(bench, 'redis-server', args, port);
  const ask = new Redis({ port, host: '127.0.0.1', lazyConnect: true });
  await ask.connect();
  bench.after(() => ask.disconnect());
  return { ...running, port, location: `redis://127.0.0.1:${port}`, ask };
}

/** Gives what the data takes, tables and fragments of the allocator aside. Units: bytes. */
export async function memoryUsed({ ask }: RedisProcess): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await ask.info('memory'))![1]);
}

/** Gives how often something was found under a key, on each of several servers. */
export function hitsOf(servers: readonly RedisProcess[]): Promise<number[]> {
  const hits = async ({ ask }: RedisProcess) => Number(/^keyspace_hits:(\d+)/m.exec(await ask.info('stats'))![1]);
  return Promise.all(servers.map(hits));
}

export interface ClusterProcesses {
  readonly masters: readonly RedisProcess[];
  readonly location: string;
}

/** Starts a Cluster of three masters without replicas, each with a third of the slots. */
export async function startCluster(bench: Pick<Bench, 'after'>): Promise<ClusterProcesses> {
  const masters = await Promise.all([0, 1, 2].map(() => startRedis(bench, ['--cluster-enabled', 'yes'])));
  const bounds = [0, 5461, 10_923, 16_384];
  for (const [i, { ask }] of masters.entries()) {
    await ask.call('CLUSTER', 'ADDSLOTSRANGE', bounds[i]!, bounds[i + 1]! - 1);
    if (i > 0) await ask.call('CLUSTER', 'MEET', '127.0.0.1', masters[0]!.port);
  }
  const isReady = async ({ ask }: RedisProcess) =>
    /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(String(await ask.call('CLUSTER', 'INFO')));
  while (!(await Promise.all(masters.map(isReady))).every(Boolean)) await delay(50);
  return { masters, location: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}` };
}

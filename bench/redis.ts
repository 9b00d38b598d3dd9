/**
 * Redis servers of the bench: each side of a comparison has its own, empty, without persistence, on a free port of
 * loopback, ended with the workload. What a figure needs to know of them is asked over a connection of the bench.
 */
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

/**
 * Real Redis servers for tests: started on free ports of 127.0.0.1, with a folder of their own, ended with the test.
 * Nothing is shared with a Redis that may run on the machine.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePorts } from './ports.mjs';
import { type Cleanup, lastFirst, temporaryFolder } from './server.ts';

export { freePorts };

/** Another version of Redis or Valkey can take its place: `npm run test:runtimes` does that. */
const REDIS_SERVER = process.env.RS_TEST_REDIS ?? 'redis-server';

/** RS_* of a server whose Redis may be slow to answer, because the machine is busy. */
export const PATIENT = { RS_STORE_TIMEOUT: '30000' } as const;

export interface RedisServer {
  readonly port: number;
  readonly child: ChildProcess;
  /** A connection for the test's own questions. */
  readonly admin: Redis;
  readonly end: (signal?: NodeJS.Signals) => Promise<void>;
}

/** Starts a server and resolves when it answers. */
export async function startRedis(
  cleanup: Cleanup,
  settings: string[] = [],
  options: { port?: number; sentinel?: boolean; configuration?: string; password?: string } = {},
): Promise<RedisServer> {
  const port = options.port ?? (await freePorts(1))[0]!;
  // Its folder goes after the process that writes into it.
  const ending = lastFirst(cleanup);
  const folder = temporaryFolder(ending);
  const child = spawn(
    REDIS_SERVER,
    [
      ...(options.configuration === undefined ? [] : [options.configuration]),
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder],
      ...(options.sentinel ? ['--sentinel'] : ['--save', '', '--appendonly', 'no']),
      ...settings,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const ended = once(child, 'close');
  const { password } = options;
  const admin = new Redis({
    ...(password && { password }),
    port,
    host: '127.0.0.1',
    lazyConnect: true,
    retryStrategy: () => 50,
    protocol: 2,
  });
  admin.on('error', () => {});
  ending.after(async () => {
    child.kill('SIGCONT');
    // Its connection ends first: by that a store under test can tell that the test is over, and Redis not lost.
    const closed = admin.status === 'ready' ? once(admin, 'end') : null;
    admin.disconnect();
    await closed;
    child.kill('SIGKILL');
    await ended;
  });
  for (let attempt = 0; !/Ready to accept connections|Running mode=sentinel/.test(output); attempt++) {
    if (child.exitCode !== null || attempt > 6000) throw new Error(`redis-server does not start: ${output}`);
    await delay(10);
  }
  // A Sentinel says that it runs before it listens; the connection is tried again until it does. `once` would give up at the first
  // try that is refused.
  const ready = new Promise<void>((resolve) => void admin.once('ready', resolve));
  admin.connect().catch(() => {});
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`redis-server ended: ${output}`)))]);
  return {
    port,
    child,
    admin,
    end: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await ended;
    },
  };
}

/** Starts something once for all tests of a file, and ends it with the last one. */
export function forAllTests<T>(start: (cleanup: Cleanup) => Promise<T>): () => T {
  const ends: (() => unknown)[] = [];
  let started: T;
  before(async () => {
    started = await start({ after: (end) => void ends.unshift(end) });
  });
  after(async () => {
    for (const end of ends) await end();
  });
  return () => started;
}

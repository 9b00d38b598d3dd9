/** Stores that fail under load, each with a server before it. Another one is a function more. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../../packages/server/test/support/redis.ts';
import { startCluster, startSentinel } from '../../packages/server/test/support/redis-topologies.ts';
import { type Running, startServer, temporaryFolder } from '../process.ts';
import type { Bench } from '../workload.ts';

type Cleanups = Pick<Bench, 'after'>;

export interface Failing {
  /** Whether an answered change of data is promised to outlive a failure: RS_REDIS_WAIT is for creates, rotations and ends. */
  readonly keepsUpdates: boolean;
  /** Of the server that answers now. */
  readonly url: () => string;
  /** Lets it fail as it may fail in earnest. Resolves when requests are answered again. */
  readonly fail: () => Promise<void>;
}

/** How a server is set up, whatever its store. */
export type ServerEnvironment = Readonly<Record<string, string>>;

export const FAILING: Readonly<Record<string, (bench: Cleanups, env: ServerEnvironment) => Promise<Failing>>> = {
  /** The server, which is all there is, is killed with -9. */
  embedded: async (bench, env) => {
    const store = `lmdb:${temporaryFolder(bench)}`;
    const start = () => startServer(bench, { store, env });
    let server = await start();
    return {
      keepsUpdates: true,
      url: () => server.url,
      fail: async () => {
        await killed(server);
        server = await start();
      },
    };
  },
  /** The master stops answering until another one is chosen, and comes back as a replica. All replicas are waited for. */
  sentinel: async (bench, env) => {
    const trio = await startSentinel(bench);
    const server = await startServer(bench, { store: trio.url, env: { ...env, RS_REDIS_WAIT: '2' } });
    return {
      keepsUpdates: false,
      url: () => server.url,
      fail: async () => {
        const old = await trio.master();
        await replaced(old, async () => (await trio.master()) !== old);
      },
    };
  },
  /** The same of one master of three, each with a replica. */
  cluster: async (bench, env) => {
    const cluster = await startCluster(bench);
    const server = await startServer(bench, { store: cluster.url, env: { ...env, RS_REDIS_WAIT: '1' } });
    let turn = 0;
    return {
      keepsUpdates: false,
      url: () => server.url,
      fail: async () => {
        const masters = await cluster.masters();
        const old = masters[turn++ % masters.length]!;
        const others = cluster.nodes.filter((node) => node !== old);
        await replaced(old, async () => (await mastersAmong(others)) === masters.length);
      },
    };
  },
};

/** Stops a master until another one is in its place, and waits until it follows that one. */
async function replaced(old: RedisServer, isReplaced: () => Promise<boolean>): Promise<void> {
  old.child.kill('SIGSTOP');
  while (!(await isReplaced())) await delay(50);
  old.child.kill('SIGCONT');
  while (!(await old.admin.info('replication')).includes('master_link_status:up')) await delay(50);
}

async function mastersAmong(nodes: readonly RedisServer[]): Promise<number> {
  const roles = await Promise.all(nodes.map(({ admin }) => admin.role()));
  return roles.filter(([role]) => role === 'master').length;
}

async function killed({ pids }: Running): Promise<void> {
  const [pid] = pids();
  process.kill(pid!, 'SIGKILL');
  while (isThere(pid!)) await delay(2);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The four forms of Redis that a promise is held on, as one shape: where it is, and how to look into its masters. */
import type { Redis } from 'ioredis';
import type { TlsFiles } from '../../src/stores/redis/connection.ts';
import { startRedis } from './redis.ts';
import { STEADY, startCluster, startSentinel, startTls } from './redis-topologies.ts';
import type { Cleanup } from './server.ts';

export interface Topology {
  readonly url: string;
  /** RS_* of a server that is to use it. */
  readonly env: Record<string, string>;
  readonly tls: TlsFiles;
  /** The test's own connections to the nodes that are masters now. */
  readonly masters: () => Promise<Redis[]>;
}

/** Starts a topology from real processes, ended with the test. */
export const TOPOLOGIES: Readonly<Record<string, (cleanup: Cleanup) => Promise<Topology>>> = {
  'one Redis server': async (cleanup) => {
    const { port, admin } = await startRedis(cleanup);
    return topology(`redis://127.0.0.1:${port}`, async () => [admin]);
  },
  'Redis behind TLS': async (cleanup) => {
    const { url, admin, ca, cert, key, files } = await startTls(cleanup);
    const plain = topology(url, async () => [admin]);
    const env = { RS_REDIS_CA: files.ca, RS_REDIS_CERT: files.cert, RS_REDIS_KEY: files.key };
    return {
      ...plain,
      env: { ...plain.env, ...env, RS_REDIS_SERVERNAME: 'redis.test' },
      tls: { ca, cert, key, servername: 'redis.test' },
    };
  },
  'Redis behind Sentinel': async (cleanup) => {
    const { url, master } = await startSentinel(cleanup, STEADY);
    return topology(url, async () => [(await master()).admin]);
  },
  'Redis Cluster': async (cleanup) => {
    const { url, masters } = await startCluster(cleanup, STEADY);
    return topology(url, async () => (await masters()).map(({ admin }) => admin));
  },
};

function topology(url: string, masters: () => Promise<Redis[]>): Topology {
  return { url, env: { RS_STORE: url }, tls: {}, masters };
}

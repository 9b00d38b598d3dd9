/** Redis in its larger forms, from real processes: TLS with certificates of our own, a Sentinel trio, a Cluster of six. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { freePorts, type RedisServer, startRedis } from './redis.ts';
import { type Cleanup, temporaryFolder } from './server.ts';
import { until } from './until.ts';

export { until };

const run = promisify(execFile);

export interface TlsServer {
  readonly url: string;
  readonly admin: Redis;
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Starts a server that only speaks TLS, asks for a client certificate, and has one for the name `redis.test`. */
export async function startTls(cleanup: Cleanup): Promise<TlsServer> {
  const folder = temporaryFolder(cleanup);
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test ca', '-days', '2');
  writeFileSync(file('names'), 'subjectAltName=DNS:redis.test\n');
  for (const name of ['server', 'client']) {
    await openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
    const signing = ['-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    await openssl('x509', '-req', ...signing, '-extfile', 'names', '-out', `${name}.crt`);
  }
  const [tlsPort] = await freePorts(1);
  const { admin } = await startRedis(cleanup, [
    ...['--tls-port', `${tlsPort}`, '--tls-ca-cert-file', file('ca.crt'), '--tls-auth-clients', 'yes'],
    ...['--tls-cert-file', file('server.crt'), '--tls-key-file', file('server.key')],
  ]);
  const files = { ca: file('ca.crt'), cert: file('client.crt'), key: file('client.key') };
  return {
    url: `rediss://127.0.0.1:${tlsPort}`,
    admin,
    ca: readFileSync(files.ca),
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    files,
  };
}

export interface SentinelTrio {
  readonly url: string;
  readonly servers: readonly RedisServer[];
  /** Gives the master that the Sentinels agree on. */
  readonly master: () => Promise<RedisServer>;
}

/**
 * How long a server may be silent before others take its place, in tests that are about something else: on a busy machine
 * a server is silent for a second now and then. Units: milliseconds.
 */
export const STEADY = 60_000;

/** Starts a master, two replicas and three Sentinels. `silence`: how long a master may be silent; milliseconds. */
export async function startSentinel(cleanup: Cleanup, silence = 500): Promise<SentinelTrio> {
  const prompt = ['--repl-diskless-sync-delay', '0'];
  const servers = [await startRedis(cleanup, prompt)];
  const port = servers[0]!.port;
  for (const _ of [1, 2]) servers.push(await startRedis(cleanup, [...prompt, '--replicaof', '127.0.0.1', `${port}`]));
  const ports = await freePorts(3);
  const sentinels: RedisServer[] = [];
  for (const own of ports) {
    const configuration = join(temporaryFolder(cleanup), 'sentinel.conf');
    writeFileSync(
      configuration,
      [
        `sentinel monitor main 127.0.0.1 ${port} 2`,
        `sentinel down-after-milliseconds main ${silence}`,
        'sentinel failover-timeout main 3000',
      ].join('\n'),
    );
    sentinels.push(await startRedis(cleanup, [], { port: own, sentinel: true, configuration }));
  }
  const known = async (sentinel: RedisServer) => {
    const [info] = (await sentinel.admin.call('SENTINEL', 'MASTERS')) as string[][];
    const field = (name: string) => info![info!.indexOf(name) + 1];
    return field('num-other-sentinels') === '2' && field('num-slaves') === '2';
  };
  await until(async () => (await Promise.all(sentinels.map(known))).every(Boolean));
  await until(async () => (await servers[0]!.admin.info('replication')).includes('connected_slaves:2'));
  return {
    url: `redis+sentinel://${ports.map((own) => `127.0.0.1:${own}`).join(',')}/main/0`,
    servers,
    master: async () => {
      const found = await sentinels[0]!.admin.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main');
      return servers.find((server) => `${server.port}` === (found as string[])[1])!;
    },
  };
}

export interface TestCluster {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** Gives the nodes that are masters now. */
  readonly masters: () => Promise<RedisServer[]>;
}

/** Starts a Cluster of three masters and three replicas. `silence`: how long a node may be silent; milliseconds. */
export async function startCluster(cleanup: Cleanup, silence = 1000): Promise<TestCluster> {
  const timeout = ['--cluster-node-timeout', `${silence}`];
  const settings = ['--cluster-enabled', 'yes', ...timeout, '--repl-diskless-sync-delay', '0'];
  const ports = await freePorts(6);
  const nodes = await Promise.all(ports.map((port) => startRedis(cleanup, settings, { port })));
  const addresses = ports.map((port) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']);
  const healthy = async ({ admin }: RedisServer) => {
    const [info, replication] = [await admin.call('CLUSTER', 'INFO'), await admin.info('replication')];
    return /cluster_state:ok/.test(String(info)) && /connected_slaves:1|master_link_status:up/.test(replication);
  };
  await until(async () => (await Promise.all(nodes.map(healthy))).every(Boolean));
  return {
    url: `redis+cluster://${addresses.slice(0, 3).join(',')}`,
    nodes,
    masters: async () => {
      const roles = await Promise.all(nodes.map(({ admin }) => admin.role().catch(() => ['gone'])));
      return nodes.filter((_, i) => roles[i]![0] === 'master');
    },
  };
}
/** Resolves when the replicas of a master have all that it had when this was called. */
export async function replicated({ admin }: RedisServer): Promise<void> {
  const offsets = async (name: RegExp) =>
    [...(await admin.info('replication')).matchAll(name)].map(([, offset]) => Number(offset));
  const [written = 0] = await offsets(/^master_repl_offset:(\d+)/gm);
  await until(async () => (await offsets(/^slave\d+:.*offset=(\d+)/gm)).every((offset) => offset >= written));
}

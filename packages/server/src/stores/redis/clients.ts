/** Address → the driver's client, with all that the driver would do by itself turned off: no queue, no resending, no reconnecting. */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { Address } from './address.ts';
import { directConnector, place, sentinelConnector } from './connectors.ts';
import { keepSlots } from './slots.ts';

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

/** Of the time budget, how much an attempt to connect may take. */
const ATTEMPT_SHARE = 0.9;
/** So long it may take in any case: TLS and AUTH over a slow network, where answers have a small budget. Units: milliseconds. */
const SHORTEST_ATTEMPT = 900;

/** How long an attempt to connect may take: one that hangs is told before those who wait for it give up. Units: milliseconds. */
export function attemptLimit(timeout: number): number {
  return Math.max(Math.ceil(timeout * ATTEMPT_SHARE), SHORTEST_ATTEMPT);
}

/** Makes a client that has not begun to connect. `timeout`: of a connection attempt, and of an answer; milliseconds. */
export function clientFor(address: Address, tls: TlsFiles, timeout: number): Redis | Cluster {
  const { nodes, topology } = address;
  const limit = attemptLimit(timeout);
  const common = {
    ...(address.tls ? { tls: { ...tls } } : {}),
    Connector: directConnector(address, limit),
    // The handshake has looked.
    enableReadyCheck: false,
    socketTimeout: timeout,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    lazyConnect: true,
    disableClientInfo: true,
    protocol: 2,
  } satisfies RedisOptions;
  if (topology === 'cluster') {
    const options = {
      redisOptions: common,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: () => null,
      slotsRefreshTimeout: timeout,
      // 0: what was sent on a connection that was lost is not sent again.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 100,
      retryDelayOnTryAgain: 50,
      maxRedirections: 10,
      // The name in a certificate, not the address that CLUSTER SLOTS gives.
      ...(address.tls ? { dnsLookup: unresolved } : {}),
    } satisfies ClusterOptions;
    const cluster = withoutReplicas(new Cluster([...nodes], options));
    keepSlots(cluster);
    return cluster;
  }
  const options = {
    ...common,
    enableOfflineQueue: false,
    retryStrategy: () => null,
    // A master that became a replica: connect anew, and with Sentinel to the new master. Nothing is sent again.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
  } satisfies RedisOptions;
  if (topology === 'single') return new Redis({ ...options, host: nodes[0]!.host, port: nodes[0]!.port });
  return new Redis({
    ...options,
    Connector: sentinelConnector(address, limit, address.name!, inWords(address)),
    sentinels: [...nodes],
    name: address.name!,
    connectTimeout: limit,
    // A Sentinel that is silent must leave time to ask the next one.
    sentinelCommandTimeout: Math.ceil(limit / 2),
    sentinelRetryStrategy: () => null,
    ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: { ...tls } } : {}),
  });
}

/**
 * Keeps replicas out of a Cluster's pool. With no connection to any master the driver would send a command to one of them, on
 * a connection that may read there: a session that has ended could be read, and a read could not be counted.
 */
function withoutReplicas(cluster: Cluster): Cluster {
  const { connectionPool: pool } = cluster as unknown as { connectionPool: Pool };
  const reset = pool.reset.bind(pool);
  pool.reset = (nodes) => reset(nodes.filter(({ readOnly }) => readOnly !== true));
  return cluster;
}

interface Pool {
  reset(nodes: { readonly readOnly?: boolean }[]): void;
}

/** Gives the nodes of an address: host:port, host:port. */
export function inWords({ nodes }: Address): string {
  return nodes.map(({ host, port }) => place(host, port)).join(', ');
}

const unresolved: NonNullable<ClusterOptions['dnsLookup']> = (host, done) => done(null, host);

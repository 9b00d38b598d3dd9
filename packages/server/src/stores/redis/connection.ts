/**
 * The connection: one server, Sentinel or Cluster, all behind `send`. Fails fast: no offline queue, nothing sent again
 * after a lost connection, a silent connection is dropped while commands wait for it. It does not know the scripts, nor
 * the time budget (script-calls.ts does).
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis';
import type { Address } from './address.ts';

export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  readonly servername?: string;
}

export interface ConnectionOptions {
  readonly address: Address;
  readonly tls: TlsFiles;
  /** Units: milliseconds. */
  readonly timeout: number;
  /** Told once when the connection is lost or cannot be had, not with every attempt. */
  readonly onError: (error: unknown) => void;
}

/** One server that takes writes, to be asked for itself. */
export interface Master {
  /** host:port. */
  readonly name: string;
  readonly send: (command: string, args: (string | Buffer | number)[]) => Promise<unknown>;
}

/** How long until the next attempt to connect. Units: milliseconds. */
const RETRY = 200;

export class Connection {
  /** Whether one command may touch keys of several slots. */
  readonly anySlot: boolean;
  private readonly client: Redis | Cluster;
  private failing = false;
  private gathering = false;
  private closed = false;

  constructor({ address, tls, timeout, onError }: ConnectionOptions) {
    this.anySlot = address.topology !== 'cluster';
    this.client = clientFor(address, tls, timeout);
    this.client.on('ready', () => {
      this.failing = false;
    });
    this.client.on('error', (error: unknown) => {
      if (this.failing) return;
      this.failing = true;
      onError(withoutArguments(error));
    });
    // ioredis gives up where a Sentinel sends it to nobody, or a Cluster has no node that answers. We do not.
    this.client.on('end', () => {
      if (!this.closed) setTimeout(() => !this.closed && this.connect(), RETRY);
    });
    this.connect();
  }

  /** Resolves when commands can be sent, or after `limit` milliseconds: a server starts without its store, too. */
  async ready(limit: number): Promise<void> {
    if (this.client.status === 'ready') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.client.once('ready', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Sends a command. Answers bulk texts as Buffers. Errors: what the server or the network says, arguments left out. */
  async send(command: string, args: (string | Buffer | number)[]): Promise<unknown> {
    if (this.client.status !== 'ready') throw new Error('not connected');
    this.gather();
    try {
      return await this.client.callBuffer(command, args);
    } catch (error) {
      throw withoutArguments(error);
    }
  }

  /** Sends a command, and behind it on the same connection a WAIT for replicas. Errors: also when too few have it. */
  async sendAndWait(command: string, args: (string | Buffer | number)[], replicas: number, limit: number) {
    if (this.client.status !== 'ready') throw new Error('not connected');
    // In a Cluster the slot of the first key decides the node, and WAIT, without a key, follows it.
    const answers = await this.client
      .pipeline()
      .callBuffer(command, ...args)
      .call('WAIT', replicas, limit)
      .exec();
    const [[error, reply], [waitError, reached]] = answers as [[Error | null, unknown], [Error | null, unknown]];
    if (error ?? waitError) throw withoutArguments(error ?? waitError);
    if (Number(reached) < replicas) throw new Error(`${reached} of ${replicas} replicas have it`);
    return reply;
  }

  /** Gives every master of a Cluster, else the one server. Errors: when none is known now. */
  masters(): Master[] {
    if (this.client.status !== 'ready') throw new Error('not connected');
    return this.servers().map((node) => ({
      // Behind Sentinel the options do not say where it is.
      name: `${node.stream?.remoteAddress ?? node.options.host}:${node.stream?.remotePort ?? node.options.port}`,
      send: (command, args) =>
        node.callBuffer(command, args).catch((error: unknown) => Promise.reject(withoutArguments(error))),
    }));
  }

  /**
   * Lets the commands of one event-loop turn go out in one write to each server: a write of its own costs more than
   * all else about a command. Nothing waits: what is gathered leaves before the next turn begins.
   */
  private gather(): void {
    if (this.gathering) return;
    this.gathering = true;
    const streams = this.servers().flatMap(({ stream }) => stream ?? []);
    for (const stream of streams) stream.cork();
    process.nextTick(() => {
      this.gathering = false;
      for (const stream of streams) stream.uncork();
    });
  }

  private servers(): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  private connect(): void {
    this.client.connect().catch(() => {
      // Told by the event `error`; tried again until `close`.
    });
  }

  close(): void {
    this.closed = true;
    this.client.disconnect();
  }
}

function clientFor(address: Address, tls: TlsFiles, timeout: number): Redis | Cluster {
  const { nodes, username, password, db } = address;
  const common = {
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(address.tls ? { tls: { ...tls } } : {}),
    connectTimeout: timeout,
    socketTimeout: timeout,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    lazyConnect: true,
    disableClientInfo: true,
    protocol: 2,
  } satisfies RedisOptions;
  if (address.topology === 'cluster') {
    const options = {
      redisOptions: common,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: () => RETRY,
      slotsRefreshTimeout: timeout,
      slotsRefreshInterval: 5000,
      retryDelayOnFailover: 100,
      retryDelayOnClusterDown: 100,
      retryDelayOnTryAgain: 50,
      maxRedirections: 10,
      // The name in a certificate, not the address that CLUSTER SLOTS gives.
      ...(address.tls ? { dnsLookup: unresolved } : {}),
    } satisfies ClusterOptions;
    return new Cluster([...nodes], options);
  }
  const options = {
    ...common,
    db,
    enableOfflineQueue: false,
    retryStrategy: () => RETRY,
    // A master that became a replica: connect anew, and with Sentinel to the new master. Nothing is sent again.
    reconnectOnError: (error: Error) => (error.message.startsWith('READONLY') ? 1 : false),
  } satisfies RedisOptions;
  if (address.topology === 'single') return new Redis({ ...options, host: nodes[0]!.host, port: nodes[0]!.port });
  return new Redis({
    ...options,
    sentinels: [...nodes],
    name: address.name!,
    sentinelRetryStrategy: () => RETRY,
    ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: { ...tls } } : {}),
  });
}

const unresolved: NonNullable<ClusterOptions['dnsLookup']> = (host, done) => done(null, host);

/** ioredis keeps the arguments of a failed command on its error: data and hashes that no log may see. */
function withoutArguments(error: unknown): Error {
  return new Error(error instanceof Error ? error.message : String(error));
}

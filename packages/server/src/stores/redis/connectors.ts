/**
 * How the driver gets its sockets: from here, and only after the handshake (handshake.ts). This holds for each connection that it makes,
 * the first one, each later one, after a failover, and for every node of a Cluster. The driver itself is told neither account nor
 * database.
 */
import type { Socket } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { AbstractConnector, type RedisOptions, type SentinelConnectionOptions, SentinelConnector } from 'ioredis';
import { type Login, open, shakeHands } from './handshake.ts';
import { noSentinel, textOf } from './refusal.ts';

type ConnectorClass = NonNullable<RedisOptions['Connector']>;
interface NodeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly family?: number;
  readonly tls?: TlsOptions;
}

/** How long a connection that ended may linger before it is cut. Units: milliseconds. */
const LINGER = 500;

/** Connects to one server, or one node of a Cluster. `limit`: milliseconds. */
export function directConnector(login: Login, limit: number): ConnectorClass {
  return class extends AbstractConnector {
    private readonly node: NodeOptions;

    constructor(options: unknown) {
      super(LINGER);
      this.node = options as NodeOptions;
    }

    async connect(): Promise<Socket> {
      const { host = '127.0.0.1', port = 6379, family, tls } = this.node;
      this.connecting = true;
      const socket = open({ host, port, family, tls: tls ?? null });
      this.stream = socket;
      await shakeHands(socket, login, { at: () => place(host, port), tls: tls !== undefined, limit });
      if (!this.connecting) throw new Error('closed meanwhile');
      return socket;
    }

    override disconnect(): void {
      if (this.stream?.connecting) this.stream.destroy();
      super.disconnect();
    }
  };
}

/** Connects to the master that Sentinels know by a name. `sentinels`: for words. */
export function sentinelConnector(login: Login, limit: number, name: string, sentinels: string): ConnectorClass {
  return class extends SentinelConnector {
    private readonly tls: boolean;

    constructor(options: unknown) {
      super(options as SentinelConnectionOptions);
      this.tls = (options as SentinelConnectionOptions).tls !== undefined;
    }

    override async connect(): Promise<Socket> {
      const said: string[] = [];
      const ask = () => super.connect((_, error) => said.push(error.message));
      const socket = await ask()
        // The driver goes on behind the Sentinel that it asked last. At the end of its list it has asked none, and begins anew.
        .catch((error: unknown) => (said.length === 0 && this.connecting ? ask() : Promise.reject(error)))
        .catch((error: unknown) => {
          if (said.some((text) => /invalid reply: null|No such master with that name/.test(text))) {
            throw new Error(`the Sentinels at ${sentinels} know no master of the name ${name}`);
          }
          throw noSentinel(said.at(-1) ?? textOf(error), sentinels, this.tls);
        });
      const at = ({ remoteAddress, remotePort }: Socket) =>
        remoteAddress === undefined ? `the master ${name}` : place(remoteAddress, remotePort);
      const info = await shakeHands(socket, login, { at, tls: this.tls, limit });
      if (info.role !== undefined && !this.check({ role: info.role })) {
        socket.destroy();
        throw new Error(`${at(socket)} is a replica, though Sentinel names it as the master ${name}`);
      }
      if (!this.connecting) throw new Error('closed meanwhile');
      return socket;
    }
  };
}

/** Gives host:port. */
export function place(host: string | undefined, port: number | undefined): string {
  return host?.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Which pipe carries a call (pipe.ts): one beside each connection that the driver has to a server that reads are for, to the
 * very same address. The driver goes on to decide where that is: it asks the Sentinels, it knows the slots of a Cluster, and
 * when it connects anew there is another connection of its own, and beside it another pipe. A pipe never outlives the connection
 * it stands beside.
 *
 * A pipe that is lost while it owes an answer takes the driver's connection with it, as if they were one: its server may have
 * gone silent, or may have been replaced, and must not go on to be asked by the other.
 */
import type { Socket } from 'node:net';
import type { TLSSocket, ConnectionOptions as TlsOptions } from 'node:tls';
import { Cluster, Command, type Redis } from 'ioredis';
import type { Address } from './address.ts';
import { attemptLimit } from './clients.ts';
import { place } from './connectors.ts';
import { open, shakeHands } from './handshake.ts';
import { Pipe } from './pipe.ts';

/** Before one more attempt to open a pipe that could not be opened, or did not live for as long. Units: milliseconds. */
const PAUSE = 1000;

/** What stands beside a connection of the driver. */
interface Beside {
  /** Of the pipe, or of the one that is being opened. */
  socket: Socket | null;
  pipe: Pipe | null;
  /** From when a pipe may be opened, on the clock of `performance`. Units: milliseconds. */
  openFrom: number;
}

/** What the driver knows of a Cluster, and does not say in its types. */
interface Known {
  readonly slots: readonly (readonly string[] | undefined)[];
  readonly connectionPool: { getInstanceByKey(key: string): Redis | undefined };
}

export class Pipes {
  private readonly client: Redis | Cluster;
  private readonly address: Address;
  private readonly limit: number;
  private readonly besides = new WeakMap<object, Beside>();
  private readonly open = new Set<Pipe>();
  private readonly slots = new WeakMap<readonly string[], number>();
  private closed = false;

  /** `timeout`: of an answer; milliseconds. */
  constructor(client: Redis | Cluster, address: Address, timeout: number) {
    this.client = client;
    this.address = address;
    this.limit = attemptLimit(timeout);
  }

  /** Gives the pipe to the server that has these keys. Absence: null when there is none now; the next one may be opened by that. */
  of(keys: readonly string[]): Pipe | null {
    const redis = this.nodeOf(keys);
    if (this.closed || redis?.status !== 'ready' || redis.stream === undefined) return null;
    const beside = this.besides.get(redis.stream);
    if (beside?.pipe) return beside.pipe;
    if (beside === undefined || performance.now() >= beside.openFrom) void this.openBeside(redis);
    return null;
  }

  close(): void {
    this.closed = true;
    for (const pipe of this.open) pipe.end();
  }

  private nodeOf(keys: readonly string[]): Redis | undefined {
    if (!(this.client instanceof Cluster)) return this.client;
    let slot = this.slots.get(keys);
    if (slot === undefined) {
      slot = new Command('get', [keys[0]!]).getSlot();
      this.slots.set(keys, slot);
    }
    const { slots, connectionPool } = this.client as unknown as Known;
    const master = slots[slot]?.[0];
    return master === undefined ? undefined : connectionPool.getInstanceByKey(master);
  }

  /** Begins to open a pipe beside a connection that has none. */
  private async openBeside({ stream, options }: Redis): Promise<void> {
    const { remoteAddress: host, remotePort: port } = stream;
    if (host === undefined || port === undefined) return;
    const tls = options.tls === undefined ? null : sameName(options.tls, stream as TLSSocket);
    const beside = this.besideOf(stream);
    beside.openFrom = Number.POSITIVE_INFINITY;
    const socket = open({ host, port, tls });
    beside.socket = socket;
    try {
      await shakeHands(socket, this.address, { at: () => place(host, port), tls: tls !== null, limit: this.limit });
    } catch {
      // Reads go the driver's way meanwhile, and what is wrong with that is told there.
      beside.openFrom = performance.now() + PAUSE;
      return;
    }
    const openedAt = performance.now();
    const pipe = new Pipe(socket, (end, owing) => {
      this.open.delete(pipe);
      beside.pipe = null;
      // A server whose answers cannot be read is not asked this way again.
      beside.openFrom = end === 'garbled' ? Number.POSITIVE_INFINITY : openedAt + PAUSE;
      if (owing && end !== 'garbled') stream.destroy();
    });
    if (this.closed || stream.destroyed || socket.destroyed) return pipe.end();
    beside.pipe = pipe;
    this.open.add(pipe);
  }

  private besideOf(stream: object & Pick<Socket, 'once'>): Beside {
    const known = this.besides.get(stream);
    if (known !== undefined) return known;
    const beside: Beside = { socket: null, pipe: null, openFrom: 0 };
    this.besides.set(stream, beside);
    stream.once('close', () => beside.socket?.destroy());
    return beside;
  }
}

/** The other side has to prove the same name as to the driver. */
function sameName(tls: TlsOptions, { servername }: { readonly servername?: unknown }): TlsOptions {
  return typeof servername === 'string' && servername !== '' ? { ...tls, servername } : tls;
}

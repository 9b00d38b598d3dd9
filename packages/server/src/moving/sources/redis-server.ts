/**
 * A Redis that other software writes its sessions to: one server, the master of Sentinels or a Cluster, with TLS or without, by
 * the same URLs as a store of ours. It stands on the connection of our store: whoever knows why that does not connect is told the
 * same here. Whatever is wrong at the beginning is told at once, and not tried again: a person waits for the answer.
 */
import { readAddress } from '../../stores/redis/address.ts';
import { type Argument, Connection, type Master } from '../../stores/redis/connection.ts';
import { WrongSource } from '../source.ts';

/** How long an answer may take; while it is read, how long a server may be away. Units: milliseconds. */
const PATIENCE = 10_000;

/** One server, to be walked through by itself. `name`: the same as long as it has the same keys. */
export type Node = Master;

export class RedisServer {
  /** The URL, without user and password. */
  readonly name: string;
  /** Whether a command may be about keys of several slots. */
  readonly anySlot: boolean;
  private readonly connection: Connection;

  private constructor(name: string, connection: Connection) {
    this.name = name;
    this.anySlot = connection.anySlot;
    this.connection = connection;
  }

  /**
   * Connects. `setting`: in what the URL was given, for words: `--from`. Errors: WrongSource, one sentence: no such URL, no such
   * server, no Redis, a wrong password.
   */
  static async open(url: string, setting: string): Promise<RedisServer> {
    const address = readAddress(url);
    if (address === null) {
      const forms =
        'redis://[USER:PASSWORD@]HOST:PORT/DB, redis+sentinel://HOST:PORT/NAME/DB or redis+cluster://HOST:PORT';
      throw new WrongSource(`${setting} is no URL of a Redis: ${forms} (rediss for TLS)`);
    }
    let fail: (error: unknown) => void = () => {};
    const failed = new Promise<never>((_, reject) => {
      fail = reject;
    });
    failed.catch(() => {});
    const asked = { ...address, setting: 'its URL' };
    const connection = new Connection({ address: asked, tls: {}, timeout: PATIENCE, onError: (error) => fail(error) });
    try {
      if (await Promise.race([connection.ready(PATIENCE), failed])) return new RedisServer(address.safe, connection);
      throw connection.trouble ?? new Error('no answer within the time budget');
    } catch (error) {
      connection.close();
      throw new WrongSource(`${address.safe} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * Sends a command to the server of its key. Bulk texts are answered as Buffers. All that is sent in one turn goes out together.
   * `repeatable`: to do it twice is as good as once, so it is sent again when the connection is lost. Errors: what Redis says.
   */
  send(command: string, args: Argument[], repeatable = true): Promise<unknown> {
    return this.connection.send(command, args, { until: performance.now() + PATIENCE, repeatable });
  }

  /** Gives the servers that have keys, in the order of their names. */
  async nodes(): Promise<Node[]> {
    if (this.anySlot) return [{ name: '', send: (command, args) => this.send(command, args) }];
    const masters = await this.connection.masters(performance.now() + PATIENCE);
    return masters.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  close(): void {
    this.connection.close();
  }
}

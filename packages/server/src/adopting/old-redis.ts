/**
 * The old Redis: commands and scripts within a time budget. Whatever goes wrong rejects as OldSideAway, which is a 503 for whom it
 * concerns, and no outage of our own store.
 */
import { ServiceError } from '../core/errors.ts';
import type { Layout } from '../moving/sources/predecessor/layout.ts';
import type { Address } from '../stores/redis/address.ts';
import { type Argument, Connection, type TlsFiles } from '../stores/redis/connection.ts';
import { OldKeys } from './old-keys.ts';
import { loadScripts, type ScriptName } from './scripts.ts';

export interface OldRedisOptions {
  readonly address: Address;
  readonly layout: Layout;
  readonly tls: TlsFiles;
  /** Of one answer. Units: milliseconds. */
  readonly timeout: number;
  /** Told of each attempt to connect that failed. */
  readonly onError: (error: unknown) => void;
}

/** The old Redis did not answer, so nobody knows what it has. */
export class OldSideAway extends ServiceError {
  constructor(cause: unknown) {
    super('store_unavailable', 'the Redis that sessions are taken over from does not answer; try again', { cause });
  }
}

export class OldRedis {
  readonly keys: OldKeys;
  readonly layout: Layout;
  /** Of one answer. Units: milliseconds. */
  readonly timeout: number;
  private readonly connection: Connection;
  private readonly scripts = loadScripts();

  constructor({ address, layout, tls, timeout, onError }: OldRedisOptions) {
    this.layout = layout;
    this.keys = new OldKeys(layout);
    this.timeout = timeout;
    const ours = { ...address, setting: 'RS_ADOPT' };
    this.connection = new Connection({ address: ours, tls, timeout, onError: (error) => onError(away(error)) });
  }

  /** Tells whether it can be asked, now or within its time budget. */
  ready(): Promise<boolean> {
    return this.connection.ready(this.timeout);
  }

  /** Why there is no connection. Absence: null when there is one. */
  get trouble(): Error | null {
    return this.connection.trouble;
  }

  /** Sends a command. Bulk texts are answered as Buffers. Errors: OldSideAway; what Redis says of a value of another type. */
  async send(command: string, args: Argument[]): Promise<unknown> {
    try {
      return await this.within((until) => this.connection.send(command, args, { until, repeatable: true }));
    } catch (error) {
      if (error instanceof Error && error.message.includes('WRONGTYPE')) throw error;
      throw away(error);
    }
  }

  /** Calls a script. All of them may be called twice: an answer that was lost is asked for again. Errors: OldSideAway. */
  async call(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const { text, sha } = this.scripts[name];
    const rest: Argument[] = [keys.length, ...keys, ...args];
    try {
      return await this.within(async (until) => {
        const how = { until, repeatable: true };
        try {
          return await this.connection.send('EVALSHA', [sha, ...rest], how);
        } catch (error) {
          if (!(error as Error).message.includes('NOSCRIPT')) throw error;
          return this.connection.send('EVAL', [text, ...rest], how);
        }
      });
    } catch (error) {
      throw away(error);
    }
  }

  async ping(): Promise<void> {
    await this.send('PING', []);
  }

  close(): void {
    this.connection.close();
  }

  /** Gives up when the budget is over, whatever the connection waits for. */
  private within<T>(work: (until: number) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer within the time budget')), this.timeout);
      work(performance.now() + this.timeout)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }
}

function away(error: unknown): OldSideAway {
  return error instanceof OldSideAway ? error : new OldSideAway(error);
}

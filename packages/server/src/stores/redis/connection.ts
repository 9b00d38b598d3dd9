/**
 * The connection: one server, Sentinel or Cluster, all behind `send`. The gathered reads have one of their own beside it
 * (pipes.ts). What it must have before its first command of ours stands in handshake.ts.
 *
 * When the connection is lost, the next attempt to connect is made at once, and further ones after pauses. A command that
 * was not sent yet waits for the connection, as long as its time allows. A command that was sent and got no answer is sent
 * again only if doing it twice has the same effect as doing it once. When the connection has been away for longer than a
 * whole budget, requests do not wait for it any more and fail at once. The driver itself queues nothing and sends nothing
 * again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster, Command, Pipeline, type Redis } from 'ioredis';
import type { Address } from './address.ts';
import { clientFor, inWords, type TlsFiles } from './clients.ts';
import { place } from './connectors.ts';
import { Pipes } from './pipes.ts';
import { noCluster, textOf } from './refusal.ts';

export type { TlsFiles };

export interface ConnectionOptions {
  readonly address: Address;
  readonly tls: TlsFiles;
  /** Units: milliseconds. */
  readonly timeout: number;
  /** Told of each attempt to connect that failed: why, in a sentence. */
  readonly onError: (error: unknown) => void;
}

/** How long a command may be tried. */
export interface Patience {
  /** Until when it may be sent, on the clock of `performance`. Units: milliseconds. */
  readonly until: number;
  /** Whether doing it twice has the same effect as doing it once. */
  readonly repeatable: boolean;
}

export type Argument = string | Buffer | number;

/** One server that takes writes, to be asked for itself. */
export interface Master {
  /** host:port. */
  readonly name: string;
  readonly send: (command: string, args: Argument[]) => Promise<unknown>;
}

/** The longest pause between two attempts. Units: milliseconds. */
const LONGEST_PAUSE = 200;
/** A connection that lived for less is one more attempt that failed, when the next pause is chosen. Units: milliseconds. */
const STEADY = 1000;

export class Connection {
  /** Whether one command may touch keys of several slots. */
  readonly anySlot: boolean;
  /** Beside the connections of the driver: for the gathered reads. */
  readonly pipes: Pipes;
  private readonly options: ConnectionOptions;
  private readonly client: Redis | Cluster;
  /** Those who wait for a connection. */
  private readonly waiting = new Set<() => void>();
  /** Since when there is none. Null: there is one. */
  private lostAt: number | null = performance.now();
  private readyAt = Number.POSITIVE_INFINITY;
  private attempts = 0;
  /** What the driver said last. */
  private said: unknown = null;
  private reason: Error | null = null;
  private gathering = false;
  private closed = false;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.anySlot = options.address.topology !== 'cluster';
    this.client = clientFor(options.address, options.tls, options.timeout);
    this.pipes = new Pipes(this.client, options.address, options.timeout);
    this.client.on('ready', () => this.onReady());
    this.client.on('error', (error: unknown) => {
      this.said = error;
    });
    // The end of a connection, and of an attempt to have one.
    this.client.on('end', () => this.onEnd());
    this.connect();
  }

  /** Tells whether commands can be sent, now or within `limit` milliseconds: a server starts without its store, too. */
  ready(limit: number): Promise<boolean> {
    if (this.client.status === 'ready') return Promise.resolve(true);
    return this.comes(performance.now() + limit);
  }

  /** Why there is no connection, in a sentence. Absence: null when there is one. */
  get trouble(): Error | null {
    if (this.lostAt === null) return null;
    return this.reason ?? new Error(`${inWords(this.options.address)} does not answer yet`);
  }

  /** Sends a command. Answers bulk texts as Buffers. Errors: what the server or the network says, arguments left out. */
  async send(command: string, args: Argument[], patience: Patience): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      if (this.client.status !== 'ready') await this.there(patience.until);
      const sending = new Sending(command, args, AS_BUFFERS);
      this.gather();
      try {
        return await (this.client.sendCommand(sending) as Promise<unknown>);
      } catch (error) {
        const mayTry = patience.repeatable || !sending.written || wasSentAway(error);
        if (!mayTry || !(await this.pauseAfter(error, attempt, patience.until))) throw withoutArguments(error);
      }
    }
  }

  /**
   * Sends the call of a script that answers with a list or nothing, and behind it on the same connection a WAIT for replicas; once sent
   * it is not sent again. Errors: also when too few have it.
   */
  async sendAndWait(command: string, args: Argument[], replicas: number, limit: number, until: number) {
    for (let attempt = 0; ; attempt++) {
      if (this.client.status !== 'ready') await this.there(until);
      const sending = new Sending(command, args, AS_BUFFERS);
      // In a Cluster the slot of the first key decides the node, and WAIT, without a key, follows it.
      const pipeline = new Pipeline(this.client as Redis);
      pipeline.sendCommand(sending);
      pipeline.sendCommand(new Command('WAIT', [replicas, limit], AS_BUFFERS));
      const answers = await pipeline.exec();
      const [[error, reply], [waitError, reached]] = answers as [[Error | null, unknown], [Error | null, unknown]];
      const isOfScript = error !== null || reply === null || Array.isArray(reply);
      if (!isOfScript || (waitError === null && typeof reached !== 'number')) throw this.misled();
      const failure = error ?? waitError;
      if (failure === null) {
        if (Number(reached) < replicas) throw new Error(`${reached} of ${replicas} replicas have it`);
        return reply;
      }
      if (sending.written || !(await this.pauseAfter(failure, attempt, until))) throw withoutArguments(failure);
    }
  }

  /** Gives every master of a Cluster, else the one server. Errors: when none is known until `until`. */
  async masters(until: number): Promise<Master[]> {
    if (this.client.status !== 'ready') await this.there(until);
    return this.servers().map((node) => ({
      // Behind Sentinel the options do not tell the address of the server.
      name: place(node.stream?.remoteAddress ?? node.options.host, node.stream?.remotePort ?? node.options.port),
      send: (command, args) =>
        node.callBuffer(command, args).catch((error: unknown) => Promise.reject(withoutArguments(error))),
    }));
  }

  close(): void {
    this.closed = true;
    for (const go of [...this.waiting]) go();
    this.pipes.close();
    this.client.disconnect();
  }

  /**
   * Ends the connection, and all that is under way on it: an answer has come to another command than its own, because one was lost
   * on the way. So every later one would come to the wrong command, too.
   */
  private misled(): Error {
    this.client.disconnect();
    return new Error('an answer came to another command than its own');
  }

  private onReady(): void {
    this.lostAt = null;
    this.reason = null;
    this.said = null;
    this.readyAt = performance.now();
    for (const go of [...this.waiting]) go();
  }

  private onEnd(): void {
    if (this.closed) return;
    const now = performance.now();
    const wasThere = this.lostAt === null;
    this.lostAt ??= now;
    this.reason = this.whyEnded(wasThere);
    if (!wasThere) this.options.onError(this.reason);
    if (now - this.readyAt > STEADY) this.attempts = 0;
    this.readyAt = Number.POSITIVE_INFINITY;
    const pause = this.attempts === 0 ? 0 : pauseOf(this.attempts - 1);
    this.attempts++;
    if (pause === 0) this.connect();
    else setTimeout(() => this.connect(), pause);
  }

  /** Says why a connection, or an attempt to have one, has ended. */
  private whyEnded(wasThere: boolean): Error {
    const { said } = this;
    this.said = null;
    const nodes = inWords(this.options.address);
    if (wasThere) return new Error(`the connection to ${nodes} was lost${said === null ? '' : ` (${textOf(said)})`}`);
    if (this.client instanceof Cluster) {
      const { lastNodeError = said } = (said ?? {}) as { lastNodeError?: unknown };
      // The driver has asked for CLUSTER INFO, and tells nobody what it heard.
      if (said === null) {
        return new Error(
          `the Cluster of ${nodes} is down (its nodes say cluster_state:fail), or closed the connection`,
        );
      }
      return noCluster(lastNodeError, nodes);
    }
    return said instanceof Error ? said : new Error(textOf(said));
  }

  /** Resolves when there is a connection. Errors: when there is none until `until`, or was none for a whole budget. */
  private async there(until: number): Promise<void> {
    const end = Math.min(until, (this.lostAt ?? performance.now()) + this.options.timeout);
    if (end <= performance.now() || !(await this.comes(end))) {
      throw this.trouble ?? new Error('no answer within the time budget');
    }
  }

  /** Tells whether there is a connection at `until` at the latest. */
  private comes(until: number): Promise<boolean> {
    if (this.closed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.waiting.delete(go);
        resolve(!this.closed && this.client.status === 'ready');
      };
      const timer = setTimeout(go, Math.max(0, until - performance.now()));
      this.waiting.add(go);
    });
  }

  /**
   * Tells whether a command that failed may be tried once more, after a pause where that helps: not when a server has answered, nor
   * when its time is over.
   */
  private async pauseAfter(error: unknown, attempt: number, until: number): Promise<boolean> {
    const { name } = error as Error;
    if (name === 'ReplyError') return false;
    // A lost connection is waited for by the next attempt itself. Nothing tells when one node of a Cluster is back: hence a pause.
    const pause = this.client.status === 'ready' ? pauseOf(attempt) : 0;
    if (this.closed || performance.now() + pause >= until) return false;
    if (pause > 0) await delay(pause);
    return true;
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
    if (this.closed) return;
    this.client.connect().catch(() => {
      // Told by the event `end`; tried again until `close`.
    });
  }
}

const AS_BUFFERS = { replyEncoding: null };

/** A command that knows whether it has left for a server. */
class Sending extends Command {
  written = false;

  override toWritable(socket: object): string | Buffer {
    this.written = true;
    return super.toWritable(socket);
  }
}

/**
 * Tells whether each node that a command came to has sent it on, or asked for patience, until the driver gave up. A node that
 * was lost instead of that may have done it.
 */
export function wasSentAway(error: unknown): boolean {
  return (error as Error).message.startsWith('Too many Cluster redirections. Last error: ReplyError: ');
}

/** Gives the pause before an attempt after the first one, which waits for nothing. Units: milliseconds. */
function pauseOf(attempt: number): number {
  return Math.min(LONGEST_PAUSE, 10 * 2 ** attempt);
}

/** ioredis keeps the arguments of a failed command on its error: data and hashes that no log may see. */
function withoutArguments(error: unknown): Error {
  return new Error(error instanceof Error ? error.message : String(error));
}

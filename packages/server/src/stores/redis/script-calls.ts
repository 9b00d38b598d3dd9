/**
 * Script calls within a time budget. Whatever goes wrong rejects as `store_unavailable` before the budget is over, and
 * what was given up is not done afterwards: each call carries a deadline by Redis' own clock, which the script looks at
 * first. (A command that waits in a socket, or that the client redirects, cannot be called back otherwise.)
 */
import { ServiceError } from '../../core/errors.ts';
import { type Argument, Connection, type ConnectionOptions, type Master } from './connection.ts';
import type { ReadKeys } from './keys.ts';
import { encode } from './pipe.ts';
import { holdsHash } from './record.ts';
import type { Found } from './reply-reader.ts';
import { loadScripts, type ScriptName } from './scripts.ts';

export type { Argument };
/** What a script answers: the instant it decided by, then its own. */
export type Answer = [at: number, ...rest: unknown[]];

/** Reads that go together. */
export interface GatheredReads {
  /** Of each. */
  readonly keys: readonly ReadKeys[];
  /** The reads, as the script takes them. */
  readonly packed: string;
  /** Of the token of each. */
  readonly hashes: readonly string[];
}

export interface ScriptCallsOptions extends ConnectionOptions {
  /** `redis`: the server's TIME decides. `argument`: the caller's `now` does, so that tests need no sleeps. */
  readonly clock: 'redis' | 'argument';
  /** Replicas that must have a create, a rotate or a revoke before it is answered. */
  readonly replicas: number;
}

/**
 * What may be done twice when a connection was lost before its answer came: whatever changes nothing but counters of reads,
 * what is removed anyway, and the claim of a lock, which is answered twice the same (core/lock.ts). A `get` that was done twice
 * counts one read more, which docs/operations/redis.md says.
 */
const REPEATABLE: ReadonlySet<string> = new Set<ScriptName | 'GET' | 'ZRANGE' | 'ZSCORE'>([
  ...(['get', 'find', 'of-subject', 'positions', 'seen', 'ids', 'records', 'count', 'probe', 'master'] as const),
  ...(['journal-begin', 'journal-read', 'journal-lasts', 'journal-count', 'journal-retire', 'journal-copy'] as const),
  ...(['outbox-read', 'outbox-take', 'outbox-look'] as const),
  ...(['lock', 'lock-token', 'lock-look', 'lock-leave'] as const),
  ...(['GET', 'ZRANGE', 'ZSCORE'] as const),
]);

/** Of the time budget, how much replicas may take. */
const WAIT_SHARE = 0.8;

export class ScriptCalls {
  private readonly options: ScriptCallsOptions;
  private readonly scripts = loadScripts();
  private readonly connection: Connection;
  /** WAIT holds up what comes behind it on its connection: it has one of its own. */
  private readonly waiting: Connection;
  private closed = false;
  /** What to add to this process' clock to have Redis'. Null: no answer yet. */
  private offset: { value: number; learnt: number } | null = null;

  constructor(options: ScriptCallsOptions) {
    this.options = options;
    const onError = (cause: unknown) => options.onError(unavailable(cause));
    this.connection = new Connection({ ...options, onError });
    this.waiting = options.replicas === 0 ? this.connection : new Connection({ ...options, onError });
  }

  /** How long an answer may take, and how much later a script will still run. Units: milliseconds. */
  get timeout(): number {
    return this.options.timeout;
  }

  get anySlot(): boolean {
    return this.connection.anySlot;
  }

  /** Whether Redis decides what time it is, whoever asks. */
  get ownClock(): boolean {
    return this.options.clock === 'redis';
  }

  /** The first argument of every script. */
  nowArgument(now: number): string {
    return this.ownClock ? '' : String(now);
  }

  /** Gives the instant that Redis has at `now`, as its answers have told so far; `now` itself before the first. */
  instantAt(now: number): number {
    return this.ownClock && this.offset !== null ? Math.round(performance.now() + this.offset.value) : now;
  }

  /** Tells whether commands can be sent, now or within `limit` milliseconds. */
  async ready(limit = this.options.timeout): Promise<boolean> {
    return (await Promise.all(this.connections.map((connection) => connection.ready(limit)))).every(Boolean);
  }

  /** Why there is no connection, in a sentence. Absence: null when there is one. */
  get trouble(): Error | null {
    return this.connections.map(({ trouble }) => trouble).find((trouble) => trouble !== null) ?? null;
  }

  private get connections(): Connection[] {
    return [...new Set([this.connection, this.waiting])];
  }

  /**
   * Calls lua/get.lua for some reads: through a pipe where there is one, else, and whatever goes wrong with that, as any other
   * script. Gives what was found for each, and at which instant. In `packed` and `hashes` each byte is a character.
   */
  async read({ keys, packed, hashes }: GatheredReads, now: number) {
    const until = performance.now() + this.options.timeout;
    const pipe = this.connection.pipes.of(keys[0]!.keys);
    if (pipe !== null) {
      const sent = performance.now();
      const count = keys.length * keys[0]!.keys.length;
      let call = `*${count + 6}\r\n${encode(['EVALSHA', this.scripts.get.sha, `${count}`])}`;
      for (const { text } of keys) call += text;
      call += encode([this.nowArgument(now), this.deadline(until), packed]);
      const reply = await pipe.call(call, hashes.length, until);
      if (reply !== null && !(reply instanceof Error)) {
        if (reply.found.every((found, i) => !Buffer.isBuffer(found) || holdsHash(found, hashes[i]!))) {
          this.learn(reply.at - sent);
          return reply;
        }
        // The answer to another call: so is every later one.
        pipe.end('garbled');
      }
    }
    const how = { until, wait: false };
    const all = keys.flatMap((read) => read.keys);
    const bytes = Buffer.from(packed, 'latin1');
    const [at, ...found] = (await this.within(() => this.timed('get', all, now, [bytes], how), until))!;
    return { at, found: found as Found[] };
  }

  /** Calls a script whose first arguments are `now` and the deadline. Absence: null where the script says false. */
  call(name: ScriptName, keys: readonly string[], now: number, args: readonly Argument[]): Promise<Answer | null> {
    return this.within((until) => this.timed(name, keys, now, args, { until, wait: false }));
  }

  /** The same, resolved only when the replicas asked for have it. */
  callDurably(
    name: ScriptName,
    keys: readonly string[],
    now: number,
    args: readonly Argument[],
  ): Promise<Answer | null> {
    return this.within((until) => this.timed(name, keys, now, args, { until, wait: this.options.replicas > 0 }));
  }

  /** Calls a script that decides nothing by time. `repeatable`: to do this call twice is as good as once. */
  callTimeless(
    name: ScriptName,
    keys: readonly string[],
    args: readonly Argument[],
    repeatable = REPEATABLE.has(name),
  ): Promise<unknown> {
    return this.within((until) => this.evaluate(name, keys, args, { until, wait: false, repeatable }));
  }

  /** Sends a plain command. */
  command(command: string, args: Argument[]): Promise<unknown> {
    const repeatable = REPEATABLE.has(command);
    return this.within((until) => this.connection.send(command, args, { until, repeatable }));
  }

  /** Gives the masters, each to be asked for itself: for what is about servers, not sessions. */
  async masters(): Promise<Master[]> {
    const masters = await this.within((until) => this.connection.masters(until));
    return masters.map(({ name, send }) => ({
      name,
      send: (command, args) => this.within(() => send(command, args)),
    }));
  }

  close(): void {
    this.closed = true;
    this.connection.close();
    this.waiting.close();
  }

  private async timed(
    name: ScriptName,
    keys: readonly string[],
    now: number,
    args: readonly Argument[],
    { until, wait }: { until: number; wait: boolean },
  ) {
    const how = { until, wait, repeatable: REPEATABLE.has(name) };
    for (let attempt = 1; ; attempt++) {
      const sent = performance.now();
      try {
        const timed = [this.nowArgument(now), this.deadline(until), ...args];
        const answer = (await this.evaluate(name, keys, timed, how)) as Answer | null;
        if (answer !== null) this.learn(answer[0] - sent);
        return answer;
      } catch (error) {
        // Its clock was set, or another server of the Cluster answered: the deadline was wrong, and nothing was done.
        const late = /LATE (\d+)/.exec((error as Error).message);
        if (late === null || attempt === 2) throw error;
        this.offset = { value: Number(late[1]) - sent, learnt: sent };
      }
    }
  }

  private async evaluate(
    name: ScriptName,
    keys: readonly string[],
    args: readonly Argument[],
    how: { until: number; wait: boolean; repeatable: boolean },
  ): Promise<unknown> {
    const { sha, text } = this.scripts[name];
    const rest = [keys.length, ...keys, ...args];
    const { replicas, timeout } = this.options;
    const send = (command: string, script: string) =>
      how.wait
        ? this.waiting.sendAndWait(command, [script, ...rest], replicas, timeout * WAIT_SHARE, how.until)
        : this.connection.send(command, [script, ...rest], how);
    try {
      return await send('EVALSHA', sha);
    } catch (error) {
      if (!(error as Error).message.includes('NOSCRIPT')) throw error;
      return send('EVAL', text);
    }
  }

  /** The latest estimate of Redis' clock that an answer allows: too late a deadline is harmless, too early is not. */
  private learn(offset: number): void {
    const now = performance.now();
    if (this.offset === null || offset > this.offset.value || now - this.offset.learnt > 10_000) {
      this.offset = { value: offset, learnt: now };
    }
  }

  /** Gives by Redis' clock what `until` is by ours. Absence: '' while its clock is not known. */
  private deadline(until: number): string {
    if (this.options.clock === 'argument' || this.offset === null) return '';
    return String(Math.ceil(until + this.offset.value));
  }

  /** Does work that is told until when it may send, on the clock of `performance`. */
  private within<T>(work: (until: number) => Promise<T>, until = performance.now() + this.options.timeout): Promise<T> {
    if (this.closed) return Promise.reject(new ServiceError('store_unavailable', 'the session store is closed'));
    return new Promise<T>((resolve, reject) => {
      const fail = (cause: unknown) => reject(unavailable(cause));
      const left = until - performance.now();
      const timer = setTimeout(() => fail(new Error('no answer within the time budget')), Math.max(0, left));
      work(until)
        .then(resolve, fail)
        .finally(() => clearTimeout(timer));
    });
  }
}

function unavailable(cause: unknown): ServiceError {
  return new ServiceError('store_unavailable', 'the session store did not do its work', { cause });
}

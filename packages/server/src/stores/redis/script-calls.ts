/**
 * Script calls within a time budget. Whatever goes wrong rejects as `store_unavailable` before the budget is over, and
 * what was given up is not done afterwards: each call carries a deadline by Redis' own clock, which the script looks at
 * first. (A command that waits in a socket, or that the client redirects, cannot be called back otherwise.)
 */
import { ServiceError } from '../../core/errors.ts';
import { Connection, type ConnectionOptions, type Master } from './connection.ts';
import { loadScripts, type ScriptName } from './scripts.ts';

export type Argument = string | Buffer | number;
/** What a script answers: the instant it decided by, then its own. */
export type Answer = [at: number, ...rest: unknown[]];

export interface ScriptCallsOptions extends ConnectionOptions {
  /** `redis`: the server's TIME decides. `argument`: the caller's `now` does, so that tests need no sleeps. */
  readonly clock: 'redis' | 'argument';
  /** Replicas that must have a create, a rotate or a revoke before it is answered. */
  readonly replicas: number;
}

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
    this.connection = new Connection(options);
    this.waiting = options.replicas === 0 ? this.connection : new Connection(options);
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

  async ready(limit = this.options.timeout): Promise<void> {
    await Promise.all([...new Set([this.connection, this.waiting])].map((c) => c.ready(limit)));
  }

  /** Calls a script whose first arguments are `now` and the deadline. Absence: null where the script says false. */
  call(name: ScriptName, keys: readonly string[], now: number, args: readonly Argument[]): Promise<Answer | null> {
    return this.within(() => this.timed(name, keys, now, args, false));
  }

  /** The same, resolved only when the replicas asked for have it. */
  callDurably(
    name: ScriptName,
    keys: readonly string[],
    now: number,
    args: readonly Argument[],
  ): Promise<Answer | null> {
    return this.within(() => this.timed(name, keys, now, args, this.options.replicas > 0));
  }

  /** Calls a script that decides nothing by time. */
  callTimeless(name: ScriptName, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    return this.within(() => this.evaluate(name, keys, args, false));
  }

  /** Sends a plain command. */
  command(command: string, args: Argument[]): Promise<unknown> {
    return this.within(() => this.connection.send(command, args));
  }

  /** Gives the masters, each to be asked for itself: for what is about servers, not sessions. */
  async masters(): Promise<Master[]> {
    const masters = await this.within(async () => this.connection.masters());
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
    wait: boolean,
  ) {
    for (let attempt = 1; ; attempt++) {
      const sent = performance.now();
      try {
        const answer = (await this.evaluate(
          name,
          keys,
          [this.nowArgument(now), this.deadline(sent), ...args],
          wait,
        )) as Answer | null;
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
    wait: boolean,
  ): Promise<unknown> {
    const { sha, text } = this.scripts[name];
    const rest = [keys.length, ...keys, ...args];
    const { replicas, timeout } = this.options;
    const send = (command: string, script: string) =>
      wait
        ? this.waiting.sendAndWait(command, [script, ...rest], replicas, timeout * WAIT_SHARE)
        : this.connection.send(command, [script, ...rest]);
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

  private deadline(sent: number): string {
    if (this.options.clock === 'argument' || this.offset === null) return '';
    return String(Math.ceil(sent + this.offset.value + this.options.timeout));
  }

  private within<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(new ServiceError('store_unavailable', 'the session store is closed'));
    return new Promise<T>((resolve, reject) => {
      const fail = (cause: unknown) =>
        reject(new ServiceError('store_unavailable', 'the session store did not do its work', { cause }));
      const timer = setTimeout(() => fail(new Error('no answer within the time budget')), this.options.timeout);
      work()
        .then(resolve, fail)
        .finally(() => clearTimeout(timer));
    });
  }
}

/** A command that asks a server, from its words to its exit code: what every one of them does around its own part. */
import { type AdminClient, SessionError } from 'rest-sessions-client/admin';
import { ConfigError } from '../../config.ts';
import { UsageError, type Words } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { fail, misuse, print, standardError } from '../output.ts';
import { jsonLine } from '../plain-text.ts';
import { Progress } from '../progress.ts';
import { type ListOptions, ResultList } from '../result-list.ts';
import { leaveOnSignal } from '../stop.ts';
import type { Column } from '../table.ts';
import { adminFor } from './connection.ts';
import { failed } from './failure.ts';
import { Patience } from './patience.ts';

export class Work {
  readonly given: Words;
  readonly client: AdminClient;
  readonly progress = new Progress(standardError, () => performance.now(), { isQuietElsewhere: true });
  /** What has been done until now, for who ends it or sees it fail. Absence: empty for nothing. */
  done: () => string = () => '';
  /** What a call has asked for whose answer is not there yet. Absence: empty. */
  asked = '';
  private readonly environment: NodeJS.ProcessEnv;
  private begun: Pick<ResultList<object>, 'flush'> | null = null;
  private readonly patience = new Patience();

  constructor(given: Words, client: AdminClient, environment: NodeJS.ProcessEnv) {
    this.given = given;
    this.client = client;
    this.environment = environment;
  }

  get json(): boolean {
    return this.given.has('json');
  }

  /** Gives the app of --app, which the definition asks for. */
  get app() {
    return this.client.app(this.given.text('app')!);
  }

  /** Makes a call that may be made twice, as often as it helps. Errors: SessionError. */
  ask<Result>(call: () => Promise<Result>): Promise<Result> {
    return this.patience.ask(call);
  }

  /** Begins a list of results. */
  list<Row extends object>(
    columns: readonly Column<Row>[],
    options: Pick<ListOptions, 'isLive'> = {},
  ): ResultList<Row> {
    const list = new ResultList(columns, { ...options, json: this.json, environment: this.environment });
    this.begun = list;
    return list;
  }

  /** Writes what the list has already, where its end does not come. */
  async flush(): Promise<void> {
    await this.begun?.flush();
  }

  /** Writes an object beside a list, where programs read it. */
  aside(object: object): void {
    if (this.json) print(`${jsonLine(object)}\n`);
  }

  /** Writes one result: words for a person, or an object. Gives the exit code. */
  answer(words: string, object: object): number {
    this.progress.clear();
    return print(this.json ? `${jsonLine(object)}\n` : `${words}\n`);
  }
}

/** Does it. Gives the exit code. Errors: UsageError. */
export async function working(
  given: Words,
  environment: NodeJS.ProcessEnv,
  what: (work: Work) => Promise<number>,
): Promise<number> {
  let work: Work;
  try {
    work = new Work(given, adminFor(given, environment), environment);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return error instanceof ConfigError ? misuse(error.message.split('\n')) : failed(error);
  }
  const listenNoMore = leaveOnSignal(
    () => work.done() || mayBeDone(work) || 'nothing was done',
    () => work.progress.clear(),
  );
  try {
    return await what(work);
  } catch (error) {
    work.progress.clear();
    await work.flush();
    if (error instanceof UsageError) {
      // As with the fifth line of standard input, when four have ended.
      if (work.done() === '') throw error;
      return fail(`${error.message}; before that: ${work.done()}`, EXIT.misuse);
    }
    // Who was answered knows that it was not done.
    const isAnswered = error instanceof SessionError && error.status !== null;
    return failed(error, work.done() || (isAnswered ? '' : mayBeDone(work)));
  } finally {
    listenNoMore();
  }
}

function mayBeDone({ asked }: Work): string {
  return asked && `${asked} was asked for, and may have been done`;
}

/** `1 session`, `1,200 sessions`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

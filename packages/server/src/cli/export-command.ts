/** `rest-sessions export`: the sessions of a store as lines of JSON, into a file or to standard output. */
import { showUrl } from '../config.ts';
import { exportFrom, FileInTheWay, NoSuchApp, type Sink, Unwritable, UsageFault } from '../exporting.ts';
import { UsageError, type Words } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { fail, misuse, print, say, standardError, whyOf, writeInTurn } from './output.ts';
import { Progress } from './progress.ts';
import { stopOnSignal } from './stop.ts';
import { configuredFor } from './store-option.ts';

/** Exports. Gives the exit code. Errors: UsageError. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const output = given.text('output') ?? '-';
  const file = output === '-' ? null : output;
  for (const option of ['replace', 'continue', 'json'] as const) {
    if (given.has(option) && file === null) throw new UsageError(`--${option} means nothing without --output=FILE`);
  }
  const config = configuredFor(environment, given.text('store'));
  if (typeof config === 'number') return config;
  const progress = new Progress(standardError, () => performance.now(), { isQuietElsewhere: true });
  const stop = stopOnSignal(() => progress.clear());
  const began = performance.now();
  const from = showUrl(config.store);
  const request = {
    app: given.text('app') ?? null,
    file,
    sink: file === null ? standardOutput : null,
    replace: given.has('replace'),
    goesOn: given.has('continue'),
  };
  try {
    const report = await exportFrom(config, request, Date.now, stop.signal, (steps, total) =>
      progress.count('exporting', steps, total),
    );
    progress.clear();
    const seconds = (performance.now() - began) / 1000;
    if (!report.complete) return stop.ended(file === null ? 'the export is not whole' : unfinished(file));
    if (given.has('json'))
      return print(`${JSON.stringify({ file, store: from, ...report, seconds: Math.round(seconds * 10) / 10 })}\n`);
    const words = `${report.sessions} sessions exported from ${from}, in ${seconds.toFixed(1)} s`;
    if (file !== null) return print(`${file}: ${words}\n`);
    say(words);
    return 0;
  } catch (error) {
    progress.clear();
    const message = whyOf(error as Error);
    if (error instanceof NoSuchApp) return fail(message, EXIT.notThere);
    if (error instanceof Unwritable) return fail(`${message}: ${unfinished(error.file)}`);
    return error instanceof UsageFault || error instanceof FileInTheWay ? misuse([message]) : fail(message);
  } finally {
    stop.release();
  }
}

function unfinished(file: string): string {
  return `there is no ${file} yet; with --continue the export goes on where it is`;
}

/** Waits for who reads, however long: it may be asking for a passphrase. */
const standardOutput: Sink = {
  async write(bytes) {
    const fault = await writeInTurn(bytes);
    if (fault !== null) throw new Error(`standard output cannot be written (${fault}): the export is not whole`);
  },
};

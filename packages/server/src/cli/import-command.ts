/** `rest-sessions import --from KIND:…`: sessions that another server or library wrote, taken over as they are. */
import { showUrl } from '../config.ts';
import {
  type ImportReport,
  type ImportRequest,
  importInto,
  KINDS,
  LEFT,
  NotEmpty,
  type SourceKind,
  UsageFault,
  WrongSource,
} from '../importing.ts';
import { UsageError, type Words } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { fail, misuse, print, standardError, whyOf } from './output.ts';
import { Progress } from './progress.ts';
import { type Stop, stopOnSignal } from './stop.ts';
import { configuredFor } from './store-option.ts';

/** Imports. Gives the exit code. Errors: UsageError. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const request = requestOf(given, environment.RS_IMPORT_FROM);
  const config = configuredFor(environment, given.text('store'));
  if (typeof config === 'number') return config;
  const progress = new Progress(standardError, () => performance.now(), { isQuietElsewhere: true });
  const stop = stopOnSignal(() => progress.clear());
  const began = performance.now();
  try {
    const target = showUrl(config.store);
    const report = await importInto(config, request, Date.now, stop.signal, (steps, total) =>
      progress.count(request.dryRun ? 'looking' : 'importing', steps, total),
    );
    progress.clear();
    return tell(
      report,
      { target, request, seconds: (performance.now() - began) / 1000, json: given.has('json') },
      stop,
    );
  } catch (error) {
    progress.clear();
    if (stop.signal.aborted) return stop.ended('nothing was changed');
    const message = whyOf(error as Error);
    const isWrong = error instanceof WrongSource || error instanceof UsageFault || error instanceof NotEmpty;
    return isWrong ? misuse([`${message}; nothing was changed`]) : fail(`${message}; nothing was changed`);
  } finally {
    stop.release();
  }
}

/** Errors: UsageError. */
function requestOf(given: Words, fromVariable: string | undefined): ImportRequest {
  const from = given.text('from') ?? fromVariable;
  if (from === undefined || from === '') throw new UsageError(`import needs --from KIND:…, ${oneOfTheKinds()}`);
  if (given.text('from') !== undefined && /\/\/[^/]*:[^/]*@/.test(from))
    throw new UsageError('--from has a password, which everybody on this machine can read; set RS_IMPORT_FROM instead');
  const [name, where] = split(from);
  const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (kind === undefined) throw new UsageError(`--from names no kind that there is, ${oneOfTheKinds()}`);
  if (where === '') throw new UsageError(`--from ${name} needs to know where: ${name}:${kind.where}`);
  checkOptions(given, name, kind);
  const app = given.text('app') ?? null;
  if (app === null && kind.app === 'needed')
    throw new UsageError(`sessions of the kind ${name} have no app: --app=APP names the one to put them in`);
  const said = [from, app ?? '', ...Object.keys(kind.options).map((option) => `${option}=${given.text(option) ?? ''}`)];
  const { text, has } = given;
  return { kind, where, app, text, has, said, dryRun: has('dry-run'), goesOn: has('continue') };
}

/** Every option of every kind is taken at first. Errors: UsageError, for one that this kind does not have. */
function checkOptions(given: Words, name: string, kind: SourceKind): void {
  const foreign = Object.values(KINDS)
    .flatMap(({ options }) => Object.keys(options))
    .filter((option) => !Object.hasOwn(kind.options, option));
  for (const option of foreign) {
    if (given.has(option)) throw new UsageError(`--${option} means nothing with --from ${name}`);
  }
}

/** The URL of a Redis alone is that of the predecessor: nobody else of those who come has no other name. */
const PREDECESSOR = /^rediss?(?:\+[a-z]+)?:\/\//;

function split(from: string): readonly [kind: string, where: string] {
  if (PREDECESSOR.test(from)) return ['predecessor', from];
  const colon = from.indexOf(':');
  return colon === -1 ? [from, ''] : [from.slice(0, colon), from.slice(colon + 1)];
}

function oneOfTheKinds(): string {
  return `which is one of ${Object.keys(KINDS).join(', ')}`;
}

interface Telling {
  readonly target: string;
  readonly request: ImportRequest;
  readonly seconds: number;
  readonly json: boolean;
}

/** Tells what was done. Gives the exit code. */
function tell(report: ImportReport, { target, request, seconds, json }: Telling, stop: Stop): number {
  const { fault, isWhole, source, before, taken, present, left } = report;
  const { dryRun } = request;
  const shown = json
    ? `${JSON.stringify({ source, target, dryRun, complete: isWhole && fault === null, taken, present, left, before, seconds: Math.round(seconds * 10) / 10 })}\n`
    : inWords(report, target, dryRun, seconds);
  const code = print(shown);
  if (fault === null && isWhole) {
    const isNamed = request.app !== null && request.kind.app === 'filter';
    const isFound = taken + present + before > 0 || left.some(({ reason }) => reason !== 'other_app');
    if (!isNamed || isFound) return code;
    return fail(`there is no session of the app ${request.app} in ${source}`, EXIT.notThere);
  }
  const after = `not all of ${source} was read; --continue goes on from here`;
  if (fault === null) return stop.ended(after);
  return fail(`${whyOf(fault)}; ${after}`);
}

function inWords(report: ImportReport, target: string, dryRun: boolean, seconds: number): string {
  const { source, before, taken, present, left } = report;
  const rate = seconds > 0 ? Math.round((taken + present) / seconds) : 0;
  const lines = [
    `${taken} sessions ${dryRun ? 'would be taken' : 'taken'} from ${source} into ${target}, in ${seconds.toFixed(1)} s (${rate} a second)`,
    ...(before > 0 ? [`${before} before these were settled by an earlier run`] : []),
    ...(present > 0 ? [`${present} were there already, as they are there or further on, and stay`] : []),
    ...left.map(({ reason, count, example }) => `${count} ${LEFT[reason]}, for example ${example}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `rest-sessions copy --from STORE --to STORE`: all sessions of one store into another, while servers use the first. */
import { type Config, showUrl } from '../config.ts';
import { type Copied, CopyBroken, copyFrom, NoSuchApp, SourceLost, UsageFault } from '../copying.ts';
import { UsageError, type Words } from './arguments.ts';
import { EXIT } from './exit-codes.ts';
import { fail, misuse, print, say, standardError, whyOf } from './output.ts';
import { Progress } from './progress.ts';
import { stopOnSignal } from './stop.ts';
import { configuredFor } from './store-option.ts';

/** Copies. Gives the exit code. Errors: UsageError. */
export async function run(_verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const configs: Config[] = [];
  for (const [option, variable] of [
    ['from', 'RS_COPY_FROM'],
    ['to', 'RS_COPY_TO'],
  ] as const) {
    const store = given.text(option) ?? environment[variable] ?? '';
    if (store === '') throw new UsageError(`copy needs --${option} STORE, a store URL as RS_STORE has it`);
    if (given.text(option) !== undefined && /\/\/[^/]*:[^/]*@/.test(store)) {
      throw new UsageError(
        `--${option} has a password, which everybody on this machine can read; set ${variable} instead`,
      );
    }
    const config = configuredFor({ ...environment, RS_STORE: store, RS_REDISHOST: '', RS_REDISPORT: '' }, undefined);
    if (typeof config === 'number') return config;
    configs.push(config);
  }
  const [from, to] = configs as [Config, Config];
  const request = {
    app: given.text('app') ?? null,
    dryRun: given.has('dry-run'),
    goesOn: given.has('continue'),
    endsMost: given.has('ended'),
  };
  const stop = stopOnSignal(() => progress.clear());
  const newProgress = () => new Progress(standardError, () => performance.now(), { isQuietElsewhere: true });
  let progress = newProgress();
  let shown = 0;
  const began = performance.now();
  try {
    const result = await copyFrom(from, to, request, Date.now, stop.signal, (pass, sessions, total) => {
      // The rate is that of the pass.
      if (pass !== shown) progress = newProgress();
      shown = pass;
      progress.count(
        pass === 1 ? (request.dryRun ? 'looking' : 'copying') : `catching up, pass ${pass}`,
        sessions,
        total,
      );
    });
    progress.clear();
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    const places = { from: showUrl(from.store), to: showUrl(to.store), dryRun: request.dryRun };
    const code = print(
      given.has('json') ? `${JSON.stringify({ ...places, ...result, seconds })}\n` : inWords(result, places, seconds),
    );
    if (result.isWhole && result.total === 0) {
      const which = request.app === null ? 'sessions' : `sessions of the app ${request.app}`;
      say(`${places.from} has no ${which}: look whether it is the right store`);
    }
    return result.isWhole ? code : stop.ended('the copy is not whole; --continue goes on with it');
  } catch (error) {
    progress.clear();
    if (error instanceof CopyBroken) return fail(`${whyOf(error.cause as Error)}; --continue goes on from here`);
    if (error instanceof SourceLost) return fail(error.message);
    const message = `${whyOf(error as Error)}; nothing was changed`;
    if (error instanceof NoSuchApp) return fail(message, EXIT.notThere);
    return error instanceof UsageFault ? misuse([message]) : fail(message);
  } finally {
    stop.release();
  }
}

interface Places {
  readonly from: string;
  readonly to: string;
  readonly dryRun: boolean;
}

/** Gives what was done, for people. */
export function inWords(
  { all, last, passes, looked, total, isWhole }: Copied,
  { from, to, dryRun }: Places,
  seconds: number,
): string {
  const would = dryRun ? 'would be ' : '';
  const lines = [
    `${from} to ${to}, in ${seconds.toFixed(1)} s and ${passes} ${passes === 1 ? 'pass' : 'passes'}:`,
    `${all.brought} sessions ${would}brought, ${all.updated} ${would}brought up to date, ${all.ended} ${would}ended because they ended at the source`,
  ];
  if (all.left > 0) {
    lines.push(`${all.left} went on or ended at the target, where servers use it: they stay as they are there`);
  }
  if (all.others > 0) {
    lines.push(`${all.others} are at the target alone and no copy brought them: they stay, for example ${all.example}`);
  }
  if (!isWhole) lines.push(`${looked} of ${total} sessions of the source looked at: not compared to the end`);
  else if (!dryRun) lines.push(checked(last));
  return `${lines.join('\n')}\n`;
}

function checked({ same, brought, updated, ended }: Copied['last']): string {
  const changes = brought + updated + ended;
  const compared = `${same} sessions compared, each is the same on both sides to the letter`;
  if (changes === 0) return `${compared}; nothing differs`;
  return `${compared}; ${changes} had changed at the source since and were carried: --continue takes what changes from now on`;
}

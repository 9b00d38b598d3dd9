/** The composition root of `rest-sessions copy`: two configurations → the sessions of one store in the other. Needs no server, and disturbs none. */

import type { Config } from './config.ts';
import { checkAppOption, NoSuchApp } from './moving/app-option.ts';
import { type CopyResult, copyAll } from './moving/copier.ts';
import { CopyJournal } from './moving/copy-journal.ts';
import { type CopyTarget, type PassCounts, SourceLost } from './moving/copy-pass.ts';
import { UsageFault } from './moving/source.ts';
import { dataFolderOf } from './stores/data-folder.ts';
import { isMade, placeOf } from './stores/open-place.ts';
import { openForReading } from './stores/open-reading.ts';
import { openReady } from './stores/open-ready.ts';
import { statisticsOf } from './stores/open-statistics.ts';

export { NoSuchApp, type PassCounts, SourceLost, UsageFault };

/** It began, and did not come to its end. `cause`: why. */
export class CopyBroken extends Error {
  override readonly name = 'CopyBroken';
}

export interface Copied extends CopyResult {
  /** How many sessions the source has, about. */
  readonly total: number;
}

export interface CopyRequest {
  /** Absence: null for all apps. */
  readonly app: string | null;
  readonly dryRun: boolean;
  /** Takes a target that has sessions, as that of an earlier run has. */
  readonly goesOn: boolean;
  /** What is gone from the source ended there, however much it is. */
  readonly endsMost: boolean;
}

const SAME = '--from and --to name the same store';

/** Steps are answered later on a busy machine, and nobody waits for one of them. Units: milliseconds. */
const PATIENT = 10_000;

/**
 * Copies. `onPass`: told how many sessions a pass has looked at, of how many. Errors: CopyBroken and SourceLost, when
 * something may have been written; before that UsageFault, NoSuchApp, and others for a store that cannot be opened.
 */
export async function copyFrom(
  from: Config,
  to: Config,
  { app, dryRun, goesOn, endsMost }: CopyRequest,
  clock: () => number,
  signal: AbortSignal,
  onPass: (pass: number, sessions: number, total: number) => void,
): Promise<Copied> {
  if (app !== null) checkAppOption(app);
  const { namespace } = from;
  const timeout = (config: Config) => Math.max(config.storeTimeout, PATIENT);
  const options = (config: Config) => ({ namespace, clock, timeout: timeout(config), redis: config.redis });
  const isSame = async () => (await placeOf(from.store, options(from))) === (await placeOf(to.store, options(to)));
  // A folder is known before it is opened, and must not be opened twice.
  const [fromFolder, toFolder] = [dataFolderOf(from.store), dataFolderOf(to.store)];
  if (fromFolder !== null && toFolder !== null && (await isSame())) throw new UsageFault(SAME);
  const { apps } = await statisticsOf(from.store, options(from));
  const total = apps.reduce((sum, one) => sum + (app === null || one.app === app ? one.sessions : 0), 0);
  const source = await openForReading(from.store, options(from));
  try {
    if (fromFolder === null && toFolder === null && (await isSame())) throw new UsageFault(SAME);
    const isThere = app === null || apps.some((one) => one.app === app);
    const target = await openTarget(to, options(to), dryRun || !isThere);
    try {
      const words = [source.location, namespace];
      // What an earlier copy brought of it is gone from the source; else nobody knows of it.
      if (!isThere && !(await new CopyJournal(target.store, words, app, clock).isBegun())) {
        throw new NoSuchApp(app, source.location);
      }
      const names = app === null ? apps.map((one) => one.app) : [app];
      if (!goesOn) await refuseUnlessEmpty(target.store, names, clock);
      const result = await copyAll({
        ...{ app, dryRun, endsMost, clock, signal, source: source.store, target: target.store },
        from: words,
        onPass: (pass, sessions) => onPass(pass, sessions, Math.max(total, sessions)),
      }).catch((cause: unknown) => {
        if (cause instanceof SourceLost) throw cause;
        throw new CopyBroken('the copy is not whole', { cause });
      });
      return { ...result, total: Math.max(total, result.looked) };
    } finally {
      await target.store.close();
    }
  } finally {
    await source.store.close();
  }
}

/** A dry run makes no store where there is none: it compares with one in memory. */
async function openTarget(to: Config, options: Parameters<typeof openForReading>[1], dryRun: boolean) {
  const url = dryRun && !isMade(to.store) ? 'memory:' : to.store;
  return openReady(url, options);
}

/** Errors: UsageFault. */
async function refuseUnlessEmpty(store: Pick<CopyTarget, 'list'>, apps: readonly string[], clock: () => number) {
  for (const app of apps) {
    const { sessions } = await store.list(app, { limit: 1 }, clock());
    if (sessions.length === 0) continue;
    throw new UsageFault(
      `the target already has sessions of the app ${app}; with --continue it is brought to where the source is, and sessions that no copy brought stay`,
    );
  }
}

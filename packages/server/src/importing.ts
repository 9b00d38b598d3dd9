/** The composition root of `rest-sessions import`: configuration → its store, and what a source has into it. Needs no server, and disturbs none. */

import type { Config } from './config.ts';
import type { SessionStore } from './core/store.ts';
import { checkAppOption } from './moving/app-option.ts';
import { Checkpoint } from './moving/checkpoint.ts';
import { importAll } from './moving/importer.ts';
import { KINDS } from './moving/kinds.ts';
import { LEFT } from './moving/left.ts';
import { type Source, type SourceKind, UsageFault, WrongSource } from './moving/source.ts';
import type { OnSteps } from './moving/steps.ts';
import { type Left, Tally } from './moving/tally.ts';
import { isMade } from './stores/open-place.ts';
import { openReady } from './stores/open-ready.ts';
import type { OpenedStore } from './stores/open-store.ts';

export { KINDS, LEFT, type Left, type Source, type SourceKind, UsageFault, WrongSource };

/** The target has sessions already. The message is one sentence. */
export class NotEmpty extends Error {
  override readonly name = 'NotEmpty';
}

export interface ImportRequest {
  readonly kind: SourceKind;
  readonly where: string;
  /** Absence: null for all that the source has. */
  readonly app: string | null;
  readonly text: (option: string) => string | undefined;
  readonly has: (option: string) => boolean;
  /** All that was said, as one text: who says the same once more can go on. */
  readonly said: readonly string[];
  readonly dryRun: boolean;
  /** Goes on where an earlier run was interrupted, and takes a target that has sessions. */
  readonly goesOn: boolean;
}

export interface ImportReport {
  /** Where it came from, in words. */
  readonly source: string;
  /** Steps that an earlier run had settled, which this one left out. */
  readonly before: number;
  readonly taken: number;
  readonly present: number;
  readonly left: readonly Left[];
  /** Whether the source was read to its end. */
  readonly isWhole: boolean;
  /** What ended it before. Absence: null. */
  readonly fault: Error | null;
}

/**
 * Imports into the store of a configuration. Errors: WrongSource, UsageFault, NotEmpty, and others for a source or a store that cannot be
 * opened; nothing was changed then. What fails later is in the report.
 */
export async function importInto(
  config: Config,
  request: ImportRequest,
  clock: () => number,
  signal: AbortSignal,
  onSteps: OnSteps,
): Promise<ImportReport> {
  const { kind, where, app, text, has, dryRun, goesOn, said } = request;
  if (app !== null) checkAppOption(app);
  const source = await kind.open(where, { app, text, has, clock });
  let opened: OpenedStore | null = null;
  try {
    await begun(source, signal);
    opened = await openFor(config, clock, dryRun);
    const store = opened?.store ?? null;
    if (store !== null && !goesOn) await refuseUnlessEmpty(store, app, clock());
    const checkpoint = store === null || dryRun ? null : new Checkpoint(store, said, clock);
    const reached = goesOn ? ((await checkpoint?.load()) ?? null) : null;
    const before = reached?.steps ?? 0;
    const total = await source.total();
    onSteps(before, total);
    const tally = new Tally();
    const onProgress = (steps: number) => onSteps(before + steps, total);
    const after = reached?.position ?? null;
    let isWhole = false;
    let fault: Error | null = null;
    try {
      ({ isWhole } = await importAll({ source, store, clock, dryRun, after, checkpoint, onProgress, signal }, tally));
    } catch (error) {
      fault = error as Error;
      // What is of another kind may show it only while it is read. There is nothing to go on with then, and nothing was changed.
      if (fault instanceof WrongSource && (dryRun || (before === 0 && tally.taken + tally.present === 0))) {
        await checkpoint?.done();
        throw fault;
      }
    }
    const { taken, present } = tally;
    return { source: source.name, before, taken, present, left: tally.allLeft(), isWhole, fault };
  } finally {
    await source.close();
    await opened?.store.close();
  }
}

/** Waits for what comes through a pipe, until the signal: nothing is made for what is none of its kind. Errors: WrongSource; any, after the signal. */
async function begun(source: Source, signal: AbortSignal): Promise<void> {
  if (source.begin === undefined) return;
  const close = () => void source.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await source.begin();
  } finally {
    signal.removeEventListener('abort', close);
  }
}

/** How long a store is waited for: with so many on their way at once, one may have to wait longer than a request would. Units: milliseconds. */
const PATIENCE = 10_000;

/** Absence: null when there is no such store, and it is not to be made. */
async function openFor(config: Config, clock: () => number, looksOnly: boolean): Promise<OpenedStore | null> {
  const { store: url, namespace, storeTimeout: timeout, redis } = config;
  if (looksOnly && !isMade(url)) return null;
  return openReady(url, { namespace, clock, timeout: Math.max(timeout, PATIENCE), redis, looksOnly });
}

/** Errors: NotEmpty. */
async function refuseUnlessEmpty(store: SessionStore, app: string | null, now: number): Promise<void> {
  for (const name of app === null ? await store.apps() : [app]) {
    const { sessions } = await store.list(name, { limit: 1 }, now);
    if (sessions.length === 0) continue;
    throw new NotEmpty(
      `the target already has sessions of the app ${name}; with --continue what is missing there is added, and what has gone on elsewhere since is brought up to date`,
    );
  }
}

/**
 * A copy of one store into another, while servers use the source: passes (copy-pass.ts) until one has nothing left to do, or
 * until they only carry what changes meanwhile. What the server keeps for itself (the sessions of its console) stays where it is. The last pass is also the check: it has compared each session of both sides.
 */
import { isReservedApp } from '../core/validate.ts';
import { CopyJournal } from './copy-journal.ts';
import { CopyPass, type CopySource, type CopyTarget, noCounts, type PassCounts } from './copy-pass.ts';
import { patiently } from './patience.ts';

/** As many changes are few: the servers' own pace. */
const FEW = 50;
/** How often it is caught up at most, and by how much a pass must be shorter than the one before to go on. */
const MOST_PASSES = 12;
const SHRINKS = 0.7;

export interface CopyOptions {
  readonly source: CopySource;
  readonly target: CopyTarget;
  /** What names the source: the journal of the copy is found by it. */
  readonly from: readonly string[];
  /** Absence: null for all apps. */
  readonly app: string | null;
  readonly dryRun: boolean;
  /** What is gone from the source ended there, however much it is. */
  readonly endsMost: boolean;
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** Told how many sessions of the source a pass has looked at. The first pass is number 1. */
  readonly onPass: (pass: number, sessions: number) => void;
}

export interface CopyResult {
  /** Of all passes together: what was done. */
  readonly all: PassCounts;
  /** Of the last pass, which is the check. */
  readonly last: PassCounts;
  readonly passes: number;
  /** How many sessions of the source the last pass has looked at. */
  readonly looked: number;
  readonly isWhole: boolean;
}

/** Errors: SourceLost, and those of both stores. What was done until then stays, and the next run goes on from there. */
export async function copyAll(options: CopyOptions): Promise<CopyResult> {
  const all = noCounts();
  let before = Number.POSITIVE_INFINITY;
  for (let pass = 1; ; pass++) {
    const { sum: last, looked } = await passOverAll(options, pass);
    for (const member of ['brought', 'updated', 'ended'] as const) all[member] += last[member];
    for (const member of ['same', 'left', 'others', 'example'] as const) Object.assign(all, { [member]: last[member] });
    const isWhole = !options.signal.aborted;
    const changes = last.brought + last.updated + last.ended;
    const isOver = !isWhole || options.dryRun || changes === 0 || pass === MOST_PASSES;
    if (isOver || (pass > 2 && (changes <= FEW || changes > before * SHRINKS))) {
      return { all, last, passes: pass, looked, isWhole };
    }
    before = changes;
  }
}

async function passOverAll(
  { source, target, from, app: only, dryRun, endsMost, clock, signal, onPass }: CopyOptions,
  pass: number,
): Promise<{ readonly sum: PassCounts; readonly looked: number }> {
  const sum = noCounts();
  const [here, there] = await Promise.all([patiently(() => source.apps()), patiently(() => target.apps())]);
  const apps = only === null ? [...new Set([...here, ...there])].filter((name) => !isReservedApp(name)).sort() : [only];
  let looked = 0;
  for (const app of apps) {
    if (signal.aborted) break;
    const journal = new CopyJournal(target, from, app, clock);
    // An app that the target alone has is of the copy when a copy has brought it, and ended at the source since.
    if (!here.includes(app) && !(await patiently(() => journal.isBegun()))) continue;
    const onSessions = (count: number) => {
      looked += count;
      onPass(pass, looked);
    };
    const counts = await new CopyPass({
      ...{ app, source, target, journal, clock, signal, endsMost, onSessions },
      looksOnly: dryRun,
    }).run();
    for (const member of ['same', 'brought', 'updated', 'ended', 'left', 'others'] as const) {
      sum[member] += counts[member];
    }
    sum.example ??= counts.example;
  }
  return { sum, looked };
}

/**
 * Takes what a source gives into a store, as it was elsewhere: many sessions on their way at once, and never more than a bounded
 * number, so that memory stays flat. How far it has come is kept in order, step by step, so that whoever is ended at any
 * moment goes on from there.
 */
import { isLive } from '../core/expiry.ts';
import type { SessionStore } from '../core/store.ts';
import type { StoredSession } from '../core/stored-session.ts';
import { faultOf } from './checked-record.ts';
import type { Checkpoint } from './checkpoint.ts';
import { patiently } from './patience.ts';
import { type Settled, type SettlingStore, settleSession } from './settling.ts';
import type { Found, Source } from './source.ts';
import { Tally } from './tally.ts';

/** What it asks of a store. */
export type Target = Pick<SessionStore, 'find'> & SettlingStore;

export interface ImportOptions {
  readonly source: Source;
  /** Absence: null when there is none yet, which only a dry run can bear: nothing is there then. */
  readonly store: Target | null;
  /** Units: epoch milliseconds. */
  readonly clock: () => number;
  /** Changes nothing, and says what would be done. */
  readonly dryRun: boolean;
  /** Where an earlier run has come to. Absence: null to begin at the beginning. */
  readonly after: string | null;
  /** Told now and then, in order, of a position that all before is settled. Absence: null when nobody will go on. */
  readonly checkpoint: Checkpoint | null;
  /** Told how many steps are settled in this run. */
  readonly onProgress: (steps: number) => void;
  /** Ends the work soon: what is on its way is finished, nothing new is begun. */
  readonly signal: AbortSignal;
}

export interface ImportResult {
  readonly tally: Tally;
  /** How many steps of the source were settled. */
  readonly steps: number;
  /** Whether the source was read to its end. */
  readonly isWhole: boolean;
}

/** Sessions that go to the store in one turn: as many as it can write together. */
const BATCH = 512;
/** A batch ends with the session whose data makes it longer than this. Units: characters. */
const BATCH_DATA = 1_048_576;
/** Batches on their way at once: while one commit is on its way to the disk, those of the next one gather. */
const IN_FLIGHT = 8;
/** Between attempts to put a session in: a failover must not end an import of an hour, and twice is as good as once. Units: milliseconds. */
const PAUSES = [100, 200, 300, 400, 500];

/**
 * Imports. Resolves when all is settled, or after the signal. Errors: those of the source and of the store; what was
 * settled before is in `tally`, which is the caller's, and stays in the store.
 */
export async function importAll(options: ImportOptions, tally = new Tally()): Promise<ImportResult> {
  const { source, signal, checkpoint } = options;
  /** Resolves when all batches so far are settled, in their order. */
  let settled = Promise.resolve();
  const underway: Promise<void>[] = [];
  let steps = 0;
  const settle = async (batch: readonly Found[], done: Promise<void>) => {
    await done;
    steps += batch.length;
    await checkpoint?.reached(batch.at(-1)!.position, batch.length);
    options.onProgress(steps);
  };
  try {
    for await (const batch of batchesOf(source.read(options.after), signal)) {
      const done = settleAll(batch, options, tally);
      settled = settled.then(() => settle(batch, done));
      // A fault is met by who waits for it.
      for (const promise of [done, settled]) promise.catch(() => {});
      underway.push(settled);
      if (underway.length >= IN_FLIGHT) await underway.shift();
    }
  } finally {
    // What the source gave before it failed is settled, too; so the next run begins after it.
    await settled.finally(() => checkpoint?.keep());
  }
  const isWhole = !signal.aborted;
  if (isWhole) await checkpoint?.done();
  return { tally, steps, isWhole };
}

/** Gathers steps; the last batch is what there is when the source ends, fails, or is not waited for any more. */
async function* batchesOf(found: AsyncIterable<Found>, signal: AbortSignal): AsyncGenerator<Found[]> {
  const steps = found[Symbol.asyncIterator]();
  let stop: (() => void) | null = null;
  signal.addEventListener('abort', () => stop?.(), { once: true });
  let batch: Found[] = [];
  let data = 0;
  let fault: { readonly error: unknown } | null = null;
  try {
    while (!signal.aborted) {
      const next = steps.next();
      // Not by a race with one promise for all steps: that would keep every step there has been.
      const step = await new Promise<IteratorResult<Found> | null>((resolve, reject) => {
        stop = () => resolve(null);
        next.then(resolve, reject);
      });
      if (step === null || step.done) break;
      batch.push(step.value);
      if (step.value.kind === 'session') data += step.value.record.session.data.length;
      if (batch.length < BATCH && data <= BATCH_DATA) continue;
      yield batch;
      batch = [];
      data = 0;
    }
  } catch (error) {
    fault = { error };
  }
  if (batch.length > 0) yield batch;
  if (fault !== null) throw fault.error;
  // A source that waits for something that never comes is left waiting: the caller closes it.
  void steps.return?.().catch(() => {});
}

async function settleAll(batch: readonly Found[], options: ImportOptions, tally: Tally): Promise<void> {
  await Promise.all(batch.map((found) => settleOne(found, options, tally)));
}

async function settleOne(found: Found, options: ImportOptions, tally: Tally): Promise<void> {
  if (found.kind === 'passed') return;
  if (found.kind === 'left') return tally.left(found.reason, found.example);
  const { record } = found;
  const fault = found.isJudged ? null : faultOf(record);
  if (fault !== null) return tally.left(fault, exampleOf(record));
  const outcome = await outcomeOf(record, options);
  if (outcome === 'expired' || outcome === 'ended') return tally.left(outcome, exampleOf(record));
  if (outcome === 'present') tally.present++;
  else tally.taken++;
}

async function outcomeOf(
  record: StoredSession,
  { store, source, dryRun, clock, signal }: ImportOptions,
): Promise<Settled> {
  if (!dryRun) return patiently(() => settleSession(record, store!, source, clock), { pauses: PAUSES, signal });
  const now = clock();
  if (!isLive(record.session, now)) return 'expired';
  return store !== null && (await isThere(store, record, now)) ? 'present' : 'installed';
}

async function isThere(store: Target, { session, credential }: StoredSession, now: number): Promise<boolean> {
  if ((await store.find(session.app, session.id, now)) !== null) return true;
  if (!credential.alias) return false;
  return (await store.get(session.app, { id: null, hash: credential.hash }, 'look', now)) !== null;
}

/** An id may be none at all: whatever it is, it is shown short and in printable characters. */
function exampleOf({ session }: StoredSession): string {
  return JSON.stringify(session.id.slice(0, 32)).slice(1, -1);
}

/**
 * The group commit: changes that come while a commit is on its way to the disk wait, and are done together in the next
 * transaction. All that is needed once for a transaction, and not for each change, is done once for the group: looking at
 * the folder, counts of apps, the promise of lmdb-js.
 *
 * A change that throws is refused alone. A commit that fails refuses them all. On a full disk those that may use its reserve (`need` is
 * null) are tried once more, without those that asked for room; after a fault that passes (`PASSING`) all are.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isFull } from './room.ts';

/** What a change needs: `room` when it makes the store grow, with how many bytes; null when it may use the reserve. */
export type Need = { readonly room: number } | null;

/** What belongs to every transaction. */
export interface Frame {
  /** Runs `changes` as one write transaction. Resolves when it is on the disk. */
  readonly transaction: (changes: () => void) => Promise<unknown>;
  /** Before the first change, in the transaction. Errors: when nothing may be written. */
  readonly begin: () => void;
  /** Before each change, in the transaction. Errors: when there is no room. */
  readonly admit: (need: Need) => void;
  /** After the last change, in the transaction. */
  readonly end: () => void;
  /** When it is on the disk. Errors: when that says nothing, because it is not the store any more. */
  readonly settled: () => void;
  /** Told how many changes went together. */
  readonly onBatch?: (size: number) => void;
}

interface Change {
  readonly need: Need;
  readonly run: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
  result?: unknown;
  failure?: unknown;
  isRetry: boolean;
}

/**
 * What LMDB says when it has lost its way while it writes down which pages are free: MDB_NOTFOUND, and then MDB_BAD_TXN or MDB_PROBLEM. It
 * was seen with two processes that write all the time, once in some ten thousand commits. Nothing of the transaction is
 * stored then, and the next one, which reads the list anew, does not meet it. (Decision 1.)
 */
const PASSING = new Set<unknown>([-30798, -30782, -30779]);

export class GroupCommit {
  private readonly frame: Frame;
  private waiting: Change[] = [];
  private running: Promise<void> | null = null;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  /** Runs a change in the next transaction, and resolves with its result once that is on the disk. May run it twice. */
  add<T>(run: () => T, need: Need): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.enqueue({ need, run, resolve, reject, isRetry: false });
    });
  }

  get isBusy(): boolean {
    return this.running !== null;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  private enqueue(change: Change): void {
    this.waiting.push(change);
    this.running ??= this.commit();
  }

  private async commit(): Promise<void> {
    const { frame } = this;
    let group: Change[] = [];
    let failure: unknown;
    try {
      await frame.transaction(() => {
        group = this.waiting;
        this.waiting = [];
        frame.begin();
        for (const change of group) run(change, frame);
        frame.end();
      });
      frame.settled();
      frame.onBatch?.(group.length);
    } catch (error) {
      failure = await reasonOf(error);
    }
    // Nothing began, as when the store was closed: whoever waits is told so.
    if (failure !== undefined && group.length === 0) group = this.waiting.splice(0);
    // What came meanwhile goes on its way before the answers of this group are written.
    this.running = this.waiting.length > 0 ? this.commit() : null;
    for (const change of group) this.answer(change, failure ?? change.failure);
  }

  private answer(change: Change, failure: unknown): void {
    if (failure === undefined) change.resolve(change.result as never);
    else if (change.isRetry || !mayTryAgain(change, failure)) change.reject(failure);
    else this.enqueue({ ...change, failure: undefined, isRetry: true });
  }
}

function mayTryAgain({ need }: Change, failure: unknown): boolean {
  return isFull(failure) ? need === null : PASSING.has((failure as { code?: unknown }).code);
}

function run(change: Change, { admit }: Frame): void {
  try {
    admit(change.need);
    change.result = change.run();
  } catch (error) {
    change.failure = error;
  }
}

/** A commit that failed carries its reason as a promise of its own, which rejects a moment later. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<unknown> };
  if (commitError === undefined) return error;
  const reason = commitError.catch((cause: unknown) => cause);
  return (await Promise.race([reason, nextTurn()])) ?? error;
}

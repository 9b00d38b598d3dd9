/**
 * Outboxes, in a Cluster: the lines of a partition wait beside its sessions, and whoever wrote there moves them on to the stream of the
 * app a few milliseconds later, many together. Copy first, then take away: a process that dies in between leaves lines that are
 * copied and not taken. The stream's slot remembers up to which number of each partition it has lines (lua/journal-copy.lua),
 * so whoever moves them next, or at the same time, copies none twice. Where replicas are waited for, the copy is on them before
 * anything is taken away. What a dead process has left, `settle` moves (journal.ts).
 *
 * Not done: one process that moves for all. It would be one more thing to elect, and nothing is gained: the same lines are moved.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { parts } from './answers.ts';
import type { FanOut } from './fan-out.ts';
import type { Keys } from './keys.ts';
import type { Argument, ScriptCalls } from './script-calls.ts';

/** How long lines are gathered before they are moved, and how long after a failure. Units: milliseconds. */
const GATHER = 10;
const AGAIN = 500;
/** Lines of one outbox that are read in one step, and of all that are copied in one: a millisecond of Redis. */
const READ_TOGETHER = 100;
const COPIED_TOGETHER = 500;
/** The bytes at the front of a line in an outbox that say when it was written. */
const INSTANT_LENGTH = 12;

interface Batch {
  readonly partition: string;
  readonly first: number;
  readonly lines: readonly Buffer[];
  readonly more: boolean;
}

export class Outboxes {
  private readonly calls: ScriptCalls;
  private readonly keys: Keys;
  private readonly fanOut: FanOut;
  private readonly onMoved: (app: string) => void;
  /** What is to be moved: app → partitions. */
  private waiting = new Map<string, Set<string>>();
  private round: Promise<void> | null = null;
  private closed = false;

  constructor(calls: ScriptCalls, keys: Keys, fanOut: FanOut, onMoved: (app: string) => void) {
    this.calls = calls;
    this.keys = keys;
    this.fanOut = fanOut;
    this.onMoved = onMoved;
  }

  /** Says that something may have been written into outboxes. It is moved soon. */
  mark(app: string, partitions: readonly string[]): void {
    const marked = this.waiting.get(app) ?? new Set();
    this.waiting.set(app, marked);
    for (const partition of partitions) marked.add(partition);
    this.round ??= this.rounds();
  }

  /** Moves what waits in some outboxes. Gives how many lines that were. Errors: `store_unavailable`; the rest waits on. */
  async move(app: string, partitions: readonly string[]): Promise<number> {
    let moved = 0;
    for (let rest = partitions; rest.length > 0; ) {
      const batches: Batch[] = [];
      await this.fanOut.each(rest, async (partition) => {
        const batch = await this.read(app, partition);
        if (batch.lines.length > 0) batches.push(batch);
      });
      for (const some of together(batches)) moved += await this.copy(app, some);
      await this.fanOut.each(batches, (batch) => this.take(app, batch));
      rest = batches.filter(({ more }) => more).map(({ partition }) => partition);
    }
    return moved;
  }

  /** Moves what is still to be moved, once more, and then no more. */
  async close(): Promise<void> {
    this.closed = true;
    await this.round;
    await this.turn().catch(() => {});
  }

  private async rounds(): Promise<void> {
    while (this.waiting.size > 0 && !this.closed) {
      await delay(GATHER);
      // Its failures are those of Redis, of which every request tells.
      await this.turn().catch(() => delay(AGAIN));
    }
    this.round = null;
  }

  private async turn(): Promise<void> {
    const all = [...this.waiting];
    this.waiting = new Map();
    await Promise.all(
      all.map(async ([app, partitions]) => {
        try {
          await this.move(app, [...partitions]);
          this.onMoved(app);
        } catch (error) {
          const again = this.waiting.get(app) ?? new Set();
          this.waiting.set(app, new Set([...partitions, ...again]));
          throw error;
        }
      }),
    );
  }

  /** With the replicas that were asked for: no event is in the stream whose change a failover in its own slot undoes. */
  private async read(app: string, partition: string): Promise<Batch> {
    const answer = (await this.calls.callDurably('outbox-read', [this.keys.outbox(app, partition)], NO_INSTANT, [
      READ_TOGETHER,
    ]))!;
    const [, first, more, lines] = parts(answer, 'number', 'number', 'number', 'list');
    return { partition, first, lines, more: more === 1 };
  }

  private async copy(app: string, batches: readonly Batch[]): Promise<number> {
    const { stream, known } = this.keys.journal(app);
    const args = batches.flatMap(({ partition, first, lines }): Argument[] => [
      partition,
      first,
      lines.length,
      ...lines,
    ]);
    const answer = (await this.calls.callDurably('journal-copy', [stream, known], NO_INSTANT, args))!;
    return parts(answer, 'number', 'number')[1];
  }

  private async take(app: string, { partition, first, lines }: Batch): Promise<void> {
    const at = lines.at(-1)!.subarray(0, INSTANT_LENGTH);
    const last = first + lines.length - 1;
    await this.calls.call('outbox-take', [this.keys.outbox(app, partition)], NO_INSTANT, [last, at]);
  }
}

/** Where the caller's clock decides, which is in tests: nothing here is decided by time, and a line has its own instant. */
const NO_INSTANT = 0;

/** Gives batches in groups that one call may copy. */
function* together(batches: readonly Batch[]): Generator<Batch[]> {
  let group: Batch[] = [];
  let lines = 0;
  for (const batch of batches) {
    if (lines > 0 && lines + batch.lines.length > COPIED_TOGETHER) {
      yield group;
      group = [];
      lines = 0;
    }
    group.push(batch);
    lines += batch.lines.length;
  }
  if (group.length > 0) yield group;
}

/**
 * Keeps the journals short: what is older than it is to be kept, and was had by everybody who is told of it, is dropped; what is more than
 * a journal may hold is dropped in any case, and whoever lost something by it hears how much. One process does it for all. It also brings
 * into the journals what processes that died had on the way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { comparePositions, type Journal, type Position } from '../core/events.ts';

/** Somebody who must have every event, and is not paused. */
export interface Consumer {
  readonly name: string;
  /** It has had what stands at or before. */
  readonly position: Position;
}

/** What a look at the journal of an app has found, for the metrics. */
export interface JournalSize {
  readonly app: string;
  readonly events: number;
  readonly bytes: number;
  /** How many of them the consumer that is furthest behind has not had yet. */
  readonly waiting: number;
}

export interface JournalKeeperOptions {
  readonly journal: Journal;
  /** Units: milliseconds. */
  readonly keep: number;
  /** Of each app. */
  readonly bytes: number;
  /** How often journals are looked at. Units: milliseconds. */
  readonly interval: number;
  readonly clock: () => number;
  /** Tells whether any app has a journal now. */
  readonly isUsed: () => boolean;
  readonly consumers: (app: string) => Promise<readonly Consumer[]>;
  /** Told how many events a consumer has lost, right before they are dropped. */
  readonly onDropped: (app: string, consumer: string, events: number) => unknown;
  readonly onSizes: (sizes: readonly JournalSize[], now: number) => void;
  readonly onError: (error: unknown) => void;
}

/** How often it is looked for what others left on the way: as long as an event may be late when its process has died. Units: milliseconds. */
const SETTLE = 5000;
/** Events that are read at once to find where to cut. */
const PAGE = 1000;

/** Starts to keep them. Gives a function that stops it, and resolves when nothing is under way. */
export function keepJournals(options: JournalKeeperOptions): () => Promise<void> {
  const { journal, interval, clock, isUsed, onError } = options;
  const stopped = new AbortController();
  const isStopped = () => stopped.signal.aborted;
  const rounds = (async () => {
    let due = Number.NEGATIVE_INFINITY;
    for (;;) {
      try {
        if (isUsed()) await journal.settle(clock());
        const now = performance.now();
        if (now >= due) {
          due = now + interval;
          await trimJournals(options, clock(), isStopped);
        }
      } catch (error) {
        onError(error);
      }
      await delay(Math.min(SETTLE, interval), undefined, { signal: stopped.signal });
    }
  })();
  const ended = rounds.catch(() => {});
  return () => {
    stopped.abort();
    return ended;
  };
}

/** Looks at each journal once; one that fails is told of, and takes nothing from the others. `isStopped`: whether to leave off. */
export async function trimJournals(options: JournalKeeperOptions, now: number, isStopped = () => false): Promise<void> {
  const sizes: JournalSize[] = [];
  for (const app of await options.journal.apps()) {
    if (isStopped()) return;
    try {
      sizes.push(await trimmed(options, app, now));
    } catch (error) {
      options.onError(error);
    }
  }
  options.onSizes(sizes, now);
}

async function trimmed(options: JournalKeeperOptions, app: string, now: number): Promise<JournalSize> {
  const { journal, keep, consumers, onDropped } = options;
  const waiting = await consumers(app);
  const had = waiting.map(({ position }) => position).sort(comparePositions)[0] ?? null;
  const old: Position = `${Math.max(0, Math.floor(now - keep))}-0`;
  const extent = await journal.extent(app);
  const to = await lastUpTo(journal, app, extent.floor, [old, had ?? old].sort(comparePositions)[0]!);
  if (to !== null) await journal.trim(app, to);
  const kept = await journal.extent(app);
  const cut = await cutFor(options, app, kept);
  if (cut !== null) {
    for (const { name, position } of waiting) {
      const lost = await journal.count(app, position, cut);
      if (lost > 0) await onDropped(app, name, lost);
    }
    await journal.trim(app, cut);
  }
  const { events, bytes, last } = cut === null ? kept : await journal.extent(app);
  return { app, events, bytes, waiting: had === null ? 0 : await journal.count(app, had, last) };
}

/**
 * Gives where the last event stands that is at or before a position. A floor behind it, or where nothing is dropped, would tell those of
 * a loss who have missed nothing. Absence: null when there is none.
 */
async function lastUpTo(journal: Journal, app: string, floor: Position, to: Position): Promise<Position | null> {
  let last: Position | null = null;
  // Most looks find nothing, and need no more than the first event for it.
  for (let limit = 1; ; limit = PAGE) {
    const { events } = await journal.read(app, last ?? floor, limit);
    const old = events.filter(({ position }) => comparePositions(position, to) <= 0);
    last = old.at(-1)?.position ?? last;
    if (old.length === 0 || old.length < events.length) return last;
  }
}

/** Gives up to where a journal is too long. Absence: null when it is not. */
async function cutFor(
  { journal, bytes: most }: JournalKeeperOptions,
  app: string,
  { floor, bytes, events }: { readonly floor: Position; readonly bytes: number; readonly events: number },
): Promise<Position | null> {
  let left = bytes <= most ? 0 : Math.ceil(events * (1 - most / bytes));
  let cut: Position | null = null;
  while (left > 0) {
    const page = await journal.read(app, cut ?? floor, Math.min(PAGE, left));
    if (page.events.length === 0) break;
    left -= page.events.length;
    cut = page.next;
  }
  return cut;
}

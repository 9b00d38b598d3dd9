/**
 * What is read once for all streams that hear the same: the journals behind the moment at which the first of them came, and of that
 * the latest part, from which each stream takes at its own pace.
 */
import { type Place, positionIn } from '../core/event-cursor.ts';
import { comparePositions, type Position, START } from '../core/events.ts';
import type { EventFilter } from '../core/hearing.ts';
import type { Entry } from './entry.ts';
import type { Reach } from './reach.ts';
import type { Tail } from './tail.ts';
import { Walk } from './walk.ts';

/** What is kept of what was read: some 5 MB of a busy feed. */
const KEPT = 8192;
/** What is read at once. */
const READ = 1000;
/** The most that goes out at once to one stream. */
const TOGETHER = 200;

/** Units: milliseconds. What comes within the first goes out in one write. How long to wait after a failure, at least and at most. */
const GATHER = 25;
const FIRST_WAIT = 250;
const LONGEST_WAIT = 2000;
/** How often the apps are looked for that have a journal since. Units: milliseconds. */
const LOOK_FOR_APPS = 2000;

export interface FeedOptions {
  readonly journal: ConstructorParameters<typeof Walk>[0];
  readonly reach: Reach;
  readonly tail: Tail;
  readonly later: (run: () => void, delay: number) => () => void;
  /** Is told when there is more. */
  readonly onMore: () => void;
  readonly onError: (error: unknown) => void;
}

/** What a stream takes at once. */
export interface Slice {
  /** Frames. Absence: null where nothing passes the filter. */
  readonly bytes: Uint8Array | null;
  /** The number of the entry behind it. */
  readonly end: number;
  /** Where one stands behind its last entry that was not skipped, and behind the last that is in it. Absence: null for none. */
  readonly cursor: string | null;
  readonly told: string | null;
}

export class Feed {
  private readonly options: FeedOptions;
  private walk: Walk | null = null;
  private entries: Entry[] = [];
  /** The number of the first entry that is kept. */
  first = 0;
  /** Of each app, the last event that is not kept any more, or was not read. */
  private readonly dropped = new Map<string, Position>();
  /** Of these apps, those that are out of reach by now: their policy, or their store, has no journal for them any more. */
  private away: ReadonlySet<string> = new Set();
  /** How often the end was reached. */
  rounds = 0;
  private readonly listening = new Map<string, () => void>();
  private readonly made = new Map<string, Slice>();
  private isReading = false;
  private isStale = false;
  private isClosed = false;
  private wait = FIRST_WAIT;
  private cancel: (() => void) | null = null;
  private cancelLook: (() => void) | null = null;

  constructor(options: FeedOptions) {
    this.options = options;
  }

  /** Begins with what comes from now on. Errors: what the store says. */
  async start(): Promise<void> {
    const { journal, reach } = this.options;
    const walk = await Walk.fromEnd(journal, reach);
    for (const [app, position] of walk.place.at) this.dropped.set(app, position);
    this.walk = walk;
    if (this.isClosed) return;
    await this.listen();
    this.lookForApps();
  }

  /** The number that the next entry will have. */
  get end(): number {
    return this.first + this.entries.length;
  }

  /** Where one stands who has heard all that was read, as text. */
  get cursor(): string {
    return this.walk!.cursor;
  }

  /** Tells whether all that stands behind a place, and was read, is kept. Who goes an own way comes no further in what is away. */
  reaches(place: Place): boolean {
    for (const [app, position] of this.dropped) {
      if (this.away.has(app)) continue;
      // Where a journal has lost its end nothing stands beyond that which would be missed.
      const last = this.walk!.positionIn(app);
      const missed = comparePositions(position, last) < 0 ? position : last;
      if (comparePositions(positionIn(place, app), missed) < 0) return false;
    }
    return true;
  }

  /** Tells whether somebody who stands at a place has heard of more than was read. */
  isBefore(place: Place): boolean {
    for (const [app, position] of place.at) {
      if (comparePositions(position, this.walk!.positionIn(app)) > 0) return true;
    }
    return false;
  }

  /** Gives frames from a number on. `skip`: what was heard before; absence: null. */
  slice(begin: number, filter: EventFilter, skip: Place | null): Slice {
    const end = Math.min(this.end, begin + TOGETHER);
    // What one alone hears is not kept for others.
    if (skip !== null || filter.subject !== null || filter.session !== null) return this.make(begin, end, filter, skip);
    const key = `${begin} ${end} ${filter.types === null ? '*' : [...filter.types].join()}`;
    const known = this.made.get(key);
    if (known !== undefined) return known;
    const slice = this.make(begin, end, filter, null);
    this.made.set(key, slice);
    return slice;
  }

  private make(begin: number, end: number, filter: EventFilter, skip: Place | null): Slice {
    const all = this.entries.slice(begin - this.first, end - this.first);
    const isNew = (entry: Entry) => comparePositions(entry.position, positionIn(skip!, entry.app)) > 0;
    const entries = skip === null ? all : all.filter(isNew);
    const passing = entries.filter((entry) => entry.passes(filter));
    return {
      bytes: passing.length === 0 ? null : Buffer.from(passing.map(({ frame }) => frame).join('')),
      end,
      cursor: entries.at(-1)?.id ?? null,
      told: passing.at(-1)?.id ?? null,
    };
  }

  close(): void {
    this.isClosed = true;
    this.cancel?.();
    this.cancelLook?.();
    for (const end of this.listening.values()) end();
    this.listening.clear();
  }

  /** Listens to all apps of the reach, and no longer to others. */
  private async listen(): Promise<void> {
    const apps = new Set(await this.options.reach.apps());
    if (this.isClosed) return;
    for (const [app, end] of this.listening) {
      if (apps.has(app)) continue;
      end();
      this.listening.delete(app);
    }
    this.away = new Set([...this.dropped.keys()].filter((app) => !apps.has(app)));
    for (const app of apps) {
      if (!this.listening.has(app))
        this.listening.set(
          app,
          this.options.tail.wake(app, (last) => this.hear(app, last)),
        );
    }
  }

  private lookForApps(): void {
    this.cancelLook = this.options.later(() => {
      void this.listen()
        .catch(this.options.onError)
        .then(() => this.isClosed || this.lookForApps());
    }, LOOK_FOR_APPS);
  }

  private hear(app: string, last: Position | null): void {
    if (last !== null && comparePositions(last, this.walk?.positionIn(app) ?? START) === 0) return;
    this.isStale = true;
    if (!this.isReading && this.cancel === null) this.readAfter(0);
  }

  private readAfter(delay: number): void {
    this.cancel = this.options.later(() => {
      this.cancel = null;
      void this.read();
    }, delay);
  }

  private async read(): Promise<void> {
    this.isReading = true;
    this.isStale = false;
    let rest = GATHER;
    try {
      for (let isEnd = false; !isEnd && !this.isClosed; ) {
        const part = await this.walk!.next(READ);
        isEnd = part.isEnd;
        this.add(part.entries);
        if (isEnd) this.rounds++;
        if (part.entries.length > 0) this.options.onMore();
      }
      this.wait = FIRST_WAIT;
    } catch (error) {
      this.isStale = true;
      rest = this.wait;
      this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
      this.options.onError(error);
    }
    this.isReading = false;
    if (this.isClosed) return;
    // What comes meanwhile goes out together; the first event after a pause is not held up.
    this.cancel = this.options.later(() => {
      this.cancel = null;
      if (this.isStale) void this.read();
    }, rest);
  }

  private add(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.made.clear();
    this.entries.push(...entries);
    const surplus = this.entries.length - KEPT;
    if (surplus <= 0) return;
    for (const { app, position } of this.entries.splice(0, surplus)) this.dropped.set(app, position);
    this.first += surplus;
  }
}

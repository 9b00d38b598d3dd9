/**
 * One stream: what one client hears, at the pace at which it reads. While it stands where the feed has what comes next, it takes that;
 * else it goes its own way through the journals until it does. Nothing is held for it but what its connection has not sent yet.
 */
import { type Place, readEventCursor, type Whose } from '../core/event-cursor.ts';
import type { EventFilter, Outlet } from '../core/hearing.ts';
import { named } from './entry.ts';
import type { Feed } from './feed.ts';
import type { Walk } from './walk.ts';

/** What may be unsent when more is written. Units: bytes. */
const ROOM = 65_536;
/** Events that one that goes its own way reads at once. */
const READ = 200;
/** Units: milliseconds. */
const RETRY = 1000;
const LOOK_FOR_ROOM = 50;
/** At the end, while the feed is behind: it has not noticed yet that a journal has lost its end, or is out of reach. */
const LOOK_FOR_FEED = 250;

export interface StreamOptions {
  readonly outlet: Outlet;
  readonly feed: Feed;
  readonly whose: Whose;
  readonly filter: EventFilter;
  readonly mayGoOn: () => boolean;
  /** Gives a way of its own from a place. */
  readonly walkFrom: (place: Place) => Walk;
  /** Runs what reads the journal for one stream, a few at once. */
  readonly inTurn: <T>(read: () => Promise<T>) => Promise<T>;
  readonly later: (run: () => void, delay: number) => () => void;
  readonly clock: () => number;
  readonly onError: (error: unknown) => void;
  /** Told once, when it is over. */
  readonly onEnd: (stream: Stream) => void;
}

export class Stream {
  private readonly options: StreamOptions;
  /** Where it stands, as text. */
  private cursor: string;
  /** What the client was told of where it stands. */
  private told: string;
  /** The number of the next entry of the feed. */
  private next = 0;
  /** What it had heard when it came to the feed, and in which round of that it is surely past it. Absence: null. */
  private skip: { readonly place: Place; readonly until: number } | null = null;
  private isOnItsOwn = false;
  private isOver = false;
  /** Since when its connection has no room, by the clock. Absence: null while it has. */
  private fullSince: number | null = null;

  constructor(options: StreamOptions) {
    this.options = options;
    this.cursor = options.feed.cursor;
    this.told = this.cursor;
    this.next = options.feed.end;
  }

  /** Begins behind a place, or with what comes from now on: null. `hello`: lines that come first. */
  begin(place: Place | null, hello: string): void {
    const { outlet } = this.options;
    outlet.onDrain(() => this.go());
    outlet.onGone(() => this.over());
    // A client that is cut off before its first event must know where it stood.
    outlet.write(hello + (place === null ? named('position', this.cursor, this.cursor) : '\n'));
    if (place !== null) this.come(place);
  }

  /** Takes what there is. */
  go(): void {
    const { feed, filter, outlet } = this.options;
    while (!this.isOver && !this.isOnItsOwn && this.next < feed.end && this.hasRoom()) {
      if (this.next < feed.first) {
        this.come(readEventCursor(this.options.whose, this.cursor, { in: 'header', at: 'Last-Event-ID' }));
        return;
      }
      const { bytes, end, cursor, told } = feed.slice(this.next, filter, this.skip?.place ?? null);
      this.next = end;
      this.cursor = cursor ?? this.cursor;
      if (this.skip !== null && feed.rounds >= this.skip.until && end === feed.end) this.skip = null;
      if (bytes === null) continue;
      outlet.write(bytes);
      this.told = told!;
    }
  }

  /** Looks after the stream: `patience`: how long its connection may have no room. Units: milliseconds. */
  check(patience: number): void {
    if (!this.options.mayGoOn()) this.end();
    else if (this.hasRoom()) this.go();
    else if (this.options.clock() - this.fullSince! >= patience) this.drop();
  }

  /** Writes something, so that whoever stands between can see that the stream is alive. */
  beat(): void {
    if (this.isOver || this.options.outlet.unsent > 0) return;
    // What did not pass the filter was heard all the same, and need not be read again.
    const isMoved = this.told !== this.cursor;
    this.options.outlet.write(isMoved ? `: \n\n${named('position', this.cursor, this.cursor)}` : ': \n\n');
    this.told = this.cursor;
  }

  /** Ends it in good order: the client comes again, and goes on where it stood. */
  end(): void {
    if (this.isOver) return;
    this.options.outlet.end();
    this.over();
  }

  /** Ends it because its reader is too slow. */
  private drop(): void {
    this.options.outlet.write(named('resync', this.told, null));
    this.end();
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.options.onEnd(this);
  }

  private hasRoom(): boolean {
    if (this.options.outlet.unsent < ROOM) {
      this.fullSince = null;
      return true;
    }
    this.fullSince ??= this.options.clock();
    return false;
  }

  /** Goes on from a place: with the feed, where that has what comes next. */
  private come(place: Place): void {
    if (this.options.feed.isBefore(place) || !this.join(place)) void this.walk(this.options.walkFrom(place));
  }

  private join(place: Place): boolean {
    const { feed } = this.options;
    if (!feed.reaches(place)) return false;
    this.next = feed.first;
    this.skip = { place, until: feed.rounds + 2 };
    this.isOnItsOwn = false;
    this.go();
    return true;
  }

  private async walk(walk: Walk): Promise<void> {
    const { outlet, filter, inTurn, onError } = this.options;
    this.isOnItsOwn = true;
    while (!this.isOver) {
      if (!this.hasRoom()) {
        await this.after(LOOK_FOR_ROOM);
        continue;
      }
      try {
        const { entries, isEnd } = await inTurn(() => walk.next(READ));
        if (this.isOver) return;
        const passing = entries.filter((entry) => entry.passes(filter));
        this.cursor = walk.cursor;
        if (passing.length > 0) {
          outlet.write(passing.map(({ frame }) => frame).join(''));
          this.told = passing.at(-1)!.id;
        }
        if (!isEnd) continue;
        if (this.join(walk.place)) return;
        await this.after(LOOK_FOR_FEED);
      } catch (error) {
        onError(error);
        await this.after(RETRY);
      }
    }
  }

  private after(delay: number): Promise<void> {
    return new Promise((resolve) => void this.options.later(resolve, delay));
  }
}

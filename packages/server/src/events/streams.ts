/** Who hears of events in this process: pages that are asked for, with a wait or without, and streams, which share what is read. */

import { ServiceError } from '../core/errors.ts';
import type { Place } from '../core/event-cursor.ts';
import type { Journal } from '../core/events.ts';
import type { EventPage, Hearing, Outlet, PageAsked, StreamAsked } from '../core/hearing.ts';
import { Feed } from './feed.ts';
import { pageOf } from './page.ts';
import { type Reach, type ReachOptions, reachOf } from './reach.ts';
import { Stream } from './stream.ts';
import type { Tail } from './tail.ts';
import { Walk } from './walk.ts';

/** Units: milliseconds. */
const CHECK = 1000;
/** In so many checks each stream is looked after once, and gets a sign of life once. */
const ROUND = 3;
const BEAT = 15;
/** How long a connection may have no room, by default. Units: milliseconds. */
const PATIENCE = 10_000;
/** How many streams read the journal for themselves at once. */
const OWN_READS = 8;
/** When a client comes again: not all at once. Units: milliseconds. */
const RETRY = 1000;
const RETRY_STEPS = 2000;
/** Streams that are written to between two turns of the event loop. */
const SOME = 250;

export interface StreamsOptions extends ReachOptions {
  readonly journal: Pick<Journal, 'apps' | 'lasts' | 'read' | 'watch'>;
  readonly tail: Tail;
  readonly later: (run: () => void, delay: number) => () => void;
  /** How many streams may be open. */
  readonly most: number;
  readonly onError: (error: unknown) => void;
  /** Units: milliseconds. */
  readonly patience?: number;
}

interface Shared {
  readonly reach: Reach;
  readonly feed: Feed;
  readonly started: Promise<void>;
  readonly streams: Set<Stream>;
  /** Streams that are about to come. */
  coming: number;
  isSharing: boolean;
  hasMore: boolean;
}

export class Streams implements Hearing {
  private readonly options: StreamsOptions;
  private readonly shared = new Map<string, Shared>();
  private readonly stopping = new AbortController();
  private readonly all = new Map<Stream, number>();
  private opened = 0;
  private coming = 0;
  private checks = 0;
  private cancelCheck: (() => void) | null = null;
  private readers = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(options: StreamsOptions) {
    this.options = options;
  }

  /** How many streams are open. */
  get count(): number {
    return this.all.size;
  }

  page(asked: PageAsked): Promise<EventPage> {
    const reach = reachOf(asked.whose, this.options);
    return pageOf(asked, { ...this.options, reach, stopping: this.stopping.signal });
  }

  async open(asked: StreamAsked): Promise<(outlet: Outlet) => void> {
    // One that stops says so, and the client comes again elsewhere.
    if (this.stopping.signal.aborted) return (outlet) => outlet.end();
    if (this.all.size + this.coming >= this.options.most) {
      throw new ServiceError('overloaded', 'as many streams of events are open as may be (RS_MAX_STREAMS); try again');
    }
    this.coming++;
    const made = reachOf(asked.whose, this.options);
    const shared = this.shared.get(made.name) ?? this.share(made);
    const { reach } = shared;
    shared.coming++;
    const leave = () => {
      this.coming--;
      shared.coming--;
      this.tidy(shared);
    };
    let place: Place | null;
    try {
      await shared.started;
      const { begin } = asked;
      const { journal } = this.options;
      if (typeof begin === 'number') place = await Walk.placeAt(journal, reach, begin);
      else place = begin === 'end' ? null : begin;
    } catch (error) {
      leave();
      throw error;
    }
    return (outlet) => {
      this.begin(asked, place, shared, outlet);
      leave();
    };
  }

  /** Ends all streams and all waiting, in good order, and opens none any more. */
  stop(): void {
    this.stopping.abort();
    for (const stream of [...this.all.keys()]) stream.end();
    for (const { feed } of this.shared.values()) feed.close();
    this.shared.clear();
    this.cancelCheck?.();
  }

  private begin({ whose, filter, mayGoOn }: StreamAsked, place: Place | null, shared: Shared, outlet: Outlet): void {
    const { journal, clock, later, onError } = this.options;
    if (this.stopping.signal.aborted) {
      outlet.end();
      return;
    }
    const nth = this.opened++;
    const stream = new Stream({
      ...{ outlet, whose, filter, mayGoOn, clock, later, onError, feed: shared.feed },
      walkFrom: (place) => new Walk(journal, shared.reach, place),
      inTurn: (read) => this.inTurn(read),
      onEnd: (ended) => {
        this.all.delete(ended);
        shared.streams.delete(ended);
        this.tidy(shared);
      },
    });
    this.all.set(stream, nth);
    shared.streams.add(stream);
    stream.begin(place, `retry: ${RETRY + ((nth * 7) % RETRY_STEPS)}\n`);
    if (this.cancelCheck === null) this.checkAgain();
  }

  private share(reach: Reach): Shared {
    const { journal, tail, later, onError } = this.options;
    const feed = new Feed({ journal, reach, tail, later, onError, onMore: () => void this.deliver(shared) });
    const streams = new Set<Stream>();
    const shared = { reach, feed, started: feed.start(), streams, coming: 0, isSharing: false, hasMore: false };
    this.shared.set(reach.name, shared);
    // Who comes next tries it anew. Those who wait for this one are told by themselves.
    shared.started.catch(() => this.forget(shared));
    return shared;
  }

  /** Ends what nobody hears any more. */
  private tidy(shared: Shared): void {
    if (shared.streams.size > 0 || shared.coming > 0) return;
    shared.feed.close();
    this.forget(shared);
    if (this.all.size > 0) return;
    this.cancelCheck?.();
    this.cancelCheck = null;
  }

  private forget(shared: Shared): void {
    if (this.shared.get(shared.reach.name) === shared) this.shared.delete(shared.reach.name);
  }

  /** Has all streams of a feed take what there is; so many are written to at once that others have their turns, too. */
  private async deliver(shared: Shared): Promise<void> {
    shared.hasMore = true;
    if (shared.isSharing) return;
    shared.isSharing = true;
    while (shared.hasMore) {
      shared.hasMore = false;
      for (const [i, stream] of [...shared.streams].entries()) {
        if (i % SOME === SOME - 1) await new Promise<void>((resolve) => this.options.later(resolve, 0));
        stream.go();
      }
    }
    shared.isSharing = false;
  }

  private checkAgain(): void {
    const { later, patience = PATIENCE } = this.options;
    this.cancelCheck = later(() => {
      this.checks++;
      for (const [stream, nth] of [...this.all]) {
        if (nth % ROUND === this.checks % ROUND) stream.check(patience);
        if (nth % BEAT === this.checks % BEAT) stream.beat();
      }
      if (this.all.size > 0) this.checkAgain();
      else this.cancelCheck = null;
    }, CHECK);
  }

  private async inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (this.readers >= OWN_READS) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.readers++;
    try {
      return await read();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.readers--;
      else next();
    }
  }
}

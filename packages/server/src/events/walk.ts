/**
 * The way through the journals of all apps that somebody hears, from where they stand to the end, in the order in which events came
 * into them: the events of one app stay in their order in any case.
 */
import { NAMED_APPS, type Place, positionIn } from '../core/event-cursor.ts';
import { comparePositions, type Journal, type JournalPage, type Position, START } from '../core/events.ts';
import { Entry } from './entry.ts';
import type { Reach } from './reach.ts';

/**
 * What a cursor of all apps says of those that it does not name: that all was told that came up to an instant. That instant stays
 * so far behind the latest event, because in a Cluster the apps go by clocks of their own, and a new app is noticed only when the
 * list is read again. Units: milliseconds.
 */
const SLACK = 10_000;
/** The least that is read of an app at once. */
const LEAST = 10;

/** The next part of a way. */
export interface Part {
  /** In their order. One that has no event says that something before it is gone. */
  readonly entries: readonly Entry[];
  /** Whether there was nothing more when it was read. */
  readonly isEnd: boolean;
}

interface Behind {
  readonly app: string;
  readonly last: Position;
}

export class Walk {
  private readonly journal: Pick<Journal, 'lasts' | 'read'>;
  private readonly reach: Reach;
  private readonly at: Map<string, Position>;
  /** Absence: null for a way from the oldest that is kept: nothing before that is missed. */
  private readonly begin: Place | null;
  private base: number;
  private recent: (readonly [app: string, position: Position])[];
  /** Of the app that moved last. */
  private position: Position = START;

  constructor(journal: Pick<Journal, 'lasts' | 'read'>, reach: Reach, begin: Place | null) {
    this.journal = journal;
    this.reach = reach;
    this.begin = begin;
    this.at = new Map(begin?.at);
    this.base = begin?.base ?? 0;
    this.recent = [...this.at].sort(([, a], [, b]) => comparePositions(a, b)).slice(-NAMED_APPS);
    this.position = this.recent.at(-1)?.[1] ?? START;
  }

  /** Gives a way that begins at the end: with what comes from now on. */
  static async fromEnd(journal: Pick<Journal, 'lasts' | 'read'>, reach: Reach): Promise<Walk> {
    const apps = await reach.apps();
    const lasts = await lastsOf(journal, apps);
    const at = new Map(apps.map((app, i) => [app, lasts[i]!]));
    return new Walk(journal, reach, { base: Math.max(0, newestOf(lasts) - SLACK), at });
  }

  /** Gives the place at which a way stands that begins at an instant: before all that came into the journals since. */
  static async placeAt(journal: Pick<Journal, 'lasts'>, reach: Reach, instant: number): Promise<Place> {
    const apps = await reach.apps();
    const lasts = await lastsOf(journal, apps);
    const asked: Position = `${Math.max(0, instant - 1)}-0`;
    // Who stands behind the end of a journal would be told that it has lost something.
    const at = new Map(apps.map((app, i) => [app, comparePositions(asked, lasts[i]!) < 0 ? asked : lasts[i]!]));
    return { base: Math.max(0, Math.min(instant - 1, newestOf(lasts) - SLACK)), at };
  }

  /** Where it stands, as text. */
  get cursor(): string {
    const { base, recent, position } = this;
    return this.reach.cursor({ base, recent, position });
  }

  /** Where it stands. */
  get place(): Place {
    return { base: this.base, at: new Map(this.at) };
  }

  positionIn(app: string): Position {
    return positionIn({ base: this.base, at: this.at }, app);
  }

  /** Goes on, by `limit` events at most. Errors: what the store says; it stands where it stood then. */
  async next(limit: number): Promise<Part> {
    const apps = await this.reach.apps();
    const lasts = await lastsOf(this.journal, apps);
    const settled = Math.max(this.base, newestOf(lasts) - SLACK);
    const behind = apps.map((app, i) => ({ app, last: lasts[i]! }));
    const lost = behind.filter(({ app, last }) => comparePositions(this.positionIn(app), last) > 0 && this.at.has(app));
    const more = behind.filter(({ app, last }) => comparePositions(this.positionIn(app), last) < 0);
    const each = Math.max(LEAST, Math.ceil(limit / more.length));
    const pages = await Promise.all(more.map(({ app }) => this.journal.read(app, this.positionIn(app), each)));
    const entries: Entry[] = [];
    // The journal ends before where it was read up to: it was put back from a backup, or its server lost what it had.
    for (const { app, last } of lost) entries.push(this.gone(app, last));
    for (const [i, { app }] of more.entries()) {
      const { floor } = pages[i]!;
      const isMissed = (this.begin !== null || this.at.has(app)) && comparePositions(this.positionIn(app), floor) < 0;
      if (isMissed) entries.push(this.gone(app, floor));
    }
    const isEnd = this.merge(more, pages, limit, settled, entries);
    if (isEnd) this.base = settled;
    return { entries, isEnd };
  }

  /** Takes what is next of all pages, in order. Gives whether that was all of it. */
  private merge(
    more: readonly Behind[],
    pages: readonly JournalPage[],
    limit: number,
    settled: number,
    entries: Entry[],
  ): boolean {
    const isWhole = pages.map(
      ({ next, events }, i) => events.length === 0 || comparePositions(next, more[i]!.last) >= 0,
    );
    // Behind the end of a page that is not the last one of its app nothing is known of that app.
    const ends = pages.filter((_, i) => !isWhole[i]).map(({ next }) => next);
    const horizon = ends.length === 0 ? null : ends.reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
    const all = pages.flatMap(({ events }, i) => events.map((told) => ({ ...told, app: more[i]!.app })));
    const known = horizon === null ? all : all.filter(({ position }) => comparePositions(position, horizon) <= 0);
    if (more.length > 1) known.sort((a, b) => comparePositions(a.position, b.position));
    const taken = known.slice(0, limit);
    for (const { app, position, event } of taken) {
      const [ms] = position.split('-');
      this.base = Math.max(this.base, Math.min(Number(ms) - 1, settled));
      this.move(app, position);
      entries.push(new Entry(app, position, this.cursor, event));
    }
    if (taken.length < all.length) return false;
    for (const [i, { app, last }] of more.entries()) {
      const { next } = pages[i]!;
      const end = comparePositions(next, last) > 0 ? next : last;
      if (isWhole[i] && comparePositions(this.positionIn(app), end) < 0) this.move(app, end);
    }
    return isWhole.every(Boolean);
  }

  private gone(app: string, position: Position): Entry {
    this.move(app, position);
    return new Entry(app, position, this.cursor, null);
  }

  private move(app: string, position: Position): void {
    this.at.set(app, position);
    this.position = position;
    const i = this.recent.findIndex(([other]) => other === app);
    if (i >= 0) this.recent.splice(i, 1);
    else if (this.recent.length === NAMED_APPS) this.recent.shift();
    this.recent.push([app, position]);
  }
}

async function lastsOf(journal: Pick<Journal, 'lasts'>, apps: readonly string[]): Promise<readonly Position[]> {
  return apps.length === 0 ? [] : journal.lasts(apps);
}

function newestOf(positions: readonly Position[]): number {
  return positions.reduce((newest, position) => Math.max(newest, Number(position.split('-')[0])), 0);
}

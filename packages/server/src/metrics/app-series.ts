/**
 * What was created and ended in each app of late: the last hour by the minute, the last day by the quarter of an hour. In memory, and of
 * this server alone: how it was before, or on other servers of the store, a Prometheus tells.
 *
 * Callers can name any app. The apps that the policy file names (the first 64) are always kept; of all others the 64 in which something was
 * counted last. What is forgotten for that is told by `since`: no number that is shown leaves anything out behind that instant.
 */
import { addSlots, NO_SLOTS, PERIODS, type Period, SlotRing, type Slots, slotsUntil } from './slots.ts';
import { END_REASONS, type EndReason } from './table.ts';

export const MOST_OTHERS = 64;

/** What is counted. */
export type Happening = 'created' | EndReason;

type ByPeriod<T> = Readonly<Record<Period, T>>;

/** Of an app. Of what never happened there is nothing. Units: epoch milliseconds. */
export interface CountedApp {
  readonly app: string;
  /** What was counted of it before has been forgotten. 0: nothing has. */
  readonly lostUntil: number;
  /** When something was counted last. */
  readonly at: number;
  readonly happened: Partial<Record<Happening, ByPeriod<Slots>>>;
}

/** Of all apps of a process. `since`: when it began to count; `forgotten`: when it last forgot an app, 0 if never. */
export interface CountedApps {
  readonly since: number;
  readonly forgotten: number;
  readonly apps: readonly CountedApp[];
}

/** Of one app, for who looks at it. All lists have a number for each step, the oldest first; the last step is still under way. */
export interface AppSeries {
  /** Units: milliseconds. */
  readonly step: number;
  /** The begin of the first step. Units: epoch milliseconds. */
  readonly from: number;
  /** From when on nothing is left out. Units: epoch milliseconds. */
  readonly since: number;
  readonly created: readonly number[];
  readonly ended: Readonly<Record<EndReason, readonly number[]>>;
}

interface Kept {
  readonly lostUntil: number;
  at: number;
  readonly happened: Map<Happening, ByPeriod<SlotRing>>;
}

export class AppCounts {
  private readonly since: number;
  private readonly isNamed: (app: string) => boolean;
  private readonly apps = new Map<string, Kept>();
  private forgotten = 0;

  /** `since`: now. `isNamed`: whether an app is always kept. */
  constructor(since: number, isNamed: (app: string) => boolean) {
    this.since = since;
    this.isNamed = isNamed;
  }

  add(app: string, what: Happening, n: number, now: number): void {
    const kept = this.apps.get(app) ?? this.begin(app, now);
    kept.at = now;
    let rings = kept.happened.get(what);
    if (rings === undefined) {
      rings = { hour: new SlotRing(PERIODS.hour), day: new SlotRing(PERIODS.day) };
      kept.happened.set(what, rings);
    }
    rings.hour.add(n, now);
    rings.day.add(n, now);
  }

  get counted(): CountedApps {
    const { since, forgotten } = this;
    const apps = [...this.apps].map(([app, kept]): CountedApp => {
      const happened = [...kept.happened].map(([what, { hour, day }]) => [what, { hour: hour.slots, day: day.slots }]);
      return { app, lostUntil: kept.lostUntil, at: kept.at, happened: Object.fromEntries(happened) };
    });
    return { since, forgotten, apps };
  }

  private begin(app: string, now: number): Kept {
    if (!this.isNamed(app)) this.makeRoom(now);
    // Since an app was last forgotten, nothing can have been counted of this one.
    const kept: Kept = { lostUntil: this.forgotten, at: now, happened: new Map() };
    this.apps.set(app, kept);
    return kept;
  }

  private makeRoom(now: number): void {
    const others = [...this.apps].filter(([app]) => !this.isNamed(app));
    if (others.length < MOST_OTHERS) return;
    const [oldest] = others.reduce((one, other) => (other[1].at < one[1].at ? other : one));
    this.apps.delete(oldest);
    this.forgotten = now;
  }
}

/** Most apps of several processes together: what processes that have ended had counted must not grow without end. */
const MOST_TOGETHER = 512;

/** Gives what several processes have counted together. */
export function mergeCounted(parts: readonly CountedApps[]): CountedApps {
  const all = parts.reduce(addCounted);
  if (all.apps.length <= MOST_TOGETHER) return all;
  const latest = [...all.apps].sort((one, other) => other.at - one.at);
  return {
    ...all,
    apps: latest.slice(0, MOST_TOGETHER),
    forgotten: Math.max(all.forgotten, latest[MOST_TOGETHER]!.at),
  };
}

function addCounted(one: CountedApps, other: CountedApps): CountedApps {
  const [ones, others] = [one, other].map(({ apps }) => new Map(apps.map((each) => [each.app, each])));
  const names = new Set([...ones!.keys(), ...others!.keys()]);
  return {
    since: Math.min(one.since, other.since),
    forgotten: Math.max(one.forgotten, other.forgotten),
    apps: [...names].map((app) =>
      addApp(ones!.get(app) ?? nothingOf(app, one), others!.get(app) ?? nothingOf(app, other)),
    ),
  };
}

function nothingOf(app: string, { forgotten }: CountedApps): CountedApp {
  return { app, lostUntil: forgotten, at: 0, happened: {} };
}

function addApp(one: CountedApp, other: CountedApp): CountedApp {
  const whats = new Set([...Object.keys(one.happened), ...Object.keys(other.happened)] as Happening[]);
  const slots = ({ happened }: CountedApp, what: Happening, period: Period) => happened[what]?.[period] ?? NO_SLOTS;
  const added = [...whats].map((what) => {
    const of = (period: Period) => addSlots(slots(one, what, period), slots(other, what, period));
    return [what, { hour: of('hour'), day: of('day') }];
  });
  return {
    app: one.app,
    lostUntil: Math.max(one.lostUntil, other.lostUntil),
    at: Math.max(one.at, other.at),
    happened: Object.fromEntries(added),
  };
}

/** Gives the series of an app up to an instant. */
export function seriesOf({ since, forgotten, apps }: CountedApps, app: string, period: Period, now: number): AppSeries {
  const counted = apps.find((each) => each.app === app);
  const { step, length } = PERIODS[period];
  const of = (what: Happening) => slotsUntil(counted?.happened[what]?.[period] ?? NO_SLOTS, period, now);
  return {
    step,
    from: (Math.floor(now / step) - length + 1) * step,
    since: Math.max(since, counted?.lostUntil ?? forgotten),
    created: of('created'),
    ended: Object.fromEntries(END_REASONS.map((reason) => [reason, of(reason)])) as Record<EndReason, number[]>,
  };
}

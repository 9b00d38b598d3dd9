/** What is known of the journals of events. Over all apps: series for each of them would be too many, and the log names the app. */
import { Counter } from './series.ts';
import type { Series } from './snapshot.ts';

/** Of the journal of an app. `waiting`: events that the webhook which is furthest behind has not had. */
export interface JournalSize {
  readonly app: string;
  readonly events: number;
  readonly bytes: number;
  readonly waiting: number;
}

export class JournalMeter {
  readonly dropped = new Counter();
  /** Of all journals, as they were looked at last. */
  private sizes: readonly JournalSize[] = [];
  /** When that was. Units: epoch milliseconds. */
  lookedAt = 0;

  /** Takes what a look at all journals has found. */
  use(sizes: readonly JournalSize[], now: number): void {
    this.sizes = sizes;
    this.lookedAt = now;
  }

  /** Gives all events. None where there is no journal. */
  events(): Series[] {
    return this.series((all) => all.reduce((sum, { events }) => sum + events, 0));
  }

  /** Gives the most of an app. None where there is no journal. */
  most(what: 'bytes' | 'waiting'): Series[] {
    return this.series((all) => Math.max(0, ...all.map((one) => one[what])));
  }

  private series(value: (all: readonly JournalSize[]) => number): Series[] {
    return this.sizes.length === 0 ? [] : [{ labels: [], value: value(this.sizes) }];
  }
}

/** What routes know of what was counted of late: made in metrics/. */

/** The last hour by the minute, the last day by the quarter of an hour. */
export const SERIES_PERIODS = ['hour', 'day'] as const;
export type SeriesPeriod = (typeof SERIES_PERIODS)[number];

/** All lists have a number for each step, the oldest first; the last step is still under way. */
export interface AppSeries {
  /** Units: milliseconds. */
  readonly step: number;
  /** The begin of the first step. Units: epoch milliseconds. */
  readonly from: number;
  /** From when on nothing is left out. Units: epoch milliseconds. */
  readonly since: number;
  readonly created: readonly number[];
  /** By the reason; each that there is has a list. */
  readonly ended: Readonly<Record<string, readonly number[]>>;
}

/** Gives what this server, all its processes together, has counted of an app up to an instant. */
export type SeriesOf = (app: string, period: SeriesPeriod, now: number) => Promise<AppSeries>;

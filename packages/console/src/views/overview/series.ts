/** What the server counted over the last hour or day, made ready for a plot and for the table beside it. */

/** The answer of `GET /v1/apps/{app}/series`. Each list has the oldest step first. */
export interface Series {
  readonly app: string;
  readonly period: Period;
  /** Units: seconds. */
  readonly step: number;
  /** When the first step begins. */
  readonly from: string;
  /** When the server began to count. */
  readonly since: string;
  readonly created: readonly number[];
  readonly ended: Readonly<Record<string, readonly number[]>>;
}

export type Period = 'hour' | 'day';

/**
 * Nine reasons are too many colours to tell apart: a plot has five, and the table each reason. A reason that this console does not
 * know is among `other`.
 */
export const END_GROUPS = ['left', 'ended', 'expired', 'cap', 'other'] as const;
export type EndGroup = (typeof END_GROUPS)[number];
const GROUP_OF: Readonly<Record<string, EndGroup>> = {
  ...{ logout: 'left', revoked: 'ended', subject: 'ended', app: 'ended' },
  ...{ expired: 'expired', idle: 'expired', absolute: 'expired', cap: 'cap' },
};

export interface SeriesPlot {
  /** When each step begins. Units: epoch seconds. */
  readonly at: readonly number[];
  /** Absence: null for steps that were over before the server began to count. */
  readonly created: readonly (number | null)[];
  /** Of each group, in the order of END_GROUPS. */
  readonly groups: Readonly<Record<EndGroup, readonly (number | null)[]>>;
  /** Each group upon those before it, so that bars stand on one another. */
  readonly stacked: Readonly<Record<EndGroup, readonly (number | null)[]>>;
  readonly totals: {
    readonly created: number;
    readonly ended: number;
    /** Reasons that occurred, the most frequent first. */
    readonly byReason: readonly { readonly reason: string; readonly count: number }[];
    readonly byGroup: Readonly<Record<EndGroup, number>>;
  };
  /** The step with the most creates. Absence: null where there were none. */
  readonly busiest: { readonly at: number; readonly created: number } | null;
  /** Whether the server began to count within the period: before that nobody knows. */
  readonly isPartial: boolean;
}

export function plotOf(series: Series): SeriesPlot {
  const begin = Date.parse(series.from) / 1000;
  const since = Date.parse(series.since) / 1000;
  const at = series.created.map((_, i) => begin + i * series.step);
  const isKnown = (i: number) => (at[i] ?? 0) + series.step > since;
  const known = (counts: readonly number[]) => at.map((_, i) => (isKnown(i) ? (counts[i] ?? 0) : null));
  const zero = at.map(() => 0);
  const groups = ofGroups<readonly number[]>(() => zero);
  for (const [reason, counts] of Object.entries(series.ended)) {
    const group = GROUP_OF[reason] ?? 'other';
    groups[group] = groups[group].map((sum, i) => sum + (counts[i] ?? 0));
  }
  const stacked = {} as Record<EndGroup, readonly (number | null)[]>;
  let below: readonly number[] = zero;
  for (const group of END_GROUPS) {
    below = below.map((sum, i) => sum + (groups[group][i] ?? 0));
    stacked[group] = known(below);
  }
  return {
    at,
    created: known(series.created),
    groups: ofGroups((group) => known(groups[group])),
    stacked,
    totals: {
      created: sumOf(series.created),
      ended: sumOf(below),
      byReason: Object.entries(series.ended)
        .map(([reason, counts]) => ({ reason, count: sumOf(counts) }))
        .filter(({ count }) => count > 0)
        .sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
      byGroup: ofGroups((group) => sumOf(groups[group])),
    },
    busiest: busiestOf(series.created, at),
    isPartial: since > begin,
  };
}

/** One row for each step that has something to tell, the newest first: for the table that says in words what the plot shows. */
export function tableOf(series: Series): {
  readonly reasons: readonly string[];
  readonly rows: readonly { readonly at: number; readonly created: number; readonly ended: readonly number[] }[];
} {
  const { at, totals } = plotOf(series);
  const reasons = totals.byReason.map(({ reason }) => reason);
  const rows = at.map((instant, i) => ({
    at: instant,
    created: series.created[i] ?? 0,
    ended: reasons.map((reason) => series.ended[reason]?.[i] ?? 0),
  }));
  return {
    reasons,
    rows: rows.filter(({ created, ended }) => created > 0 || ended.some((count) => count > 0)).reverse(),
  };
}

function ofGroups<T>(make: (group: EndGroup) => T): Record<EndGroup, T> {
  return Object.fromEntries(END_GROUPS.map((group) => [group, make(group)])) as Record<EndGroup, T>;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

function busiestOf(created: readonly number[], at: readonly number[]): SeriesPlot['busiest'] {
  const most = Math.max(0, ...created);
  return most === 0 ? null : { at: at[created.indexOf(most)] ?? 0, created: most };
}

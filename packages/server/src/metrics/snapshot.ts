/**
 * What the metrics of one process are at an instant, as plain JSON: so a process can hand them to another one, which makes
 * one picture of several. A worker that has ended takes its counters with it, and a sum that falls looks like a restart to Prometheus, so
 * whoever sums must keep what ended workers had counted: `countedOf` of their last snapshot.
 */
import type { Merge, Metric } from './table.ts';

/** The metrics of one process, or of several as one. */
export type Snapshot = readonly Family[];

/** All series of one name. Self-describing: it may come from a process of another version. */
export interface Family extends Metric {
  /** When it was measured, for gauges of which the latest counts. Units: epoch milliseconds. */
  readonly at?: number;
  readonly series: readonly Series[];
}

export interface Series {
  /** Values of the labels, in their order. */
  readonly labels: readonly string[];
  /** Of a counter or a gauge. */
  readonly value?: number;
  /** Of a histogram: how many were in each bucket, the infinite one last, and their sum. */
  readonly counts?: readonly number[];
  readonly sum?: number;
  /** The last request of each bucket whose trace is known. Absence: null; undefined for none at all. */
  readonly exemplars?: readonly (Exemplar | null)[];
}

/** A request that shows what a bucket is about. `at`: epoch seconds. */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  readonly at: number;
}

/** Gives what several processes are together. */
export function merge(snapshots: readonly Snapshot[]): Snapshot {
  if (snapshots.length === 1) return snapshots[0]!;
  const byName = new Map<string, Family>();
  for (const family of snapshots.flat()) {
    const before = byName.get(family.name);
    byName.set(family.name, before === undefined ? family : together(before, family));
  }
  return [...byName.values()];
}

/** Gives what stays true of a process after its end: what it has counted. */
export function countedOf(snapshot: Snapshot): Snapshot {
  return snapshot.filter(({ type }) => type !== 'gauge');
}

function together(one: Family, other: Family): Family {
  if (one.merge === 'latest') return (other.at ?? 0) > (one.at ?? 0) ? other : one;
  const byLabels = new Map(one.series.map((series) => [series.labels.join('\0'), series]));
  for (const series of other.series) {
    const key = series.labels.join('\0');
    const before = byLabels.get(key);
    byLabels.set(key, before === undefined ? series : added(before, series, one.merge ?? 'sum'));
  }
  return { ...one, series: [...byLabels.values()] };
}

function added(one: Series, other: Series, how: Merge): Series {
  const { labels } = one;
  if (one.counts === undefined || other.counts === undefined) {
    const [a, b] = [one.value ?? 0, other.value ?? 0];
    return { labels, value: how === 'max' ? Math.max(a, b) : how === 'min' ? Math.min(a, b) : a + b };
  }
  const counts = one.counts.map((count, i) => count + (other.counts![i] ?? 0));
  const exemplars = one.exemplars === undefined ? other.exemplars : one.exemplars.map((own, i) => later(own, other, i));
  return { labels, counts, sum: (one.sum ?? 0) + (other.sum ?? 0), ...(exemplars && { exemplars }) };
}

function later(own: Exemplar | null, { exemplars }: Series, i: number): Exemplar | null {
  const its = exemplars?.[i] ?? null;
  return own === null || (its !== null && its.at > own.at) ? its : own;
}

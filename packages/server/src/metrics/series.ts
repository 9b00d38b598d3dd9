/**
 * What counts, while requests run: a number or a few, with no look-up and nothing allocated. Whoever counts often keeps the
 * series it counts in.
 */
import type { Exemplar, Series } from './snapshot.ts';

export class Counter {
  private count = 0;

  add(n = 1): void {
    this.count += n;
  }

  series(labels: readonly string[]): Series {
    return { labels, value: this.count };
  }
}

export class Histogram {
  private readonly bounds: readonly number[];
  private readonly counts: Float64Array;
  private sum = 0;
  /** Absence: null until a trace is known. */
  private exemplars: (Exemplar | null)[] | null = null;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** `traceId`: of what took so long. Absence: undefined where it has no trace. */
  observe(value: number, traceId?: string): void {
    const { bounds } = this;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    this.counts[i]!++;
    this.sum += value;
    if (traceId !== undefined) {
      this.exemplars ??= Array.from(this.counts, () => null);
      this.exemplars[i] = { traceId, value, at: Date.now() / 1000 };
    }
  }

  series(labels: readonly string[]): Series {
    const { sum, exemplars } = this;
    return { labels, counts: [...this.counts], sum, ...(exemplars !== null && { exemplars: [...exemplars] }) };
  }
}

/** Series of one name by the values of their labels, made when they are first counted. */
export class ByLabels<T extends { series(labels: readonly string[]): Series }> {
  private readonly known = new Map<string, { readonly labels: readonly string[]; readonly one: T }>();
  private readonly make: () => T;

  constructor(make: () => T) {
    this.make = make;
  }

  of(...labels: readonly string[]): T {
    const key = labels.length === 1 ? labels[0]! : labels.join('\0');
    let found = this.known.get(key);
    if (found === undefined) {
      found = { labels, one: this.make() };
      this.known.set(key, found);
    }
    return found.one;
  }

  /** Forgets those that are no longer wanted. */
  keep(isWanted: (labels: readonly string[]) => boolean): void {
    for (const [key, { labels }] of this.known) if (!isWanted(labels)) this.known.delete(key);
  }

  series(): Series[] {
    return [...this.known.values()].map(({ labels, one }) => one.series(labels));
  }
}

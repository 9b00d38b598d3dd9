/**
 * Token buckets by name, each written as one number: the instant at which it is full again (GCRA). Pure: `now` is an
 * argument. Memory is bounded: a bucket that is full again is no longer needed, and at the maximum the one that has been
 * there longest goes, so a caller with very many names gains nothing but fresh buckets for old names.
 *
 * Not shared between servers: each limits what it serves. Counting together would put a write before every read. The workers of
 * one server tell each other (pool.ts).
 */

/** Shape: `burst` at once after a pause, `perSecond` in the long run. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What a bucket has left. Units: milliseconds. */
export interface Allowance {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until it is full again. */
  readonly full: number;
  /** Until there is room for one more; 0 when there is. */
  readonly wait: number;
}

const MAX_BUCKETS = 10_000;
/** Buckets looked at for one that is full again, at most, when a new one needs the room. */
const LOOK = 16;
/** Units: milliseconds. Sums of fractions are not exact. */
const TOLERANCE = 1e-6;

export class RateLimiter {
  readonly rate: Rate;
  /** How many buckets there are. */
  get size(): number {
    return this.fullAt.size;
  }
  /** Counted from the first request: epoch milliseconds leave a double too little room for a microsecond's share. */
  private readonly fullAt = new Map<string, number>();
  private origin = 0;
  private readonly capacity: number;
  /** Units: milliseconds for one request, and for all of an empty bucket. */
  private readonly step: number;
  private readonly span: number;

  constructor(rate: Rate, capacity = MAX_BUCKETS) {
    this.rate = rate;
    this.capacity = capacity;
    this.step = 1000 / rate.perSecond;
    this.span = this.step * rate.burst;
  }

  /** Takes one, when there is one. */
  take(name: string, epoch: number): Allowance {
    const now = this.sinceOrigin(epoch);
    const before = this.until(name, now);
    const until = before + this.step;
    if (until - now > this.span + TOLERANCE) return this.allowance(before, now, false);
    this.keep(name, until, now);
    return this.allowance(until, now, true);
  }

  /** Takes what has already been used, down to an empty bucket and no further. */
  charge(name: string, cost: number, epoch: number): void {
    const now = this.sinceOrigin(epoch);
    this.keep(name, Math.min(this.until(name, now) + cost * this.step, now + this.span), now);
  }

  /** Tells what there is without taking any. */
  look(name: string, epoch: number): Allowance {
    const now = this.sinceOrigin(epoch);
    const until = this.until(name, now);
    return this.allowance(until, now, until + this.step - now <= this.span + TOLERANCE);
  }

  private sinceOrigin(epoch: number): number {
    if (this.origin === 0) this.origin = epoch;
    return epoch - this.origin;
  }

  /** The instant of a bucket, within what it can be: a clock that was set back must not shut anyone out for long. */
  private until(name: string, now: number): number {
    const stored = this.fullAt.get(name) ?? now;
    if (stored <= now + this.span) return Math.max(stored, now);
    this.fullAt.set(name, now + this.span);
    return now + this.span;
  }

  private keep(name: string, until: number, now: number): void {
    if (!this.fullAt.has(name) && this.fullAt.size >= this.capacity) this.makeRoom(now);
    this.fullAt.set(name, until);
  }

  private makeRoom(now: number): void {
    let oldest: string | undefined;
    let looked = 0;
    for (const [name, until] of this.fullAt) {
      oldest ??= name;
      if (until <= now) {
        this.fullAt.delete(name);
        return;
      }
      if (++looked === LOOK) break;
    }
    if (oldest !== undefined) this.fullAt.delete(oldest);
  }

  private allowance(until: number, now: number, allowed: boolean): Allowance {
    const full = until - now;
    return {
      allowed,
      remaining: Math.max(0, Math.floor((this.span - full) / this.step + TOLERANCE)),
      full,
      wait: Math.max(0, full + this.step - this.span),
    };
  }
}

/**
 * Buckets that several processes share: each tells the others what it let through, and counts what they let through. So a limit
 * holds for all of them together, whichever one a caller's connection leads to. It takes a few milliseconds to know
 * of each other: meanwhile a limit can be passed by what the others let through in that time.
 *
 * Rejected: a part of each limit for each process. A caller with one connection would get that part alone. And asking one process
 * before each request: it costs more than most requests.
 */
import type { Allowance, Rate, RateLimiter } from './rate-limiter.ts';

/** What was taken from buckets: kind of limit, then name and how much. */
export type Spent = Readonly<Record<string, readonly (readonly [name: string, cost: number])[]>>;

/** How long what was taken is gathered before it is told. Units: milliseconds. */
const GATHER = 10;

export class Pool {
  private readonly tell: (spent: Spent) => void;
  private readonly later: (run: () => void, delay: number) => unknown;
  private readonly limiters = new Map<string, RateLimiter>();
  private readonly spent = new Map<string, Map<string, number>>();

  /** `later` runs something after so many milliseconds. */
  constructor(tell: Pool['tell'], later: Pool['later']) {
    this.tell = tell;
    this.later = later;
  }

  /** Makes a limiter share its buckets with those of the same kind. */
  share(kind: string, limiter: RateLimiter): PooledLimiter {
    this.limiters.set(kind, limiter);
    return new PooledLimiter(limiter, (name, cost) => this.note(kind, name, cost));
  }

  /** Counts what others let through. */
  charge(spent: Spent, now: number): void {
    for (const [kind, costs] of Object.entries(spent)) {
      for (const [name, cost] of costs) this.limiters.get(kind)?.charge(name, cost, now);
    }
  }

  private note(kind: string, name: string, cost: number): void {
    if (this.spent.size === 0) this.later(() => this.flush(), GATHER);
    const costs = this.spent.get(kind) ?? new Map<string, number>();
    this.spent.set(kind, costs);
    costs.set(name, (costs.get(name) ?? 0) + cost);
  }

  private flush(): void {
    const spent = Object.fromEntries([...this.spent].map(([kind, costs]) => [kind, [...costs]]));
    this.spent.clear();
    this.tell(spent);
  }
}

/** A limiter that tells what is taken from it. */
export class PooledLimiter {
  readonly rate: Rate;
  private readonly own: RateLimiter;
  private readonly note: (name: string, cost: number) => void;

  constructor(own: RateLimiter, note: PooledLimiter['note']) {
    this.rate = own.rate;
    this.own = own;
    this.note = note;
  }

  take(name: string, now: number): Allowance {
    const allowance = this.own.take(name, now);
    if (allowance.allowed) this.note(name, 1);
    return allowance;
  }

  charge(name: string, cost: number, now: number): void {
    this.own.charge(name, cost, now);
    this.note(name, cost);
  }

  look(name: string, now: number): Allowance {
    return this.own.look(name, now);
  }
}

/**
 * How an outage is told: a line when it begins, a line a minute while it lasts, a line when it is over. Thousands of requests may fail
 * of one cause, and an operator must find the cause, not the requests: those are counted.
 *
 * It is over once a probe succeeds and nothing has failed for a while: where a part is out (one server of a Cluster, a
 * full disk), the probe alone would say so every second. When it comes back soon, twice as long must pass without a
 * failure the next time, so that what comes and goes is told as one outage, too.
 */
import { ServiceError } from '../core/errors.ts';

export interface OutageOptions {
  /** Resolves when what is out does its work. */
  readonly probe: () => Promise<unknown>;
  readonly onBegin: (news: { readonly why: string }) => void;
  /** Told once a minute. `failed`: requests since it began. `seconds`: how long it has lasted. */
  readonly onLasting: (news: { readonly why: string; readonly failed: number; readonly seconds: number }) => void;
  readonly onOver: (news: { readonly failed: number; readonly seconds: number }) => void;
  /** Only goes forward. Units: milliseconds. */
  readonly clock?: () => number;
}

/** Units: milliseconds. */
const REMINDER = 60_000;
const LOOK_AGAIN = 1000;
const QUIET = 2000;
const LONGEST_QUIET = 60_000;

interface Lasting {
  readonly since: number;
  why: string;
  failed: number;
  lastFailure: number;
  saidAt: number;
}

export class Outage {
  private readonly options: OutageOptions;
  private readonly clock: () => number;
  private now: Lasting | null = null;
  private quiet = QUIET;
  private overAt = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(options: OutageOptions) {
    this.options = options;
    this.clock = options.clock ?? (() => performance.now());
  }

  /** Why it is out, in a sentence. Absence: null when it is not. */
  get why(): string | null {
    return this.now?.why ?? null;
  }

  /** Takes note of a failure. `request`: somebody was answered with it. */
  failed(error: unknown, { request }: { readonly request: boolean }): void {
    if (this.closed) return;
    const at = this.clock();
    const why = whyOf(error);
    if (this.now === null) {
      this.quiet = at - this.overAt < REMINDER ? Math.min(2 * this.quiet, LONGEST_QUIET) : QUIET;
      this.now = { since: at, why, failed: 0, lastFailure: at, saidAt: at };
      this.options.onBegin({ why });
      this.lookAgain();
    }
    this.now.why = why;
    this.now.lastFailure = at;
    if (request) this.now.failed++;
  }

  /** Looks whether it is over, and says so, or reminds of it. */
  async look(): Promise<void> {
    const probed = await this.options.probe().then(
      () => true,
      (error: unknown) => {
        this.failed(error, { request: false });
        return false;
      },
    );
    const { now } = this;
    if (now === null || this.closed) return;
    const at = this.clock();
    const { why, failed } = now;
    if (probed && at - now.lastFailure >= this.quiet) {
      this.now = null;
      this.overAt = at;
      // It lasted until the last failure: what came after was the wait for another one.
      this.options.onOver({ failed, seconds: seconds(now.lastFailure - now.since) });
    } else if (at - now.saidAt >= REMINDER) {
      now.saidAt = at;
      this.options.onLasting({ why, failed, seconds: seconds(at - now.since) });
    }
  }

  close(): void {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private lookAgain(): void {
    this.timer = setTimeout(() => {
      void this.look().then(() => {
        if (this.now !== null && !this.closed) this.lookAgain();
      });
    }, LOOK_AGAIN);
    this.timer.unref();
  }
}

/** Tells whether an error is one that outages are made of. Any other one is a fault of the server itself. */
export function isOutage(error: unknown): boolean {
  return (
    error instanceof ServiceError &&
    error.code === 'store_unavailable' &&
    !FAULTS.some((kind) => rootOf(error) instanceof kind)
  );
}

/** What only wrong code throws, wherever it was caught. */
const FAULTS = [TypeError, ReferenceError, RangeError, SyntaxError];

/** Gives in one line what is underneath an error. */
function whyOf(error: unknown): string {
  const root = rootOf(error);
  return (root instanceof Error ? root.message : String(root)).replaceAll(/\s+/g, ' ');
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  return root;
}

function seconds(duration: number): number {
  return Math.round(duration / 100) / 10;
}

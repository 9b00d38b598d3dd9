/**
 * The quota of an app: how many sessions it may have. Nobody can count a million sessions for each create, so the count
 * is taken now and then and what this process creates is added to it. Near the quota that is each second: then several
 * processes together can go over it by what they create in one second, and what ended is noticed within one.
 * Rejected: a counter beside the sessions, which every create, end and expiry in all stores would have to keep true.
 */
import { ServiceError } from './errors.ts';
import type { SessionStore } from './store.ts';

/** How long a count is good: always, and when most of the quota is used. Units: milliseconds. */
const GOOD_FOR = 10_000;
const GOOD_FOR_NEAR = 1000;
const NEAR = 0.9;

interface Known {
  count: number;
  readonly at: number;
}

export class Quota {
  private readonly store: Pick<SessionStore, 'count'>;
  private readonly known = new Map<string, Known>();
  private readonly counting = new Map<string, Promise<Known>>();

  constructor(store: Pick<SessionStore, 'count'>) {
    this.store = store;
  }

  /** Takes room for one more session. Without a quota it costs nothing. Errors: `session_quota_reached`. */
  async take(app: string, max: number | null, now: number): Promise<void> {
    if (max === null) return;
    const known = this.known.get(app);
    const isGood = known !== undefined && now - known.at < (known.count < max * NEAR ? GOOD_FOR : GOOD_FOR_NEAR);
    const current = isGood ? known : await this.recount(app, now);
    if (current.count >= max) {
      throw new ServiceError('session_quota_reached', `the app has its ${max} sessions, as many as its policy allows`);
    }
    current.count++;
  }

  private recount(app: string, now: number): Promise<Known> {
    const running = this.counting.get(app);
    if (running !== undefined) return running;
    const counted = this.store
      .count(app, 0, now)
      .then(({ sessions }) => {
        const known = { count: sessions, at: now };
        this.known.set(app, known);
        return known;
      })
      .finally(() => this.counting.delete(app));
    this.counting.set(app, counted);
    return counted;
  }
}

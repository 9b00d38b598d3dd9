/**
 * The quota of an app: how many sessions it may have. A million sessions cannot be counted for each create. So they are
 * counted now and then, and what this process creates in between is added. Near the quota they are counted each second.
 * Several processes together can then exceed the quota by what they create in one second, and sessions that ended are
 * noticed within one second.
 * Rejected: a counter beside the sessions, which every create, end and expiry in all stores would have to keep right.
 */
import { ServiceError } from './errors.ts';
import type { SessionStore } from './store.ts';

/** For how long a count is used: usually, and when most of the quota is taken. Units: milliseconds. */
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

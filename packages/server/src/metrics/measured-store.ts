/**
 * A store whose operations are timed, and whose answers are counted: what was created, what has ended and why. Stores know nothing of
 * metrics, and the domain neither. It adds nothing to what a verb does or answers.
 *
 * Rejected: timing each engine from inside. It would have been done three times, and not the same.
 */
import type {
  Count,
  CreateOutcome,
  ListQuery,
  LockClaim,
  LockOutcome,
  Memo,
  Page,
  RotateOutcome,
  Selector,
  SessionStore,
  Touch,
  UpdateOutcome,
  Visit,
} from '../core/store.ts';
import type { TokenRef } from '../core/token.ts';
import type { AppMeter } from './app-meter.ts';
import { ByLabels, Histogram } from './series.ts';
import { type EndReason, METRICS } from './table.ts';

const REASONS: Readonly<Record<Selector['by'], EndReason>> = {
  token: 'logout',
  id: 'revoked',
  subject: 'subject',
  app: 'app',
};

export class StoreDurations extends ByLabels<Histogram> {
  constructor() {
    super(() => new Histogram(METRICS.storeDuration.bounds));
  }
}

export class MeasuredStore implements SessionStore {
  readonly journal: SessionStore['journal'];
  private readonly store: SessionStore;
  private readonly meter: AppMeter;
  private readonly durations: StoreDurations;
  /** The operation that is nearly all traffic. */
  private readonly gets: Histogram;

  constructor(store: SessionStore, apps: AppMeter, durations: StoreDurations) {
    this.store = store;
    this.journal = store.journal;
    this.meter = apps;
    this.durations = durations;
    this.gets = durations.of('get');
  }

  async create(...args: Parameters<SessionStore['create']>): Promise<CreateOutcome> {
    const outcome = await this.timed('create', this.store.create(...args));
    const { app } = args[0];
    if (outcome.kind === 'created') {
      this.meter.created(app);
      this.meter.ended(app, 'cap', outcome.revoked.length);
    }
    return outcome;
  }

  get(app: string, token: TokenRef, touch: Touch, now: number): Promise<Visit | null> {
    const began = performance.now();
    const visit = this.store.get(app, token, touch, now);
    const ended = () => this.gets.observe((performance.now() - began) / 1000);
    visit.then(ended, ended);
    return visit;
  }

  getMany(app: string, tokens: readonly TokenRef[], touch: Touch, now: number): Promise<(Visit | null)[]> {
    return this.timed('getMany', this.store.getMany(app, tokens, touch, now));
  }

  find(app: string, id: string, now: number): Promise<Visit | null> {
    return this.timed('find', this.store.find(app, id, now));
  }

  async update(...args: Parameters<SessionStore['update']>): Promise<UpdateOutcome | null> {
    const outcome = await this.timed('update', this.store.update(...args));
    const [app] = args;
    if (outcome?.kind === 'updated') this.meter.ended(app, 'cap', outcome.revoked.length);
    return outcome;
  }

  async rotate(...args: Parameters<SessionStore['rotate']>): Promise<RotateOutcome | null> {
    const outcome = await this.timed('rotate', this.store.rotate(...args));
    const [app] = args;
    if (outcome?.kind === 'rotated') this.meter.ended(app, 'cap', outcome.revoked.length);
    return outcome;
  }

  async revoke(...args: Parameters<SessionStore['revoke']>): Promise<number> {
    const revoked = await this.timed('revoke', this.store.revoke(...args));
    const [app, selector] = args;
    this.meter.ended(app, REASONS[selector.by], revoked);
    return revoked;
  }

  list(app: string, query: ListQuery, now: number): Promise<Page> {
    return this.timed('list', this.store.list(app, query, now));
  }

  count(app: string, activeSince: number, now: number): Promise<Count> {
    return this.timed('count', this.store.count(app, activeSince, now));
  }

  apps(): Promise<string[]> {
    return this.timed('apps', this.store.apps());
  }

  memo(app: string, name: string, memo: Memo, now: number): Promise<string | null> {
    return this.timed('memo', this.store.memo(app, name, memo, now));
  }

  lock(app: string, token: TokenRef, claim: LockClaim, now: number): Promise<LockOutcome | null> {
    return this.timed('lock', this.store.lock(app, token, claim, now));
  }

  unlock(app: string, token: TokenRef, hash: string, now: number): Promise<void> {
    return this.timed('unlock', this.store.unlock(app, token, hash, now));
  }

  records(...args: Parameters<SessionStore['records']>): ReturnType<SessionStore['records']> {
    return this.timed('records', this.store.records(...args));
  }

  install(...args: Parameters<SessionStore['install']>): ReturnType<SessionStore['install']> {
    return this.timed('install', this.store.install(...args));
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.timed('sweep', this.store.sweep(now, limit));
  }

  ping(): Promise<void> {
    return this.timed('ping', this.store.ping());
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private timed<T>(operation: Exclude<keyof SessionStore, 'close' | 'journal'>, answer: Promise<T>): Promise<T> {
    const began = performance.now();
    const ended = () => this.durations.of(operation).observe((performance.now() - began) / 1000);
    answer.then(ended, ended);
    return answer;
  }
}

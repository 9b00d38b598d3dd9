/**
 * What is counted for each app. Callers can name any app, so an app has series of its own only when the policy file names it, and only the
 * first 64 of these have; all others together are `other`. Their series are there from the start, at 0: otherwise nobody
 * could tell the first event of an app from one that was always there.
 */
import type { SessionStore } from '../core/store.ts';
import { AppCounts, type CountedApps } from './app-series.ts';
import { ByLabels, Counter } from './series.ts';
import type { Series } from './snapshot.ts';
import { END_REASONS, type EndReason } from './table.ts';

export const MOST_APPS = 64;
const OTHER = 'other';

/** What the server keeps for itself, as who is logged in to its console, is no user's session. */
function isOfServer(app: string): boolean {
  return app.startsWith('_');
}

/** A window that holds all sessions: stores answer it by a look-up. Units: milliseconds. */
const EVER = Number.MAX_SAFE_INTEGER;

export class AppMeter {
  private readonly createdBy = new ByLabels(() => new Counter());
  private readonly endedBy = new ByLabels(() => new Counter());
  private readonly reusedBy = new ByLabels(() => new Counter());
  private readonly missedBy = new ByLabels(() => new Counter());
  private labels: ReadonlySet<string> = new Set();
  /** Sessions and subjects by label, as they were counted last. */
  private totals: ReadonlyMap<string, { readonly sessions: number; readonly subjects: number }> = new Map();
  /** Units: epoch milliseconds. */
  countedAt = 0;

  private readonly clock: () => number;
  /** For an app that the policy file does not name, too. */
  private readonly recent: AppCounts;

  /** `apps`: those that the policy file names. `clock`: epoch milliseconds. */
  constructor(apps: readonly string[], clock: () => number = Date.now) {
    this.clock = clock;
    this.recent = new AppCounts(clock(), (app) => this.labels.has(app));
    this.use(apps);
  }

  /** Uses other names: the policy file was read again. An app that it no longer names is counted as `other` from now on. */
  use(apps: readonly string[]): void {
    this.labels = new Set([...apps.slice(0, MOST_APPS), OTHER]);
    for (const label of this.labels) {
      for (const by of [this.createdBy, this.reusedBy, this.missedBy]) by.of(label);
      for (const reason of END_REASONS) this.endedBy.of(label, reason);
    }
    const isWanted = ([app]: readonly string[]) => this.labels.has(app!);
    for (const by of [this.createdBy, this.reusedBy, this.missedBy, this.endedBy]) by.keep(isWanted);
  }

  created(app: string): void {
    if (isOfServer(app)) return;
    this.createdBy.of(this.labelOf(app)).add();
    this.recent.add(app, 'created', 1, this.clock());
  }

  ended(app: string, reason: EndReason, sessions: number): void {
    if (sessions <= 0 || isOfServer(app)) return;
    this.endedBy.of(this.labelOf(app), reason).add(sessions);
    this.recent.add(app, reason, sessions, this.clock());
  }

  tokenReused(app: string): void {
    this.reusedBy.of(this.labelOf(app)).add();
  }

  /** Counts a token that opened nothing. `app`: empty when it was looked for in several. */
  missed(app: string): void {
    this.missedBy.of(this.labelOf(app)).add();
  }

  /** Counts the sessions of all apps: to be called after a sweep, and never because somebody asks for metrics. */
  async count(store: Pick<SessionStore, 'apps' | 'count'>, now: number, isStopped: () => boolean): Promise<void> {
    const totals = new Map<string, { sessions: number; subjects: number }>();
    for (const app of await store.apps()) {
      if (isStopped()) return;
      if (isOfServer(app)) continue;
      const { sessions, subjects } = await store.count(app, now - EVER, now);
      const before = totals.get(this.labelOf(app)) ?? { sessions: 0, subjects: 0 };
      totals.set(this.labelOf(app), {
        sessions: before.sessions + sessions,
        subjects: before.subjects + subjects,
      });
    }
    this.totals = totals;
    this.countedAt = now;
  }

  /** Gives the sessions or the subjects of each app. None before the first count. */
  alive(what: 'sessions' | 'subjects'): Series[] {
    if (this.countedAt === 0) return [];
    return [...this.labels].map((app) => ({ labels: [app], value: this.totals.get(app)?.[what] ?? 0 }));
  }

  /** Gives what was created and ended of late. */
  get counted(): CountedApps {
    return this.recent.counted;
  }

  counts() {
    const { createdBy, endedBy, reusedBy, missedBy } = this;
    return { created: createdBy, ended: endedBy, tokenReuse: reusedBy, failedVerifies: missedBy };
  }

  private labelOf(app: string): string {
    return this.labels.has(app) ? app : OTHER;
  }
}

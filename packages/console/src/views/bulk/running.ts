/**
 * The bulk end that is under way: looked for, confirmed, done. It is of the page and not of the view, so that who looks at something
 * else meanwhile finds it going on.
 */
import { signal } from '@preact/signals';
import { Problem } from '../../api/problem.ts';
import { part, v1 } from '../../api/request.ts';
import type { Session, SessionPage } from '../../api/types.ts';
import type { BulkFilters } from './filters.ts';
import { type BulkPlan, type BulkProgress, type BulkSource, planOf } from './plan.ts';
import { type BulkEnder, type RunProgress, type RunResult, runPlan } from './run.ts';

export type BulkState =
  | { readonly is: 'idle' }
  | { readonly is: 'looking'; readonly progress: BulkProgress | null }
  | { readonly is: 'found'; readonly plan: BulkPlan; readonly at: string }
  | { readonly is: 'ending'; readonly plan: BulkPlan; readonly progress: RunProgress | null }
  | { readonly is: 'done'; readonly plan: BulkPlan; readonly result: RunResult }
  | { readonly is: 'failed'; readonly problem: Problem };

const PAGE = 1000;
/** Progress is told so often and no more. Units: milliseconds. */
const TOLD = 120;

export class Bulk {
  readonly app: string;
  readonly state = signal<BulkState>({ is: 'idle' });
  private aborter = new AbortController();
  private toldAt = 0;

  constructor(app: string) {
    this.app = app;
  }

  get isBusy(): boolean {
    const { is } = this.state.value;
    return is === 'looking' || is === 'ending';
  }

  async look(filters: BulkFilters): Promise<void> {
    const { signal } = this.begin();
    this.state.value = { is: 'looking', progress: null };
    try {
      const onProgress = (progress: BulkProgress) =>
        this.tell(() => ({ is: 'looking', progress }), progress.found === 0);
      const plan = await planOf(filters, sourceOf(this.app), { signal, onProgress });
      this.state.value = { is: 'found', plan, at: new Date().toISOString() };
    } catch (error) {
      if (signal.aborted) this.state.value = { is: 'idle' };
      else this.state.value = { is: 'failed', problem: problemFrom(error) };
    }
  }

  async end(plan: BulkPlan, reason: string): Promise<void> {
    const { signal } = this.begin();
    this.state.value = { is: 'ending', plan, progress: null };
    const result = await runPlan(plan, reason, enderOf(this.app), {
      signal,
      onProgress: (progress) => this.tell(() => ({ is: 'ending', plan, progress })),
      pause: (milliseconds) => pause(milliseconds, signal),
    });
    this.state.value = { is: 'done', plan, result };
  }

  /** Stops what is under way. What has ended stays ended. */
  stop(): void {
    this.aborter.abort();
  }

  /** Forgets what was found: the filters say something else now. */
  forget(): void {
    if (!this.isBusy && this.state.value.is !== 'idle') this.state.value = { is: 'idle' };
  }

  private begin(): AbortController {
    this.aborter = new AbortController();
    return this.aborter;
  }

  private tell(state: () => BulkState, isFirst = false): void {
    const now = performance.now();
    if (!isFirst && now - this.toldAt < TOLD) return;
    this.toldAt = now;
    this.state.value = state();
  }
}

let current: Bulk | null = null;

/** Gives the one of an app. One of another app goes on to its end, if it is under way. */
export function bulkOf(app: string): Bulk {
  if (current?.app !== app) current = new Bulk(app);
  return current;
}

function sourceOf(app: string): BulkSource {
  const base = `/apps/${part(app)}`;
  return {
    count: async (signal) => (await v1<{ sessions: number }>(`${base}/sessions:count`, { signal })).sessions,
    page: ({ subject, activeWithin }, cursor, signal) => {
      const path = subject === null ? `${base}/sessions` : `${base}/subjects/${part(subject)}/sessions`;
      const within = activeWithin === null ? null : activeWithin / 1000;
      return v1<SessionPage>(path, { query: { limit: PAGE, cursor, activeWithin: within }, signal });
    },
  };
}

function enderOf(app: string): BulkEnder {
  const base = `/apps/${part(app)}`;
  const end = async (path: string, query: Record<string, string>, signal: AbortSignal) =>
    (await v1<{ revoked: number }>(path, { method: 'DELETE', query, signal })).revoked;
  return {
    count: (signal) => sourceOf(app).count(signal),
    look: async (id, signal) => {
      try {
        return await v1<Session>(`${base}/sessions/${part(id)}`, { signal });
      } catch (error) {
        if (error instanceof Problem && error.code === 'session_not_found') return null;
        throw error;
      }
    },
    session: (id, reason, signal) => end(`${base}/sessions/${part(id)}`, { reason }, signal),
    subject: (subject, reason, signal) => end(`${base}/subjects/${part(subject)}/sessions`, { reason }, signal),
    everybody: (reason, signal) => end(`${base}/sessions`, { confirm: app, reason }, signal),
  };
}

function problemFrom(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(0, 'fault', String(error));
}

/** Errors: an AbortError, at once when it is stopped. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new DOMException('stopped', 'AbortError'));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', stop, { once: true });
  });
}

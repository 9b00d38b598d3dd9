/** The end of what a dry run has found. What cannot be ended is kept and told, and the rest goes on. */
import { type BulkSession, isOnlySubjects, matcherOf } from './filters.ts';
import type { BulkPlan } from './plan.ts';

/** What the run asks of the server. Each gives how many sessions ended. Errors: with `code` and perhaps `retryAfter` in seconds. */
export interface BulkEnder {
  /** Absence: null for one that is over. */
  readonly look: (id: string, signal: AbortSignal) => Promise<BulkSession | null>;
  readonly session: (id: string, reason: string, signal: AbortSignal) => Promise<number>;
  readonly subject: (subject: string, reason: string, signal: AbortSignal) => Promise<number>;
  /** All of the app. */
  readonly everybody: (reason: string, signal: AbortSignal) => Promise<number>;
  readonly count: (signal: AbortSignal) => Promise<number>;
}

export interface RunProgress {
  /** Sessions, or subjects where each is ended as a whole. */
  readonly done: number;
  readonly of: number;
  readonly ended: number;
}

export interface NotEnded {
  /** The id of a session, or a subject; '' for the whole app. */
  readonly what: string;
  readonly code: string;
  readonly detail: string;
}

export interface RunResult {
  readonly ended: number;
  /** Were over already when their turn came. */
  readonly gone: number;
  /** Somebody came back to them since the dry run, and was to be spared: `lastSeenBefore` holds no more. */
  readonly spared: number;
  /** How many could not be ended. */
  readonly failed: number;
  /** The first of these. */
  readonly failures: readonly NotEnded[];
  readonly isStopped: boolean;
  /** What the run had not come to when it was stopped. */
  readonly left: number;
  readonly before: number;
  /** Sessions of the app afterwards. Absence: null where the server did not say. */
  readonly after: number | null;
}

interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly status?: number;
  readonly retryAfter?: number | null;
}

/** A server limits who asks too much: a few at a time do not wait for the network, and leave room for others. */
const AT_ONCE = 4;
const TRIES = 5;
const SHOWN_FAILURES = 1000;
/** In the place of how many ended. */
const SPARED = -1;

export async function runPlan(
  plan: BulkPlan,
  reason: string,
  ender: BulkEnder,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: RunProgress) => void;
    /** Units: milliseconds. */
    readonly pause: (milliseconds: number) => Promise<void>;
  },
): Promise<RunResult> {
  const { signal, onProgress, pause } = options;
  const works = worksOf(plan, reason, ender, signal);
  const failures: NotEnded[] = [];
  let [ended, gone, spared, failed, done, next] = [0, 0, 0, 0, 0, 0];
  const worker = async () => {
    while (next < works.length && !signal.aborted) {
      const work = works.at(next++)!;
      try {
        const count = await patiently(work.run, signal, pause);
        if (count === SPARED) spared++;
        else ended += count;
        if (count === 0) gone++;
      } catch (error) {
        if (signal.aborted) break;
        failed++;
        const { code = 'no_answer', message = '' } = error as Failure;
        if (failures.length < SHOWN_FAILURES) failures.push({ what: work.what, code, detail: message });
      }
      done++;
      onProgress({ done, of: works.length, ended });
    }
  };
  onProgress({ done, of: works.length, ended });
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, works.length) }, worker));
  const after = await ender.count(new AbortController().signal).catch(() => null);
  return {
    ...{ ended, gone, spared, failed, failures, before: plan.before, after },
    ...{ isStopped: signal.aborted && done < works.length, left: works.length - done },
  };
}

interface Work {
  readonly what: string;
  readonly run: () => Promise<number>;
}

interface Works {
  readonly length: number;
  readonly at: (index: number) => Work | undefined;
}

/** Whole subjects and whole apps are one step in the server, which misses none that begins meanwhile. Made one by one: ids are many. */
function worksOf(plan: BulkPlan, reason: string, ender: BulkEnder, signal: AbortSignal): Works {
  if (plan.isEverybody) return [{ what: '', run: () => ender.everybody(reason, signal) }];
  if (isOnlySubjects(plan.filters)) {
    const gone = new Set(plan.without);
    const subjects = plan.filters.subjects.filter((subject) => !gone.has(subject));
    return subjects.map((subject) => ({ what: subject, run: () => ender.subject(subject, reason, signal) }));
  }
  const { ids, filters } = plan;
  const matches = matcherOf(filters);
  const end = async (id: string) => {
    if (filters.lastSeenBefore !== '') {
      const session = await ender.look(id, signal);
      if (session === null) return 0;
      if (!matches(session)) return SPARED;
    }
    return ender.session(id, reason, signal);
  };
  const at = (index: number) => {
    const id = ids[index];
    return id === undefined ? undefined : { what: id, run: () => end(id) };
  };
  return { length: ids.length, at };
}

/** Asks again where the server says "later", or says nothing: to end what has ended already changes nothing. */
async function patiently(
  run: () => Promise<number>,
  signal: AbortSignal,
  pause: (ms: number) => Promise<void>,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const { status = 0, retryAfter } = error as Failure;
      const isPassing = status === 0 || status === 429 || status >= 500;
      if (signal.aborted || !isPassing || attempt === TRIES) throw error;
      await pause(Math.min((retryAfter ?? 2 ** (attempt - 1)) * 1000, 30_000));
    }
  }
}

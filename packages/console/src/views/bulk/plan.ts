/**
 * The dry run: which sessions a bulk end would take. It goes through the API page by page and keeps of what matches the ids, how many
 * each subject has, and a few to look at; a page is let go before the next is asked for.
 */
import { type BulkFilters, type BulkSession, isEverybody, matcherOf } from './filters.ts';

export interface BulkPage {
  readonly sessions: readonly BulkSession[];
  readonly cursor: string | null;
}

/** What the plan asks of the server. Errors of each end the plan. */
export interface BulkSource {
  /** Absence: subject null for those of the whole app, cursor null for the first page. */
  readonly page: (subject: string | null, cursor: string | null, signal: AbortSignal) => Promise<BulkPage>;
  /** Sessions of the app. */
  readonly count: (signal: AbortSignal) => Promise<number>;
}

export interface BulkProgress {
  /** Sessions looked at, or, with subjects, subjects. */
  readonly looked: number;
  /** About: sessions come and go meanwhile. */
  readonly of: number;
  readonly found: number;
}

export interface BulkPlan {
  readonly filters: BulkFilters;
  /** All sessions of the app are meant: there are no ids then, and the server ends them in one step. */
  readonly isEverybody: boolean;
  readonly ids: readonly string[];
  /** How many sessions it would end. */
  readonly count: number;
  readonly subjects: number;
  /** Sessions without a subject. */
  readonly guests: number;
  /** Those with the most sessions, the most first. */
  readonly bySubject: readonly { readonly subject: string; readonly sessions: number }[];
  /** The latest that were found. */
  readonly sample: readonly BulkSession[];
  /** Subjects of the list that have no such session. */
  readonly without: readonly string[];
  /** Sessions of the app when the dry run began. */
  readonly before: number;
}

const SHOWN_SUBJECTS = 50;
const SHOWN_SESSIONS = 20;

/** Errors: what the source says; an AbortError when it was cancelled. */
export async function planOf(
  filters: BulkFilters,
  source: BulkSource,
  options: { readonly signal: AbortSignal; readonly onProgress: (progress: BulkProgress) => void },
): Promise<BulkPlan> {
  const { signal, onProgress } = options;
  const before = await source.count(signal);
  const tally = new Tally(matcherOf(filters));
  const without: string[] = [];
  const tell = (looked: number, of: number) => onProgress({ looked, of, found: tally.ids.size });
  if (isEverybody(filters)) {
    tally.take((await source.page(null, null, signal)).sessions);
    return {
      ...tally.plan(filters, before),
      isEverybody: true,
      ids: [],
      count: before,
      subjects: 0,
      bySubject: [],
      guests: 0,
    };
  }
  if (filters.subjects.length > 0) {
    for (const [i, subject] of filters.subjects.entries()) {
      tell(i, filters.subjects.length);
      const found = tally.ids.size;
      await walk(source, subject, signal, (sessions) => tally.take(sessions));
      if (tally.ids.size === found) without.push(subject);
    }
    tell(filters.subjects.length, filters.subjects.length);
  } else {
    let looked = 0;
    tell(0, before);
    await walk(source, null, signal, (sessions) => {
      tally.take(sessions);
      looked += sessions.length;
      tell(looked, Math.max(before, looked));
    });
  }
  return { ...tally.plan(filters, before), without };
}

async function walk(
  source: BulkSource,
  subject: string | null,
  signal: AbortSignal,
  onPage: (sessions: readonly BulkSession[]) => void,
): Promise<void> {
  let cursor: string | null = null;
  do {
    signal.throwIfAborted();
    const page: BulkPage = await source.page(subject, cursor, signal);
    onPage(page.sessions);
    cursor = page.cursor;
  } while (cursor !== null);
}

class Tally {
  /** A session that moves to the front while pages are read can be in two of them: it counts once. */
  readonly ids = new Set<string>();
  private readonly matches: (session: BulkSession) => boolean;
  private readonly subjects = new Map<string, number>();
  private readonly sample: BulkSession[] = [];
  private guests = 0;

  constructor(matches: (session: BulkSession) => boolean) {
    this.matches = matches;
  }

  take(sessions: readonly BulkSession[]): void {
    for (const session of sessions) {
      if (this.ids.has(session.id) || !this.matches(session)) continue;
      this.ids.add(session.id);
      if (session.subject === null) this.guests++;
      else this.subjects.set(session.subject, (this.subjects.get(session.subject) ?? 0) + 1);
      if (this.sample.length < SHOWN_SESSIONS) this.sample.push(session);
    }
  }

  plan(filters: BulkFilters, before: number): BulkPlan {
    const bySubject = [...this.subjects].map(([subject, sessions]) => ({ subject, sessions }));
    bySubject.sort((a, b) => b.sessions - a.sessions || (a.subject < b.subject ? -1 : 1));
    return {
      ...{ filters, before, isEverybody: false, without: [] },
      ...{ ids: [...this.ids], count: this.ids.size, guests: this.guests, subjects: this.subjects.size },
      ...{ bySubject: bySubject.slice(0, SHOWN_SUBJECTS), sample: this.sample },
    };
  }
}

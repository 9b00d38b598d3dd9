/**
 * The dry run: which sessions a bulk end would take. It goes through the API page by page and keeps of what matches the ids, how many
 * each subject has, and a few to look at; a page is let go before the next is asked for. A list is in the order of activity, and who is active
 * moves to its front, behind the walk: so it walks again through those that were active since.
 */
import { type BulkFilters, type BulkSession, isEverybody, matcherOf } from './filters.ts';

export interface BulkPage {
  readonly sessions: readonly BulkSession[];
  readonly cursor: string | null;
}

/** Absence: null for the sessions of the whole app, and of whatever age; as cursor of a page for the first. */
export interface BulkList {
  readonly subject: string | null;
  /** Units: milliseconds. */
  readonly activeWithin: number | null;
}

/** What the plan asks of the server. Errors of each end the plan. */
export interface BulkSource {
  readonly page: (of: BulkList, cursor: string | null, signal: AbortSignal) => Promise<BulkPage>;
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
/** How much further back than its own start a walk is repeated: see everyMatching of the command. Units: milliseconds. */
const MARGIN = 15_000;

/** Errors: what the source says; an AbortError when it was cancelled. */
export async function planOf(
  filters: BulkFilters,
  source: BulkSource,
  options: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: BulkProgress) => void;
    /** Units: milliseconds, from anywhere. */
    readonly clock?: () => number;
  },
): Promise<BulkPlan> {
  const { signal, onProgress, clock = () => performance.now() } = options;
  const before = await source.count(signal);
  const tally = new Tally(matcherOf(filters));
  const without: string[] = [];
  const tell = (looked: number, of: number) => onProgress({ looked, of, found: tally.ids.size });
  if (isEverybody(filters)) {
    tally.take((await source.page({ subject: null, activeWithin: null }, null, signal)).sessions);
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
      await walk({ source, subject, signal, clock }, (sessions) => tally.take(sessions));
      if (tally.ids.size === found) without.push(subject);
    }
    tell(filters.subjects.length, filters.subjects.length);
  } else {
    let looked = 0;
    tell(0, before);
    await walk({ source, subject: null, signal, clock }, (sessions, isAgain) => {
      const taken = tally.take(sessions);
      if (!isAgain) looked += sessions.length;
      tell(looked, Math.max(before, looked));
      return taken;
    });
  }
  return { ...tally.plan(filters, before), without };
}

interface Walking {
  readonly source: BulkSource;
  readonly subject: string | null;
  readonly signal: AbortSignal;
  readonly clock: () => number;
}

/**
 * Ends with a walk of one page, which is as of one instant, or with one that has met nobody else. Sessions that have begun since are no reason
 * to walk again: there may be no end of them. `onPage`: gives those that it had not met.
 */
async function walk(
  { source, subject, signal, clock }: Walking,
  onPage: (sessions: readonly BulkSession[], isAgain: boolean) => readonly BulkSession[],
): Promise<void> {
  /** The latest activity when it began, by the clock of the store. */
  let latest: number | null = null;
  for (let before: number | null = null; ; ) {
    const began = clock();
    let cursor: string | null = null;
    let [pages, isMissed] = [0, false];
    do {
      signal.throwIfAborted();
      const activeWithin: number | null = before === null ? null : Math.ceil(clock() - before + MARGIN);
      const page: BulkPage = await source.page({ subject, activeWithin }, cursor, signal);
      latest ??= Date.parse(page.sessions[0]?.lastSeenAt ?? '');
      for (const { createdAt } of onPage(page.sessions, before !== null)) isMissed ||= Date.parse(createdAt) <= latest;
      pages++;
      cursor = page.cursor;
    } while (cursor !== null);
    if (pages === 1 || (before !== null && !isMissed)) return;
    before = began;
  }
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

  /** Gives those that match and are new. */
  take(sessions: readonly BulkSession[]): readonly BulkSession[] {
    const taken = sessions.filter((session) => !this.ids.has(session.id) && this.matches(session));
    for (const session of taken) {
      this.ids.add(session.id);
      if (session.subject === null) this.guests++;
      else this.subjects.set(session.subject, (this.subjects.get(session.subject) ?? 0) + 1);
      if (this.sample.length < SHOWN_SESSIONS) this.sample.push(session);
    }
    return taken;
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

/**
 * Lists and counts that cover both sides. What is on its way from one to the other must not fall between two looks: so the old side
 * is looked at first, then what was taken is waited for, and only then our own store is looked at. What came over in between is
 * there twice, and shown once.
 */
import { byActivity, type Position, readCursor, writeCursor } from '../core/cursor.ts';
import type { Session } from '../core/session.ts';
import type { Count, ListQuery, Page, SessionStore } from '../core/store.ts';
import type { OldLists } from './old-lists.ts';
import type { Takeover } from './takeover.ts';

/** Sessions of ours that are looked at in one step, and subjects at once. */
const STEP = 1000;
const AT_ONCE = 32;

export class BothSides {
  private readonly store: SessionStore;
  private readonly lists: OldLists;
  private readonly takeover: Takeover;

  constructor(store: SessionStore, lists: OldLists, takeover: Takeover) {
    this.store = store;
    this.lists = lists;
    this.takeover = takeover;
  }

  /** As the verb of the store. The cursor is a position, for either side. */
  async list(app: string, query: ListQuery, now: number): Promise<Page> {
    const { subject, activeSince = Number.NEGATIVE_INFINITY, cursor, limit } = query;
    const range = { after: cursor === undefined ? null : readCursor(cursor), since: activeSince };
    const old =
      subject === undefined
        ? await this.lists.ofApp(app, range, limit)
        : await this.lists.ofSubject(app, subject, range);
    await this.takeover.settleTaken(app);
    const page = await this.store.list(app, query, now);
    const known = new Set(page.sessions.map(({ id }) => id));
    const theirs = old.sessions.map(({ session }) => session).filter(({ id }) => !known.has(id));
    const [lastOfOld] = old.more ? old.sessions.slice(-1) : [];
    // Behind the last of a side that has others, the other side does not know what comes next.
    const ends = [page.cursor === null ? null : readCursor(page.cursor), lastOfOld?.session ?? null];
    const end = ends.filter((position) => position !== null).sort(byActivity)[0] ?? null;
    const sessions = [...page.sessions, ...theirs]
      .filter((session) => end === null || byActivity(session, end) <= 0)
      .sort(byActivity);
    return { ...page, ...cut(sessions, query, end) };
  }

  /** As the verb of the store. A session that comes over while it counts may count on both sides. */
  async count(app: string, activeSince: number, now: number): Promise<Count> {
    const subjects = new Set<string>();
    let sessions = 0;
    for await (const some of this.lists.subjects(app, activeSince)) {
      sessions += some.length;
      for (const subject of some) subjects.add(subject);
    }
    await this.takeover.settleTaken(app);
    const ours = await this.store.count(app, activeSince, now);
    const both = ours.subjects === 0 ? 0 : await this.onBoth(app, subjects, ours, activeSince, now);
    return { sessions: ours.sessions + sessions, subjects: ours.subjects + subjects.size - both };
  }

  /** Counts the subjects that have sessions here, too: by going through the smaller side. */
  private async onBoth(app: string, subjects: ReadonlySet<string>, ours: Count, activeSince: number, now: number) {
    if (ours.sessions > subjects.size) {
      const rest = [...subjects];
      let both = 0;
      const one = async () => {
        for (let subject = rest.pop(); subject !== undefined; subject = rest.pop()) {
          const page = await this.store.list(app, { subject, activeSince, limit: 1 }, now);
          both += page.sessions.length;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      return both;
    }
    const found = new Set<string>();
    let cursor: string | null = null;
    do {
      const from: Partial<ListQuery> = cursor === null ? {} : { cursor };
      const page: Page = await this.store.list(app, { activeSince, limit: STEP, maxData: STEP * STEP, ...from }, now);
      for (const { subject } of page.sessions) if (subject !== null && subjects.has(subject)) found.add(subject);
      cursor = page.cursor;
    } while (cursor !== null);
    return found.size;
  }
}

/** Cuts a page as stores do. `end`: behind it there may be others. Absence: null when these are all. */
function cut(
  sessions: readonly Session[],
  { limit, maxData = Number.POSITIVE_INFINITY }: ListQuery,
  end: Position | null,
) {
  let length = 0;
  for (let data = 0; length < Math.min(limit, sessions.length) && data <= maxData; length++) {
    data += sessions[length]!.data.length;
  }
  const rest = length < sessions.length ? sessions[length - 1]! : end;
  return { sessions: sessions.slice(0, length), cursor: rest === null ? null : writeCursor(rest) };
}

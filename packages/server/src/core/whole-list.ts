/**
 * All sessions of a list, page by page, for answers that have no pages. Between two pages nothing is held but the ids that
 * were given (16 bytes each), however long the caller takes to ask for the next one.
 *
 * A session that is touched during the walk moves to the front of the list, where the walk has been already. So when the walk
 * is through, the front is looked at again, as far back as the walk began, for sessions that were not given yet; and again,
 * until one look shows all that was touched since the look before it began.
 */

import { IdSet } from './id-set.ts';
import type { Session } from './session.ts';
import type { ListQuery, Page } from './store.ts';

/** Some sessions, none of which was given before: at least one. */
export interface Batch {
  readonly sessions: readonly Session[];
  /** The instant they were looked at. */
  readonly at: number;
}

export type Whole = Pick<ListQuery, 'subject' | 'activeSince'>;

const PAGE = 1000;
/** Units: characters of data. */
const PAGE_DATA = 256 * 1024;
/**
 * How much further back the front is looked at than it has to be: clocks differ between the servers of a Cluster, and between
 * processes that share an embedded store the order is up to fifteen seconds behind. Units: milliseconds.
 */
const SLACK = 16_000;
/** Looks at the front, at most. Each is much shorter than the one before; many are needed only where thousands are touched in each millisecond. */
const LOOKS = 8;

/**
 * Gives all sessions of a list, most recent activity first; those that moved during the walk come last. A session that
 * exists throughout is given exactly once. `list` gives a page; `now`: the instant that `activeSince` is of.
 */
export async function* wholeList(
  list: (query: ListQuery) => Promise<Page>,
  { subject, activeSince }: Whole,
  now: number,
): AsyncGenerator<Batch, void, void> {
  const given = new IdSet();
  const every: ListQuery = { ...(subject !== undefined && { subject }), limit: PAGE, maxData: PAGE_DATA };
  // The first page tells what the window is by the clock of the store. It stays this one, however long the walk takes.
  let first: ListQuery = { ...every, ...(activeSince !== undefined && { activeSince }) };
  let since = Number.NEGATIVE_INFINITY;
  let before = Number.NEGATIVE_INFINITY;
  for (let look = 0; look <= LOOKS; look++) {
    let page = await list(first);
    const began = page.at;
    if (look === 0 && activeSince !== undefined) since = activeSince + page.at - now;
    const end = Math.max(since, before);
    // Then the first page shows, as of one instant, whatever may have moved until then.
    const { exactTo = Number.NEGATIVE_INFINITY } = page;
    const isLast = page.cursor === null ? exactTo <= end : reaches(page, end) && exactTo <= end;
    for (;;) {
      const fresh = page.sessions.filter(({ id, lastSeenAt }) => lastSeenAt >= since && given.add(id));
      if (fresh.length > 0) yield { sessions: fresh, at: page.at };
      if (page.cursor === null || reaches(page, end - SLACK)) break;
      page = await list({ ...every, cursor: page.cursor });
    }
    if (isLast) return;
    before = began;
    first = every;
  }
}

function reaches({ sessions }: Page, instant: number): boolean {
  return sessions.length > 0 && sessions.at(-1)!.lastSeenAt < instant;
}

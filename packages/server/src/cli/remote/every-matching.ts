/**
 * All sessions that match, for what must miss none. A list is in the order of activity, and who is active moves to its front: a walker that
 * has gone past it would not meet them again, and the one whose session is to end is the one who is active. So it walks again through those
 * that were active since, which are few.
 */
import type { Session } from 'rest-sessions-client/admin';
import { type Filters, PAGE, pages } from './filters.ts';
import type { Work } from './work.ts';

/**
 * How much further back than its own start a walk is repeated: the activity that another process of the server was told of is in the list
 * ten seconds later at the most, an answer takes some time, and clocks of servers differ a little. Units: milliseconds.
 */
const MARGIN = 15_000;

export interface Walking {
  /** Is told how many were looked at, in the first walk. */
  readonly onLook?: (seen: number) => void;
  /** Units: milliseconds, from anywhere. */
  readonly clock?: () => number;
}

/**
 * Goes through them, each once, and holds a page and their ids. It ends with a walk of one page, which is as of one instant, or with one
 * that has met nobody else. Sessions that have begun since are met by chance, and are no reason to walk again: there may be no end of them.
 */
export async function* everyMatching(
  work: Work,
  { query, matches }: Filters,
  { onLook = () => {}, clock = () => performance.now() }: Walking = {},
): AsyncGenerator<Session, void, undefined> {
  const met = new Set<string>();
  const { activeWithin: within = Number.POSITIVE_INFINITY } = query;
  /** The latest activity when it began, by the clock of the store. */
  let latest: number | null = null;
  let seen = 0;
  for (let before: number | null = null; ; ) {
    const began = clock();
    const since: number | null = before;
    const asked = () => {
      if (since === null) return { ...query, limit: PAGE };
      return { ...query, activeWithin: Math.min(within, Math.ceil(clock() - since + MARGIN) / 1000), limit: PAGE };
    };
    let [count, isMissed] = [0, false];
    for await (const sessions of pages(work, asked)) {
      count++;
      latest ??= Date.parse(sessions[0]?.lastSeenAt ?? '');
      for (const session of sessions) {
        if (met.has(session.id) || !matches(session)) continue;
        met.add(session.id);
        if (Date.parse(session.createdAt) <= latest) isMissed = true;
        yield session;
      }
      seen += sessions.length;
      if (since === null) onLook(seen);
    }
    if (count === 1 || (since !== null && !isMissed)) return;
    before = began;
  }
}

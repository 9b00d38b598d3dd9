/** What the list of live events begins with: the last that is kept. The journal is told from an instant on, and the instant is looked for. */
import type { EventPage } from '../../api/types.ts';

/** What is asked of the journal; `age`: of the oldest, in milliseconds. Absence of both: from its beginning. */
export interface Asked {
  readonly limit: number;
  readonly age?: number;
  readonly after?: string;
}

/** Enough to begin with, and what one request of the search for it gives. */
const ENOUGH = 100;
const PAGE = 200;
/** Each takes the square root of how many times older the one end is than the other: days and a minute become the same minute. */
const LOOKS = 7;
const [SECOND, MINUTE] = [1000, 60_000];
/** Of many that happened at once: as much as the list keeps. */
const BURST_PAGE = 1000;
const BURST_PAGES = 5;

/**
 * Gives the last hundred or two; all, where less is kept; and fewer only where many thousands happened at once before them. Absence: null where
 * the last minute has more. Errors: those of `ask`.
 */
export async function recentEvents(
  ask: (asked: Asked) => Promise<EventPage>,
  now: () => number,
): Promise<Pick<EventPage, 'events' | 'next'> | null> {
  const oldest = await ask({ limit: PAGE });
  if (oldest.more !== true) return oldest;
  let best = await ask({ limit: PAGE, age: MINUTE });
  if (best.more === true) return null;
  let [few, many] = [MINUTE, now() - Date.parse(oldest.events[0]?.time ?? '') + SECOND];
  for (let look = 0; look < LOOKS && best.events.length < ENOUGH && many > few; look++) {
    const age = Math.round(Math.sqrt(few * many));
    const page = await ask({ limit: PAGE, age });
    if (page.more === true) many = age;
    else [few, best] = [age, page];
  }
  if (best.events.length >= ENOUGH || !(many > few)) return best;
  const burst: EventPage['events'][number][] = [];
  let page = await ask({ limit: BURST_PAGE, age: many });
  for (let pages = 1; ; pages++) {
    burst.push(...page.events);
    if (page.more !== true) return { events: burst, next: page.next };
    if (pages === BURST_PAGES) return best;
    page = await ask({ limit: BURST_PAGE, after: page.next });
  }
}

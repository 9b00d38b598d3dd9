/** The events of one session, out of the journal of its app, from its beginning on. One request looks through a bounded part of the journal. */
import { part, v1 } from '../../api/request.ts';
import type { EventPage, SessionEvent } from '../../api/types.ts';

export interface Walk {
  /** The latest first. */
  readonly events: readonly SessionEvent[];
  /** Where to go on. Absence: null at the end of the journal. */
  readonly next: string | null;
  /** Whether something that was older is not kept any more. */
  readonly isCut: boolean;
}

const PAGE = 1000;
/** Requests of one walk: the server looks through ten thousand events for each at most. */
const REQUESTS = 50;

export const BEGIN: Walk = { events: [], next: '', isCut: false };

/**
 * Goes on with a walk, and tells how far it is after each request. `since`: when the session began. Absence: null when that is not known, and
 * the walk begins with the journal. Errors: Problem; 400 where the
 * app keeps no events.
 */
export async function walk(
  app: string,
  id: string,
  since: string | null,
  from: Walk,
  signal: AbortSignal,
  onPart: (part: Walk) => void,
): Promise<Walk> {
  let known = from;
  for (let i = 0; i < REQUESTS; i++) {
    const query = { limit: PAGE, session: id, after: known.next || since };
    const page = await v1<EventPage>(`/apps/${part(app)}/events`, { query, signal });
    const own = page.events;
    // Nothing follows an end.
    const isEnd = page.more !== true || own.some(({ type }) => type === 'session.ended');
    known = {
      events: joined(own, known.events),
      next: isEnd ? null : page.next,
      isCut: known.isCut || page.resync === true,
    };
    if (isEnd) break;
    onPart(known);
  }
  return known;
}

/** Puts later events before those that are known. One may be told twice. */
function joined(later: readonly SessionEvent[], known: readonly SessionEvent[]): SessionEvent[] {
  const ids = new Set(known.map(({ id }) => id));
  return [...later.filter(({ id }) => !ids.has(id)).reverse(), ...known];
}

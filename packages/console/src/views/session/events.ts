/**
 * The events of one session, out of the journal of its app. The server chooses by subject, not by session, and reads from the
 * oldest on: so the way through is bounded, and can be gone on with.
 */
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

/** Goes on with a walk, and tells how far it is after each request. Errors: Problem; 400 where the app keeps no events. */
export async function walk(
  app: string,
  id: string,
  subject: string | null,
  from: Walk,
  signal: AbortSignal,
  onPart: (part: Walk) => void,
): Promise<Walk> {
  let known = from;
  for (let i = 0; i < REQUESTS; i++) {
    const after = known.next ?? '';
    const query = { limit: PAGE, subject, after };
    const page = await v1<EventPage>(`/apps/${part(app)}/events`, { query, signal });
    const own = page.events.filter((event) => event.subject === id);
    // A page may be short before the end: the journal ends where a request gets no further. And nothing follows an end.
    const isEnd = page.next === after || own.some(({ type }) => type === 'session.ended');
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

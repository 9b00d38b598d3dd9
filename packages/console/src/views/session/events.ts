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
/** Pages of one walk. */
const PAGES = 20;

export const BEGIN: Walk = { events: [], next: '', isCut: false };

/** Goes on with a walk. Errors: Problem; 400 where the app keeps no events. */
export async function walk(
  app: string,
  id: string,
  subject: string | null,
  from: Walk,
  signal: AbortSignal,
): Promise<Walk> {
  const events = [...from.events].reverse();
  let [next, isCut] = [from.next ?? '', from.isCut];
  for (let i = 0; i < PAGES; i++) {
    const query = { limit: PAGE, subject, after: next };
    const page = await v1<EventPage>(`/apps/${part(app)}/events`, { query, signal });
    isCut ||= page.resync === true;
    events.push(...page.events.filter((event) => event.subject === id));
    next = page.next;
    if (page.events.length < PAGE) return { events: inOrder(events), next: null, isCut };
  }
  return { events: inOrder(events), next, isCut };
}

/** An event may be told twice. */
function inOrder(events: readonly SessionEvent[]): SessionEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()].reverse();
}

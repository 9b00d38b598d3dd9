/** One search: asks, and goes to what was found. */
import { signal } from '@preact/signals';
import { Problem } from '../api/problem.ts';
import { askAhead, request } from '../api/request.ts';
import type { SearchAnswer } from '../api/types.ts';
import { go, path, to } from '../state/place.ts';
import { me } from '../state/session.ts';
import { firstPage, pathOfSubject } from '../views/sessions/first-page.ts';

/** How the last search ended when it led nowhere. Never what was searched. */
export interface Outcome {
  readonly app: string;
  readonly problem: Problem | null;
}

export const outcome = signal<Outcome | null>(null);

/** One more for each search that led somewhere: who searches for what is on the screen wants to see it as it is now. */
export const arrivals = signal(0);

let latest = 0;

/**
 * Asks. Who searches without success stays where one types; else the focus goes to what was found. Leads nowhere once there is a later search,
 * once the reader has gone elsewhere, and for who has not searched.
 */
export async function search(app: string, text: string): Promise<void> {
  const own = ++latest;
  const [who, where] = [me.peek(), path.peek()];
  const isWanted = () => own === latest && me.peek() === who && path.peek() === where;
  outcome.value = null;
  try {
    const found = await request<SearchAnswer>('/search', { method: 'POST', body: { app, text } });
    if (!isWanted()) return;
    if ((found.kind === 'token' || found.kind === 'session') && found.session !== null) {
      const { id, subject } = found.session;
      arrive(to('/apps/:app/sessions/:id', { app, id }, { subject }));
    } else if (found.kind === 'subject' && found.subject !== null) {
      await askAhead(pathOfSubject(app, found.subject), { query: firstPage });
      if (isWanted()) arrive(to('/apps/:app/subjects/:subject', { app, subject: found.subject }));
    } else {
      miss({ app, problem: null });
    }
  } catch (error) {
    if (isWanted()) miss({ app, problem: error instanceof Problem ? error : new Problem(0, 'away', '') });
  }
}

/** Into the content: the heading of a view that is new takes the focus from there. */
function arrive(target: string): void {
  document.getElementById('main')?.focus({ preventScroll: true });
  arrivals.value++;
  go(target);
}

function miss(how: Outcome): void {
  outcome.value = how;
  go(to('/apps/:app/search', { app: how.app }));
}

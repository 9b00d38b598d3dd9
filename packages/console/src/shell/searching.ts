/** One search: asks, and goes to what was found. */
import { signal } from '@preact/signals';
import { Problem } from '../api/problem.ts';
import { askAhead, request } from '../api/request.ts';
import type { SearchAnswer } from '../api/types.ts';
import { go, to } from '../state/place.ts';
import { firstPage, pathOfSubject } from '../views/sessions/first-page.ts';

/** How the last search ended when it led nowhere. Never what was searched. */
export interface Outcome {
  readonly app: string;
  readonly problem: Problem | null;
}

export const outcome = signal<Outcome | null>(null);

/** Asks. Who searches without success stays where one types; else the focus goes to what was found. */
export async function search(app: string, text: string): Promise<void> {
  outcome.value = null;
  try {
    const found = await request<SearchAnswer>('/search', { method: 'POST', body: { app, text } });
    if ((found.kind === 'token' || found.kind === 'session') && found.session !== null) {
      const { id, subject } = found.session;
      leaveField();
      go(to('/apps/:app/sessions/:id', { app, id }, { subject }));
    } else if (found.kind === 'subject' && found.subject !== null) {
      await askAhead(pathOfSubject(app, found.subject), { query: firstPage });
      leaveField();
      go(to('/apps/:app/subjects/:subject', { app, subject: found.subject }));
    } else {
      outcome.value = { app, problem: null };
      go(to('/apps/:app/search', { app }));
    }
  } catch (error) {
    outcome.value = { app, problem: error instanceof Problem ? error : new Problem(0, 'away', '') };
    go(to('/apps/:app/search', { app }));
  }
}

/** Into the content: the heading of a view that is new takes the focus from there. */
function leaveField(): void {
  document.getElementById('main')?.focus({ preventScroll: true });
}

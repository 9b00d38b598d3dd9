/** What has happened in an app, by single calls: pages of its events, and the history of a subject. */

import { callApp } from './app-calls.ts';
import type { CallOptions } from './call-options.ts';
import type { EventFilter, EventPage, HistoryEntry, SessionEvent } from './event-types.ts';
import type { Settings } from './options.ts';
import { queryText, subjectPath } from './request-parts.ts';

export interface EventPageOptions extends EventFilter, CallOptions {
  /** The `next` of the page before, or the `position` of an event; `end`: where the journal ends now. Default: the oldest kept. */
  readonly after?: string | undefined;
  /** Events in a page: the server has its own most. */
  readonly limit?: number | undefined;
  /** How long to wait for an event, when there is none yet: 30 or less. Units: seconds. Default: 0. */
  readonly wait?: number | undefined;
}

export async function eventPage(settings: Settings, options: EventPageOptions): Promise<EventPage> {
  const { types, signal, ...query } = options;
  const path = `/events${queryText({ ...query, types: types?.join() })}`;
  const longer = (query.wait ?? 0) * 1000;
  const { body } = await callApp(settings, 'GET', path, { signal }, { answerHas: 'events', longer });
  type Body = { events: SessionEvent[]; next: string; more?: boolean; resync?: boolean };
  const { events, next, more = false, resync = false } = body as Body;
  return { events, next, more, resync };
}

export async function history(settings: Settings, subject: string, options: CallOptions): Promise<HistoryEntry[]> {
  const { body } = await callApp(settings, 'GET', subjectPath(subject, 'history'), options, { answerHas: 'history' });
  return (body as { history: HistoryEntry[] }).history;
}

export async function eraseHistory(settings: Settings, subject: string, options: CallOptions): Promise<number> {
  const { body } = await callApp(settings, 'DELETE', subjectPath(subject, 'history'), options, { answerHas: 'erased' });
  return (body as { erased: number }).erased;
}

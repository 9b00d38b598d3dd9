/** A page of sessions on the wire, written in slices: a thousand sessions with data must not hold up the others. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Page } from '../../core/store.ts';
import { sessionJson } from '../message/wire.ts';

/** Sessions written between two turns of the event loop. */
const SLICE = 200;

/** Writes a page: whole sessions, or their ids. */
export async function pageJson({ sessions, cursor }: Page, view: 'full' | 'ids'): Promise<string> {
  const next = JSON.stringify(cursor);
  if (view === 'ids') return `{"ids":${JSON.stringify(sessions.map(({ id }) => id))},"cursor":${next}}`;
  const parts: string[] = [];
  for (const [i, session] of sessions.entries()) {
    if (i % SLICE === SLICE - 1) await nextTurn();
    parts.push(sessionJson(session));
  }
  return `{"sessions":[${parts.join(',')}],"cursor":${next}}`;
}

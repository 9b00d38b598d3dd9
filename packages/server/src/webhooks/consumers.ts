/** What webhooks still need of a journal: so that it is not trimmed in front of them. */
import { comparePositions, type Position } from '../core/events.ts';
import type { SessionStore } from '../core/store.ts';
import type { Configured } from './configured.ts';
import { Note, stateNote, unpackState } from './state.ts';

export interface Consumer {
  /** Of the webhook. */
  readonly name: string;
  /** What stands at or before it is not needed any more. */
  readonly position: Position;
}

/** Gives where the webhooks of an app stand that are neither paused nor disabled; one that was never told of anything needs nothing. */
export async function consumersOf(
  app: string,
  { webhooksOf }: Pick<Configured, 'webhooksOf'>,
  store: Pick<SessionStore, 'memo'>,
  now: number,
): Promise<readonly Consumer[]> {
  const webhooks = webhooksOf(app).filter(({ paused }) => !paused);
  const consumers = await Promise.all(
    webhooks.map(async ({ name }): Promise<Consumer | null> => {
      const text = await stateNote(store, app, name).read(now);
      const state = text === null ? null : unpackState(text);
      if (state === null || state.disabled !== null) return null;
      const needed = [...state.units.flatMap(({ entries }) => entries), ...state.held].map(({ position }) =>
        justBefore(position),
      );
      const position = [state.at, ...needed].reduce((a, b) => (comparePositions(a, b) < 0 ? a : b));
      return { name, position };
    }),
  );
  return consumers.filter((consumer) => consumer !== null);
}

/** Notes that the journal is about to drop events that a webhook has not had. */
export async function noteDropped(
  store: Pick<SessionStore, 'memo'>,
  app: string,
  webhook: string,
  events: number,
  clock: () => number,
): Promise<void> {
  await droppedNote(store, app, webhook).change((text) => `${Number(text ?? 0) + events}`, clock);
}

/** Takes how many were noted. Absence: null when nothing was. */
export async function takeDropped(
  store: Pick<SessionStore, 'memo'>,
  app: string,
  webhook: string,
  clock: () => number,
): Promise<number | null> {
  let dropped = 0;
  await droppedNote(store, app, webhook).change((text) => {
    dropped = Number(text ?? 0);
    return dropped === 0 ? null : '0';
  }, clock);
  return dropped || null;
}

function droppedNote(store: Pick<SessionStore, 'memo'>, app: string, webhook: string): Note {
  return new Note(store, `dropped.${app}.${webhook}`);
}

/** The last position that can stand before another one. */
export function justBefore(position: Position): Position {
  const [ms = 0, nth = 0] = position.split('-').map(Number);
  if (nth > 0) return `${ms}-${nth - 1}`;
  return ms > 0 ? `${ms - 1}-999999999999999` : position;
}

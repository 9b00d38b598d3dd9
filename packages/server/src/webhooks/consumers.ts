/** What webhooks still need of a journal: so that it is not trimmed in front of them. */
import { comparePositions, type Position } from '../core/events.ts';
import type { SessionStore } from '../core/store.ts';
import type { Configured } from './deliverer.ts';
import { stateNote, unpackState } from './state.ts';

export interface Consumer {
  readonly webhook: string;
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
      return { webhook: name, position };
    }),
  );
  return consumers.filter((consumer) => consumer !== null);
}

/** The last position that can stand before another one. */
export function justBefore(position: Position): Position {
  const [ms = 0, nth = 0] = position.split('-').map(Number);
  if (nth > 0) return `${ms}-${nth - 1}`;
  return ms > 0 ? `${ms - 1}-999999999999999` : position;
}

/**
 * How far a webhook of an app has been told, as a text beside the sessions of the store (SessionStore.memo). It names everything that
 * stands before `at` and is not done: so whoever takes over sends all of it, and little twice. Whoever writes must name the text that it
 * replaces. A process that has lost its turn, or a webhook that an administrator sent back, cannot be overwritten by it.
 */
import { isPosition, type Position } from '../core/events.ts';
import type { SessionStore } from '../core/store.ts';

/** An app that no user can have (validate.ts), so no list shows it. */
export const PLACE = '_webhooks';
/** After this a webhook that nobody has configured is forgotten; what is in use is written again in time. Units: milliseconds. */
export const KEPT = 90 * 86_400_000;
export const REFRESH = 86_400_000;
/** What never stands there. */
const NEVER = ' ';

export interface Entry {
  readonly position: Position;
  readonly session: string;
}

/** What could not be told, because the journal has dropped it. `dropped`: how many events at most. Absence: null when nobody knows. */
export interface Gap {
  readonly from: Position;
  readonly to: Position;
  readonly dropped: number | null;
}

/** What is sent in one request. `attempts`: those that were made; `since`: when the first began. */
export interface SavedUnit {
  readonly entries: readonly Entry[];
  /** Absence: null for events. */
  readonly gap: Gap | null;
  readonly attempts: number;
  readonly since: number;
  readonly due: number;
}

/** Units: epoch milliseconds. Absence: null. */
export interface State {
  /** All that stands at or before it was sent, or is named here. */
  readonly at: Position;
  /** Sent and not answered, or failed and waiting. */
  readonly units: readonly SavedUnit[];
  /** Events behind those of their sessions. */
  readonly held: readonly Entry[];
  /** When the receiver said 410. */
  readonly disabled: number | null;
  readonly delivered: number | null;
  readonly failed: { readonly at: number; readonly why: string } | null;
  /** Nothing is sent before it: the receiver asked for that, or is down. 0: there is no rest. */
  readonly rest: number;
  /** Events that became dead letters, and dead letters that were dropped for newer ones. */
  readonly dead: number;
  readonly deadDropped: number;
}

export function stateAt(at: Position): State {
  return { at, units: [], held: [], disabled: null, delivered: null, failed: null, rest: 0, dead: 0, deadDropped: 0 };
}

type Packed = readonly [entries: string, gap: Gap | null, attempts: number, since: number, due: number];

export function packState({ units, held, ...others }: State): string {
  const packed = units.map(
    ({ entries, gap, attempts, since, due }): Packed => [packEntries(entries), gap, attempts, since, due],
  );
  return JSON.stringify({ ...others, units: packed, held: packEntries(held) });
}

/** Errors: a text that is none. */
export function unpackState(text: string): State {
  const { units, held, ...others } = JSON.parse(text) as Omit<State, 'units' | 'held'> & {
    units: Packed[];
    held: string;
  };
  if (!isPosition(others.at)) throw new Error('the state of a webhook cannot be read');
  return {
    ...others,
    units: units.map(([entries, gap, attempts, since, due]) => {
      return { entries: unpackEntries(entries), gap, attempts, since, due };
    }),
    held: unpackEntries(held),
  };
}

function packEntries(entries: readonly Entry[]): string {
  return entries.map(({ position, session }) => `${position} ${session}`).join(',');
}

function unpackEntries(text: string): Entry[] {
  if (text === '') return [];
  return text.split(',').map((pair) => {
    const [position = '', session = ''] = pair.split(' ');
    return { position, session };
  });
}

/** One text in the store. */
export class Note {
  private readonly store: Pick<SessionStore, 'memo'>;
  private readonly name: string;
  /** What stands there, as far as we know. Absence: null for nothing. */
  private text: string | null = null;

  constructor(store: Pick<SessionStore, 'memo'>, name: string) {
    this.store = store;
    this.name = name;
  }

  /** Absence: null. */
  async read(now: number): Promise<string | null> {
    // There is no verb that only reads a memo. Nothing has this text, so nothing is replaced, and what is there is told.
    const there = await this.store.memo(PLACE, this.name, { text: '', instead: NEVER, until: now + 1 }, now);
    this.text = there || null;
    return this.text;
  }

  /** Puts a text in the place of the one that was read or written last. Gives whether that stood there still. */
  async write(text: string, now: number, until = now + KEPT): Promise<boolean> {
    const there = await this.store.memo(PLACE, this.name, { text, instead: this.text, until }, now);
    if (there === null) this.text = text;
    return there === null;
  }

  /** Changes the text, whoever changes it meanwhile. `change`: gives the new one; absence: null to leave it. */
  async change(change: (text: string | null) => string | null, clock: () => number): Promise<void> {
    for (;;) {
      const next = change(await this.read(clock()));
      if (next === null || (await this.write(next, clock()))) return;
    }
  }
}

export function stateNote(store: Pick<SessionStore, 'memo'>, app: string, webhook: string): Note {
  return new Note(store, `state.${app}.${webhook}`);
}

/** A text that changes when an administrator has changed the state of a webhook: the process that sends must read it again. */
export const changedNote = (store: Pick<SessionStore, 'memo'>) => new Note(store, 'changed');

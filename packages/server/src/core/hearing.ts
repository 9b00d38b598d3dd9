/** How events are asked for, and where they go: what routes know of `events/`. */
import type { Place, Whose } from './event-cursor.ts';

/** Which events are told. Absence: null for all. */
export interface EventFilter {
  readonly types: ReadonlySet<string> | null;
  readonly subject: string | null;
  /** The id of a session. */
  readonly session: string | null;
}

/** Tells whether some events are not told. */
export function isFilter({ types, subject, session }: EventFilter): boolean {
  return types !== null || subject !== null || session !== null;
}

/** Where to begin: at the oldest that is kept, with what comes from now on, behind a place, or at an instant (epoch milliseconds). */
export type Begin = 'oldest' | 'end' | Place | number;

export interface EventsAsked {
  readonly whose: Whose;
  readonly filter: EventFilter;
}

export interface PageAsked extends EventsAsked {
  readonly begin: Begin;
  readonly limit: number;
  /** How long to wait for the first event. Units: milliseconds; 0: not at all. */
  readonly wait: number;
  /** Aborted when it is not worth waiting any longer. */
  readonly signal: AbortSignal;
  /** Told when it begins to wait, and when that is over. */
  readonly onWait?: () => void;
  readonly onWaited?: () => void;
}

export interface EventPage {
  /** CloudEvents, as JSON text. */
  readonly events: readonly string[];
  /** Where to go on, as text. */
  readonly next: string;
  /** Whether something that stood behind the begin is gone. */
  readonly isGone: boolean;
  /** Whether the journal was read to its end. */
  readonly isEnd: boolean;
}

export interface StreamAsked extends EventsAsked {
  readonly begin: Exclude<Begin, 'oldest'>;
  /** Tells whether the stream may go on. Asked every few seconds. */
  readonly mayGoOn: () => boolean;
}

/** Where a stream is written to: the connection of a client. */
export interface Outlet {
  /** What was written and has not gone yet. Units: bytes. */
  readonly unsent: number;
  readonly write: (text: string | Uint8Array) => void;
  /** Ends the answer. */
  readonly end: () => void;
  /** Has something run whenever all that was written has gone. */
  readonly onDrain: (run: () => void) => void;
  /** Has something run when nobody reads any more. */
  readonly onGone: (run: () => void) => void;
}

export interface Hearing {
  /** Gives a part of what happened. Errors: `store_unavailable`. */
  page(asked: PageAsked): Promise<EventPage>;
  /** Opens a stream of what happens, and gives what writes it. Errors: `store_unavailable`, `overloaded`. */
  open(asked: StreamAsked): Promise<(outlet: Outlet) => void>;
}

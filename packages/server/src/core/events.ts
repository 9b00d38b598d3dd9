/**
 * What happened to a session, as the journal keeps it and as it is told. A store writes a line in the very step that makes the
 * change (store.ts); it becomes a CloudEvent (events/cloud-event.ts) when it is told. No token, no hash and no data of a session is in it.
 */

export const EVENT_TYPES = [
  'session.created',
  'session.rotated',
  'session.updated',
  'session.ended',
  'session.suspect',
  'policy.changed',
  'key.changed',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Why a session ended: by its token, by its id, with its subject, with its app, by a cap, by a deadline, for another one. */
export const END_REASONS = [
  'logout',
  'revoked',
  'subject',
  'app',
  'cap',
  'idle',
  'absolute',
  'replaced',
  'moved',
] as const;
export type EndReason = (typeof END_REASONS)[number];

/** What is not of an app: changes of policy and of keys. A name that no app can have. */
export const SERVER_APP = '_server';

/** Who asked for a change, and what they say of it. Absence: null. */
export interface Origin {
  /** The name of the API key, or of the user of the console. */
  readonly by: string | null;
  /** What the caller gave as `reason`. Up to 200 characters. */
  readonly note: string | null;
}
export const NOBODY: Origin = Object.freeze({ by: null, note: null });
export const NOTE_LENGTH = 200;

/** What a store keeps of an app beside its sessions. */
export interface JournalRules {
  /** Whether events are written at all; a history can be had without. */
  readonly events: boolean;
  /** Whether a change of a session is an event, too. */
  readonly updates: boolean;
  /** How long the history of a subject keeps what has ended. Units: milliseconds. Absence: null for no history. */
  readonly history: number | null;
}

/** Tells what is kept of an app. It may be another answer at the next call. Absence: null for an app that has neither. */
export type JournalSource = (app: string) => JournalRules | null;

/** One event, as it is in the journal. Absence: null; members that its type does not have are left out. */
export interface JournalEvent {
  readonly type: EventType;
  /** When it happened, in epoch milliseconds: the instant that the verb decided by. */
  readonly at: number;
  /** Rises from event to event of a session; with `version` it is the `sequence` that is told. */
  readonly count: number;
  readonly version: number;
  /** '' for an event of the server. */
  readonly session: string;
  readonly subject: string | null;
  readonly ip?: string | null;
  readonly userAgent?: string | null;
  readonly label?: string | null;
  readonly reason?: EndReason;
  readonly by?: string | null;
  readonly note?: string | null;
  /** The id that the session had before a login. */
  readonly from?: string | null;
  /** Who presented a replaced token, as far as it is known. */
  readonly presentedIp?: string | null;
  readonly presentedUserAgent?: string | null;
  /** What has changed of policy or keys, as compact JSON text. */
  readonly what?: string;
}

/** An event that is still to be counted by the store that writes it. */
export type NewEvent = Omit<JournalEvent, 'count' | 'at'>;

/** One ended session in the history of a subject. Units: epoch milliseconds. Absence: null. */
export interface HistoryEntry {
  readonly session: string;
  readonly label: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly endedAt: number;
  readonly reason: EndReason;
  readonly by: string | null;
  readonly note: string | null;
}

/** The most entries that the history of a subject has, and the most bytes of one. What is longer is cut, the user agent first. */
export const HISTORY_ENTRIES = 100;
export const HISTORY_BYTES = 200;

/**
 * Where an event stands in the journal of an app: `milliseconds-number`, rising, as the ids of a Redis stream. The milliseconds are
 * the instant at which it came into the journal, which is not before its own.
 */
export type Position = string;
export const START: Position = '0-0';

export function comparePositions(a: Position, b: Position): number {
  const [ams = '', aseq = ''] = a.split('-');
  const [bms = '', bseq = ''] = b.split('-');
  return Number(ams) - Number(bms) || Number(aseq) - Number(bseq);
}

export function isPosition(text: string): boolean {
  return /^(?:0|[1-9]\d{0,14})-(?:0|[1-9]\d{0,14})$/.test(text);
}

export interface Told {
  readonly position: Position;
  readonly event: JournalEvent;
}

/** A part of the journal of an app, the oldest event first. */
export interface JournalPage {
  readonly events: readonly Told[];
  /** Up to where this page has looked: ask after it for the next one. */
  readonly next: Position;
  /** What stood at or before this position was dropped. `0-0`: nothing ever was. */
  readonly floor: Position;
}

/** Where the journal of an app begins and ends, and what it takes. */
export interface JournalExtent {
  readonly floor: Position;
  readonly last: Position;
  readonly events: number;
  /** About. */
  readonly bytes: number;
}

/** The journals of a store. What is said of a SessionStore holds here, too: only a failing store rejects. */
export interface Journal {
  /**
   * Gives events of an app behind a position, in their order: those of one session in the order in which they happened. Up to
   * `limit`, and fewer only at the end, or where very long ones make a page short.
   */
  read(app: string, after: Position, limit: number): Promise<JournalPage>;

  extent(app: string): Promise<JournalExtent>;

  /** Gives where the journals of apps end, in the order asked: `0-0` for one that has no event. Cheap: asked many times a second. */
  lasts(apps: readonly string[]): Promise<readonly Position[]>;

  /** Counts the events behind a position, up to another one, that included. */
  count(app: string, after: Position, to: Position): Promise<number>;

  /** Drops what stands at or before a position, and makes it the floor. Gives how many events that were. */
  trim(app: string, to: Position): Promise<number>;

  /** Writes an event that no change of a session makes. As durable as a change. */
  append(app: string, event: NewEvent, now: number): Promise<void>;

  /** Gives the apps that have a journal, in order; `_server`, too, when it has one. */
  apps(): Promise<string[]>;

  /**
   * Brings into the journals what a process that died has written and not brought there. Gives how many events that were. Where
   * events are written into the journal itself there is nothing to do.
   */
  settle(now: number): Promise<number>;

  /** Is told of the app whenever this process has made its journal longer, soon after that is durable. Gives a function that ends it. */
  watch(onMore: (app: string) => void): () => void;

  /** Gives what has ended of a subject, the latest end first, as far as it is younger than what the rules say. */
  history(app: string, subject: string, now: number): Promise<readonly HistoryEntry[]>;

  /** Erases the history of a subject, and gives how many entries it had. */
  eraseHistory(app: string, subject: string): Promise<number>;
}

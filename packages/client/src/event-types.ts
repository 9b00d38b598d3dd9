/**
 * What happens to sessions, as streams, pages and webhooks tell it: CloudEvents 1.0. Instants are RFC 3339 texts. The same event may be told
 * twice, with the same `id`; those of one session come in their order.
 */

/** Why a session ended: by its token, by its id, with its subject, with its app, by a cap, by a deadline, for another one. */
export type EndReason = 'logout' | 'revoked' | 'subject' | 'app' | 'cap' | 'idle' | 'absolute' | 'replaced' | 'moved';

/** What is known of who presented a token. Absence: null. */
export interface Presenter {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

interface OfSession {
  /** The public id of the session. */
  readonly session: string;
  /** Whose session it is. Absence: null before a login. */
  readonly subject: string | null;
}

/** What each type of event tells. `by`: the name of the API key or of the user of the console; null where nobody asked. */
export interface SessionEventData {
  'session.created': OfSession & {
    readonly ip: string | null;
    readonly userAgent: string | null;
    readonly label: string | null;
  };
  /** `from`: the id that the session had before a login; null where the id stayed. */
  'session.rotated': OfSession & { readonly by: string | null; readonly from: string | null };
  /** Only where the policy of the app asks for it. */
  'session.updated': OfSession & { readonly by: string | null; readonly version: number };
  /** `note`: what the caller gave as `reason`. */
  'session.ended': OfSession & {
    readonly reason: EndReason;
    readonly by: string | null;
    readonly note: string | null;
    readonly ip: string | null;
  };
  /** A replaced token was used after its grace. `presented`: null where nothing is known of who used it. */
  'session.suspect': OfSession & { readonly stored: Presenter; readonly presented: Presenter | null };
}

export type SessionEventType = keyof SessionEventData;

interface CloudEvent<Type extends string, Data> {
  readonly specversion: '1.0';
  /** The same however often the event is told. */
  readonly id: string;
  /** `/apps/` and the name of the app. */
  readonly source: string;
  readonly type: Type;
  readonly time: string;
  /** `version.count`: one of a session whose count is not above that of the last one is older, or came before. */
  readonly sequence: string;
  readonly datacontenttype: 'application/json';
  readonly data: Data;
}

/** Something that happened to a session. `subject` is the id of the session, as CloudEvents have it. */
export type SessionEvent = {
  [Type in SessionEventType]: CloudEvent<Type, SessionEventData[Type]> & { readonly subject: string };
}[SessionEventType];

/** A change of policy or keys. Webhooks of the server itself tell it. */
export type ServerEvent = CloudEvent<
  'policy.changed' | 'key.changed',
  { readonly what: unknown; readonly by: string | null }
>;

/** An event of a stream. `position`: go on `after` it. */
export type StreamedEvent = SessionEvent & { readonly position: string };

/** Events were dropped before they could be told: what was kept by them must be read anew. */
export interface Resync {
  readonly type: 'resync';
  /** Where the stream goes on. */
  readonly position: string | null;
}

export interface EventFilter {
  /** Default: all types. */
  readonly types?: readonly SessionEventType[] | undefined;
  /** Only events of this subject. */
  readonly subject?: string | undefined;
}

export interface EventPage {
  /** The oldest first. */
  readonly events: SessionEvent[];
  /** Ask `after` it for the next page. */
  readonly next: string;
  /** Whether others may stand behind it: ask again at once, also where the page is empty, as one with a filter may be. */
  readonly more: boolean;
  /** Whether events between `after` and this page were dropped. */
  readonly resync: boolean;
}

/** A session of a subject that has ended. Absence: null. */
export interface HistoryEntry {
  readonly id: string;
  readonly label: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  readonly endedAt: string;
  readonly reason: EndReason;
  readonly by: string | null;
  readonly note: string | null;
}

/**
 * A whole session as one store keeps it and another can take it over: with the hashes of its tokens, never with a token. Who
 * has a token of it goes on with that token wherever it is installed.
 */
import type { Credential, Session } from './session.ts';

export interface StoredSession {
  readonly session: Session;
  readonly credential: Credential;
}

/** A part of a walk over the live sessions of an app. */
export interface RecordsPage {
  readonly records: readonly StoredSession[];
  /** For the next part. Opaque. Absence: null after the last one. */
  readonly cursor: string | null;
}

/**
 * What became of a session that was to be installed. `present`: a live session has its id or its token, and it was not to be
 * replaced; or the one that was to be replaced has gone on, or ended. `expired`: its own deadline has passed. Nothing was changed by either.
 */
export type Installed = 'installed' | 'present' | 'expired';

/**
 * Whether what lives may be replaced: never, always, or only the session of the same id while it stands as it was read, with that
 * present token. Its data is not compared: it changes only with the version. Nor are its replaced tokens: those come with a new one.
 */
export type Replace = boolean | StoredSession;

/** Tells whether a session stands as it was read. `there`: null for none that lives. */
export function standsAs(there: StoredSession | null, { session, credential }: StoredSession): boolean {
  if (there === null || there.credential.hash !== credential.hash || there.credential.alias !== credential.alias)
    return false;
  return MEMBERS.every((member) => member === 'data' || there.session[member] === session[member]);
}

/** Tells whether two sessions are the same to the letter. */
export function isSameSession(a: Session, b: Session): boolean {
  return MEMBERS.every((member) => a[member] === b[member]);
}

/** Tells whether two records are the same to the letter: every member, and everything that opens them. */
export function isSameRecord(a: StoredSession, b: StoredSession): boolean {
  return isSameSession(a.session, b.session) && isSameCredential(a.credential, b.credential);
}

const MEMBERS = [
  ...([
    'id',
    'app',
    'subject',
    'createdAt',
    'authenticatedAt',
    'lastSeenAt',
    'idleTimeout',
    'absoluteExpiresAt',
  ] as const),
  ...(['version', 'reads', 'ip', 'userAgent', 'label', 'data'] as const),
] satisfies (keyof Session)[];

function isSameCredential(a: Credential, b: Credential): boolean {
  if (a.hash !== b.hash || a.alias !== b.alias || a.previous.length !== b.previous.length) return false;
  return a.previous.every((one, i) => {
    const other = b.previous[i]!;
    return one.hash === other.hash && one.alias === other.alias && one.until === other.until && one.seed === other.seed;
  });
}

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
 * replaced. `expired`: its own deadline has passed. Nothing was changed by either.
 */
export type Installed = 'installed' | 'present' | 'expired';

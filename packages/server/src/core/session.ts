/**
 * The session record: the one shape that all layers speak of. Immutable: a change is a new object. It holds no secret;
 * what proves possession of it is the Credential, which only stores and `token.ts` touch.
 */

/** Shape of a session. Units: epoch milliseconds for instants, milliseconds for durations. Absence: null. */
export interface Session {
  /** Public handle: 16 characters, safe to log and show. Survives rotation. */
  readonly id: string;
  readonly app: string;
  /** Whose session it is; null before login. */
  readonly subject: string | null;
  readonly createdAt: number;
  /** When it last got its subject: at its creation or at a later login. Null: it has none. */
  readonly authenticatedAt: number | null;
  /** The last get, touch or update. Looking (list, find) does not move it. */
  readonly lastSeenAt: number;
  /** Null: no idle timeout. */
  readonly idleTimeout: number | null;
  /** Counted from the login, or from the creation before one. Reading and touching never move it. Null: none. */
  readonly absoluteExpiresAt: number | null;
  /** 1 at creation, +1 for each update of the data. The classic `w`. */
  readonly version: number;
  /** 1 at creation, +1 for each read that touches. The classic `r`. */
  readonly reads: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly label: string | null;
  /** Compact text of a JSON object, exactly as the application sent its values; `{}` when there is none. */
  readonly data: string;
}

/** What a caller must present to use a session. Holds hashes only (see token.ts). */
export interface Credential {
  readonly hash: string;
  /** True: the token was chosen by a caller, so its hash is also the key that leads to the session id. */
  readonly alias: boolean;
  /** The tokens that rotations replaced, the oldest first: the successor of each is the next one, of the last the present. */
  readonly previous: readonly Replaced[];
}

/** A token that a rotation replaced. */
export interface Replaced {
  readonly hash: string;
  readonly alias: boolean;
  /** It reads until this instant. Later it only tells that it was stolen. */
  readonly until: number;
  /** What its successor is drawn from, together with the token itself. Null: the caller chose the successor. */
  readonly seed: string | null;
}

export const EMPTY_DATA = '{}';

/** In the place of the data, of a session whose reader must not know it (without-data.ts). No session is stored with it. */
export const HIDDEN_DATA = '';

/** The shapes of the API: those of the server's OpenAPI document (openapi.ts is made from it), with the type of the data. */
import type * as api from './openapi.ts';

/** What an application keeps in a session: a JSON object. */
export type SessionData = Record<string, unknown>;

/** A session. Instants are RFC 3339 texts, durations are seconds. */
export type Session<Data extends object = SessionData> = Omit<api.Session, 'data'> & { data: Data };

/** What a caller does not have is left out, or undefined. */
type Given<T> = { [K in keyof T]: T[K] | undefined };

/** What a new session is given. Whatever is left out the policy of the app decides. */
export type NewSession<Data extends object = SessionData> = Given<Omit<api.NewSession, 'data'> & { data?: Data }>;

/** The session and the token that opens it: no other answer shows the token. */
export type TokenAndSession<Data extends object = SessionData> = Omit<api.TokenAndSession, 'session'> & {
  session: Session<Data>;
};

/** A lock, and the session as it is under it. Absence: null when the token opens none yet. */
export type Locked<Data extends object = SessionData> = { lock: string; session: Session<Data> | null };

/** What a rotation changes beside the token: at a login the subject and what is known of the device. */
export type Rotation<Data extends object = SessionData> = Given<Omit<api.Rotation, 'data'> & { data?: Partial<Data> }>;

/** A change of some of a session: `set` and `unset` name top-level keys of the data. */
export type SessionPatch<Data extends object = SessionData> = Given<
  Omit<api.SetUnset, 'set' | 'unset'> & {
    set?: Partial<Data>;
    unset?: (keyof Data & string)[];
  }
>;

export type Touch = Given<api.Touch>;

export type SessionPage<Data extends object = SessionData> = { sessions: Session<Data>[]; cursor: string | null };

export type AppCounts = api.App;
export type Activity = api.Counts;
export type SessionCount = api.SessionCount;

/** Of a session: the members that `fields` asked for. */
export type PartialSession<Data extends object = SessionData> = Partial<Session<Data>>;

/** How old an answer of `verify` may be, and is. */
export interface Staleness {
  /** As the near cache was told. Units: milliseconds. */
  readonly maxStale: number;
  /** How long ago the server was asked. Units: milliseconds. */
  readonly age: number;
  readonly source: 'memory' | 'server';
}

/** A session as `verify` gives it. Absence: `staleness` is left out without a near cache: the server was asked. */
export type Verified<Data extends object = SessionData> = Session<Data> & { readonly staleness?: Staleness };

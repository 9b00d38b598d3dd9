/**
 * The public types, named and shaped as redis-sessions 4 has them. What has a callback answers as 2 and 3 did: see
 * redis-sessions.ts.
 */
import type { SessionClientOptions } from '../options.ts';

/** What a session keeps: the library takes no nested values. */
export type Values = Record<string, string | boolean | number>;

type OptionalKeys<T extends object> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

/** A change of the data: null removes a key, and a key that is left out stays. */
export type SetData<T extends Values> = { [K in keyof T]?: K extends OptionalKeys<T> ? T[K] | null : T[K] };

export type Session<T extends Values = Values> = {
  /** Whose session it is. */
  id: string;
  /** How often it was read, this time not counted. */
  r: number;
  /** How often it was written. */
  w: number;
  /** The idle timeout; of a session with `no_resave` what is left of it. Units: seconds. */
  ttl: number;
  /** How long it had not been used. Units: whole seconds. */
  idle: number;
  ip: string;
  /** Absence: left out when there is none. */
  d?: T;
  /** Absence: left out of sessions that use lengthens. */
  no_resave?: boolean;
};

/** As 2 and 3 answer: `{}` where there is no session. */
export type Found<T extends Values = Values> = Partial<Session<T>>;

/** Called once, with an error alone or with null and the result. */
export type Callback<T> = (error: Error | null, result: T) => void;

export type OfApp = { app: string };
export type OfToken = OfApp & { token: string };
export type OfId = OfApp & { id: string };
/** 2 and 3 say `dt`, 4 says `deltaTime`. Units: seconds, 10 or more. */
export type Within = OfApp & { dt: number };
export type DeltaTime = OfApp & { deltaTime: number };
export type Creation<T extends Values = Values> = OfId & {
  ip: string;
  /** Units: seconds, 10 or more. Default: 7200. */
  ttl?: number;
  d?: T;
  /** Use does not lengthen the session. Default: false. */
  no_resave?: boolean;
};
/** `_noupdate`: a look, which neither counts nor lengthens. `_nocache`: what `cachetime` keeps is passed over. */
export type Read = OfToken & { _noupdate?: boolean; _nocache?: boolean };
export type Change<T extends Values = Values> = OfToken & { d: SetData<T>; no_resave?: boolean };

export type RedisSessionsOptions = {
  /** Where the REST-Sessions server is. Default: the environment's SESSIONS_URL, else http://127.0.0.1:3000. */
  url?: string | undefined;
  /** The API key. Default: the environment's SESSIONS_KEY; a server on loopback may need none. */
  key?: string | undefined;
  /** How long a call may take. Units: milliseconds. Default: the environment's SESSIONS_TIMEOUT, else 2000. */
  timeout?: number | undefined;
  /** What carries the requests: see SessionClient. */
  fetch?: SessionClientOptions['fetch'];
  /** Default: rs. Another one must be the SESSIONS_NAMESPACE of the environment: see options.ts. */
  namespace?: string | undefined;
  /** For how long `get` answers from memory, once the server has confirmed it. Units: seconds. Default: 0. */
  cachetime?: number | undefined;
  /** How many sessions are kept there. Default: 5000. */
  cachemax?: number | undefined;
  /** Taken and without effect: the server removes what has expired, and never shows it. */
  wipe?: number | undefined;
  /** Of a Redis, as `host`, `options` and `client`: of no use where it is said where the server is, else refused. */
  port?: number | undefined;
  host?: string | undefined;
  options?: object | undefined;
  client?: object | undefined;
};

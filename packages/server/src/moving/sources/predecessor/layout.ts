/**
 * The keys of redis-sessions, drawn once. 2.0 to 4.0 write the same ones; `NS` is the option `namespace` (`rs` by default).
 *
 *   NS:SESSIONS         sorted set  APP:TOKEN:ID → the second at which it ends: last get or set + ttl
 *   NS:APP:_sessions    sorted set  TOKEN:ID → the second of its last get or set
 *   NS:APP:_users       sorted set  ID → the second of the last get or set of any of their sessions
 *   NS:APP:us:ID        set         TOKEN of each session of a user
 *   NS:APP:TOKEN        hash        FIELDS, below
 *   NS:cache            channel     APP:TOKEN of a session that was set or killed, from 2.1 on where `cachetime` is given
 *
 * Fields: id; r and w (counters); ip; la (the second of the last get or set, up to one second behind); ttl (seconds after la); d
 * (JSON of the data, as JSON.stringify wrote it; absent where there is none); no_resave (1, or absent: with it, ttl is not what was
 * asked for, but what was left of it at la). From 2.1 to 3.0 nothing changed but the licence text. 4.0 writes ttl as the caller gave
 * it, which may be text or a fraction.
 *
 * A session is what `get` answers: a hash with an id whose ttl is not over. `get` asks no index. What has no id was written by a
 * get or a set that met a kill: a ghost, which nothing opens.
 *
 * An app and a token have no colon in them, an id may. So an app ends at the first colon, and where a namespace has another one
 * within it (`rs` and `rs:x`), the sessions of that one look like those of an app `x:forum`.
 */

export const FIELDS = ['id', 'r', 'w', 'ttl', 'd', 'la', 'ip', 'no_resave'] as const;
/** The field of a hash that stands in the place of a session which a server of ours has adopted (adopting/), for some seconds. */
export const ADOPTED = 'adopted';
/** Values in the order of FIELDS, as HMGET answers. Absence: null. */
export type Fields = readonly (Buffer | null)[];

/** What redis-sessions makes and takes as a token. */
export const TOKEN = /^[a-zA-Z0-9]{64}$/;

/** What a key of the namespace is for. */
export type Key =
  | { readonly kind: 'session'; readonly app: string; readonly token: string }
  /** The index that tells which sessions an app has. */
  | { readonly kind: 'index'; readonly app: string }
  /** Another index, which tells nothing more. */
  | { readonly kind: 'other' };

export class Layout {
  readonly namespace: string;
  private readonly prefix: string;

  constructor(namespace: string) {
    this.namespace = namespace;
    this.prefix = `${namespace}:`;
  }

  /** The index of the sessions of all apps. */
  get all(): string {
    return `${this.prefix}SESSIONS`;
  }

  /** The channel that tells old servers what to drop from their caches. */
  get cache(): string {
    return `${this.prefix}cache`;
  }

  session(app: string, token: string): string {
    return `${this.prefix}${app}:${token}`;
  }

  index(app: string): string {
    return `${this.prefix}${app}:_sessions`;
  }

  users(app: string): string {
    return `${this.prefix}${app}:_users`;
  }

  user(app: string, id: string): string {
    return `${this.prefix}${app}:us:${id}`;
  }

  /** Gives the pattern of SCAN for all keys, or those of one app. */
  pattern(app: string | null): string {
    const start = app === null ? this.prefix : `${this.prefix}${app}:`;
    return `${start.replaceAll(/[\\*?[\]^-]/g, '\\$&')}*`;
  }

  /** Tells what a key is for. */
  read(key: string): Key {
    const rest = key.slice(this.prefix.length);
    if (!key.startsWith(this.prefix) || rest.includes(':us:') || !rest.includes(':')) return { kind: 'other' };
    const colon = rest.lastIndexOf(':');
    const [app, last] = [rest.slice(0, Math.max(0, colon)), rest.slice(colon + 1)];
    if (last === '_sessions') return { kind: 'index', app };
    // Of a namespace within this one.
    if (last === '_users' || (last === 'SESSIONS' && colon > 0)) return { kind: 'other' };
    return { kind: 'session', app, token: last };
  }
}

/** Takes an entry of an index apart: TOKEN:ID. Absence: null when it is none. */
export function readEntry(entry: string): { readonly token: string; readonly id: string } | null {
  const colon = entry.indexOf(':');
  return colon < 1 || colon === entry.length - 1 ? null : { token: entry.slice(0, colon), id: entry.slice(colon + 1) };
}

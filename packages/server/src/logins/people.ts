/**
 * Who may log in to the console: the holders of API keys, the users of RS_CONSOLE_USERS, and on a server that has neither whoever
 * reaches it. Asked again with each request, so a key that is revoked opens nothing any more, whatever the store says.
 */
import { type Principal, SCOPES } from '../core/principal.ts';
import { fingerprint } from '../core/token.ts';
import type { Way } from '../http/message/console.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { nobodysHash, type PasswordHash } from '../keys/password.ts';
import type { UserEntry } from '../keys/users.ts';

/** Somebody, as configured now. */
export interface Person {
  readonly way: Way;
  readonly principal: Principal;
  /** Changes when the key or the password does. Tells nothing of either. */
  readonly mark: string;
}

/** The API keys in force. */
export interface Keys {
  readonly entries: readonly KeyEntry[];
  verify(
    presented: { readonly key: string | null; readonly certificates: readonly string[] },
    now: number,
    onExpired: (name: string) => void,
  ): Principal | null;
}

/** On a server that asks nobody who they are. */
const LOCAL: Person = {
  way: 'open',
  principal: Object.freeze({ name: 'local', apps: '*', scopes: new Set(SCOPES) } as const),
  mark: '',
};

export class People {
  private readonly keys: Keys | null;
  private readonly users: ReadonlyMap<string, UserEntry>;
  /** What a password is compared with that belongs to no name: it costs the same, and nothing matches it. */
  readonly nobody: PasswordHash;

  /** `keys`: null when the server has none. */
  constructor(keys: Keys | null, users: readonly UserEntry[]) {
    this.keys = keys;
    this.users = new Map(users.map((user) => [user.name, user]));
    this.nobody = nobodysHash(users[0]?.password);
  }

  get ways(): readonly Way[] {
    const ways: Way[] = [];
    if (this.keys !== null) ways.push('key');
    if (this.users.size > 0) ways.push('password');
    return ways.length === 0 ? ['open'] : ways;
  }

  /** Gives who holds a key. Absence: null. */
  byKey(key: string, certificates: readonly string[], now: number, onExpired: (name: string) => void): Person | null {
    const principal = this.keys?.verify({ key, certificates }, now, onExpired) ?? null;
    return principal && this.named('key', principal.name, certificates, now);
  }

  /** Gives the entry of a user, in force or not. Absence: null. */
  userOf(name: string): UserEntry | null {
    return this.users.get(name) ?? null;
  }

  /** Gives who has a name now. `certificates`: of the connection; a key may need one. Absence: null when nobody in force has it. */
  named(way: Way, name: string, certificates: readonly string[], now: number): Person | null {
    if (way === 'open') return this.ways[0] === 'open' && name === LOCAL.principal.name ? LOCAL : null;
    const entry = way === 'key' ? this.keyOf(name, certificates) : this.userOf(name);
    if (entry === null || (entry.expiresAt !== null && now >= entry.expiresAt)) return null;
    return { way, principal: entry, mark: fingerprint('password' in entry ? entry.password.text : entry.hash!) };
  }

  private keyOf(name: string, certificates: readonly string[]): KeyEntry | null {
    const entry = this.keys?.entries.find((key) => key.name === name);
    if (entry === undefined || entry.hash === null) return null;
    return entry.certificate === null || certificates.includes(entry.certificate) ? entry : null;
  }
}

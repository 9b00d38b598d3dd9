/**
 * The users of the console, in RS_CONSOLE_USERS: entries like those of RS_API_KEYS, with a password hash in the place of the key's.
 *
 *   support:scrypt:15.8.1.SALT.HASH:shop,blog:read,revoke:2027-01-31T00:00:00Z
 *
 * Names, apps, scopes and instants have the rules of keys (entry.ts). No message quotes a value.
 */
import type { Principal } from '../core/principal.ts';
import { KeysError, readEntry, type Written } from './entry.ts';
import { type PasswordHash, readPasswordHash } from './password.ts';

export interface UserEntry extends Principal {
  readonly password: PasswordHash;
  /** Units: epoch milliseconds. Absence: null when it does not expire. */
  readonly expiresAt: number | null;
}

/** Of no key: `readEntry` asks for one. */
const NO_KEY = `sha256:${'0'.repeat(64)}`;

/** Reads RS_CONSOLE_USERS: entries with spaces, line breaks or `;` between them. Errors: KeysError. */
export function parseUsers(text: string): UserEntry[] {
  const users = text
    .split(/[\s;]+/)
    .filter((entry) => entry !== '')
    .map((entry, i) => readUser(entry, `entry ${i + 1}`));
  const names = new Set<string>();
  for (const { name } of users) {
    if (names.has(name)) throw new KeysError(`two users have the name ${name}`);
    names.add(name);
  }
  return users;
}

function readUser(text: string, where: string): UserEntry {
  const [name, kind, hash = '', apps = '', scopes = '', ...expires] = text.split(':');
  const password = kind === 'scrypt' ? readPasswordHash(hash) : null;
  if (password === null) {
    throw new KeysError(
      `${where} must be NAME:scrypt:HASH:APPS:SCOPES[:EXPIRES]; the password itself does not belong there (rest-sessions keys create-user prints the entry)`,
    );
  }
  const expiresAt = expires.length === 0 ? {} : { expiresAt: expires.join(':') };
  const written = { name, apps: apps === '*' ? '*' : apps.split(','), scopes: scopes.split(','), ...expiresAt };
  return { ...restrictionsOf(written, where), password };
}

/** Checks name, apps, scopes and expiry. Errors: KeysError. */
export function restrictionsOf(written: object, where: string): Omit<UserEntry, 'password'> {
  const { name, apps, scopes, expiresAt } = readEntry({ ...written, hash: NO_KEY }, where);
  return { name, apps, scopes, expiresAt };
}

/** Writes an entry. `hash`: with `scrypt:` before it. */
export function userListEntry({
  name,
  hash,
  apps,
  scopes,
  expiresAt,
}: { name: string; hash: string } & Written): string {
  const parts = [name, hash, apps === '*' ? '*' : apps.join(','), scopes.join(','), expiresAt];
  return parts.filter((part) => part !== undefined).join(':');
}

/**
 * One configured key, in its two written forms: an object of the keys file (published: docs/keys.md) and an entry of
 * RS_API_KEYS. Both are read strictly: a typo in a restriction must not widen what a key may do.
 *
 *   { "name": "billing", "hash": "sha256:…", "apps": ["shop"], "scopes": ["verify"], "expiresAt": "2027-01-31T00:00:00Z" }
 *   billing:sha256:…:shop,blog:verify,write:2027-01-31T00:00:00Z
 *
 * No message quotes a value that could be a secret put into the wrong place.
 */

import { instantOf, looksLikeInstant } from '../core/calendar.ts';
import { type Principal, SCOPES, type Scope } from '../core/principal.ts';
import { APP_NAME } from '../core/validate.ts';
import { DocumentFault, readDocument } from '../policy/json-document.ts';

/** A key as configured. At least one of `hash` and `certificate`; with both, a caller must have both. */
export interface KeyEntry extends Principal {
  readonly hash: string | null;
  /** A name in a client certificate: `CN=…`, `DNS:…`, `URI:…` or `email:…`. */
  readonly certificate: string | null;
  /** Units: epoch milliseconds. Absence: null when it does not expire. */
  readonly expiresAt: number | null;
  /** Shown to people, and nothing depends on it. Units: epoch milliseconds. Absence: null where nobody has written it down. */
  readonly createdAt: number | null;
}

/** The keys cannot be used as configured. The message is one line and holds no secret. */
export class KeysError extends Error {
  override readonly name = 'KeysError';
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const HASH = /^sha256:[0-9a-f]{64}$/;
const CERTIFICATE = /^(?:CN=|DNS:|URI:|email:)[^"\n]{1,256}$/;
const MEMBERS = new Set(['name', 'hash', 'certificate', 'apps', 'scopes', 'createdAt', 'expiresAt']);

/** The entries as they stand in the file, so that a change keeps what it does not concern. */
export type RawEntries = Record<string, unknown>[];

/** Reads the text of a keys file: `{"keys": [entry, …]}`. Errors: KeysError. */
export function parseKeysFile(text: string): KeyEntry[] {
  return listOf(text).map((entry, i) => readEntry(entry, `/keys/${i}`));
}

/** Gives the entries as written, after checking them. Errors: KeysError. */
export function rawEntries(text: string): RawEntries {
  parseKeysFile(text);
  return listOf(text) as RawEntries;
}

function listOf(text: string): unknown[] {
  let document: unknown;
  try {
    document = readDocument(text);
  } catch (error) {
    if (!(error instanceof DocumentFault)) throw error;
    throw new KeysError(withoutSecrets(error.fault));
  }
  const keys = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw new KeysError('it must be an object with a list of "keys"');
  if (Object.keys(document as object).length > 1) {
    throw new KeysError('it has an unknown member beside "keys"; there are no others');
  }
  return keys;
}

/** A member's name could be a key put into the wrong place: only names that are known, and positions, are shown. */
function withoutSecrets({ where, rule }: { where: string; rule: string }): string {
  const isKnown = (part: string) => part === 'keys' || MEMBERS.has(part) || /^\d{1,9}$/.test(part);
  const shown = !where.startsWith('/') || where.slice(1).split('/').every(isKnown);
  return shown ? `${where} ${rule}` : `a member ${rule}`;
}

/** Reads RS_API_KEYS: entries with spaces, line breaks or `;` between them. Errors: KeysError. */
export function parseKeyList(text: string): KeyEntry[] {
  const entries = text.split(/[\s;]+/).filter((entry) => entry !== '');
  return entries.map((entry, i) => {
    const [name, kind, digest, apps = '', scopes = '', ...expires] = entry.split(':');
    if (kind !== 'sha256') {
      throw new KeysError(
        `entry ${i + 1} must be NAME:sha256:HASH:APPS:SCOPES[:EXPIRES]; the key itself does not belong there (rest-sessions keys create prints the entry)`,
      );
    }
    const list = (part: string) => (part === '*' ? '*' : part.split(','));
    const expiresAt = expires.length === 0 ? {} : { expiresAt: expires.join(':') };
    return readEntry(
      { name, hash: `${kind}:${digest}`, apps: list(apps), scopes: scopes.split(','), ...expiresAt },
      `entry ${i + 1}`,
    );
  });
}

/** Writes an entry of RS_API_KEYS. */
export function keyListEntry(key: { name: string; hash: string } & Written): string {
  const apps = key.apps === '*' ? '*' : key.apps.join(',');
  return [key.name, key.hash, apps, key.scopes.join(','), key.expiresAt].filter((part) => part !== undefined).join(':');
}

/** What a restriction looks like where it is written. */
export interface Written {
  readonly apps: readonly string[] | '*';
  readonly scopes: readonly string[];
  readonly expiresAt?: string | undefined;
}

/** Checks one entry. `where` begins the message. Errors: KeysError. */
export function readEntry(value: unknown, where: string): KeyEntry {
  const refuse = (rule: string): never => {
    throw new KeysError(`${where}: ${rule}`);
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('it must be an object');
  const entry = value as Record<string, unknown>;
  const unknown = Object.keys(entry).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) refuse(`it has an unknown member; the members are ${[...MEMBERS].join(', ')}`);
  const text = (member: string, form: RegExp, rule: string): string | null => {
    const given = entry[member];
    if (given === undefined) return null;
    return typeof given === 'string' && form.test(given) ? given : refuse(`${member} must be ${rule}`);
  };
  const name = text('name', NAME, '1 to 64 characters of A-Z, a-z, 0-9, ., _ and -') ?? refuse('name is missing');
  const hash = text('hash', HASH, 'sha256: and 64 hexadecimal digits, never the key itself');
  const certificate = text('certificate', CERTIFICATE, 'CN=…, DNS:…, URI:… or email:…');
  if (hash === null && certificate === null) refuse('it needs a hash or a certificate');
  const instant = (member: 'createdAt' | 'expiresAt'): number | null => {
    const given = entry[member];
    if (given === undefined) return null;
    if (typeof given !== 'string' || !looksLikeInstant(given)) {
      return refuse(`${member} must be a date or an instant as in RFC 3339, like 2027-01-31 or 2027-01-31T12:00:00Z`);
    }
    return instantOf(given) ?? refuse(`${member} is ${given}, and there is no such day or time in the calendar`);
  };
  const expiresAt = instant('expiresAt');
  // Nothing depends on this date. It is checked because a date that does not exist would mislead its readers.
  const createdAt = instant('createdAt');
  const apps =
    entry.apps === '*' ? '*' : new Set(list(entry.apps, (app) => APP_NAME.pattern.test(app)) ?? refuse(APPS_RULE));
  const scopes = new Set<Scope>(
    list<Scope>(entry.scopes, isScope) ?? refuse(`scopes must be a list of ${SCOPES.join(', ')}`),
  );
  return { name, hash, certificate, apps, scopes, expiresAt, createdAt };
}

const APPS_RULE = `apps must be "*" or a list of app names; each must be ${APP_NAME.allowed}`;

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Gives a list of texts that all pass. Absence: null when it is not one, or empty. */
function list<T extends string>(value: unknown, passes: (text: string) => boolean): T[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.every((item) => typeof item === 'string' && passes(item)) ? (value as T[]) : null;
}

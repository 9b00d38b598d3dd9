/**
 * The values of `$_SESSION` as the data that our adapter of PHP would have stored of them (adapters/php: Internal/SharedFormat.php): keys of
 * the session are keys of the data. Keys that begin with `_`, and values that JSON does not have, stay with PHP under one key, as serialize()
 * has them. So the application finds them again as they were, objects and references too, and no object was made here.
 */
import { hasJson, isMemberName, jsonOf, nameJson } from './json.ts';
import { linkedKeys } from './linked-keys.ts';
import { serialize } from './serialize.ts';
import type { SessionValues } from './session-text.ts';
import { arrayKey, isArray, nameOf, type PhpEntries, type PhpKey, type PhpOpaque } from './values.ts';

const PRIVATE_KEY = '_php';
const UNDERSCORE = 0x5f;
/** Symfony keeps what an application has in a session under the first, and its own times under the second. */
const SYMFONY = { bag: '_sf2_attributes', metadata: '_sf2_meta' } as const;
/** A number of a place in a text of serialize(). */
const LINK = /[rR]:\d+;/;

/** An object that has written itself cannot be moved to another place: what it refers to is counted in a way that its class alone knows. */
export class Unmovable extends Error {
  override readonly name = 'Unmovable';
}

/** Gives the JSON text of the data. Absence: null when nothing is kept: the adapter would begin no session. Errors: Unmovable. */
export function sharedData({ entries, opaque, hasLinks }: SessionValues): string | null {
  const bag = symfonyBag(entries);
  const isSymfony = bag !== null;
  const own: PhpEntries = new Map();
  let shared = entries;
  if (isSymfony) {
    for (const [name, entry] of entries) if (name !== nameIn(SYMFONY.bag)) own.set(name, entry);
    shared = bag;
  }
  const { members, kept } = divided(shared);
  if (isSymfony && kept.size > 0)
    own.set(nameIn(SYMFONY.bag), { key: bytesKey(SYMFONY.bag), variable: { value: { kind: 'array', entries: kept } } });
  if (!isSymfony) for (const [name, entry] of kept) own.set(name, entry);
  // Symfony notes there when it first saw a visitor: that alone is no session.
  const isTouchedOnly = isSymfony && members.length === 0 && own.size === 1 && own.has(nameIn(SYMFONY.metadata));
  if (own.size > 0 && !isTouchedOnly) {
    const unmovable = opaque.find(({ text }) => hasLinks || LINK.test(text.toString('latin1')));
    if (unmovable !== undefined) throw new Unmovable(classNameOf(unmovable));
    members.push(`"${PRIVATE_KEY}":"${serialize(own).toString('base64')}"`);
  }
  return members.length === 0 ? null : `{${members.join(',')}}`;
}

/** Gives what an application of Symfony keeps. Absence: null for a session that is not of Symfony. */
export function symfonyBag(entries: PhpEntries): PhpEntries | null {
  if (!entries.has(nameIn(SYMFONY.metadata))) return null;
  const bag = entries.get(nameIn(SYMFONY.bag))?.variable.value;
  return bag !== undefined && isArray(bag) ? bag.entries : new Map();
}

/** Gives which values are members of the data, as their JSON, and which stay with PHP. */
function divided(entries: PhpEntries): { members: string[]; kept: PhpEntries } {
  const linked = linkedKeys(entries);
  const members: string[] = [];
  const kept: PhpEntries = new Map();
  for (const [name, entry] of entries) {
    const { key, variable } = entry;
    if (isPrivate(key) || linked.has(name) || !isMemberName(key) || !hasJson(variable.value)) kept.set(name, entry);
    else members.push(`${nameJson(key)}:${jsonOf(variable.value)}`);
  }
  return { members, kept };
}

function isPrivate(key: PhpKey): boolean {
  return 'bytes' in key && key.bytes[0] === UNDERSCORE;
}

function bytesKey(text: string): PhpKey {
  return arrayKey(Buffer.from(text));
}

function nameIn(text: string): string {
  return nameOf(bytesKey(text));
}

/** Bytes beyond ASCII may be anything, also what a terminal would follow. */
function classNameOf({ className }: PhpOpaque): string {
  return className.toString('latin1', 0, 80).replaceAll(/[^\x20-\x7e]/g, '?');
}

/**
 * The scripts: lua/*.lua, one per verb, with the libraries their header includes put before them. Called by hash; a
 * server that does not know the hash (new, restarted, failed over, SCRIPT FLUSH) gets the text once, whatever it was
 * doing: each call recovers for itself, so there is no step of loading that could be missed.
 */
import { createHash } from 'node:crypto';
import { luaText } from '../../assets.ts';

/** Every script, and how many keys it takes: a number, or per how many keys it repeats. */
export const SCRIPTS = {
  create: { keys: 6, repeats: false },
  get: { keys: 4, repeats: true },
  find: { keys: 2, repeats: true },
  update: { keys: 6, repeats: false },
  rotate: { keys: 6, repeats: false },
  revoke: { keys: 6, repeats: false },
  vacate: { keys: 7, repeats: false },
  'revoke-subject': { keys: 6, repeats: false },
  'revoke-partition': { keys: 7, repeats: true },
  'clear-ended': { keys: 1, repeats: false },
  'of-subject': { keys: 3, repeats: false },
  positions: { keys: 1, repeats: true },
  seen: { keys: 1, repeats: true },
  ids: { keys: 1, repeats: false },
  records: { keys: 3, repeats: true },
  install: { keys: 6, repeats: true },
  'install-aliased': { keys: 7, repeats: true },
  count: { keys: 6, repeats: true },
  sweep: { keys: 6, repeats: true },
  'alias-point': { keys: 1, repeats: false },
  'alias-release': { keys: 1, repeats: false },
  'app-retire': { keys: 1, repeats: false },
  'quota-take': { keys: 1, repeats: false },
  'quota-settle': { keys: 1, repeats: false },
  'quota-look': { keys: 1, repeats: false },
  'quota-count': { keys: 1, repeats: false },
  'quota-note': { keys: 1, repeats: false },
  'quota-drop': { keys: 1, repeats: false },
  'journal-begin': { keys: 1, repeats: false },
  'journal-read': { keys: 2, repeats: false },
  'journal-lasts': { keys: 1, repeats: true },
  'journal-count': { keys: 2, repeats: false },
  'journal-trim': { keys: 2, repeats: false },
  'journal-tell': { keys: 1, repeats: false },
  'journal-held': { keys: 1, repeats: false },
  'journal-retire': { keys: 2, repeats: false },
  'journal-copy': { keys: 2, repeats: false },
  'outbox-read': { keys: 1, repeats: false },
  'outbox-take': { keys: 1, repeats: false },
  'outbox-look': { keys: 1, repeats: true },
  history: { keys: 1, repeats: false },
  memo: { keys: 1, repeats: false },
  lock: { keys: 3, repeats: false },
  'lock-token': { keys: 2, repeats: false },
  'lock-look': { keys: 1, repeats: false },
  'lock-carry': { keys: 1, repeats: false },
  'lock-leave': { keys: 1, repeats: false },
  probe: { keys: 1, repeats: false },
  master: { keys: 1, repeats: false },
  format: { keys: 1, repeats: false },
  'audit-sessions': { keys: 6, repeats: false },
  'audit-entries': { keys: 6, repeats: false },
} as const;

export type ScriptName = keyof typeof SCRIPTS;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Reads a script with its libraries, and theirs before them. Errors: a file that is missing from the installation. */
function load(name: ScriptName): Script {
  const verb = luaText(name);
  const libraries = new Set(included(verb).flatMap((library) => [...included(luaText(library)), library]));
  const text = [...[...libraries].map(luaText), verb].map(withoutComments).join('\n');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

function included(text: string): string[] {
  return /^-- INCLUDES: (.+)$/m.exec(text)?.[1]?.split(', ') ?? [];
}

let loaded: Readonly<Record<ScriptName, Script>> | undefined;

/** Gives all scripts. They are read at the start, so that a broken installation does not wait for its first revoke, and once. */
export function loadScripts(): Readonly<Record<ScriptName, Script>> {
  loaded ??= Object.fromEntries(Object.keys(SCRIPTS).map((name) => [name, load(name as ScriptName)])) as Record<
    ScriptName,
    Script
  >;
  return loaded;
}

/** What a server keeps of each script is its text. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*--.*\n/gm, '');
}

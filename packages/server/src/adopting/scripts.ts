/** The scripts that run in the old Redis: lua/adopt/*.lua. Any version from 4.0 on runs them; ours have libraries that it would not. */
import { createHash } from 'node:crypto';
import { luaText } from '../assets.ts';

/** How many keys each takes. */
export const SCRIPTS = { take: 7, done: 5, back: 7, end: 5, settle: 1, forget: 4, live: 1 } as const;

export type ScriptName = keyof typeof SCRIPTS;

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Errors: a file that is missing from the installation. */
export function loadScripts(): Readonly<Record<ScriptName, Script>> {
  const load = (name: string): Script => {
    const text = luaText(`adopt/${name}`).replaceAll(/^\s*--.*\n/gm, '');
    return { text, sha: createHash('sha1').update(text).digest('hex') };
  };
  return Object.fromEntries(Object.keys(SCRIPTS).map((name) => [name, load(name)])) as Record<ScriptName, Script>;
}

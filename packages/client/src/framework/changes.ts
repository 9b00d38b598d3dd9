/**
 * What a framework's session layer sends: the top-level keys that changed since it read the session, and nothing else. Then two
 * requests that change different keys at the same time both keep what they wrote, whatever stacks they run on.
 */

import { jsonText } from '../json.ts';

/** Top-level keys of the data, each with its JSON text. */
export type Texts = ReadonlyMap<string, string>;

export interface Changes {
  readonly set: Record<string, unknown>;
  readonly unset: string[];
}

/** Takes a picture of data. What JSON leaves out (undefined, functions) is not in it. Errors: `invalid_request` for a BigInt or a circle. */
export function textsOf(data: object): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    const text = jsonText(value, key);
    if (text !== undefined) texts.set(key, text);
  }
  return texts;
}

/** Gives what leads from one picture to the other. */
export function changesBetween(before: Texts, after: Texts): Changes {
  const changed = [...after].filter(([key, text]) => before.get(key) !== text);
  const unset = [...before.keys()].filter((key) => !after.has(key));
  return { set: Object.fromEntries(changed.map(([key, text]) => [key, JSON.parse(text)])), unset };
}

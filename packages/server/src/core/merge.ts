/** The classic top-level merge. (The RFC 7396 merge patch of v1 will stand beside it.) */
import { type Members, readObject, writeObject } from './json-text.ts';
import { EMPTY_DATA } from './session.ts';

/** Gives the data a create starts with: members that are null are dropped. */
export function initialData(members: Members): string {
  return mergeTopLevel(EMPTY_DATA, members);
}

/** Merges at the top level: null removes a key, a nested value is replaced as a whole, order and other keys stay. */
export function mergeTopLevel(data: string, patch: Members): string {
  const merged = readObject(data) ?? new Map();
  for (const [key, { rawKey, value }] of patch) {
    if (value === 'null') merged.delete(key);
    else merged.set(key, { rawKey: merged.get(key)?.rawKey ?? rawKey, value });
  }
  return writeObject(merged);
}

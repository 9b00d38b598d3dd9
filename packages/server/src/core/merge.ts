/**
 * Changes of data, made on its text. What a change does not name stays as it is, to the letter. Keys keep their order and
 * their spelling, and new ones go to the end. `data` is the compact text of an object. Patches come from `readObject`, or
 * from `membersOf` applied to the value of one member.
 *
 * No result nests deeper than `MAX_DEPTH`: each value stays at the level that it had in the data or in the patch, and both
 * were read under that limit. The number of keys does grow, so it is counted in each result. Errors of all changes:
 * `invalid_value`.
 */
import { isObject, membersOf, withinKeys } from './compact-text.ts';
import { ServiceError } from './errors.ts';
import { type Member, type Members, writeObject } from './json-text.ts';
import { EMPTY_DATA } from './session.ts';

const NULL = 'null';

/** Gives the data a classic create starts with: members that are null are dropped. */
export function initialData(members: Members): string {
  return mergeTopLevel(EMPTY_DATA, members);
}

/** The classic merge, at the top level: null removes a key, a nested value is replaced as a whole. */
export function mergeTopLevel(data: string, patch: Members): string {
  const merged = membersOf(data);
  for (const [key, member] of patch) {
    if (member.value === NULL) merged.delete(key);
    else put(merged, key, member);
  }
  return withinKeys(writeObject(merged));
}

/** The merge patch of RFC 7396: null removes at any depth, objects are merged, any other value replaces. */
export function mergePatch(data: string, patch: Members): string {
  return withinKeys(patched(data, patch));
}

function patched(target: string, patch: Members): string {
  const merged = membersOf(target);
  for (const [key, { rawKey, value }] of patch) {
    if (value === NULL) merged.delete(key);
    else if (!isObject(value)) put(merged, key, { rawKey, value });
    else {
      const old = merged.get(key)?.value ?? EMPTY_DATA;
      put(merged, key, { rawKey, value: patched(isObject(old) ? old : EMPTY_DATA, membersOf(value)) });
    }
  }
  return writeObject(merged);
}

/**
 * Stores the values of `set` as they are, null too, and removes the keys of `unset`: at the top level.
 * Errors: also `invalid_value` when one key is in both, because their order would decide.
 */
export function setUnset(data: string, set: Members, unset: readonly string[]): string {
  const merged = membersOf(data);
  for (const key of unset) {
    if (set.has(key)) {
      throw new ServiceError('invalid_value', 'set and unset must not name the same key', { field: 'unset' });
    }
    merged.delete(key);
  }
  for (const [key, member] of set) put(merged, key, member);
  return withinKeys(writeObject(merged));
}

/**
 * Gives the data with only the members that the paths name, in the order of the data. A path is a key, or keys with
 * dots between them (`cart.items`). A key that is spelled like all that is left of the path comes first, so `a.b` finds
 * the key "a.b" before b inside a; a key with a dot is found at the end of a path only. Paths do not lead into arrays.
 * What does not exist is left out, also the objects on the way to it.
 */
export function pick(data: string, paths: readonly string[]): string {
  const members = membersOf(data);
  const within = new Map<string, string[]>();
  const whole = new Set<string>();
  for (const path of paths) {
    const dot = path.indexOf('.');
    if (members.has(path)) whole.add(path);
    else if (dot !== -1) {
      const key = path.slice(0, dot);
      if (!within.has(key)) within.set(key, []);
      within.get(key)!.push(path.slice(dot + 1));
    }
  }
  const picked: Members = new Map();
  for (const [key, member] of members) {
    const inside = within.get(key);
    if (whole.has(key)) picked.set(key, member);
    else if (inside !== undefined && isObject(member.value)) {
      const value = pick(member.value, inside);
      if (value !== EMPTY_DATA) picked.set(key, { ...member, value });
    }
  }
  return writeObject(picked);
}

/** Puts a value where its key is, under the key's spelling there; else at the end. */
function put(members: Members, key: string, { rawKey, value }: Member): void {
  members.set(key, { rawKey: members.get(key)?.rawKey ?? rawKey, value });
}

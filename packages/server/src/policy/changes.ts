/** What a reload changed, for the log: one line for each member of the file that is new, gone or another. */
import { pointerTo } from './fault.ts';
import type { PolicyDocument } from './schema.ts';

const ROOT = pointerTo([]);

/** Gives lines like `/apps/shop/idleTimeout: 7200 → 3600`; a member that is not there is "not set". */
export function changesBetween(before: PolicyDocument, after: PolicyDocument): string[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((pointer) => old.get(pointer) !== now.get(pointer))
    .filter((pointer) => !isFilled(pointer, old, now) && !isFilled(pointer, now, old))
    .map((pointer) => `${pointer}: ${old.get(pointer) ?? 'not set'} → ${now.get(pointer) ?? 'not set'}`);
}

/** Tells whether an object that is empty in one document has members in the other. Then the members tell what has changed. */
function isFilled(pointer: string, one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  const path = pointer === ROOT ? '' : pointer;
  return one.get(pointer) === '{}' && [...other.keys()].some((below) => below.startsWith(`${path}/`));
}

/** Gives the values in a document by pointer, as JSON. An empty object is a value, too: an app without rules of its own still counts. */
function leavesOf(value: unknown, path: readonly string[] = [], leaves = new Map<string, string>()) {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (members.length === 0) leaves.set(pointerTo(path), JSON.stringify(value));
  for (const [name, member] of members) leavesOf(member, [...path, name], leaves);
  return leaves;
}

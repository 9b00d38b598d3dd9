/** Whose session it is, by its values. */
import type { PyDict, PyValue } from './value.ts';

/** Gives the text or whole number at a path: `user.id`. Absence: null when nothing is there, or something else. */
export function subjectAt(values: PyDict, path: readonly string[]): string | null {
  let value: PyValue | undefined = values;
  for (const name of path) value = value instanceof Map ? value.get(name) : undefined;
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'number' || typeof value === 'bigint' ? `${value}` : null;
}

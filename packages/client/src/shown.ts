/** Gives a value of an option as an error shows it. Never of a key: errors end in logs. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string')
    return value.length > 60 ? `a string of ${value.length} characters` : JSON.stringify(value);
  if (typeof value === 'number') return String(value);
  return Array.isArray(value) ? 'an array' : `a value of the type ${typeof value}`;
}

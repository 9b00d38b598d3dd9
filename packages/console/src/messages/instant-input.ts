/** Instants in fields of the kind `datetime-local`, which have no zone: theirs is the reader's, or UTC where that is chosen. */

/** Gives the text of such a field, to the second. `at`: epoch milliseconds. */
export function toInput(at: number, zone: 'local' | 'utc'): string {
  const shift = zone === 'utc' ? 0 : new Date(at).getTimezoneOffset() * 60_000;
  return new Date(at - shift).toISOString().slice(0, 19);
}

/** Gives the instant as RFC 3339 in UTC. Absence: null for a field that has none. */
export function fromInput(text: string, zone: 'local' | 'utc'): string | null {
  if (text === '') return null;
  const at = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}

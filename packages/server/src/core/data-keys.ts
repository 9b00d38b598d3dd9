/**
 * How many keys the data of a session has, at all levels together: ten thousand tiny members cost every client that reads
 * them more than their bytes tell. Counted on the compact text as it is stored, and only when it is long enough to matter.
 */
import { ServiceError } from './errors.ts';

export const MAX_KEYS = 1000;
/** The shortest text with one key too many: `"":0,` each. */
const SHORTEST = 5 * MAX_KEYS;

/** Checks data before it is stored. Errors: `invalid_value`, unless there were as many keys `before`. */
export function checkDataKeys(data: string, before = ''): void {
  if (data.length < SHORTEST || countKeys(data) <= MAX_KEYS || countKeys(data) <= countKeys(before)) return;
  throw new ServiceError(
    'invalid_value',
    `data must not have more than ${MAX_KEYS} keys, those of all levels together`,
    {
      field: 'data',
    },
  );
}

/** Counts the colons outside of strings. The text is well-formed: it comes from writeObject. */
function countKeys(text: string): number {
  let keys = 0;
  let at = 0;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return keys;
    at = quote + 1;
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
    if (text[at] === ':') keys++;
  }
}

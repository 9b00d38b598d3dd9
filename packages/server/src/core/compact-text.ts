/**
 * Takes JSON text apart that `readObject` has already checked and made compact: what a store holds, or the values of what
 * was just read. It does not check that text again, and only looks for where members begin and end. That is several times
 * faster than reading, and whatever a change does not touch stays the very same text.
 *
 * Text from outside must go through json-text.ts first.
 */
import { MAX_KEYS, type Member, type Members, tooManyKeys } from './json-text.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The shortest member is `"":0` and a comma: text of fewer characters than this cannot have too many keys. */
const UNCOUNTED = 4 * MAX_KEYS;

/** Gives the members of the compact text of an object, in their order. */
export function membersOf(text: string): Members {
  const members = new Map<string, Member>();
  let at = 1;
  while (text.charCodeAt(at) === QUOTE) {
    const colon = stringEnd(text, at);
    const rawKey = text.slice(at, colon);
    const end = valueEnd(text, colon + 1);
    members.set(decoded(rawKey), { rawKey, value: text.slice(colon + 1, end) });
    at = end + 1;
  }
  if (at < text.length - 1) throw new Error('the text is not a compact JSON object');
  return members;
}

/** Tells whether compact text of a value is that of an object. */
export function isObject(value: string): boolean {
  return value.charCodeAt(0) === OPEN_OBJECT;
}

/** Gives data back when its objects have no more keys in total than allowed. Errors: `invalid_value`. */
export function withinKeys(data: string): string {
  if (data.length > UNCOUNTED && countKeys(data) > MAX_KEYS) throw tooManyKeys();
  return data;
}

function countKeys(text: string): number {
  let keys = 0;
  for (let quote = text.indexOf('"'); quote !== -1; ) {
    const end = stringEnd(text, quote);
    if (text.charCodeAt(end) === COLON) keys++;
    quote = text.indexOf('"', end);
  }
  return keys;
}

/** Gives the position after the string that starts at `start`. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return quote + 1;
  }
  throw new Error('the text is not compact JSON: a string does not end');
}

/** Gives the position after the value that starts at `start`. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      continue;
    }
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth++;
    else if (code === COMMA && depth === 0) return at;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      if (depth === 0) return at;
      depth--;
    }
    at++;
  }
  throw new Error('the text is not compact JSON: an object does not end');
}

function decoded(rawKey: string): string {
  return rawKey.includes('\\') ? (JSON.parse(rawKey) as string) : rawKey.slice(1, -1);
}

/**
 * What the library checks before it asks anybody: the same order, names and messages. Its options are read and never changed;
 * the library itself writes into the object that it was given, so that a second call with it may fail.
 *
 * 2 and 3 say `dt` and 4 says `deltaTime`, and each names its own. Both take a number or its text.
 */
export type Style = 'callback' | 'promise';

/** An error of the library: `name` is missingParameter, invalidFormat or invalidValue. */
export function libraryError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

export const invalidFormat = (field: string) => libraryError('invalidFormat', `Invalid ${field} format`);
const missing = (field: string) => libraryError('missingParameter', `No ${field} supplied`);
const invalidValue = (message: string) => libraryError('invalidValue', message);

const FORMATS = {
  app: /^[a-zA-Z0-9_-]{3,20}$/,
  // No line end: what the library's own pattern means, which takes for ever to say so of a long text.
  id: /^.+$/,
  ip: /^.{1,39}$/,
  token: /^[a-zA-Z0-9]{64}$/,
};
const MIN_SECONDS = 10;
const DEFAULT_TTL = 7200;
/** More seconds than anything is old. */
const LONGEST_WINDOW = 10_000_000_000;

/** Gives a text that is there and of its form. Errors: missingParameter, invalidFormat. */
export function textOf(options: object, field: keyof typeof FORMATS): string {
  const given = (options as Record<string, unknown>)[field];
  if (!given) throw missing(field);
  const text = String(given);
  if (!FORMATS[field].test(text) || !text.isWellFormed()) throw invalidFormat(field);
  // A step in a path: the request would be about something else.
  if (field === 'id' && /^\.{1,2}$/.test(text)) throw invalidFormat(field);
  return text;
}

/** Gives the idle timeout. Units: seconds. */
export function ttlOf({ ttl }: { readonly ttl?: unknown }): number {
  const seconds = Number.parseInt(String(ttl || DEFAULT_TTL), 10);
  if (!(seconds >= MIN_SECONDS)) throw invalidValue(`ttl must be a positive integer >= ${MIN_SECONDS}`);
  return seconds;
}

/** Gives the window of a list or a count. Units: seconds. */
export function windowOf(options: object, style: Style): number {
  const field = style === 'promise' ? 'deltaTime' : 'dt';
  const seconds = Number.parseInt(String((options as Record<string, unknown>)[field]), 10);
  // 2 and 3 say ttl here, too.
  const named = style === 'promise' ? field : 'ttl';
  if (!(seconds >= MIN_SECONDS)) throw invalidValue(`${named} must be a positive integer >= ${MIN_SECONDS}`);
  return Math.min(seconds, LONGEST_WINDOW);
}

/** Gives the data as JSON. Errors: missingParameter, invalidValue. */
export function dataOf({ d }: { readonly d?: unknown }, style: Style): string {
  if (!d) throw missing('d');
  if ((typeof d !== 'object' && typeof d !== 'function') || Array.isArray(d)) throw invalidValue('d must be an object');
  if (Object.keys(d).length === 0) throw invalidValue('d must containt at least one key.');
  const entries = entriesOf(d, style);
  for (const [key, value] of entries) {
    if (isValue(value)) continue;
    throw invalidValue(`d.${key} has a forbidden type. Only strings, numbers, boolean and null are allowed.`);
  }
  return JSON.stringify(Object.fromEntries(entries));
}

/** 2 and 3 also take what an object inherits. */
function entriesOf(d: object, style: Style): [string, unknown][] {
  if (style === 'promise') return Object.entries(d);
  const entries: [string, unknown][] = [];
  for (const key in d) entries.push([key, (d as Record<string, unknown>)[key]]);
  return entries;
}

function isValue(value: unknown): boolean {
  if (value === null || value instanceof String || value instanceof Number || value instanceof Boolean) return true;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

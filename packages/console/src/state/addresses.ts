/**
 * Addresses of the console as values: which view a path means, and the query that a change makes. Nothing here knows the
 * window, so that it can be tested without one. What is in an address can be sent to a colleague: filters, tabs, the zone.
 * A token is never in one.
 */

export const BASE = '/console';

/** Kept from view to view. Absence: the reader's own (of the browser, of the system). */
export const SETTINGS = ['theme', 'zone', 'lang', 'keys'] as const;

export type Params = Readonly<Record<string, string>>;
/** null takes a name out. */
export type QueryChange = Readonly<Record<string, string | number | null | undefined>>;

/** Gives what `:name` stands for in a path below /console. Absence: null when the path is another. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/');
  const given = trimmed(path).split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const text = given[i] ?? '';
    if (!part.startsWith(':')) {
      if (part !== text) return null;
      continue;
    }
    const value = decoded(text);
    if (value === null || value === '') return null;
    params[part.slice(1)] = value;
  }
  return params;
}

/** Gives the path of a pattern with its names filled in, encoded. */
export function pathOf(pattern: string, params: Params = {}): string {
  return BASE + pattern.replaceAll(/:([a-z]+)/gi, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

/** Gives the path below /console: `/apps/shop`. */
export function below(path: string): string {
  return trimmed(path.startsWith(BASE) ? path.slice(BASE.length) : path) || '/';
}

/** Gives a query with changes made, as text with `?`; empty when nothing is left. */
export function changed(query: URLSearchParams, changes: QueryChange): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') next.delete(name);
    else next.set(name, String(value));
  }
  const text = next.toString();
  return text === '' ? '' : `?${text}`;
}

/** Gives the settings of a query and what is given, for a link to another view. */
export function queryOf(query: URLSearchParams, changes: QueryChange = {}): string {
  const kept = new URLSearchParams();
  for (const name of SETTINGS) {
    const value = query.get(name);
    if (value !== null) kept.set(name, value);
  }
  return changed(kept, changes);
}

function trimmed(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') : path;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Calls of operators: the same connection, errors and repetition as those of applications (app-calls.ts). */
import { callApp } from '../app-calls.ts';
import type { CallOptions } from '../call-options.ts';
import type { Method } from '../connection.ts';
import { SessionError } from '../errors.ts';
import type { ServerSettings, Settings } from '../options.ts';
import { type Query, queryText } from '../request-parts.ts';

/** Gives the settings when they are asked for: what is wrong with them is told by calls, and not by what makes the objects. */
export type SettingsOf = () => Settings;

/** Settings of calls that are about no app. */
export function aboutNoApp(settings: ServerSettings): Settings {
  return { ...settings, app: '', appPath: '/v1', nearCache: null };
}

export interface Asked extends CallOptions {
  readonly query?: Query;
  /** See Call: a member of every good answer. */
  readonly has: string;
  /** How much longer than others it may take. Units: milliseconds. */
  readonly longer?: number;
}

/** Makes a call. Gives the body of its answer. Errors: SessionError and its classes. */
export async function call<Body>(settings: Settings, method: Method, path: string, asked: Asked): Promise<Body> {
  const { query = {}, has, signal, longer = 0 } = asked;
  const { body } = await callApp(settings, method, path + queryText(query), { signal }, { answerHas: has, longer });
  return body as Body;
}

/** Goes through a whole list, holding one page of it. */
export async function* each<Item>(
  page: (cursor: string | null) => Promise<{ readonly items: readonly Item[]; readonly cursor: string | null }>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null = null;
  do {
    const { items, cursor: next } = await page(cursor);
    yield* items;
    cursor = next;
  } while (cursor !== null);
}

/** Gives a name as a part of a path. `what`: what is called so. Errors: SessionError (`invalid_request`). */
export function namePart(name: string, what: string): string {
  if (typeof name !== 'string' || name === '' || name === '.' || name === '..' || !name.isWellFormed()) {
    throw new SessionError('invalid_request', `${what} must be text, neither empty nor \`.\` or \`..\``);
  }
  return encodeURIComponent(name);
}

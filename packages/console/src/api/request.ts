/**
 * Requests to the server that served the page. Errors come as Problem. No answer at all, or one of a server whose store is
 * away, raises the banner (away.ts); a 401 ends the console session here, too. Nothing is sent twice by itself: the caller of
 * a change decides, after it has seen what is true.
 */
import { sinceUse } from '../state/activity.ts';
import { learnDate } from '../state/clock.ts';
import { me } from '../state/session.ts';
import { isAway } from './away.ts';
import { Problem, problemOf } from './problem.ts';

/** After so long what is read is not counted as use of the console session. Units: milliseconds. */
const USED_NOW = 60_000;

/** After so long what was asked ahead is old. Units: milliseconds. */
const AHEAD = 1000;

/** How long one does not notice that nothing is drawn. Units: milliseconds. */
const PATIENCE = 50;

export interface RequestOptions {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Default: JSON. */
  readonly accept?: string;
}

/** Asks the v1 API with the principal of the console session: `v1('/apps/shop/sessions')`. Errors: Problem. */
export function v1<T>(path: string, options: RequestOptions = {}): Promise<T> {
  return request<T>(`/api/v1${path}`, options);
}

/** Asks a route of the console itself: `request('/me')`. Absence: undefined for an answer without a body. Errors: Problem. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const address = path + queryText(options.query);
  const ahead = askedAhead.get(address);
  if (ahead !== undefined && options.method === undefined) {
    askedAhead.delete(address);
    return ahead as Promise<T>;
  }
  const answer = await send(path, options);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/** What was asked ahead and nobody has taken yet, by the address. */
const askedAhead = new Map<string, Promise<unknown>>();

/**
 * Asks the v1 API for what a view will ask for as soon as it is there. The first who asks for the same in this moment gets it, errors
 * included; what nobody asks for is dropped. Resolves when the answer has come: a view that begins then is drawn once, with it; or after a
 * moment, to draw without it.
 */
export function askAhead(path: string, options: Pick<RequestOptions, 'query'>): Promise<void> {
  const address = `/api/v1${path}${queryText(options.query)}`;
  const answer = v1(path, options);
  askedAhead.set(address, answer);
  setTimeout(() => askedAhead.get(address) === answer && askedAhead.delete(address), AHEAD);
  return new Promise((resolve) => {
    const come = () => resolve();
    answer.then(come, come);
    setTimeout(come, PATIENCE);
  });
}

/** Sends a request and gives its good answer, whose body is still to be read. Errors: Problem; AbortError of its signal. */
export async function send(path: string, options: RequestOptions): Promise<Response> {
  const { method = 'GET', body, query, signal, accept = 'application/json' } = options;
  // What a change may have made untrue.
  if (method !== 'GET') askedAhead.clear();
  const headers: Record<string, string> = { Accept: accept };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (method === 'GET' && sinceUse() > USED_NOW) headers['Console-Background'] = '1';
  // Somebody else may be logged in when the answer comes.
  const who = me.peek();
  let answer: Response;
  try {
    answer = await fetch(`/console${path}${queryText(query)}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    isAway.value = true;
    throw new Problem(0, 'away', '');
  }
  learnDate(answer.headers.get('Date'));
  if (answer.ok) {
    isAway.value = false;
    return answer;
  }
  const problem = await problemOf(answer);
  if (problem.isAway) isAway.value = true;
  if (problem.status === 401 && path !== '/login' && me.peek() === who) me.value = null;
  throw problem;
}

/** Gives a part of a path that may be any text: a subject, an id. */
export function part(text: string): string {
  return encodeURIComponent(text);
}

function queryText(query: RequestOptions['query']): string {
  const given = Object.entries(query ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  if (given.length === 0) return '';
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

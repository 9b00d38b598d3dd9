/** Parts of a request: what can be a token or an id, and paths and queries of it. */
import { SessionError, SessionNotFoundError } from './errors.ts';

const TOKEN = /^[A-Za-z0-9._~:,-]{1,256}$/;
const ID = /^[0-9a-f]{2}[A-Za-z0-9]{14}$/;

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function isToken(token: unknown): token is string {
  return typeof token === 'string' && TOKEN.test(token);
}

/** Gives the error of a token that the caller chose. Not "no such session", as for one that somebody presents. */
export function refusedToken(): SessionError {
  const rule = '22 to 256 characters of A-Z, a-z, 0-9, . _ ~ : , and - (a framework makes it: see its genid)';
  return new SessionError('invalid_format', `token must be ${rule}`);
}

export function isId(id: string): boolean {
  return ID.test(id);
}

export function idPart(id: string): string {
  if (!isId(id)) throw new SessionNotFoundError('there is no such session: that is no id', null);
  return id;
}

/** `.` and `..` are steps of a path: `fetch` would take them out of it, and the call would be about the whole app. */
export function subjectPath(subject: string, what: 'sessions' | 'history' = 'sessions'): string {
  if (typeof subject !== 'string' || subject === '' || subject === '.' || subject === '..' || !subject.isWellFormed()) {
    throw new SessionError('invalid_request', 'subject must be text, neither empty nor `.` or `..`');
  }
  return `/subjects/${encodeURIComponent(subject)}/${what}`;
}

export function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value != null) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params}`;
}

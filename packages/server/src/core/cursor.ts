/**
 * The position in a list ordered by most recent activity: the last session's lastSeenAt and id, which are also the
 * order. So a cursor needs no memory in the server and survives a restart. Opaque on the wire: base64url of `t:id`.
 */
import { ServiceError } from './errors.ts';
import type { Session } from './session.ts';
import { fingerprint } from './token.ts';

export interface Position {
  readonly lastSeenAt: number;
  readonly id: string;
}

export function writeCursor({ lastSeenAt, id }: Position): string {
  return Buffer.from(`${lastSeenAt}:${id}`).toString('base64url');
}

/** Reads a cursor. Errors: `invalid_cursor`. */
export function readCursor(cursor: string): Position {
  const match = /^(\d{1,16}):([0-9a-f]{2}[A-Za-z0-9]{14})$/.exec(
    cursor.length > 64 ? '' : Buffer.from(cursor, 'base64url').toString('latin1'),
  );
  const lastSeenAt = Number(match?.[1]);
  // Node reads base64 with anything in between: only the text that was given is a cursor.
  if (match === null || !Number.isSafeInteger(lastSeenAt) || writeCursor({ lastSeenAt, id: match[2]! }) !== cursor) {
    throw new ServiceError('invalid_cursor', 'cursor must be one that a list answer gave', { field: 'cursor' });
  }
  return { lastSeenAt, id: match[2]! };
}

/** Characters of the mark of a list at the end of its cursors. */
const MARK = 8;

/** Gives the cursor of a page as its list gives it away: other lists do not take it. `list`: all that makes it that list. */
export function markCursor(cursor: string, list: readonly unknown[]): string {
  return cursor + fingerprint(JSON.stringify(list)).slice(0, MARK);
}

/** Reads a cursor that a list gave away. Errors: `invalid_cursor`, also for one of another list. */
export function unmarkCursor(marked: string, list: readonly unknown[]): string {
  const cursor = marked.slice(0, -MARK);
  readCursor(cursor);
  if (markCursor(cursor, list) === marked) return cursor;
  const message =
    'cursor is of another list: app, subject, activeWithin and view must be those of the page that gave it';
  throw new ServiceError('invalid_cursor', message, { field: 'cursor' });
}

/** Orders by most recent activity, equal instants by id descending. */
export function byActivity(a: Position, b: Position): number {
  if (a.lastSeenAt !== b.lastSeenAt) return b.lastSeenAt - a.lastSeenAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** Cuts one page out of all matching sessions: for stores that hold them in memory, and for one subject's few. */
export function pageOf(sessions: readonly Session[], cursor: string | undefined, limit: number) {
  const after = cursor === undefined ? null : readCursor(cursor);
  const rest = after === null ? sessions : sessions.filter((session) => byActivity(after, session) < 0);
  const page = firstOf(rest, limit);
  return { sessions: page, cursor: rest.length > limit ? writeCursor(page.at(-1)!) : null };
}

/** Gives the first in order, without ordering all of them: of 100,000 that took 40 ms, and others wait meanwhile. */
function firstOf(sessions: readonly Session[], count: number): Session[] {
  const first: Session[] = [];
  let last: Session | null = null;
  for (const session of sessions) {
    if (last !== null && byActivity(last, session) < 0) continue;
    first.push(session);
    if (first.length < 2 * count) continue;
    first.sort(byActivity).length = count;
    last = first[count - 1]!;
  }
  return first.sort(byActivity).slice(0, count);
}

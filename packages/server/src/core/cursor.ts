/**
 * The position in a list ordered by most recent activity: the last session's lastSeenAt and id, which are also the
 * order. So a cursor needs no memory in the server and survives a restart. Opaque on the wire: base64url of `t:id`.
 */
import { ServiceError } from './errors.ts';
import type { Session } from './session.ts';
import type { ListQuery } from './store.ts';
import { fingerprint } from './token.ts';

/** It protects against mistakes, not against forgery: a cursor tells nothing that its caller could not read in the lists. */
const MARK_LENGTH = 6;

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
  // Node ignores foreign characters in base64. Only the very text that was given out is a cursor.
  if (match === null || !Number.isSafeInteger(lastSeenAt) || writeCursor({ lastSeenAt, id: match[2]! }) !== cursor) {
    throw new ServiceError('invalid_cursor', 'cursor must be one that a list answer gave', { field: 'cursor' });
  }
  return { lastSeenAt, id: match[2]! };
}

/** A place in a walk that goes by id: behind that one. `mark`: eight characters, of the store's own. */
export interface IdPlace {
  readonly id: string;
  readonly mark?: string | undefined;
}

export function writeIdCursor({ id, mark }: IdPlace): string {
  return Buffer.from(mark === undefined ? `id:${id}` : `id:${id}:${mark}`).toString('base64url');
}

/** Reads the cursor of a walk that goes by id. Absence: the id '' at its beginning, for null. Errors: `invalid_cursor`. */
export function readIdCursor(cursor: string | null): IdPlace {
  if (cursor === null) return { id: '' };
  const text = cursor.length > 64 ? '' : Buffer.from(cursor, 'base64url').toString('latin1');
  const match = /^id:([0-9a-f]{2}[A-Za-z0-9]{14})(?::([A-Za-z0-9]{8}))?$/.exec(text);
  const place = match === null ? null : { id: match[1]!, mark: match[2] };
  if (place === null || writeIdCursor(place) !== cursor) {
    throw new ServiceError('invalid_cursor', 'cursor must be one that the part of the walk before gave', {
      field: 'cursor',
    });
  }
  return place;
}

/** Whose list it is: of an app, or of a subject in it. */
interface Listed {
  readonly app: string;
  readonly subject?: string | undefined;
}

/** Gives the cursor of a store as callers get it: with the mark of its list, so that no other list takes it. */
export function cursorFor(list: Listed, cursor: string): string {
  return `${cursor}.${markOf(list)}`;
}

/** Gives the cursor that the store gave. Errors: `invalid_cursor` when it is one of another list. */
export function cursorIn(list: Listed, given: string): string {
  const end = given.lastIndexOf('.');
  if (end < 0 || given.slice(end + 1) !== markOf(list)) {
    throw new ServiceError('invalid_cursor', 'cursor must be one that an answer of this very list gave', {
      field: 'cursor',
    });
  }
  return given.slice(0, end);
}

function markOf({ app, subject }: Listed): string {
  return fingerprint(JSON.stringify([app, subject ?? null])).slice(0, MARK_LENGTH);
}

/** Orders by most recent activity, equal instants by id descending. */
export function byActivity(a: Position, b: Position): number {
  if (a.lastSeenAt !== b.lastSeenAt) return b.lastSeenAt - a.lastSeenAt;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/** Cuts one page out of all matching sessions: for a store that holds them in memory. */
export function pageOf(sessions: readonly Session[], query: ListQuery) {
  const { limit, maxData = Number.POSITIVE_INFINITY } = query;
  const first = firstAfter(sessions, query);
  let length = 0;
  for (let data = 0; length < Math.min(limit, first.length) && data <= maxData; length++) {
    data += first[length]!.data.length;
  }
  const page = first.slice(0, length);
  return { sessions: page, cursor: first.length > length ? writeCursor(page.at(-1)!) : null };
}

/**
 * Gives those that a page has, in order, and one more when there is another page. Not all are sorted: to sort 100,000 took
 * 40 ms, in which all other requests wait.
 */
export function firstAfter<P extends Position>(positions: readonly P[], { cursor, limit }: ListQuery): P[] {
  const after = cursor === undefined ? null : readCursor(cursor);
  const count = limit + 1;
  const first: P[] = [];
  let last: P | null = null;
  for (const position of positions) {
    if (after !== null && byActivity(after, position) >= 0) continue;
    if (last !== null && byActivity(last, position) < 0) continue;
    first.push(position);
    if (first.length < 2 * count) continue;
    first.sort(byActivity).length = count;
    last = first[count - 1]!;
  }
  return first.sort(byActivity).slice(0, count);
}

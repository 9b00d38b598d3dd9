/**
 * The audit log as somebody reads it who has no shell on the server: the file that is written now, from its end. What was rotated away is
 * not read: those files have names and forms that others choose, and may be on another machine.
 *
 * A cursor is a position in a file, and says which file. When that one has been rotated meanwhile, what was before the position is away with it:
 * the list ends.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { ServiceError } from '../core/errors.ts';
import type { AuditEntries, ReadAudit } from '../http/message/audit-entries.ts';
import { readBack } from './read-back.ts';

const NOTHING = { entries: [], next: null };
const OFF: AuditEntries = { on: false, readable: false, ...NOTHING };
const ELSEWHERE: AuditEntries = { on: true, readable: false, ...NOTHING };
const EMPTY: AuditEntries = { on: true, readable: true, ...NOTHING };

const CURSOR = /^(\d{1,15})\.([\w-]{16})$/;
/** Of the first line, which has an instant and a process id in it: a file that takes the place of another one begins with others. */
const HEAD = 64;

/** `where`: `stderr`, or a path. Absence: null without an audit log. */
export function auditReader(where: string | null): ReadAudit {
  if (where === null) return async () => OFF;
  if (where === 'stderr') return async () => ELSEWHERE;
  return async (before, limit) => {
    const place = before === null ? null : placeIn(before);
    try {
      return await inFile(where, (file) => entriesIn(file, place, limit));
    } catch (error) {
      // It was rotated, and nothing was written since.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
      throw new ServiceError('audit_unavailable', 'the audit log cannot be read; try again', { cause: error });
    }
  };
}

interface Place {
  readonly position: number;
  readonly file: string;
}

function placeIn(cursor: string): Place {
  const [, position, file] = CURSOR.exec(cursor) ?? [];
  if (position === undefined || file === undefined) {
    throw new ServiceError('invalid_cursor', 'before is not a cursor of this list', { field: 'before' });
  }
  return { position: Number(position), file };
}

async function entriesIn(file: FileHandle, place: Place | null, limit: number): Promise<AuditEntries> {
  const found = await file.stat({ bigint: true });
  if (!found.isFile()) return ELSEWHERE;
  const size = Number(found.size);
  const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0);
  const hash = createHash('sha256').update(`${found.dev} ${found.ino} `).update(buffer.subarray(0, bytesRead));
  const identity = hash.digest('base64url').slice(0, 16);
  if (place !== null && (place.file !== identity || place.position > size)) return EMPTY;
  const { entries, next } = await readBack(file, place?.position ?? size, limit);
  return { ...EMPTY, entries, next: next === null ? null : `${next}.${identity}` };
}

async function inFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

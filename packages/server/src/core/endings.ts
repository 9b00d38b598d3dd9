/** How the end of a session is told: by the reason that was given, or by the deadline that had passed before. Pure, and shared by stores. */
import { type EndReason, HISTORY_BYTES, type HistoryEntry, type JournalEvent, NOBODY, type Origin } from './events.ts';
import { expiresAt } from './expiry.ts';
import type { Session } from './session.ts';

/** An end. `at`: the deadline, where that had passed. */
export interface End extends Origin {
  readonly session: Session;
  readonly reason: EndReason;
  readonly at: number;
}

/** Gives how a session ended that is removed at an instant. What a deadline has ended, nobody else has. */
export function endOf(session: Session, reason: EndReason, now: number, origin: Origin = NOBODY): End {
  const deadline = expiresAt(session);
  if (now < deadline) return { session, reason, at: now, by: origin.by, note: origin.note };
  const isAbsolute = session.absoluteExpiresAt === deadline;
  return { session, reason: isAbsolute ? 'absolute' : 'idle', at: deadline, ...NOBODY };
}

export function endedEvent({ session, reason, at, by, note }: End, count: number): JournalEvent {
  const { id, subject, version, ip } = session;
  return { type: 'session.ended', at, count, version, session: id, subject, reason, by, note, ip };
}

/** Gives the entry of a history, cut to its size in bytes: the user agent first, then the note, then the label. */
export function historyEntryOf({ session, reason, at, by, note }: End, most = HISTORY_BYTES): HistoryEntry {
  const { id, ip, createdAt, lastSeenAt } = session;
  let room = most - FIXED_BYTES - bytes(ip) - bytes(by);
  const cut = (text: string | null, most: number) => {
    const kept = text === null ? null : cutTo(text, Math.max(0, Math.min(room, most)));
    room -= bytes(kept);
    return kept;
  };
  const label = cut(session.label, LABEL_BYTES);
  const kept = cut(note, NOTE_BYTES);
  const userAgent = cut(session.userAgent, HISTORY_BYTES);
  return { session: id, label, ip, userAgent, createdAt, lastSeenAt, endedAt: at, reason, by, note: kept };
}

/** The id, three instants, the reason, and how long each text is. */
const FIXED_BYTES = 60;
const LABEL_BYTES = 60;
const NOTE_BYTES = 60;

function bytes(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text);
}

/** Cuts a text to so many bytes of UTF-8, between characters. */
function cutTo(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  let kept = '';
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > most) break;
    kept += character;
  }
  return kept;
}

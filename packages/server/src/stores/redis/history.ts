/** The history of a subject: a list in the slot of its sessions, written as each one ends (lua/remember.lua), the latest first. */
import { REASON_LETTERS } from '../../core/event-line.ts';
import { END_REASONS, type HistoryEntry } from '../../core/events.ts';

const REASON_OF = new Map(END_REASONS.map((reason) => [REASON_LETTERS[reason], reason]));

/**
 * Reads an entry: id, created, how much later last seen, and ended (milliseconds; the first hexadecimal), reason, by, note, label, ip, user
 * agent, separated by line feeds; a text that may be null as in a line of the journal; what is absent at the end is left out.
 */
export function unpackEntry(entry: string): HistoryEntry {
  const [session = '', created = '', seen, ended, letter = '', by, note, label, ip, userAgent] = entry.split('\n');
  const createdAt = Number.parseInt(created, 16);
  const lastSeenAt = createdAt + Number(seen);
  const reason = REASON_OF.get(letter);
  if (reason === undefined) throw new Error('an entry of a history cannot be read');
  return {
    session,
    label: textOf(label),
    ip: textOf(ip),
    userAgent: textOf(userAgent),
    createdAt,
    lastSeenAt,
    endedAt: lastSeenAt + Number(ended),
    reason,
    by: textOf(by),
    note: textOf(note),
  };
}

function textOf(field = ''): string | null {
  return field === '' ? null : field.slice(1).replace(/\\([\\n])/g, (_, c) => (c === 'n' ? '\n' : '\\'));
}

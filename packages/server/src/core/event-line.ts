/**
 * An event as a line of the journal: the one form that all stores write, `lua/journal.lua` as well. Fields are separated by line
 * feeds; one that may be absent is '' for null, else '+' and its text; what is empty at the end is left out.
 *
 *   type and instant (one letter, then hexadecimal) · count · version · session · subject · what its type has more
 *   c created: ip, userAgent, label    r rotated: by, from    u updated: by    e ended: reason (one letter), by, note, ip
 *   s suspect: ip, userAgent, presentedIp, presentedUserAgent     p policy.changed, k key.changed: by, what
 *
 * Where a place in the journal says the instant or the count, as on one Redis server, these are left out of the line.
 *
 * In a text `\` and line feeds are written `\\` and `\n`.
 */
import { END_REASONS, type EndReason, EVENT_TYPES, type EventType, type JournalEvent } from './events.ts';

type Member =
  | 'ip'
  | 'userAgent'
  | 'label'
  | 'by'
  | 'note'
  | 'from'
  | 'presentedIp'
  | 'presentedUserAgent'
  | 'what'
  | 'reason';

const TYPES: Record<EventType, { readonly letter: string; readonly members: readonly Member[] }> = {
  'session.created': { letter: 'c', members: ['ip', 'userAgent', 'label'] },
  'session.rotated': { letter: 'r', members: ['by', 'from'] },
  'session.updated': { letter: 'u', members: ['by'] },
  'session.ended': { letter: 'e', members: ['reason', 'by', 'note', 'ip'] },
  'session.suspect': { letter: 's', members: ['ip', 'userAgent', 'presentedIp', 'presentedUserAgent'] },
  'policy.changed': { letter: 'p', members: ['by', 'what'] },
  'key.changed': { letter: 'k', members: ['by', 'what'] },
};
const TYPE_OF = new Map(EVENT_TYPES.map((type) => [TYPES[type].letter, type]));

/** The letter of each reason, in lines and in the arguments of scripts. */
export const REASON_LETTERS: Record<EndReason, string> = {
  logout: 'l',
  revoked: 'r',
  subject: 's',
  app: 'a',
  cap: 'c',
  idle: 'i',
  absolute: 'b',
  replaced: 'p',
  moved: 'm',
};
const REASON_OF = new Map(END_REASONS.map((reason) => [REASON_LETTERS[reason], reason]));

export function packEvent(event: JournalEvent): string {
  const { letter, members } = TYPES[event.type];
  const { at, count, version, session, subject } = event;
  const fields = [`${letter}${at.toString(16)}`, String(count), String(version), session, optional(subject)];
  for (const member of members) {
    fields.push(member === 'reason' ? REASON_LETTERS[event.reason!] : optional(event[member] ?? null));
  }
  while (fields.at(-1) === '') fields.pop();
  return fields.join('\n');
}

/** `place`: the instant and the count of a line that leaves them out. Errors: a line that is none. */
export function unpackEvent(line: string, place?: Pick<JournalEvent, 'at' | 'count'>): JournalEvent {
  const [head = '', ownCount = '', version, session = '', subject = '', ...rest] = line.split('\n');
  const type = TYPE_OF.get(head[0] ?? '');
  const at = head.length === 1 && place !== undefined ? place.at : Number.parseInt(head.slice(1), 16);
  const count = ownCount === '' && place !== undefined ? place.count : Number(ownCount);
  if (type === undefined || !Number.isSafeInteger(at)) throw new Error('a line of the journal cannot be read');
  const members = TYPES[type].members.map((member, i) => {
    const text = rest[i] ?? '';
    return [member, member === 'reason' ? REASON_OF.get(text) : read(text)] as const;
  });
  return {
    type,
    at,
    count,
    version: Number(version),
    session,
    subject: read(subject),
    ...Object.fromEntries(members),
  };
}

function optional(text: string | null): string {
  return text === null ? '' : `+${text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`;
}

function read(text: string): string | null {
  return text === '' ? null : text.slice(1).replace(/\\([\\n])/g, (_, letter) => (letter === 'n' ? '\n' : '\\'));
}

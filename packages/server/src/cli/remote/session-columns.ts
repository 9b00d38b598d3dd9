/** How sessions are shown: as rows, and one of them by its members. */
import type { HistoryEntry, Session } from 'rest-sessions-client/admin';
import { visible } from '../plain-text.ts';
import type { Column } from '../table.ts';

export const SESSION_COLUMNS: readonly Column<Session>[] = [
  { title: 'id', of: ({ id }) => id },
  { title: 'subject', of: ({ subject }) => subject, least: 8 },
  { title: 'label', of: ({ label }) => label, least: 8 },
  { title: 'ip', of: ({ ip }) => ip },
  { title: 'seen', of: ({ lastSeenAt }) => lastSeenAt, kind: 'instant' },
  { title: 'created', of: ({ createdAt }) => createdAt, kind: 'instant' },
  { title: 'expires', of: ({ expiresAt }) => expiresAt, kind: 'instant' },
];

/** Of one subject: which device it is matters more. */
export const DEVICE_COLUMNS: readonly Column<Session>[] = [
  { title: 'id', of: ({ id }) => id },
  { title: 'label', of: ({ label }) => label, least: 8 },
  { title: 'ip', of: ({ ip }) => ip },
  { title: 'seen', of: ({ lastSeenAt }) => lastSeenAt, kind: 'instant' },
  { title: 'created', of: ({ createdAt }) => createdAt, kind: 'instant' },
  { title: 'user agent', of: ({ userAgent }) => userAgent, least: 12 },
];

export const HISTORY_COLUMNS: readonly Column<HistoryEntry>[] = [
  { title: 'ended', of: ({ endedAt }) => endedAt, kind: 'instant' },
  { title: 'reason', of: ({ reason }) => reason },
  { title: 'by', of: ({ by }) => by, least: 8 },
  { title: 'note', of: ({ note }) => note, least: 12 },
  { title: 'id', of: ({ id }) => id },
  { title: 'label', of: ({ label }) => label, least: 8 },
  { title: 'ip', of: ({ ip }) => ip },
  { title: 'created', of: ({ createdAt }) => createdAt, kind: 'instant' },
];

/** Gives a session member by member, a line each. */
export function sessionText(session: Session): string {
  const { userAgent, createdAt, authenticatedAt, lastSeenAt, expiresAt, absoluteExpiresAt, idleTimeout } = session;
  const members: readonly (readonly [string, string | number | null])[] = [
    ['id', session.id],
    ['app', session.app],
    ['subject', session.subject],
    ['label', session.label],
    ['ip', session.ip],
    ['user agent', userAgent],
    ['created', createdAt],
    ['logged in', authenticatedAt],
    ['seen', lastSeenAt],
    ['expires', expiresAt],
    ['ends anyway', absoluteExpiresAt],
    ['idle timeout', idleTimeout === null ? null : `${idleTimeout} s`],
    ['reads', session.reads],
    ['version', session.version],
    ['data', JSON.stringify(session.data)],
  ];
  const width = Math.max(...members.map(([name]) => name.length));
  return members.map(([name, value]) => `${name.padEnd(width)}  ${visible(String(value ?? '-'))}`).join('\n');
}

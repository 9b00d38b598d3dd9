/** The shapes of events and of the history, and examples of them. */
import { z } from 'zod';
import { END_REASONS, EVENT_TYPES } from '../../core/events.ts';
import { SESSION_EXAMPLE } from './examples.ts';

const instant = z.iso.datetime({ precision: 3 });

export const Event = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().describe('The same however often the event is told: who has seen it may pass over it.'),
    source: z.string().describe('`/apps/` and the app, or `/server`.'),
    type: z
      .string()
      .describe(`${EVENT_TYPES.map((type) => `\`${type}\``).join(', ')}. Pass over types that you do not know.`),
    subject: z.string().optional().describe('The public id of the session. Not there in events of the server.'),
    time: instant.describe('When it happened. The end of a session by a deadline has the time of that deadline.'),
    sequence: z
      .string()
      .describe(
        'Two numbers with a point between them. The second rises from event to event of a session: who has seen a higher one has seen this event, or a later one.',
      ),
    datacontenttype: z.literal('application/json'),
    data: z
      .record(z.string(), z.unknown())
      .describe(
        '`session`, `subject` (of the session: the user) and what the type has more. Never data of the session.',
      ),
  })
  .meta({ id: 'Event', description: 'What happened to a session: a CloudEvent (version 1.0).' });

export const EventPage = z
  .object({
    events: z.array(Event).describe('The oldest first. Those of one session are in order.'),
    next: z.string().describe('Where to go on: `after` of the next request. It is opaque, and of this route alone.'),
    more: z
      .literal(true)
      .optional()
      .describe('The page ends before the end of the journal: ask again at once, also where it has no event.'),
    resync: z
      .literal(true)
      .optional()
      .describe(
        'Something that stood behind `after` is not kept any more. Whoever keeps a copy of sessions must make it anew; the page goes on with the oldest event that is kept.',
      ),
  })
  .meta({ id: 'EventPage' });

export const EVENT_EXAMPLE = {
  specversion: '1.0',
  id: `${SESSION_EXAMPLE.id}.57`,
  source: '/apps/shop',
  type: 'session.ended',
  subject: SESSION_EXAMPLE.id,
  time: '2026-11-26T07:18:16.000Z',
  sequence: '3.57',
  datacontenttype: 'application/json',
  data: {
    session: SESSION_EXAMPLE.id,
    subject: SESSION_EXAMPLE.subject,
    reason: 'logout',
    by: null,
    note: null,
    ip: SESSION_EXAMPLE.ip,
  },
};

export const POSITION_EXAMPLE = 'lx3k9f2a.0.Yw3tQ1';

export const STREAM_EXAMPLE = `retry: 1000\n\nid: ${POSITION_EXAMPLE}\ndata: ${JSON.stringify(EVENT_EXAMPLE)}\n\n: \n\n`;

const text = z.string().nullable();

export const HistoryEntry = z
  .object({
    id: z.string().describe('The public id that the session had.'),
    label: text,
    ip: text,
    userAgent: text.describe('Cut where it was long.'),
    createdAt: instant,
    lastSeenAt: instant,
    endedAt: instant,
    reason: z.string().describe(`Why it ended: ${END_REASONS.map((reason) => `\`${reason}\``).join(', ')}.`),
    by: text.describe('The name of the API key, or of the user of the console, that ended it.'),
    note: text.describe('What that one gave as `reason`.'),
  })
  .meta({ id: 'HistoryEntry' });

export const History = z
  .object({ history: z.array(HistoryEntry).describe('The latest end first; up to 100.') })
  .meta({ id: 'History' });

export const HISTORY_EXAMPLE = {
  id: SESSION_EXAMPLE.id,
  label: 'Firefox on Linux',
  ip: '192.168.99.22',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  createdAt: '2026-11-25T08:00:00.000Z',
  lastSeenAt: '2026-11-26T07:10:02.114Z',
  endedAt: '2026-11-26T07:18:16.000Z',
  reason: 'revoked',
  by: 'support',
  note: 'asked for by telephone',
};

export const Erased = z.object({ erased: z.int().min(0) }).meta({ id: 'Erased' });

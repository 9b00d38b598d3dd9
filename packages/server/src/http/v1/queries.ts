/** The queries of the v1 API. A query is text; the document says what the text is of, so that generated clients take numbers and booleans. */
import { z } from 'zod';
import { EVENT_TYPES } from '../../core/events.ts';
import { SESSION_ID } from '../../core/token.ts';
import { matching } from '../operation/faults.ts';
import { FIELDS } from './fields.ts';
import { REASON } from './reason.ts';
import { ID_TEXT, SUBJECT_TEXT } from './words.ts';

const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** As milliseconds, the largest number that is exact. */
const MAX_WINDOW = Math.floor(Number.MAX_SAFE_INTEGER / 1000);
const aWindow = `a number of seconds from 0 to ${MAX_WINDOW}`;
const secondsText = matching(NUMBER, aWindow)
  .transform(Number)
  .refine((value) => value >= 0 && value <= MAX_WINDOW, { error: aWindow })
  .meta({ type: 'number', pattern: undefined, minimum: 0, maximum: MAX_WINDOW });
const flag = z
  .enum(['true', 'false'], { error: 'true or false' })
  .transform((text) => text === 'true')
  .meta({ type: 'boolean', enum: undefined });
const limit = matching(/^[1-9]\d{0,3}$/, 'a whole number from 1 to 1000')
  .transform(Number)
  .refine((value) => value <= 1000, { error: 'a whole number from 1 to 1000' })
  .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: 1000, description: 'Sessions in a page.' });

const activeWithin = secondsText.optional().describe('Only sessions touched in so many seconds. Milliseconds count.');
const cursor = z.string().optional().describe('From the page before.');
const subject = z.string().meta(SUBJECT_TEXT).optional().describe('Only the sessions of this subject.');
const touch = flag.default(false).describe('Whether the read slides the idle deadline and counts.');
const fields = z
  .string()
  .meta({ pattern: FIELDS.source, example: 'subject,data.cart' })
  .describe('Only these members, with commas between them; within data by dots: `subject,data.cart`. Up to 100 names.');
/** Some of a whole app. */
const appLimit = limit.default(50);
/** All sessions of nearly everyone, in one page. */
const subjectLimit = limit.default(1000);

export const ReadQuery = z.strictObject({ touch, fields: fields.optional() });
/** Other parameters are those of the visitor. */
export const GatewayQuery = z.object({
  touch: flag
    .default(false)
    .describe('Whether the visit slides the idle deadline and counts as a read, once in 30 seconds at most.'),
});
/** Of what changes a session. */
export const ChangeQuery = z.strictObject({
  release: flag
    .optional()
    .describe('Whether the lock of `Session-Lock` ends with the change, in the same step. Default: false.'),
});
export const FieldsQuery = z.strictObject({ touch, fields });
export const ListQuery = z.strictObject({
  activeWithin,
  subject,
  view: z.enum(['full', 'ids', 'count']).default('full').describe('Whole sessions, their ids, or how many.'),
  limit: appLimit,
  cursor,
});
export const IdsQuery = z.strictObject({ activeWithin, subject, limit: appLimit, cursor });
export const CountQuery = z.strictObject({ activeWithin, subject });
export const SubjectListQuery = z.strictObject({ activeWithin, limit: subjectLimit, cursor });
export const SubjectCountQuery = z.strictObject({ activeWithin });
const aWait = 'a number of seconds from 0 to 30';
const eventType = EVENT_TYPES.map((type) => type.replace('.', '\\.')).join('|');
export const EventsQuery = z.strictObject({
  after: z
    .string()
    .optional()
    .describe(
      'Where to go on: `next` of the page before, or the `id` of an event of a stream. `end`: with what comes from now on. An instant of RFC 3339: with what came into the journal since. Without it a page begins at the oldest event that is kept, a stream with what comes from now on.',
    ),
  limit: limit.optional().describe('Events in a page. Default: 100. Not for streams.'),
  types: z
    .string()
    .meta({ pattern: `^(?:${eventType})(?:,(?:${eventType}))*$`, example: 'session.ended,session.suspect' })
    .optional()
    .describe('Only events of these types, with commas between them.'),
  subject: z.string().meta(SUBJECT_TEXT).optional().describe('Only events of sessions of this subject.'),
  session: matching(SESSION_ID, 'the id of a session').optional().describe('Only events of the session with this id.'),
  wait: matching(NUMBER, aWait)
    .transform(Number)
    .refine((value) => value >= 0 && value <= 30, { error: aWait })
    .meta({ type: 'number', pattern: undefined, minimum: 0, maximum: 30 })
    .optional()
    .describe('How many seconds a page may wait for its first event. Default: 0. Not for streams.'),
});
const reason = REASON.optional().describe(
  'Why, in up to 200 characters: told with the event of each session that this ends, kept in its history, and in the audit log.',
);
export const EndQuery = z.strictObject({ reason });
export const ExceptQuery = z.strictObject({
  except: z.string().meta(ID_TEXT).optional().describe('The id of a session that goes on.'),
  reason,
});
export const WithinQuery = z.strictObject({
  within: secondsText.default(600).describe('Seconds; a fraction counts to the millisecond.'),
});
export const RevokeAppQuery = z.strictObject({
  confirm: z.string().optional().describe('The name of the app, once more. Not needed with `dryRun`.'),
  reason,
  dryRun: flag.default(false).describe('Ends nothing and says how many it would.'),
});

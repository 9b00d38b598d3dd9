/**
 * The shapes of the v1 API. What a schema says is checked and published; what it cannot say (characters, bounds of the
 * app's policy) is checked by core/validate.ts and published here as documentation.
 */
import { z } from 'zod';
import { ON_LIMIT } from '../../core/policy.ts';
import { LONGEST } from '../../core/validate.ts';
import { matching } from '../operation/faults.ts';
import { CHOSEN_TOKEN, SUBJECT_TEXT } from './words.ts';

const MAX_SECONDS = 2_147_483_647;

const subject = z
  .string()
  .meta({ minLength: 1, maxLength: LONGEST.subject })
  .nullable()
  .describe(`Whose session it is: text of 1 to ${LONGEST.subject} characters; null before login.`);
const newSubject = z
  .string()
  .meta(SUBJECT_TEXT)
  .nullable()
  .describe(
    `Whose session it is: any text of 1 to ${LONGEST.subject} characters without line breaks, but not \`.\` and \`..\`, which are steps in the path of a URL. null before login.`,
  );
const ip = z
  .string()
  .meta({ minLength: 1, maxLength: LONGEST.ip })
  .describe(
    `The address of the end user as the caller knows it; free text of 1 to ${LONGEST.ip} characters, so that an IPv6 address with its zone fits.`,
  );
const userAgent = z
  .string()
  .meta({ minLength: 1, maxLength: LONGEST.userAgent })
  .describe(`What the end user’s browser calls itself; 1 to ${LONGEST.userAgent} characters.`);
const label = z
  .string()
  .meta({ minLength: 1, maxLength: LONGEST.label })
  .describe(`What the session is called: a device, a browser; 1 to ${LONGEST.label} characters.`);
const data = z
  .record(z.string(), z.unknown())
  .describe('The application’s JSON object. It comes back exactly as it was sent.');
const idleTimeout = z
  .number()
  .max(MAX_SECONDS)
  .nullable()
  .describe(
    'The session ends after so many seconds without activity; a fraction counts. null: it does not end for want of activity. 0 or less: it ends at once. Default: on create and PUT what the policy says, else what the session has.',
  );
const absoluteTimeout = z
  .number()
  .max(MAX_SECONDS)
  .nullable()
  .describe(
    'The session ends so many seconds after the login (`authenticatedAt`) in any case; while nobody has logged in, after its creation. null: it does not. Default: on create, on PUT and with a new subject what the policy says, else what the session has.',
  );
const token = z.string().describe(CHOSEN_TOKEN);
const instant = z.iso.datetime({ precision: 3 });
const sessionId = z
  .string()
  .regex(/^[0-9a-f]{2}[A-Za-z0-9]{14}$/)
  .describe('Public handle: safe to log and show. It opens nothing.');

export const Session = z
  .strictObject({
    id: sessionId,
    app: z.string(),
    subject,
    createdAt: instant,
    authenticatedAt: instant
      .nullable()
      .describe(
        'When the session got its subject: at its creation or at a later login. null: it has no subject. Where a cap ends the oldest session (`revokeOldest`), it goes by this instant.',
      ),
    lastSeenAt: instant.describe('When someone was last there. Reads that only look do not count.'),
    expiresAt: instant
      .nullable()
      .describe(
        'When the session ends if nobody is there until then (the idle deadline), or its absolute deadline if that is earlier.',
      ),
    absoluteExpiresAt: instant
      .nullable()
      .describe('When the session ends in any case (the absolute deadline). Only a login starts it anew.'),
    idleTimeout: z.number().nullable().describe('How many seconds without activity end the session. null: none do.'),
    version: z.int().min(1).describe('1 at creation, and one more for each change. In quotes it is the `ETag`.'),
    reads: z.int().min(1).describe('1 at creation, and one more for each read with `touch=true`.'),
    ip: ip.nullable(),
    userAgent: userAgent.nullable(),
    label: label.nullable(),
    data,
  })
  .meta({ id: 'Session' });

/** Of a session: only the members asked for. */
export const PartialSession = Session.partial().meta({ id: 'PartialSession' });

/** What is known of the device, and how long the session lasts: what create, PATCH and rotate take. */
const known = {
  ip: ip.nullable().optional(),
  userAgent: userAgent.nullable().optional(),
  label: label.nullable().optional(),
  idleTimeout: idleTimeout.optional(),
  absoluteTimeout: absoluteTimeout.optional(),
};

export const NewSession = z
  .strictObject({
    subject: newSubject.optional(),
    data: data.optional(),
    ...known,
  })
  .meta({ id: 'NewSession' });

const revoked = z.array(sessionId).optional().describe('The sessions that the cap of the subject ended.');

export const TokenAndSession = z
  .strictObject({
    token: z.string().describe('The secret for the end user’s cookie. Shown once; only its hash is stored.'),
    session: Session,
    revoked,
  })
  .meta({ id: 'TokenAndSession' });

export const SetUnset = z
  .strictObject({
    set: data.optional().describe('Top-level keys to store, null too.'),
    unset: z.array(z.string()).max(1000).optional().describe('Top-level keys to remove.'),
    subject: newSubject.optional(),
    ...known,
  })
  .meta({ id: 'SetUnset' });

export const MergePatch = z
  .record(z.string(), z.unknown())
  .meta({ id: 'MergePatch' })
  .describe('A merge patch of the data (RFC 7396).');
/** Not `Data`: generated clients call the parameter of a body `data`, and some write a type of that name beside it. */
export const SessionData = z
  .record(z.string(), z.unknown())
  .meta({ id: 'SessionData' })
  .describe('The whole data of a session.');

export const Touch = z
  .strictObject({ ip: ip.optional(), userAgent: userAgent.optional(), idleTimeout: idleTimeout.optional() })
  .meta({ id: 'Touch' });

export const Lock = z
  .strictObject({
    lease: z
      .number()
      .min(0.001)
      .max(300)
      .optional()
      .describe('How many seconds the lock holds at most, if nobody ends it before. Default: 30.'),
    wait: z
      .number()
      .min(0)
      .max(30)
      .optional()
      .describe('How many seconds to wait for others who have the lock. Default: 0.'),
  })
  .meta({ id: 'Lock' });
export const Locked = z
  .strictObject({
    lock: z.string().describe('The lock, for the header `Session-Lock` of the changes, and to end it. Shown once.'),
    session: Session.nullable().describe('The session as it is now. null: the token opens none yet.'),
  })
  .meta({ id: 'Locked' });

export const Rotation = z
  .strictObject({
    token: token.optional(),
    subject: newSubject.optional(),
    grace: z
      .number()
      .min(0)
      .max(60)
      .optional()
      .describe(
        'For how many seconds the old token goes on working, however often the session is rotated meanwhile. Default: `rotationGrace` of the policy. With a new subject it ends at once.',
      ),
    data: data.optional().describe('Top-level keys to store, as `set` of a PATCH: all others stay.'),
    ...known,
  })
  .meta({ id: 'Rotation' });

export const Revoked = z.strictObject({ revoked: z.int().min(0) }).meta({ id: 'Revoked' });
export const RevokedOrCounted = z
  .strictObject({ revoked: z.int().min(0), sessions: z.int().min(0).optional() })
  .meta({ id: 'RevokedOrCounted' });

const cursor = z.string().nullable().describe('For the next page; null on the last.');
export const SessionPage = z.strictObject({ sessions: z.array(Session), cursor }).meta({ id: 'SessionPage' });
export const IdPage = z.strictObject({ ids: z.array(sessionId), cursor }).meta({ id: 'IdPage' });
export const SessionCount = z.strictObject({ sessions: z.int().min(0) }).meta({ id: 'SessionCount' });
export const SessionList = z.union([SessionPage, IdPage, SessionCount]);
export const Counts = z.strictObject({ subjects: z.int().min(0), sessions: z.int().min(0) }).meta({ id: 'Counts' });

export const Policy = z
  .strictObject({
    idleTimeout: z.number().nullable(),
    minIdleTimeout: z.number(),
    maxIdleTimeout: z.number(),
    absoluteTimeout: z.number().nullable(),
    maxAbsoluteTimeout: z.number().nullable(),
    classicAbsoluteTimeout: z.number().nullable(),
    maxSessionsPerSubject: z.int().nullable(),
    onLimit: z.enum(ON_LIMIT),
    maxSessions: z.int().nullable(),
    maxDataBytes: z.int(),
    minCallerTokenLength: z.int(),
    rotationGrace: z.number(),
    classic: z.boolean(),
  })
  .meta({ id: 'Policy' })
  .describe('The rules of an app. Durations in seconds.');
export const App = z
  .strictObject({ app: z.string(), policy: Policy, subjects: z.int().min(0), sessions: z.int().min(0) })
  .meta({ id: 'App' });
export const Apps = z
  .strictObject({
    apps: z.array(z.strictObject({ app: z.string(), subjects: z.int().min(0), sessions: z.int().min(0) })),
  })
  .meta({ id: 'Apps' });

export const Tokens = z
  .strictObject({
    tokens: z.array(z.string().max(1024)).min(1).max(500),
    touch: z.boolean().optional().describe('Whether the reads slide the idle deadline and count.'),
  })
  .meta({ id: 'Tokens' });
export const Verified = z
  .strictObject({
    results: z.array(
      z.union([
        z.strictObject({ active: z.literal(true), session: Session }),
        z.strictObject({ active: z.literal(false) }),
      ]),
    ),
  })
  .meta({ id: 'Verified' });

export const IntrospectionRequest = z
  .object({
    token: z.string(),
    token_type_hint: z.string().optional(),
    app: z.string().optional().describe('Where to look. Default: in all apps this key may see.'),
  })
  .meta({ id: 'IntrospectionRequest' });
export const Introspection = z
  .union([
    z.strictObject({ active: z.literal(false) }),
    z.strictObject({
      active: z.literal(true),
      sub: z.string().optional(),
      exp: z.int().optional(),
      iat: z.int(),
      sid: sessionId,
      app: z.string(),
    }),
  ])
  .meta({ id: 'Introspection' });

// A query is text; the document says what the text is of, so that generated clients take numbers and booleans.
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
const cursorText = z.string().describe('From the page before.');

export const ReadQuery = z.strictObject({
  touch: flag.optional().describe('Whether the read slides the idle deadline and counts.'),
  fields: z
    .string()
    .optional()
    .describe('Only these members, with commas between them; within data by dots: `subject,data.cart`.'),
});
const release = flag
  .optional()
  .describe('Whether the lock of `Session-Lock` ends with the change, in the same step. Default: false.');
export const ChangeQuery = z.strictObject({ release });
export const ListQuery = z.strictObject({
  activeWithin: secondsText.optional().describe('Only sessions touched in so many seconds. Milliseconds count.'),
  subject: z.string().meta(SUBJECT_TEXT).optional().describe('Only the sessions of this subject.'),
  view: z.enum(['full', 'ids', 'count']).optional().describe('Whole sessions (the default), their ids, or how many.'),
  limit: limit.optional(),
  cursor: cursorText.optional(),
});
export const PageQuery = z.strictObject({ limit: limit.optional(), cursor: cursorText.optional() });
export const ExceptQuery = z.strictObject({
  except: z.string().optional().describe('The id of a session that goes on.'),
});
export const WithinQuery = z.strictObject({
  within: secondsText.optional().describe('Seconds; a fraction counts to the millisecond. Default: 600.'),
});
export const RevokeAppQuery = z.strictObject({
  confirm: z.string().optional().describe('The name of the app, once more.'),
  dryRun: flag.optional().describe('Ends nothing and says how many it would.'),
});

export const Problem = z
  .strictObject({
    type: z.url(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('What to compare: docs/errors.md lists them.'),
    errors: z
      .array(
        z.strictObject({
          pointer: z.string().optional().describe('A JSON pointer into the body.'),
          parameter: z.string().optional(),
          in: z.enum(['query', 'header', 'path']).optional(),
          rule: z.string(),
          message: z.string(),
        }),
      )
      .optional(),
    sessions: z.array(Session).optional().describe('Of session_limit_reached: the sessions that are there.'),
  })
  .meta({ id: 'Problem' });

/**
 * The shapes of the v1 API. What a schema says of a request is checked and published; what core/validate.ts checks
 * (characters, lengths) is published from its own constants. Requests are strict; answers are open, because a client that is
 * made from today's document must not fail on a member of tomorrow.
 */
import { z } from 'zod';
import { ON_LIMIT, SAME_SITE } from '../../core/policy.ts';
import { SESSION_ID } from '../../core/token.ts';
import { APP_NAME, LONGEST } from '../../core/validate.ts';
import { REASON } from './reason.ts';
import { CHOSEN_TOKEN, NEW_TOKEN_TEXT, SUBJECT_TEXT, textOf } from './words.ts';

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
  .meta(textOf('ip'))
  .describe(
    `The address of the end user as the caller knows it; free text of 1 to ${LONGEST.ip} characters, so that an IPv6 address with its zone fits.`,
  );
const userAgent = z
  .string()
  .meta(textOf('userAgent'))
  .describe(`What the end user’s browser calls itself; 1 to ${LONGEST.userAgent} characters.`);
const label = z
  .string()
  .meta(textOf('label'))
  .describe(`What the session is called: a device, a browser; 1 to ${LONGEST.label} characters.`);
/** Not `Data`: generated clients call the parameter of a body `data`, and some write a type of that name beside it. */
export const SessionData = z
  .record(z.string(), z.unknown())
  .meta({ id: 'SessionData', description: 'The application’s JSON object. It comes back exactly as it was sent.' });
const data = SessionData;
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
const token = z.string().meta(NEW_TOKEN_TEXT).describe(CHOSEN_TOKEN);
const instant = z.iso.datetime({ precision: 3 });
const sessionId = z.string().regex(SESSION_ID).describe('Public handle: safe to log and show. It opens nothing.');

export const Session = z
  .object({
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

/** Of what creates a session or moves it: that may end others. */
const reason = REASON.optional().describe(
  'Why, in up to 200 characters: told with the event of each session that this ends, by a cap or because it moves, and kept in its history.',
);

const setCookie = z
  .string()
  .optional()
  .describe(
    'A ready text for the header `Set-Cookie` of your page: it puts the token into the browser or, when the session of the token has ended, takes it away. Only where the policy of the app has a `cookie`.',
  );

/** What a request on a token answers that may give it a cookie, or take it away. */
export const SessionAndCookie = Session.extend({ setCookie }).meta({ id: 'SessionAndCookie' });

/** What core/validate.ts (checkTimeouts) says of both timeouts: a session without any end is none. */
const SOME_TIMEOUT = {
  not: {
    required: ['idleTimeout', 'absoluteTimeout'],
    properties: { idleTimeout: { type: 'null' }, absoluteTimeout: { type: 'null' } },
  },
} as const;

export const NewSession = z
  .strictObject({
    subject: newSubject.optional(),
    data: data.optional(),
    ...known,
    reason,
  })
  .meta({ id: 'NewSession', ...SOME_TIMEOUT });

const revoked = z.array(sessionId).optional().describe('The sessions that the cap of the subject ended.');

export const TokenAndSession = z
  .object({
    token: z.string().describe('The secret for the end user’s cookie. Shown once; only its hash is stored.'),
    session: Session,
    revoked,
    setCookie,
  })
  .meta({ id: 'TokenAndSession' });

export const SetUnset = z
  .strictObject({
    set: data.optional().describe('Top-level keys to store, null too.'),
    unset: z.array(z.string()).max(1000).optional().describe('Top-level keys to remove.'),
    subject: newSubject.optional(),
    ...known,
    reason,
  })
  .meta({
    id: 'SetUnset',
    minProperties: 1,
    ...SOME_TIMEOUT,
    description: 'At least one member. An `unset` that is empty asks for nothing, and a `reason` alone neither.',
  });

export const MergePatch = z
  .record(z.string(), z.unknown())
  .meta({ id: 'MergePatch', description: 'A merge patch of the data (RFC 7396).' });

export const Touch = z
  .strictObject({ ip: ip.optional(), userAgent: userAgent.optional(), idleTimeout: idleTimeout.optional(), reason })
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
  .object({
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
    reason,
  })
  .meta({ id: 'Rotation', ...SOME_TIMEOUT });

export const Revoked = z.object({ revoked: z.int().min(0) }).meta({ id: 'Revoked' });
/** The end of the session of a token. */
export const Ended = z.object({ revoked: z.int().min(0), setCookie }).meta({ id: 'Ended' });
export const RevokedOrCounted = z
  .object({ revoked: z.int().min(0), sessions: z.int().min(0).optional() })
  .meta({ id: 'RevokedOrCounted' });

const cursor = z.string().nullable().describe('For the next page; null on the last.');
export const SessionPage = z.object({ sessions: z.array(Session), cursor }).meta({ id: 'SessionPage' });
export const IdPage = z.object({ ids: z.array(sessionId), cursor }).meta({ id: 'IdPage' });
export const SessionCount = z.object({ sessions: z.int().min(0) }).meta({ id: 'SessionCount' });
export const Counts = z.object({ subjects: z.int().min(0), sessions: z.int().min(0) }).meta({ id: 'Counts' });

const SameSite = z.enum(SAME_SITE).meta({ id: 'SameSite' });
const HistoryPolicy = z
  .object({ days: z.int().min(1) })
  .nullable()
  .meta({
    id: 'HistoryPolicy',
    description: 'How long the history of a user tells of a session that has ended. null: there is none.',
  });
const CookiePolicy = z
  .object({
    name: z.string(),
    domain: z.string().nullable(),
    sameSite: SameSite,
    secure: z.boolean(),
    persistent: z.boolean(),
  })
  .nullable()
  .meta({ id: 'CookiePolicy', description: 'The cookie that `setCookie` writes. null: there is none.' });
const OnLimit = z.enum(ON_LIMIT).meta({ id: 'OnLimit' });
export const Policy = z
  .object({
    idleTimeout: z.number().nullable(),
    minIdleTimeout: z.number(),
    maxIdleTimeout: z.number(),
    absoluteTimeout: z.number().nullable(),
    maxAbsoluteTimeout: z.number().nullable(),
    classicAbsoluteTimeout: z.number().nullable(),
    maxSessionsPerSubject: z.int().nullable(),
    onLimit: OnLimit,
    maxSessions: z.int().nullable(),
    maxDataBytes: z.int(),
    minCallerTokenLength: z.int(),
    rotationGrace: z.number(),
    classic: z.boolean(),
    events: z.boolean(),
    updateEvents: z.boolean(),
    history: HistoryPolicy,
    webhooks: z.array(z.string()).describe('Their names.'),
    cookie: CookiePolicy,
  })
  .meta({ id: 'Policy', description: 'The rules of an app. Durations in seconds.' });
export const App = z
  .object({ app: z.string(), policy: Policy, subjects: z.int().min(0), sessions: z.int().min(0) })
  .meta({ id: 'App' });
const AppCounts = z
  .object({ app: z.string(), subjects: z.int().min(0), sessions: z.int().min(0) })
  .meta({ id: 'AppCounts' });
export const Apps = z.object({ apps: z.array(AppCounts) }).meta({ id: 'Apps' });

export const Tokens = z
  .strictObject({
    tokens: z.array(z.string().max(1024)).min(1).max(500),
    touch: z.boolean().optional().describe('Whether the reads slide the idle deadline and count. Default: false.'),
  })
  .meta({ id: 'Tokens' });
const VerifiedActive = z.object({ active: z.literal(true), session: Session }).meta({ id: 'VerifiedActive' });
const VerifiedInactive = z.object({ active: z.literal(false) }).meta({ id: 'VerifiedInactive' });
const Verification = z.union([VerifiedActive, VerifiedInactive]).meta({ id: 'Verification' });
export const Verified = z.object({ results: z.array(Verification) }).meta({ id: 'Verified' });

export const IntrospectionRequest = z
  .object({
    token: z.string(),
    token_type_hint: z.string().optional(),
    app: z
      .string()
      .meta({ pattern: APP_NAME.pattern.source })
      .optional()
      .describe('Where to look. Default: in all apps this key may see.'),
  })
  .meta({ id: 'IntrospectionRequest' });
const IntrospectionInactive = z.object({ active: z.literal(false) }).meta({ id: 'IntrospectionInactive' });
const IntrospectionActive = z
  .object({
    active: z.literal(true),
    sub: z.string().optional(),
    exp: z.int().optional(),
    iat: z.int(),
    sid: sessionId,
    app: z.string(),
  })
  .meta({ id: 'IntrospectionActive' });
export const Introspection = z.union([IntrospectionInactive, IntrospectionActive]).meta({ id: 'Introspection' });

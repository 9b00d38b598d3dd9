/**
 * The policy file: one table of members, from which come the check of a file, the JSON Schema that editors use and
 * the table in docs/configuration.md. Units here are those of the wire: seconds. What must hold between members is in
 * resolve.ts.
 */
import { z } from 'zod';
import { DEFAULT_POLICY, MAX_TIMEOUT, ON_LIMIT } from '../core/policy.ts';
import { APP_NAME, CALLER_TOKEN_LENGTH } from '../core/validate.ts';
import { COOKIE_ALLOWED, cookieRules } from './cookie.ts';
import { WEBHOOKS_ALLOWED, webhookList } from './webhook.ts';

/** One member. `allowed` ends the sentence "must be …"; `meaning` is documentation. Absence: null is a default of none. */
interface Member<T extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly unit: string;
  readonly allowed: string;
  readonly default: string | number | boolean | null;
  readonly meaning: string;
}

const MAX_SECONDS = MAX_TIMEOUT / 1000;
const MAX_COUNT = 1_000_000_000;
const { min: MIN_TOKEN, max: MAX_TOKEN } = CALLER_TOKEN_LENGTH;
const MAX_DATA = 4_194_304;
const MAX_DAYS = 3650;

const seconds = (min: number, max: number) => z.number().min(min).max(max);
const count = (min: number, max: number) => z.int().min(min).max(max);
const timeout = seconds(1, MAX_SECONDS);
const aTimeout = `a number from 1 to ${MAX_SECONDS}`;
const inSeconds = (milliseconds: number | null) => milliseconds && milliseconds / 1000;

/** Keeps the type of each member. */
const member = <T extends z.ZodType>(described: Member<T>): Member<T> => described;

export const MEMBERS = {
  idleTimeout: member({
    type: timeout.nullable(),
    unit: 'seconds',
    allowed: `${aTimeout}, or null`,
    default: inSeconds(DEFAULT_POLICY.idleTimeout),
    meaning:
      'How long a session lives without being used, when its create names no idle timeout. Null (none) is allowed where the file sets absoluteTimeout.',
  }),
  minIdleTimeout: member({
    type: timeout,
    unit: 'seconds',
    allowed: aTimeout,
    default: inSeconds(DEFAULT_POLICY.minIdleTimeout),
    meaning: 'The shortest idle timeout that a caller may ask for. The classic routes take none below 10 in any case.',
  }),
  maxIdleTimeout: member({
    type: timeout,
    unit: 'seconds',
    allowed: aTimeout,
    default: inSeconds(DEFAULT_POLICY.maxIdleTimeout),
    meaning:
      'The longest idle timeout that a caller may ask for. None at all may be asked for where the session has an absolute timeout.',
  }),
  absoluteTimeout: member({
    type: timeout.nullable(),
    unit: 'seconds',
    allowed: `${aTimeout}, or null`,
    default: inSeconds(DEFAULT_POLICY.absoluteTimeout),
    meaning:
      'How long a session lives from its creation, however much it is used, when its create names nothing else. Null: no such end. Sessions made by the classic routes have one only when the file sets it, or maxAbsoluteTimeout.',
  }),
  maxAbsoluteTimeout: member({
    type: timeout.nullable(),
    unit: 'seconds',
    allowed: `${aTimeout}, or null`,
    default: inSeconds(DEFAULT_POLICY.maxAbsoluteTimeout),
    meaning: 'The longest absolute timeout that a caller may ask for. Null: a caller may ask for any, and for none.',
  }),
  maxSessionsPerSubject: member({
    type: count(1, MAX_COUNT).nullable(),
    unit: 'sessions',
    allowed: `a whole number from 1 to ${MAX_COUNT}, or null`,
    default: DEFAULT_POLICY.maxSessionsPerSubject,
    meaning: 'How many sessions one subject may have at a time. Null: any number.',
  }),
  onLimit: member({
    type: z.enum(ON_LIMIT),
    unit: '',
    allowed: `one of ${ON_LIMIT.map((word) => `"${word}"`).join(', ')}`,
    default: DEFAULT_POLICY.onLimit,
    meaning:
      'What a create does when the subject has as many: end the one that logged in first, end the one used least recently, or refuse the new one.',
  }),
  maxSessions: member({
    type: count(1, MAX_COUNT).nullable(),
    unit: 'sessions',
    allowed: `a whole number from 1 to ${MAX_COUNT}, or null`,
    default: DEFAULT_POLICY.maxSessions,
    meaning:
      'How many sessions the app may have at a time: exact, over all processes. What has ended or expired leaves its room at once; who ends one by the cap of its subject needs none. Null: any number.',
  }),
  maxDataBytes: member({
    type: count(2, MAX_DATA),
    unit: 'bytes',
    allowed: `a whole number from 2 to ${MAX_DATA}`,
    default: DEFAULT_POLICY.maxDataBytes,
    meaning: 'How large the data of one session may be, as compact JSON in UTF-8.',
  }),
  minCallerTokenLength: member({
    type: count(MIN_TOKEN, MAX_TOKEN),
    unit: 'characters',
    allowed: `a whole number from ${MIN_TOKEN} to ${MAX_TOKEN}`,
    default: DEFAULT_POLICY.minCallerTokenLength,
    meaning: 'How long a token must be that the caller has chosen. Below 16 not even a random one is hard to guess.',
  }),
  rotationGrace: member({
    type: seconds(0, 60),
    unit: 'seconds',
    allowed: 'a number from 0 to 60',
    default: inSeconds(DEFAULT_POLICY.rotationGrace),
    meaning: 'How long the old token still reads after a rotation that names no grace.',
  }),
  classic: member({
    type: z.boolean(),
    unit: '',
    allowed: 'true or false',
    default: DEFAULT_POLICY.classic,
    meaning: 'Whether the classic routes serve the app. If not, they answer 404 `app_not_found`.',
  }),
  events: member({
    type: z.boolean(),
    unit: '',
    allowed: 'true or false',
    default: DEFAULT_POLICY.events,
    meaning:
      'Whether the app has a journal of what happens to its sessions, for the stream of events. It has one, too, where it has webhooks or a history.',
  }),
  updateEvents: member({
    type: z.boolean(),
    unit: '',
    allowed: 'true or false',
    default: DEFAULT_POLICY.updateEvents,
    meaning: 'Whether each change of a session is an event, too (`session.updated`). Its data never is.',
  }),
  history: member({
    type: z.strictObject({ days: count(1, MAX_DAYS) }).nullable(),
    unit: '',
    allowed: `an object with days, a whole number from 1 to ${MAX_DAYS}, or null`,
    default: null,
    meaning:
      'How many days the history of a subject tells of sessions that have ended: id, label, address, user agent, when, why and by whom. Null: there is none.',
  }),
  webhooks: member({
    type: webhookList.nullable(),
    unit: '',
    allowed: WEBHOOKS_ALLOWED,
    default: null,
    meaning:
      'Who is told of what happens to its sessions, by HTTP: see docs/webhooks.md. The list is taken as a whole: an app that has one of its own has nothing of that in `defaults`. Null: nobody.',
  }),
  cookie: member({
    type: cookieRules.nullable(),
    unit: '',
    allowed: COOKIE_ALLOWED,
    default: DEFAULT_POLICY.cookie as null,
    meaning:
      'The cookie that carries the token in the browser. With it, answers that give a token also give `setCookie`, a ready text for the header `Set-Cookie`, and the gateway reads the token from this cookie alone. It is taken as a whole: an app that has one of its own has nothing of that in `defaults`. Null: no `setCookie`.',
  }),
} as const satisfies Record<string, Member>;

export type MemberName = keyof typeof MEMBERS;

const rules = z
  .strictObject(
    Object.fromEntries(
      Object.entries(MEMBERS).map(([name, { type, unit, meaning, default: fallback }]) => [
        name,
        (type as z.ZodType)
          .optional()
          .meta({ description: unit === '' ? meaning : `${meaning} Unit: ${unit}.`, default: fallback }),
      ]),
    ) as { [Name in MemberName]: z.ZodOptional<(typeof MEMBERS)[Name]['type']> },
  )
  .meta({ id: 'Rules', title: 'The rules of an app' });

/** The rules as written: what is absent comes from the layer below. */
export type Rules = z.infer<typeof rules>;

export const policyFile = z
  .strictObject({
    $schema: z.string().optional().describe('Where editors find this schema. The server does not read it.'),
    defaults: rules
      .optional()
      .describe('The rules of every app, as far as the app has none of its own. What is absent has its own default.'),
    strictApps: z.boolean().optional().meta({
      description: 'Whether only the apps named here are served. If so, others are answered 404 `app_not_found`.',
      default: false,
    }),
    apps: z
      .record(z.string().regex(APP_NAME.pattern), rules)
      .optional()
      .describe('Rules of single apps, by name. What is absent comes from `defaults`.'),
  })
  .meta({ title: 'Policy file of REST-Sessions' });

export type PolicyDocument = z.infer<typeof policyFile>;

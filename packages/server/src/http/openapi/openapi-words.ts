/** What the OpenAPI document says beside its operations: the introduction, groups, path parts and headers of answers. */
import type { ErrorCode } from '../../core/errors.ts';
import { APP_NAME } from '../../core/validate.ts';
import { ID_TEXT, SUBJECT_TEXT } from '../v1/words.ts';
import type { Json } from './json-schemas.ts';

export const INFO: Json = {
  title: 'REST-Sessions',
  summary: 'The login-session server that every stack can use, over plain HTTP.',
  license: { name: 'MIT', identifier: 'MIT' },
  description: `A session is what a server remembers of someone who is logged in. Any stack behind one domain creates, reads, changes and ends it here.

- The caller shows its API key (\`Authorization: Bearer KEY\`) where the server has keys. The end user's token travels in the header \`Session-Token\`, never in a URL.
- Instants are RFC 3339 in UTC with milliseconds; durations are seconds and may have a fraction.
- Errors are problem details (RFC 9457). Compare \`code\`; \`errors\` names each value that is wrong. Members and parameters that are unknown are refused.
- Answers may grow: a later version of the server may answer with more members, and with a code that this document does not have. Ignore members that you do not know, and go by the status where you do not know the code.
- A wrong API key is 401 or 403, a token that opens nothing 404, a lost store 503. Only the 404 with the code \`session_not_found\` means that someone is logged out.
- HEAD works wherever GET does.
- A request that is too long, too slow or malformed is refused before any route sees it. Where its path is one of v1, the answer is a problem, too; else it is \`{name, message}\`, as in the classic API.`,
};

export const API_KEY = 'An API key. A server without keys, on loopback, needs none.';

/** Generated clients and old ones have a setting for it. */
export const API_KEY_BASIC =
  'The API key as the password; the name before it may be any. For clients that know Basic only.';

/** By a name that generators make names of files and classes of: none that a schema or an operation has, too. */
export const TAGS: Readonly<Record<string, { readonly title: string; readonly description: string }>> = {
  'by-token': {
    title: 'Session of a token',
    description: 'What a page does: log someone in, look who it is, keep something, log out.',
  },
  'by-subject': { title: 'Sessions of a subject', description: 'The devices someone is logged in on.' },
  'by-app': {
    title: 'Sessions of an app',
    description: 'For back offices: every session of an app, who is active, the end of all.',
  },
  overview: { title: 'Apps', description: 'What the server keeps, and by which rules.' },
  events: {
    title: 'Events and history',
    description: 'What happened to sessions: told to everyone who must know, and kept for each subject.',
  },
  webhooks: {
    title: 'Webhooks',
    description:
      'Those who are told of events by HTTP, by the policy of the app: how they stand, and what to do when one was away.',
  },
  access: {
    title: 'Keys and audit',
    description: 'Who may call the server, and who has ended sessions of others.',
  },
  checks: { title: 'Checks', description: 'For gateways: many tokens in one call, and RFC 7662.' },
};

/** The parts of paths. */
export const PARTS: Readonly<Record<string, Json>> = {
  app: {
    description: 'The app: a namespace for sessions. Names that begin with `_` are reserved.',
    schema: { type: 'string', pattern: APP_NAME.pattern.source },
    example: 'shop',
  },
  subject: {
    description:
      'Whose sessions: any text without line breaks, percent-encoded. Not `.` and `..`: most clients take them as steps and ask for `/sessions`, which is the whole app. Refuse them before you ask.',
    schema: { type: 'string', ...SUBJECT_TEXT },
    example: 'user123',
  },
  id: {
    description: 'The public id of a session. Text that is no id is the id of none.',
    schema: { type: 'string', ...ID_TEXT },
    example: '7d0ZkqkJ4yKcVnB3',
  },
  webhook: {
    description: 'The name of a webhook in the policy of the app.',
    schema: { type: 'string' },
    example: 'mail',
  },
  letter: { description: 'The id of a dead letter.', schema: { type: 'string' }, example: '1' },
};

export interface HeaderAnswer {
  readonly description: string;
  readonly required: boolean;
  readonly schema: Json;
}

const SECONDS = { type: 'string', pattern: '^[1-9]\\d*$' };

export const HEADER_ANSWERS = {
  'Cache-Control': {
    description: 'No answer may be stored: it speaks of who is logged in.',
    required: true,
    schema: { const: 'no-store' },
  },
  ETag: {
    description: 'The version of the session, for If-Match.',
    required: true,
    schema: { type: 'string', pattern: '^"[1-9]\\d*"$' },
  },
  Location: {
    description: 'Where the session is by its public id.',
    required: true,
    schema: { type: 'string', pattern: '^/v1/apps/' },
  },
  'Idempotency-Replayed': {
    description: 'There when the answer is one given before, to the same Idempotency-Key.',
    required: false,
    schema: { const: 'true' },
  },
  'WWW-Authenticate': {
    description:
      'What is missing: an API key (`Bearer`, RFC 6750) or, at the gateway, the session of the visitor (`Session`).',
    required: true,
    schema: { type: 'string', pattern: '^(?:Bearer|Session) realm=' },
  },
  'Session-Id': {
    description: 'The public id of the session. Empty where there is none.',
    required: true,
    schema: { type: 'string', pattern: '^(?:[0-9a-f]{2}[A-Za-z0-9]{14})?$' },
  },
  'Session-Subject': {
    description: 'Whose session it is, percent-encoded UTF-8. Empty for a guest, and where there is no session.',
    required: true,
    schema: { type: 'string', pattern: "^[A-Za-z0-9%.!~*'()_-]*$" },
  },
  'Session-Expires': {
    description:
      'When the session ends if nobody is there until then: an instant of RFC 3339 in UTC. Empty where there is no session.',
    required: true,
    schema: { type: 'string', pattern: '^(?:\\d{4,}-\\d\\d-\\d\\dT[\\d:.]+Z)?$' },
  },
  RateLimit: {
    description: 'What is left of each limit, where the server has some.',
    required: false,
    schema: { type: 'string' },
  },
  'RateLimit-Policy': { description: 'Those limits.', required: false, schema: { type: 'string' } },
  'X-Request-Id': {
    description: 'The id of the request, as in the log of the server.',
    required: true,
    schema: { type: 'string', pattern: '^[A-Za-z0-9._~:@+/=-]{1,128}$' },
  },
  'Retry-After': { description: 'Seconds after which to try again.', required: true, schema: SECONDS },
} as const satisfies Record<string, HeaderAnswer>;

export type HeaderAnswerName = keyof typeof HEADER_ANSWERS;

export const LIMITS = ['RateLimit', 'RateLimit-Policy'] as const;

/** The headers of errors that have some of their own. */
export const ERROR_HEADERS: Readonly<Partial<Record<ErrorCode, readonly HeaderAnswerName[]>>> = {
  unauthorized: ['WWW-Authenticate'],
  session_required: ['WWW-Authenticate', 'Session-Id', 'Session-Subject', 'Session-Expires'],
  forbidden: ['WWW-Authenticate'],
  rate_limited: ['Retry-After', ...LIMITS],
  session_locked: ['Retry-After'],
  overloaded: ['Retry-After'],
  store_unavailable: ['Retry-After'],
  audit_unavailable: ['Retry-After'],
};

/** The classic routes in the words of an OpenAPI operation, for the page only: generated clients are for v1. */
import type { Described, Parameter } from './document.ts';

const APP: Parameter = {
  name: 'app',
  in: 'path',
  required: true,
  description: 'The app: a namespace for sessions.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{3,20}$' },
  example: 'shop',
};
const ID: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The user: any text without line breaks, percent-encoded. v1 calls it the subject.',
  schema: { type: 'string', minLength: 1, maxLength: 128 },
  example: 'user123',
};
const TOKEN: Parameter = {
  name: 'token',
  in: 'path',
  required: true,
  description: 'The token that the create answered.',
  schema: { type: 'string' },
};
const DT: Parameter = {
  name: 'dt',
  in: 'query',
  required: true,
  description: 'Only what was active within so many seconds.',
  schema: { type: 'integer', minimum: 10 },
  example: 600,
};
const SESSION = { id: 'user123', r: 1, w: 1, ttl: 7200, idle: 3, ip: '192.168.99.22', d: { cart: 'book' } };

type Words = Pick<Described['operation'], 'operationId' | 'summary' | 'description' | 'parameters'> & {
  readonly method: string;
  readonly path: string;
  /** What it answers, by example. */
  readonly answer: unknown;
  /** An example of a body. Absence: undefined where none is read. */
  readonly body?: unknown;
};

const WORDS: readonly Words[] = [
  {
    operationId: 'classicCreate',
    method: 'PUT',
    path: '/{app}/create/{id}',
    summary: 'Create a session (classic)',
    description: 'Logs a user in and answers the token. A JSON body is kept as the data of the session.',
    parameters: [
      APP,
      ID,
      {
        name: 'ip',
        in: 'query',
        required: true,
        description: 'The address of the end user; free text.',
        schema: { type: 'string', minLength: 1, maxLength: 39 },
        example: '192.168.99.22',
      },
      {
        name: 'ttl',
        in: 'query',
        description: 'The idle timeout in seconds.',
        schema: { type: 'integer', minimum: 10, default: 7200 },
      },
      {
        name: 'Session-No-Resave',
        in: 'header',
        description:
          'With `true` use does not lengthen the session: it ends `ttl` seconds after this call. Its answers then have `no_resave`, and in `ttl` what is left.',
        schema: { type: 'boolean', default: false },
      },
    ],
    body: { cart: 'book' },
    answer: { token: '…' },
  },
  {
    operationId: 'classicGet',
    method: 'GET',
    path: '/{app}/get/{token}',
    summary: 'Read a session (classic)',
    description:
      'Answers the session, counts the read and slides the idle deadline. `r` counts reads, `w` writes, `idle` is in seconds. Without a session the answer is `{}`.',
    parameters: [APP, TOKEN],
    answer: SESSION,
  },
  {
    operationId: 'classicSet',
    method: 'POST',
    path: '/{app}/set/{token}',
    summary: 'Change the data of a session (classic)',
    description:
      'Merges the top-level keys of the body into the data: `null` removes a key, a key that is left out stays. Without a session the answer is `{}`.',
    parameters: [APP, TOKEN],
    body: { cart: null, theme: 'dark' },
    answer: { ...SESSION, w: 2, d: { theme: 'dark' } },
  },
  {
    operationId: 'classicActivity',
    method: 'GET',
    path: '/{app}/activity',
    summary: 'Count the active users (classic)',
    description: 'Answers how many users, not sessions, were active within the window.',
    parameters: [APP, DT],
    answer: { activity: 1 },
  },
  {
    operationId: 'classicSoapp',
    method: 'GET',
    path: '/{app}/soapp',
    summary: 'List the active sessions of an app (classic)',
    description:
      'Answers all sessions that were active within the window, the latest activity first. A long list is sent in chunks; when the store fails in the middle, the connection breaks off.',
    parameters: [APP, DT],
    answer: { sessions: [SESSION] },
  },
  {
    operationId: 'classicSoid',
    method: 'GET',
    path: '/{app}/soid/{id}',
    summary: 'List the sessions of a user (classic)',
    description:
      'Answers all sessions of one user. A long list is sent in chunks; when the store fails in the middle, the connection breaks off.',
    parameters: [APP, ID],
    answer: { sessions: [SESSION] },
  },
  {
    operationId: 'classicKill',
    method: 'DELETE',
    path: '/{app}/kill/{token}',
    summary: 'End a session (classic)',
    description: 'Logs out: `kill` is 1, or 0 when there was no session.',
    parameters: [APP, TOKEN],
    answer: { kill: 1 },
  },
  {
    operationId: 'classicKillsoid',
    method: 'DELETE',
    path: '/{app}/killsoid/{id}',
    summary: 'End all sessions of a user (classic)',
    description: 'Logs a user out everywhere and answers how many sessions ended.',
    parameters: [APP, ID],
    answer: { kill: 1 },
  },
  {
    operationId: 'classicKillall',
    method: 'DELETE',
    path: '/{app}/killall',
    summary: 'End all sessions of an app (classic)',
    description: 'Logs everyone out of an app, at once and without asking again.',
    parameters: [APP],
    answer: { kill: 1 },
  },
];

export const CLASSIC_OPERATIONS: readonly Omit<Described, 'components'>[] = WORDS.map(
  ({ method, path, body, answer, ...words }) => ({
    method,
    path,
    operation: {
      ...words,
      tags: [],
      ...(body !== undefined && { requestBody: { content: { 'application/json': { example: body } } } }),
      responses: { 200: { description: 'Done.', content: { 'application/json': { example: answer } } } },
    },
  }),
);

/**
 * v1: sessions by page, whole or as ids, and how many: of an app, and of a subject in it. Each has one answer, so that a generated
 * client has one type for it; `view` of the list of an app is the older way to ask for the others.
 */

import type { Sessions } from '../../core/sessions.ts';
import type { ListQuery } from '../../core/store.ts';
import { checkPathSubject, type Subject } from '../../core/validate.ts';
import { answer, type Reply } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import { milliseconds } from '../message/wire.ts';
import type { Answer, Asked, OperationRoute, Operations } from '../operation/operation.ts';
import { SESSION_EXAMPLE } from './examples.ts';
import { pageJson } from './page.ts';
import * as queries from './queries.ts';
import * as shape from './schemas.ts';

const OF_APP = '/v1/apps/:app/sessions';
const OF_SUBJECT = '/v1/apps/:app/subjects/:subject/sessions';

const PAGE_ANSWER: Answer = {
  description: 'A page.',
  schema: shape.SessionPage,
  example: { sessions: [SESSION_EXAMPLE], cursor: null },
};
const IDS_ANSWER: Answer = {
  description: 'A page of ids.',
  schema: shape.IdPage,
  example: { ids: [SESSION_EXAMPLE.id], cursor: null },
};
const COUNT_ANSWER: Answer = { description: 'How many.', schema: shape.SessionCount, example: { sessions: 57 } };

export function listRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [...appLists(sessions, operation), ...subjectLists(sessions, operation)];
}

function appLists(sessions: Sessions, operation: Operations): OperationRoute[] {
  const common = { method: 'GET', scope: 'read', tag: 'by-app' } as const;
  return [
    operation({
      ...common,
      id: 'listSessions',
      path: OF_APP,
      summary: 'List the sessions of an app',
      description:
        'Shows the sessions of a whole app in pages, the latest activity first: for a back office, or for “who is online” with `activeWithin`. The `cursor` of an answer leads to the next page. A session that exists from the first page to the last is in exactly one of them, unless its own activity moves it in between. `view=ids` and `view=count` answer as `sessions:ids` and `sessions:count` do.',
      query: queries.ListQuery,
      alsoTakes: ['view'],
      answers: { 200: PAGE_ANSWER },
      errors: ['invalid_cursor'],
      handle: (asked) => {
        const { view } = asked.query;
        const subject = subjectIn(asked.query);
        return view === 'count' ? count(sessions, asked, subject) : page(sessions, asked, view, subject);
      },
    }),
    operation({
      ...common,
      id: 'listSessionIds',
      path: `${OF_APP}:ids`,
      summary: 'List the ids of the sessions of an app',
      description:
        'Lists the public ids alone, in the order of `GET /sessions`: to end many sessions, or to compare with a list of one’s own. The `cursor` of one list leads on in the other, too.',
      query: queries.IdsQuery,
      answers: { 200: IDS_ANSWER },
      errors: ['invalid_cursor'],
      handle: (asked) => page(sessions, asked, 'ids', subjectIn(asked.query)),
    }),
    operation({
      ...common,
      id: 'countSessions',
      path: `${OF_APP}:count`,
      summary: 'Count the sessions of an app',
      description:
        'Tells how many sessions an app has, or how many of them were touched within `activeWithin` seconds.',
      query: queries.CountQuery,
      answers: { 200: COUNT_ANSWER },
      errors: [],
      handle: (asked) => count(sessions, asked, subjectIn(asked.query)),
    }),
  ];
}

function subjectLists(sessions: Sessions, operation: Operations): OperationRoute[] {
  const common = { method: 'GET', scope: 'read', tag: 'by-subject' } as const;
  return [
    operation({
      ...common,
      id: 'listSubjectSessions',
      path: OF_SUBJECT,
      summary: 'List the sessions of a subject',
      description:
        'Shows on which devices a user is logged in: use it for a page “my devices”. The latest activity comes first.',
      query: queries.SubjectListQuery,
      answers: { 200: PAGE_ANSWER },
      errors: ['invalid_cursor'],
      handle: (asked) => page(sessions, asked, 'full', subjectOf(asked)),
    }),
    operation({
      ...common,
      id: 'listSubjectSessionIds',
      path: `${OF_SUBJECT}:ids`,
      summary: 'List the ids of the sessions of a subject',
      description: 'Lists the public ids alone, in the order of `GET /subjects/{subject}/sessions`.',
      query: queries.SubjectListQuery,
      answers: { 200: IDS_ANSWER },
      errors: ['invalid_cursor'],
      handle: (asked) => page(sessions, asked, 'ids', subjectOf(asked)),
    }),
    operation({
      ...common,
      id: 'countSubjectSessions',
      path: `${OF_SUBJECT}:count`,
      summary: 'Count the sessions of a subject',
      description:
        'Tells on how many devices a user is logged in, or on how many of them someone was there within `activeWithin` seconds.',
      query: queries.SubjectCountQuery,
      answers: { 200: COUNT_ANSWER },
      errors: [],
      handle: (asked) => count(sessions, asked, subjectOf(asked)),
    }),
  ];
}

function subjectOf({ c }: Pick<Asked, 'c'>): Subject {
  return checkPathSubject(pathPart(c, 5, 'subject'));
}

function subjectIn({ subject }: { readonly subject?: string | undefined }): Subject | undefined {
  return subject === undefined ? undefined : checkPathSubject(subject);
}

interface Window {
  readonly activeWithin?: number | undefined;
}

type Paged = Asked<Window & { readonly limit: number; readonly cursor?: string | undefined }>;

async function page(
  sessions: Sessions,
  { c, now, app, query: { activeWithin, limit, cursor } }: Paged,
  view: 'full' | 'ids',
  subject: Subject | undefined,
): Promise<Reply> {
  const wanted: ListQuery = {
    limit,
    ...(subject !== undefined && { subject }),
    ...(cursor !== undefined && { cursor }),
    ...(activeWithin !== undefined && { activeSince: now - milliseconds(activeWithin) }),
  };
  return answer(c, await pageJson(await sessions.list(app, wanted, now), view));
}

async function count(
  sessions: Sessions,
  { c, now, app, query: { activeWithin } }: Asked<Window>,
  subject: Subject | undefined,
): Promise<Reply> {
  const window = activeWithin === undefined ? Number.MAX_SAFE_INTEGER : milliseconds(activeWithin);
  let total = 0;
  if (subject === undefined) total = (await sessions.count(app, window, now)).sessions;
  else {
    for await (const { sessions: some } of sessions.bySubject(app, subject, now)) {
      total += some.filter(({ lastSeenAt }) => lastSeenAt >= now - window).length;
    }
  }
  return answer(c, JSON.stringify({ sessions: total }));
}

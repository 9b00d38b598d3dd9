/** v1: what has ended of a subject, as long as the policy keeps it. */
import type { HistoryEntry } from '../../core/events.ts';
import type { Sessions } from '../../core/sessions.ts';
import { checkPathSubject } from '../../core/validate.ts';
import { ending } from '../guards/audit.ts';
import { instantText } from '../message/instant-text.ts';
import { answer } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import { invalid } from '../operation/faults.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';
import { Erased, HISTORY_EXAMPLE, History } from './event-schemas.ts';

const PATH = '/v1/apps/:app/subjects/:subject/history';
const TAG = 'events';

export function historyRoutes(sessions: Sessions, operation: Operations): OperationRoute[] {
  return [
    operation({
      id: 'getSubjectHistory',
      method: 'GET',
      path: PATH,
      scope: 'read',
      tag: TAG,
      summary: 'Look at what has ended of a subject',
      description:
        'Shows which sessions of a user have ended, from where they were used, who ended them and why: for support, and for a page “recent activity”. The policy of the app says for how many days (`history`); without that it is 400. Up to 100 are kept of each user.',
      answers: {
        200: { description: 'The latest end first.', schema: History, example: { history: [HISTORY_EXAMPLE] } },
      },
      errors: [],
      handle: async ({ c, now, app, policy }) => {
        const subject = checkPathSubject(pathPart(c, 5, 'subject'));
        if (policy.history === null) throw noHistory(app);
        const entries = await sessions.history(app, subject, now);
        return answer(c, JSON.stringify({ history: entries.map(entryOf) }));
      },
    }),
    operation({
      id: 'eraseSubjectHistory',
      method: 'DELETE',
      path: PATH,
      scope: 'admin',
      audits: 'history.erase',
      tag: TAG,
      summary: 'Erase what has ended of a subject',
      description:
        'Erases the history of a user, who may ask for that. Sessions that go on are not touched: end them with `DELETE /subjects/{subject}/sessions` first, because their end is kept, too. It is safe to repeat, and works where the policy keeps no history any more. What else names the user, and for how long, is in docs/privacy.md.',
      answers: { 200: { description: 'How many entries there were.', schema: Erased, example: { erased: 12 } } },
      errors: [],
      handle: async ({ c, app }) => {
        const subject = checkPathSubject(pathPart(c, 5, 'subject'));
        const erased = await ending(c, 'history.erase', { app, subject }, () => sessions.eraseHistory(app, subject));
        return answer(c, JSON.stringify({ erased }));
      },
    }),
  ];
}

function entryOf({ session, createdAt, lastSeenAt, endedAt, label, ip, userAgent, reason, by, note }: HistoryEntry) {
  return {
    ...{ id: session, label, ip, userAgent },
    createdAt: instantText(createdAt),
    lastSeenAt: instantText(lastSeenAt),
    endedAt: instantText(endedAt),
    ...{ reason, by, note },
  };
}

function noHistory(app: string) {
  const message = `${app} keeps no history: its policy must say "history"`;
  return invalid([{ in: 'path', at: 'app', rule: 'history', message }]);
}

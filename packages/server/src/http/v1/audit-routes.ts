/** v1: the audit log: who has ended sessions of others, and what changed of the rules. */
import { z } from 'zod';
import type { ReadAudit } from '../message/audit-entries.ts';
import { answer } from '../message/route.ts';
import { matching } from '../operation/faults.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';

const aLimit = 'a whole number from 1 to 1000';
const AuditQuery = z.strictObject({
  limit: matching(/^[1-9]\d{0,3}$/, aLimit)
    .transform(Number)
    .refine((value) => value <= 1000, { error: aLimit })
    .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: 1000 })
    .default(100)
    .describe('Entries in a page, at most: where they are long there are fewer, and a `next`.'),
  before: z.string().optional().describe('`next` of the page before.'),
});

const AuditEntry = z
  .looseObject({
    time: z.string(),
    act: z.string().describe('What was done: `session.end`, `subject.end`, `app.end`, `policy.change`, …'),
    outcome: z.string().describe('`begun`, and then `done` or `failed` with the same `id`; or `refused`.'),
  })
  .meta({ id: 'AuditEntry', description: 'A line of the audit log; docs/operations/logs.md has all its members.' });
const AuditEntries = z
  .object({
    on: z.boolean().describe('Whether there is an audit log (`RS_AUDIT_LOG`).'),
    readable: z.boolean().describe('False where its lines go to standard error: whoever collects them has them.'),
    entries: z.array(AuditEntry),
    next: z.string().nullable().describe('Null when the file has none before.'),
  })
  .meta({ id: 'AuditEntries', description: 'A part of the audit log.' });

const entry = {
  time: '2026-11-28T21:40:12.345Z',
  act: 'subject.end',
  outcome: 'done',
  pid: 812,
  id: '8d0f2c1e-6f39-4f0c-9a53-0d5f8f1e7a11',
  key: 'support',
  address: '10.0.0.7',
  requestId: '4bf92f3577b34da6',
  app: 'shop',
  subject: 'u1',
  reason: 'stolen phone',
  ended: 3,
};
const EXAMPLE = { on: true, readable: true, entries: [entry], next: '48211.Yv3xq0cB2wJr7t5K' };

export function auditRoute(read: ReadAudit, operation: Operations): OperationRoute {
  return operation({
    id: 'listAuditEntries',
    method: 'GET',
    path: '/v1/audit',
    scope: 'admin',
    tag: 'access',
    summary: 'Read the audit log',
    description:
      'Shows who has ended sessions of others, why, and what changed of policy and keys: the lines of `RS_AUDIT_LOG`, the newest first. For keys for all apps. Only the file that is written now is read: what was rotated away is not in the list, and a page that was asked for from a file that has been rotated meanwhile is the last. A line that is not whole is passed over. Looking is not audited.',
    query: AuditQuery,
    answers: { 200: { description: 'A page.', schema: AuditEntries, example: EXAMPLE } },
    errors: ['invalid_cursor', 'audit_unavailable'],
    handle: async ({ c, query: { before = null, limit } }) => {
      const { on, readable, entries, next } = await read(before, limit);
      const end = JSON.stringify(next);
      return answer(c, `{"on":${on},"readable":${readable},"entries":[${entries.join(',')}],"next":${end}}`);
    },
  });
}

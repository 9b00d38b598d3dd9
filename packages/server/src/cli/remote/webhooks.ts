/**
 * `rest-sessions webhooks`: how the webhooks of an app stand, and sends again what was given up. Only the server knows their secrets, and its
 * audit log is to have a line.
 */
import type { DeadLetter, Delivery, Webhook } from 'rest-sessions-client/admin';
import type { Words } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import type { Column } from '../table.ts';
import { type Work, working } from './work.ts';

const COLUMNS: readonly Column<Webhook>[] = [
  { title: 'name', of: ({ name }) => name },
  { title: 'state', of: ({ state }) => state, colour: ({ state }) => (state === 'active' ? 'green' : 'yellow') },
  ...(['behind', 'waiting', 'deadLetters'] as const).map((title) => ({
    title,
    of: (webhook: Webhook) => webhook[title],
    kind: 'number' as const,
  })),
  { title: 'deliveredAt', of: ({ deliveredAt }) => deliveredAt, kind: 'instant' },
  { title: 'failure', of: ({ failure }) => failure, least: 12 },
];

const LETTERS: readonly Column<DeadLetter>[] = [
  { title: 'id', of: ({ id }) => id },
  { title: 'at', of: ({ at }) => at, kind: 'instant' },
  { title: 'type', of: ({ event }) => event.type },
  { title: 'session', of: ({ event }) => event.subject },
  { title: 'attempts', of: ({ attempts }) => attempts, kind: 'number' },
  { title: 'failure', of: ({ failure }) => failure, least: 12 },
];

/** Does what the verb says. Gives the exit code: 1 when the receiver refuses. Errors: UsageError. */
export function run(verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  return working(given, environment, VERBS[verb]!);
}

const VERBS: Readonly<Record<string, (work: Work) => Promise<number>>> = {
  list: async (work) => {
    const rows = work.list(COLUMNS);
    for (const webhook of await work.ask(() => work.app.webhooks())) if (!(await rows.add(webhook))) break;
    return rows.end(`${work.app.name} has no webhook`);
  },
  'dead-letters': async (work) => {
    const rows = work.list(LETTERS);
    for await (const letter of named(work).eachDeadLetter()) if (!(await rows.add(letter))) break;
    return rows.end('nothing was given up');
  },
  test: async (work) => sent(work, await named(work).test()),
  resend: async (work) => {
    const id = work.given.text('id');
    if (id !== undefined) return sent(work, await named(work).resend(id));
    const done = await named(work).resendAll();
    const code = work.answer(`${done.resent} sent again, ${done.left} left`, done);
    return done.left === 0 ? code : EXIT.failed;
  },
  replay: async (work) => {
    const events = await named(work).replay(work.given.text('from')!);
    return work.answer(`${events} events are sent again`, { events });
  },
  enable: async (work) => {
    const enabled = await named(work).enable();
    return work.answer(enabled ? 'it goes on' : 'it was not off', { enabled });
  },
};

const named = (work: Work) => work.app.webhook(work.given.words[0]!);

function sent(work: Work, { delivered, status, failure }: Delivery): number {
  const words = delivered ? `delivered: it answered ${status}` : `not delivered: ${failure}`;
  const code = work.answer(words, { delivered, status, failure });
  return delivered ? code : EXIT.failed;
}

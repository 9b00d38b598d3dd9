/**
 * `rest-sessions webhooks`: how the webhooks of an app stand, and sends again what was given up. Only the server knows their secrets, and its
 * audit log is to have a line.
 */
import { type DeadLetter, type Delivery, SessionError, type Webhook } from 'rest-sessions-client/admin';
import type { Words } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import type { Column } from '../table.ts';
import { instantIn } from './spans.ts';
import { counted, type Work, working } from './work.ts';

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
    const events = await named(work).replay(beginOf(work.given));
    work.done = () => `${counted(events, 'event')} asked for again`;
    const state = await stateOf(work);
    const held = state === null ? undefined : HELD[state];
    const words = held === undefined ? 'are sent again' : `will be sent again once the webhook goes on: ${held}`;
    return work.answer(`${events} events ${words}`, { events, ...(state !== null && { state }) });
  },
  enable: async (work) => {
    const enabled = await named(work).enable();
    return work.answer(enabled ? 'it goes on' : 'it was not off', { enabled });
  },
};

/** Why a webhook in this state is sent nothing. */
const HELD: Readonly<Partial<Record<Webhook['state'], string>>> = {
  paused: 'it is paused by the policy',
  disabled: 'its receiver said 410, and webhooks enable lets it go on',
};

/** Absence: null where the key may not look. */
async function stateOf(work: Work): Promise<Webhook['state'] | null> {
  try {
    const webhooks = await work.ask(() => work.app.webhooks());
    return webhooks.find(({ name }) => name === work.given.words[0])?.state ?? null;
  } catch (error) {
    if (error instanceof SessionError && error.status === 403) return null;
    throw error;
  }
}

/** As the server gives it with each event, in two numbers and a mark. */
const POSITION = /^[0-9a-z]+\.[0-9a-z]+\.[\w-]+$/;

/** Reads --from, which is always given. Errors: UsageError. */
function beginOf(given: Words): string {
  const text = given.text('from')!;
  if (POSITION.test(text)) return text;
  return new Date(Math.max(0, instantIn(given, 'from', Date.now())!)).toISOString();
}

const named = (work: Work) => work.app.webhook(work.given.words[0]!);

function sent(work: Work, { delivered, status, failure }: Delivery): number {
  const words = delivered ? `delivered: it answered ${status}` : `not delivered: ${failure}`;
  const code = work.answer(words, { delivered, status, failure });
  return delivered ? code : EXIT.failed;
}

/** v1: the webhooks of an app: how they stand, and what an administrator does when a receiver was away for too long. */

import { ServiceError } from '../../core/errors.ts';
import { positionIn, readEventCursor } from '../../core/event-cursor.ts';
import type { Position } from '../../core/events.ts';
import { ending } from '../guards/audit.ts';
import { instantText } from '../message/instant-text.ts';
import { answer, type Call } from '../message/route.ts';
import { pathPart } from '../message/target.ts';
import type { Sent, ShownLetter, WebhookState, Webhooks } from '../message/webhooks.ts';
import type { OperationRoute, Operations } from '../operation/operation.ts';
import { instantIn } from './begin.ts';
import * as shape from './webhook-schemas.ts';

const PATH = '/v1/apps/:app/webhooks';
const ONE = `${PATH}/:webhook`;
const TAG = 'webhooks';

/** `webhooks`: absence: null where the server sends none; then an app has none. */
export function webhookRoutes(webhooks: Webhooks | null, operation: Operations): OperationRoute[] {
  const common = { scope: 'admin', tag: TAG, errors: ['webhook_not_found'] } as const;
  const existing = webhooks ?? NONE;
  return [
    operation({
      id: 'listWebhooks',
      method: 'GET',
      path: PATH,
      scope: 'read',
      tag: TAG,
      summary: 'Look how the webhooks of an app stand',
      description:
        'Shows of each webhook in the policy of the app whether its receiver takes what it is sent, how much is still to be sent, and how much was given up. Where it is sent to is not shown.',
      answers: {
        200: { description: 'In the order of the policy.', schema: shape.Webhooks, example: shape.WEBHOOKS_EXAMPLE },
      },
      errors: [],
      handle: async ({ c, app }) => {
        return answer(c, JSON.stringify({ webhooks: (await existing.list(app)).map(stateOf) }));
      },
    }),
    operation({
      ...common,
      id: 'listDeadLetters',
      method: 'GET',
      path: `${ONE}/dead-letters`,
      scope: 'read',
      summary: 'List the events that were given up',
      description:
        'Shows the events that a receiver has not taken in ten attempts over three days, the oldest first. The last 1000 are kept, for 90 days.',
      query: shape.LettersQuery,
      answers: { 200: { description: 'A page.', schema: shape.DeadLetters, example: shape.LETTERS_EXAMPLE } },
      errors: ['webhook_not_found', 'invalid_cursor'],
      handle: async ({ c, app, query: { cursor = null, limit } }) => {
        if (cursor !== null && !/^\d{1,15}$/.test(cursor)) throw foreignCursor();
        const { letters, next } = await existing.deadLetters(app, nameIn(c), cursor, limit);
        return answer(c, JSON.stringify({ deadLetters: letters.map(letterOf), cursor: next }));
      },
    }),
    operation({
      ...common,
      id: 'resendDeadLetter',
      method: 'POST',
      path: `${ONE}/dead-letters/:letter/resend`,
      audits: 'webhook.resend',
      summary: 'Send one dead letter again',
      description:
        'Sends it now, and tells what came of it. When the receiver takes it, it is struck off. It comes after later events of its session: its `sequence` says so.',
      answers: { 200: SENT },
      errors: ['webhook_not_found', 'dead_letter_not_found'],
      handle: async ({ c, app }) => {
        const [webhook, letter] = [nameIn(c), pathPart(c, 7, 'letter')];
        let sent: Sent | null = null;
        await ending(c, 'webhook.resend', { app, webhook }, async () => {
          sent = await existing.resend(app, webhook, letter);
          if (sent === null) throw new ServiceError('dead_letter_not_found', 'there is no such dead letter');
          return 0;
        });
        return answer(c, sentText(sent!));
      },
    }),
    operation({
      ...common,
      id: 'resendDeadLetters',
      method: 'POST',
      path: `${ONE}/resend`,
      audits: 'webhook.resend',
      summary: 'Send all dead letters again',
      description:
        'Sends them one after the other, the oldest first, until the receiver refuses one or twenty seconds are over. Ask again while some are `left`.',
      answers: { 200: { description: 'How many.', schema: shape.Resent, example: { resent: 12, left: 0 } } },
      handle: async ({ c, app }) => {
        const webhook = nameIn(c);
        let resent = { resent: 0, left: 0 };
        await ending(c, 'webhook.resend', { app, webhook }, async () => {
          resent = await existing.resendAll(app, webhook);
          return 0;
        });
        return answer(c, JSON.stringify(resent));
      },
    }),
    operation({
      ...common,
      id: 'replayWebhook',
      method: 'POST',
      path: `${ONE}/replay`,
      audits: 'webhook.replay',
      summary: 'Send again what happened since an instant',
      description:
        'Sets a webhook back, so that it is told once more of everything that the journal still has: after a receiver lost its data. It goes back only. The receiver knows by `webhook-id` what it has had.',
      query: shape.ReplayQuery,
      answers: { 200: { description: 'How many events that is.', schema: shape.Replayed, example: { events: 4100 } } },
      errors: ['webhook_not_found', 'invalid_cursor'],
      handle: async ({ c, app, query: { from } }) => {
        const webhook = nameIn(c);
        const since = beginIn(app, from);
        let events = 0;
        await ending(c, 'webhook.replay', { app, webhook }, async () => {
          events = await existing.replay(app, webhook, since);
          return 0;
        });
        return answer(c, JSON.stringify({ events }));
      },
    }),
    operation({
      ...common,
      id: 'testWebhook',
      method: 'POST',
      path: `${ONE}/test`,
      audits: 'webhook.test',
      summary: 'Send a sample',
      description:
        'Sends an event of type `webhook.test`, signed like all others, and tells what the receiver answered. It works for a webhook that is paused, too.',
      answers: { 200: SENT },
      handle: async ({ c, app }) => {
        const webhook = nameIn(c);
        let sent: Sent | null = null;
        await ending(c, 'webhook.test', { app, webhook }, async () => {
          sent = await existing.test(app, webhook);
          return 0;
        });
        return answer(c, sentText(sent!));
      },
    }),
    operation({
      ...common,
      id: 'enableWebhook',
      method: 'POST',
      path: `${ONE}/enable`,
      audits: 'webhook.enable',
      summary: 'Let a webhook go on whose receiver was gone',
      description:
        'Says that a receiver is back: one that answers 410 is sent nothing more until then. It is safe to repeat. What happened meanwhile is sent as far as the journal has it; of the rest it is told by an event `journal.gap`.',
      answers: { 200: { description: 'Whether it was off.', schema: shape.Enabled, example: { enabled: true } } },
      handle: async ({ c, app }) => {
        const webhook = nameIn(c);
        let enabled = false;
        await ending(c, 'webhook.enable', { app, webhook }, async () => {
          enabled = await existing.enable(app, webhook);
          return 0;
        });
        return answer(c, JSON.stringify({ enabled }));
      },
    }),
  ];
}

const SENT = {
  description: 'What the receiver answered.',
  schema: shape.Sent,
  example: { delivered: true, status: 204, failure: null },
};

function nameIn(c: Call): string {
  return pathPart(c, 5, 'webhook');
}

/** Reads an instant, or a position of the events of the app. Errors: `invalid_request`, `invalid_cursor`. */
function beginIn(app: string, from: string): number | Position {
  const place = { in: 'query', at: 'from' } as const;
  return instantIn('from', from) ?? positionIn(readEventCursor({ app }, from, place), app);
}

function foreignCursor(): ServiceError {
  return new ServiceError('invalid_cursor', 'cursor is not one of this list', { field: 'cursor' });
}

function stateOf({ deliveredAt, failedAt, disabledAt, ...state }: WebhookState) {
  return { ...state, deliveredAt: text(deliveredAt), failedAt: text(failedAt), disabledAt: text(disabledAt) };
}

function letterOf({ at, ...letter }: ShownLetter) {
  return { ...letter, at: instantText(at) };
}

function text(at: number | null): string | null {
  return at === null ? null : instantText(at);
}

function sentText(sent: Sent): string {
  return JSON.stringify(sent);
}

const missing = async (): Promise<never> => {
  throw new ServiceError('webhook_not_found', 'the app has no webhook with this name');
};
const NONE: Webhooks = {
  list: async () => [],
  deadLetters: missing,
  resend: missing,
  resendAll: missing,
  replay: missing,
  test: missing,
  enable: missing,
};

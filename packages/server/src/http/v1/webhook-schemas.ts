/** The shapes of webhooks as administrators see them, and examples of them. */
import { z } from 'zod';
import { matching } from '../operation/faults.ts';
import { EVENT_EXAMPLE, Event } from './event-schemas.ts';

const instant = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);
const aLimit = 'a whole number from 1 to 100';

export const LettersQuery = z.strictObject({
  limit: matching(/^[1-9]\d{0,2}$/, aLimit)
    .transform(Number)
    .refine((value) => value <= 100, { error: aLimit })
    .meta({ type: 'integer', pattern: undefined, minimum: 1, maximum: 100 })
    .default(50)
    .describe('Dead letters in a page.'),
  cursor: z.string().optional().describe('From the page before.'),
});
export const ReplayQuery = z.strictObject({
  from: z
    .string()
    .meta({ example: '2026-11-26T07:18:16.000Z' })
    .describe(
      'An instant of RFC 3339, or a position: `next` of a page of the events of the app, or the id of one in its stream.',
    ),
});

const WebhookKind = z.enum(['events', 'backchannel-logout']).meta({ id: 'WebhookKind' });
const WebhookState = z.enum(['active', 'failing', 'paused', 'disabled']).meta({
  id: 'WebhookState',
  description: '`failing`: the last attempt failed. `disabled`: the receiver said 410. `paused`: by the policy.',
});
const Webhook = z
  .object({
    name: z.string(),
    kind: WebhookKind,
    state: WebhookState,
    behind: count.describe('Events of the journal that it was not told of yet.'),
    waiting: count.describe('Of these, those that failed and wait for another attempt, with those behind them.'),
    deadLetters: count.describe('Events that were given up and are kept.'),
    dead: count.describe('Events that were given up, ever.'),
    deadDropped: count.describe('Of those, how many were dropped for newer ones.'),
    deliveredAt: instant.nullable().describe('The last success.'),
    failedAt: instant.nullable().describe('The last failure.'),
    failure: z.string().nullable().describe('Why it failed.'),
    disabledAt: instant.nullable(),
  })
  .meta({ id: 'Webhook', description: 'How a webhook stands.' });
export const Webhooks = z.object({ webhooks: z.array(Webhook) }).meta({ id: 'Webhooks' });

const DeadLetter = z
  .object({
    id: z.string(),
    at: instant.describe('When it was given up.'),
    attempts: count,
    failure: z.string().describe('Why the last attempt failed.'),
    event: Event,
  })
  .meta({ id: 'DeadLetter', description: 'An event that was given up.' });
export const DeadLetters = z
  .object({ deadLetters: z.array(DeadLetter), cursor: z.string().nullable() })
  .meta({ id: 'DeadLetters' });

export const Sent = z
  .object({
    delivered: z.boolean().describe('Whether the receiver answered 2xx.'),
    status: z.int().nullable().describe('What it answered; null for nothing.'),
    failure: z.string().nullable(),
  })
  .meta({ id: 'Sent' });
export const Resent = z.object({ resent: count, left: count }).meta({ id: 'Resent' });
export const Replayed = z.object({ events: count }).meta({ id: 'Replayed' });
export const Enabled = z.object({ enabled: z.boolean() }).meta({ id: 'Enabled' });

export const WEBHOOKS_EXAMPLE = {
  webhooks: [
    {
      name: 'mail',
      kind: 'events',
      state: 'failing',
      behind: 14,
      waiting: 3,
      deadLetters: 1,
      dead: 1,
      deadDropped: 0,
      deliveredAt: '2026-11-26T07:18:15.870Z',
      failedAt: '2026-11-26T07:18:16.000Z',
      failure: 'it answered 503',
      disabledAt: null,
    },
  ],
};
export const LETTERS_EXAMPLE = {
  deadLetters: [
    { id: '1', at: '2026-11-29T11:00:00.000Z', attempts: 10, failure: 'no answer within 15 s', event: EVENT_EXAMPLE },
  ],
  cursor: null,
};

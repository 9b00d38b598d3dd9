import type { CommandDefinition, Options } from '../definition.ts';
import { APP, CONNECTION, JSON_LINES, JSON_OUTPUT } from './shared.ts';

const OPTIONS = { app: APP, json: JSON_OUTPUT, ...CONNECTION } as const satisfies Options;
const LIST_OPTIONS = { ...OPTIONS, json: JSON_LINES } as const satisfies Options;

export const webhooks: CommandDefinition = {
  name: 'webhooks',
  summary: 'shows how the webhooks of an app stand, and sends again what was given up',
  text: `Asks the server: only that knows the secrets. The key needs the scope read for list and dead-letters, and admin for the others. Ends with 1
when the receiver refuses.`,
  verbs: {
    list: {
      usage: 'webhooks list',
      text: 'Shows how each one stands.',
      options: LIST_OPTIONS,
      examples: [{ line: 'rest-sessions webhooks list --app shop', text: 'the webhooks of an app' }],
    },
    test: {
      usage: 'webhooks test NAME',
      text: 'Sends a sample, and says what the receiver answered.',
      options: OPTIONS,
      examples: [{ line: 'rest-sessions webhooks test crm --app shop', text: 'whether the receiver takes a sample' }],
    },
    'dead-letters': {
      usage: 'webhooks dead-letters NAME',
      text: 'Shows what was given up.',
      options: LIST_OPTIONS,
      examples: [{ line: 'rest-sessions webhooks dead-letters crm --app shop', text: 'what has not arrived, and why' }],
    },
    resend: {
      usage: 'webhooks resend NAME',
      text: 'Sends again what was given up: all of it, or one letter.',
      options: { ...OPTIONS, id: { value: 'ID', text: 'only this letter' } },
      examples: [{ line: 'rest-sessions webhooks resend crm --app shop', text: 'once the receiver is back' }],
    },
    replay: {
      usage: 'webhooks replay NAME',
      text: 'Sends again what happened since an instant, whether it arrived or not.',
      options: {
        ...OPTIONS,
        from: {
          value: 'INSTANT',
          text: 'where to begin: 2026-01-31T08:00:00Z, a span before now as 2h, or the position of an event',
          required: true,
        },
      },
      examples: [
        {
          line: 'rest-sessions webhooks replay crm --app shop --from 2026-01-31T08:00:00Z',
          text: 'for a receiver that lost what it had',
        },
      ],
    },
    enable: {
      usage: 'webhooks enable NAME',
      text: 'Lets one go on whose receiver said 410.',
      options: OPTIONS,
      examples: [{ line: 'rest-sessions webhooks enable crm --app shop', text: 'goes on with what waits' }],
    },
  },
  load: () => import('../remote/webhooks.ts'),
};

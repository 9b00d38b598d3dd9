import type { CommandDefinition } from '../definition.ts';
import { APP, CONNECTION, JSON_LINES } from './shared.ts';

export const events: CommandDefinition = {
  name: 'events',
  summary: 'tells what happens to sessions, as it happens',
  text: 'Asks the server. The policy of the app must say `events`, and the key needs the scope read.',
  verbs: {
    tail: {
      usage: 'events tail',
      text: `Writes a line for each event, until it is ended. A connection that is lost is opened anew behind the last event; one event may come
twice, with the same id. With --json each line has a position, which --after takes.`,
      options: {
        app: { value: 'APP', text: APP.text },
        'all-apps': { value: null, text: 'all apps that the key may see, and what happens to the server itself' },
        types: {
          value: 'TYPE,…',
          text: 'only events of these types',
          complete: ['session.created', 'session.ended', 'session.rotated', 'session.updated', 'session.suspect'],
        },
        subject: { value: 'SUBJECT', text: 'only events of this user' },
        since: {
          value: 'INSTANT',
          text: 'begins there, as far as events are kept: 2026-01-31T08:00:00Z, or a span before now as 2h',
        },
        after: { value: 'POSITION', text: 'begins behind an event, by the position that it had' },
        limit: { value: 'COUNT', text: 'ends after so many' },
        json: JSON_LINES,
        ...CONNECTION,
      },
      examples: [
        {
          line: 'rest-sessions events tail --app shop --since 1h --types session.ended --limit 1',
          text: 'the first end in the last hour',
        },
        {
          line: 'rest-sessions events tail --all-apps --since 1h --json --limit 2',
          text: 'what happened in all apps, for programs',
        },
      ],
    },
  },
  load: () => import('../remote/events.ts'),
};

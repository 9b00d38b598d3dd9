import type { CommandDefinition } from '../definition.ts';
import { APP, CONNECTION, DESTRUCTIVE, JSON_LINES, JSON_OUTPUT } from './shared.ts';

export const subjects: CommandDefinition = {
  name: 'subjects',
  summary: 'shows where a user is logged in and what has ended, and logs somebody out',
  text: 'Asks the server. The key needs the scope read to look, revoke to end, and admin to erase the history.',
  verbs: {
    show: {
      usage: 'subjects show SUBJECT',
      text: 'Shows the sessions of a user, the latest activity first: the devices.',
      options: { app: APP, json: JSON_LINES, ...CONNECTION },
      examples: [{ line: 'rest-sessions subjects show u1 --app shop', text: 'where somebody is logged in' }],
    },
    end: {
      usage: 'subjects end SUBJECT',
      text: 'Ends all sessions of a user, or all but one, and says how many are left.',
      options: {
        app: APP,
        except: { value: 'ID', text: 'the id of a session that goes on' },
        ...DESTRUCTIVE,
        json: JSON_OUTPUT,
        ...CONNECTION,
      },
      examples: [
        { line: 'rest-sessions subjects end u1 --app shop --dry-run', text: 'how many that would be' },
        {
          line: 'rest-sessions subjects end u1 --app shop --except "$ID" --reason "password changed" --yes',
          text: 'everywhere else',
        },
      ],
    },
    history: {
      usage: 'subjects history SUBJECT',
      text: 'Shows the sessions of a user that have ended: when, why, by whom. The policy of the app says for how long they are kept.',
      options: {
        app: APP,
        erase: { value: null, text: 'erases it, as a user may ask for' },
        'dry-run': DESTRUCTIVE['dry-run'],
        yes: DESTRUCTIVE.yes,
        json: JSON_LINES,
        ...CONNECTION,
      },
      examples: [
        { line: 'rest-sessions subjects history u1 --app shop', text: 'what has ended, and who wanted it' },
        { line: 'rest-sessions subjects history u1 --app shop --erase --yes', text: 'nothing is kept of it any more' },
      ],
    },
  },
  load: () => import('../remote/subjects.ts'),
};

import type { CommandDefinition } from '../definition.ts';
import { CONNECTION, JSON_LINES } from './shared.ts';

export const apps: CommandDefinition = {
  name: 'apps',
  summary: 'lists the apps that have sessions, with how many',
  text: 'Asks the server. A key sees its own apps only; it needs the scope read.',
  verbs: {
    '': {
      usage: 'apps',
      text: '',
      options: { json: JSON_LINES, ...CONNECTION },
      examples: [
        { line: 'rest-sessions apps', text: 'how much is in each app' },
        { line: 'rest-sessions apps --json', text: 'the same, for programs' },
      ],
    },
  },
  load: () => import('../remote/apps.ts'),
};

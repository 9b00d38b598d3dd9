import type { CommandDefinition } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

export const stats: CommandDefinition = {
  name: 'stats',
  summary: 'tells what a store holds, while servers use it',
  text: 'Sessions and subjects of each app, and what the file or the Redis says of itself. It changes nothing.',
  verbs: {
    '': {
      usage: 'stats',
      text: '',
      options: { store: STORE, json: JSON_OUTPUT },
      examples: [{ line: 'rest-sessions stats', text: 'of the store of this configuration' }],
    },
  },
  load: () => import('../stats-command.ts'),
};

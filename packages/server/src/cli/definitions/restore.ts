import type { CommandDefinition } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

export const restore: CommandDefinition = {
  name: 'restore',
  summary: 'puts a backup into the folder of the embedded store, with its servers stopped',
  text: 'Sessions that ended after the backup was made are back, then: end what must not be.',
  verbs: {
    '': {
      usage: 'restore FILE',
      text: '',
      options: {
        store: STORE,
        replace: { value: null, text: 'moves the store that is there aside, and keeps it' },
        check: { value: null, text: 'only reads the backup, and says whether it is whole' },
        json: JSON_OUTPUT,
      },
      examples: [{ line: 'rest-sessions restore sessions.backup --check', text: 'whether the file could be restored' }],
    },
  },
  load: async () => (await import('../backup-command.ts')).restore,
};

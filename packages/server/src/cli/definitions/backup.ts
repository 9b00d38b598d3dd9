import type { CommandDefinition } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

export const backup: CommandDefinition = {
  name: 'backup',
  summary: 'writes the embedded store into one file, while servers use it',
  text: `The file has the store (lmdb:PATH) as it is at one instant: compact, checked entry by entry, sealed with a SHA-256. It has all
sessions: keep it like the store.`,
  verbs: {
    '': {
      usage: 'backup FILE',
      text: '',
      options: {
        store: STORE,
        replace: {
          value: null,
          text: 'takes the place of a FILE that is there, at the end; without it, that one is left alone',
        },
        json: JSON_OUTPUT,
      },
      examples: [{ line: 'rest-sessions backup sessions.backup --replace', text: 'each night into the same file' }],
    },
  },
  load: async () => (await import('../backup-command.ts')).backup,
};

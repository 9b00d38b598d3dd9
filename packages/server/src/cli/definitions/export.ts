import type { CommandDefinition } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

const exports: CommandDefinition = {
  name: 'export',
  summary: 'writes the sessions of a store as lines of JSON, while servers use it',
  text: `Into a file of this account alone, or to standard output; docs/moving.md tells the form. With the hashes of tokens, never a token.`,
  verbs: {
    '': {
      usage: 'export',
      text: '',
      options: {
        output: { value: 'FILE|-', text: 'where to; - is standard output, as without it', complete: 'file' },
        app: { value: 'APP', text: 'only the sessions of this app' },
        store: STORE,
        replace: { value: null, text: 'takes the place of a FILE that is there, at the end' },
        continue: { value: null, text: 'goes on with a FILE after an interruption' },
        json: { ...JSON_OUTPUT, text: 'writes what was done as JSON, where the sessions go into a FILE' },
      },
      examples: [
        {
          line: 'rest-sessions export --app shop --output sessions.ndjson',
          text: 'the sessions of one app into a file',
        },
      ],
    },
  },
  load: () => import('../export-command.ts'),
};

export { exports as export };

import type { CommandDefinition } from '../definition.ts';
import { JSON_OUTPUT, STORE } from './shared.ts';

export const doctor: CommandDefinition = {
  name: 'doctor',
  summary: 'says what is wrong with the store, the machine and the configuration, and what to change',
  text: `While servers run, it looks at the machine, at keys and certificates that end within 30 days, at the settings and memory of Redis, and
at whether sessions and their indexes agree. It changes nothing without --repair. Ends with 1 when something is wrong, or left.`,
  verbs: {
    '': {
      usage: 'doctor',
      text: '',
      options: {
        store: STORE,
        repair: { value: null, text: 'mends what it can' },
        quick: { value: null, text: 'looks at no session' },
        json: JSON_OUTPUT,
      },
      examples: [
        { line: 'rest-sessions doctor', text: 'examines the store of this configuration' },
        { line: 'rest-sessions doctor --quick --json', text: 'the same without its sessions, for a program' },
      ],
    },
  },
  load: () => import('../doctor-command.ts'),
};

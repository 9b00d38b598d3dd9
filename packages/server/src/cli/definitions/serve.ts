import type { CommandDefinition } from '../definition.ts';

export const serve: CommandDefinition = {
  name: 'serve',
  summary: 'starts the server; what is done when no command is named',
  text: `Runs until SIGTERM, SIGINT or SIGQUIT, then finishes the requests under way and ends with 0; a second signal ends it at
once. It is configured by environment variables and takes no options.

Keys, certificates and the policy file are read again within seconds of a change, and at once on SIGHUP. With RS_WORKERS several
processes answer on one port; SIGUSR2 replaces them, one after the other, and no request fails.`,
  verbs: {
    '': {
      usage: '[serve]',
      text: '',
      options: {},
      examples: [
        {
          line: 'rest-sessions',
          text: 'serves on http://127.0.0.1:3000, with the sessions in a folder of this account',
        },
        {
          line: 'RS_PORT=4000 RS_STORE=redis://127.0.0.1:6379 rest-sessions serve',
          text: 'on another port, over a Redis',
        },
      ],
    },
  },
  load: () => import('../serve-command.ts'),
};

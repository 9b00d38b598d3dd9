import type { CommandDefinition } from '../definition.ts';
import { CONNECTION } from './shared.ts';

export const health: CommandDefinition = {
  name: 'health',
  summary: 'asks the server of this configuration whether it answers: 0 yes, 1 no',
  text: `For the health check of a container or a supervisor. The server is that of RS_HOST, RS_PORT, RS_TLS_CERT, …; it is waited for 2.5 seconds.`,
  verbs: {
    '': {
      usage: 'health',
      text: '',
      options: {
        ready: { value: null, text: 'asks whether it takes requests, its store included' },
        cert: {
          ...CONNECTION.cert,
          text: 'a client certificate in PEM, for --ready where RS_TLS_CLIENT_CA asks for one',
        },
        key: CONNECTION.key,
      },
      examples: [{ line: 'rest-sessions health --ready', text: 'whether a load balancer may send it requests' }],
    },
  },
  load: () => import('../health-command.ts'),
};

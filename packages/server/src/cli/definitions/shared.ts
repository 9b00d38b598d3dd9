/** Options that several commands have, said once. */
import type { OptionDefinition, Options } from '../definition.ts';

/** Of commands that write one result. */
export const JSON_OUTPUT: OptionDefinition = { value: null, text: 'writes the result as JSON, for programs' };

/** Of commands that list. */
export const JSON_LINES: OptionDefinition = {
  value: null,
  text: 'writes a JSON object a line (NDJSON), for programs, in the place of a table',
};

export const STORE: OptionDefinition = {
  value: 'URL',
  text: 'the store, in the place of RS_STORE; one whose URL has a password only in RS_STORE',
  complete: ['lmdb:', 'redis://', 'rediss://'],
};

export const APP: OptionDefinition = { value: 'APP', text: 'the app', required: true };

/** How a command reaches a server. */
export const CONNECTION = {
  url: {
    value: 'URL',
    text: 'the server, in the place of RS_URL; without both it is the one of this configuration (RS_HOST, RS_PORT, RS_TLS_CERT, …)',
  },
  'key-file': {
    value: 'FILE',
    text: 'a file with the API key (- is standard input), in the place of RS_KEY_FILE and RS_KEY',
    complete: 'file',
  },
  cert: { value: 'FILE', text: 'a client certificate in PEM, where the server asks for one', complete: 'file' },
  key: { value: 'FILE', text: 'the private key of --cert', complete: 'file' },
} as const satisfies Options;

/** Of verbs that end or change something. */
export const DESTRUCTIVE = {
  'dry-run': { value: null, text: 'says what would be done, and does nothing' },
  reason: { value: 'TEXT', text: 'why, for the audit log and the events' },
  yes: { value: null, text: 'does not ask; where there is no terminal to ask on, nothing is done without it' },
} as const satisfies Options;

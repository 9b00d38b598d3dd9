import type { CommandDefinition, Options } from '../definition.ts';
import { JSON_LINES } from './shared.ts';

const SCOPES = ['verify', 'read', 'write', 'revoke', 'admin', 'data'] as const;
const FILE = {
  file: { value: 'PATH', text: 'the file with keys, in the place of RS_KEYS_FILE', complete: 'file' },
} as const satisfies Options;

/** Of a key, and of a user of the console. */
const WHO = {
  name: {
    value: 'NAME',
    text: 'what it is called in lists, in the audit log and in events; a user logs in by it',
    required: true,
  },
  apps: { value: 'APP,…|*', text: 'the apps that it is for; * is all of them', required: true },
  scopes: {
    value: 'SCOPE,…',
    text: 'what it may do: verify (read by token), read (lists), write (create, change), revoke (end), admin (a whole app), data (in the console: the data of sessions)',
    complete: SCOPES,
    required: true,
  },
  expires: {
    value: '90d|DATE',
    text: 'when it ends: in days (d), hours (h) or minutes (m), or at a date or an instant',
  },
} as const satisfies Options;

export const keys: CommandDefinition = {
  name: 'keys',
  summary: 'makes API keys, lists them and takes them back',
  text: `Works on the file RS_KEYS_FILE, or the one that --file names; a running server takes a change within seconds, or on SIGHUP. One
command changes the file at a time; the others wait for it, 10 seconds at most.`,
  verbs: {
    create: {
      usage: 'keys create',
      text: `Makes a key, prints it this once and adds its hash to the file. Without a file it only prints: the key, and the entry that
belongs to it.`,
      options: {
        ...WHO,
        certificate: {
          value: 'CN=…|DNS:…|URI:…|email:…',
          text: 'a client certificate with this name counts as the key, or is needed beside it',
        },
        'no-key': { value: null, text: 'makes no key: the certificate alone counts' },
        ...FILE,
      },
      examples: [
        {
          line: 'rest-sessions keys create --name web --apps shop --scopes verify,write --expires 90d --file keys.json',
          text: 'a key for the web servers of one app',
        },
        {
          line: "rest-sessions keys create --name ops --apps '*' --scopes read,revoke,admin",
          text: 'shows the key and its entry, and writes no file',
        },
      ],
    },
    'create-user': {
      usage: 'keys create-user',
      text: `Makes an entry of RS_CONSOLE_USERS: somebody who logs in to the console by name and password. The password is asked for on
the terminal, or is the one line of standard input; it is 12 characters or more. Only its hash is in the entry.`,
      options: WHO,
      examples: [
        {
          line: 'rest-sessions keys create-user --name anna --apps shop --scopes read,revoke < password.txt',
          text: 'somebody in support, who ends sessions and does not see carts',
        },
      ],
    },
    list: {
      usage: 'keys list',
      text: 'Shows whose keys there are, what they may do and until when; never a key.',
      options: { json: JSON_LINES, ...FILE },
      examples: [{ line: 'rest-sessions keys list --file keys.json', text: 'a line for each key' }],
    },
    revoke: {
      usage: 'keys revoke NAME',
      text: 'Takes a key out of the file: who shows it is refused from then on.',
      options: { ...FILE },
      examples: [
        { line: 'rest-sessions keys revoke web --file keys.json', text: 'takes back the key that is called web' },
      ],
    },
    check: {
      usage: 'keys check',
      text: 'Reads a key from standard input and says whose it is. Ends with 1 when it is none that is configured here.',
      options: { json: JSON_LINES, ...FILE },
      examples: [{ line: 'rest-sessions keys check --file keys.json < key.txt', text: 'whose key is in key.txt' }],
    },
  },
  load: () => import('../keys-command.ts'),
};

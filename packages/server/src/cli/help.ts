/** The texts of --help, of all and of each command, and of the manual page (scripts/manual.ts). The variables come from their table. */
import { VARIABLES, type Variable } from '../config.ts';
import { KINDS } from '../moving/kinds.ts';

export type Command =
  | 'serve'
  | 'keys'
  | 'doctor'
  | 'health'
  | 'backup'
  | 'restore'
  | 'stats'
  | 'import'
  | 'export'
  | 'copy'
  | 'webhooks';

export const EXIT_CODES = 'Exit codes: 0 done, 1 failed, 2 wrong use or configuration.\n';

export const KEYS_USAGE = `Usage: rest-sessions keys create --name NAME --apps APP,…|* --scopes SCOPE,… [--expires 90d|DATE]
                                 [--certificate CN=…|DNS:…|URI:…|email:…] [--no-key] [--file PATH]
       rest-sessions keys list [--file PATH]
       rest-sessions keys revoke NAME [--file PATH]
       rest-sessions keys check [--file PATH] < a key on standard input
Scopes: verify (read by token), read (lists), write (create, change), revoke (end), admin (a whole app).
The file is RS_KEYS_FILE unless --file names another; create without either only prints.
One command changes the file at a time; the others wait for it, 10 seconds at most.
`;

const SERVE = `serve (the default) starts the server and runs until SIGTERM, SIGINT or SIGQUIT. It then finishes
the requests under way and ends with 0; a second signal ends it at once. Keys, certificates and the
policy file are read again within seconds of a change, and at once on SIGHUP. With RS_WORKERS several
processes answer on one port; SIGUSR2 replaces them, one after the other, and no request fails. It
takes no options.
`;

const DOCTOR = `doctor says what to change, while servers run: the machine, keys and certificates that end within 30
days, the settings and memory of Redis, and whether sessions and their indexes agree. It changes
nothing; --repair mends what it can, --quick leaves the sessions out, --json is for programs. The
store is RS_STORE or --store (a URL with a password only in RS_STORE). Ends with 1 when something
is wrong, or left.
`;

const HEALTH = `health asks the server of this configuration (RS_HOST, RS_PORT, RS_TLS_CERT, …) whether it answers:
0 yes, 1 no. With --ready: whether it takes requests, its store included. --cert and --key name a
client certificate, for --ready where RS_TLS_CLIENT_CA asks for one.
`;

const BACKUP = `backup writes the embedded store (lmdb:PATH), as it is at one instant and while servers use it, into one
file: compact, checked entry by entry, sealed with a SHA-256. A FILE that is there is left alone,
or with --replace replaced at the end. The file has all sessions: keep it like the store.
`;

const RESTORE = `restore puts a backup into the folder of the embedded store, with all its servers stopped; --replace
moves the store that is there aside. Sessions that ended after the backup was made are back, then.
--check reads the backup and says whether it is whole.
`;

const STATS = `stats tells what a store holds, while servers use it: sessions and subjects of each app, and what the
file or the Redis says of itself. It changes nothing.
`;

const IMPORT = `import takes sessions over that another server or library wrote, with their ages, deadlines and tokens,
so that nobody logs in again. Into the store RS_STORE or --store, also while servers use it. What it has
left out is counted by reason. --dry-run changes nothing; --continue goes on after an interruption, and
is needed where the target has sessions already: those stay, or are brought up to date where the source
has gone on with them. A source whose URL has a password is named in RS_IMPORT_FROM.
${kindsOfSources()}`;

const EXPORT = `export writes the sessions of a store as lines of JSON (docs/moving.md), while servers use it: into a
file of this account alone, or to standard output. With the hashes of tokens, never a token. --continue
goes on with a file after an interruption; --app takes one app.
`;

const COPY = `copy brings all sessions of one store into another (lmdb:PATH, redis://…), while servers use the first:
passes that carry what has changed, until nothing or only the servers' own pace is left. The last one
compares each session. What ended at the source ends at the target, if a copy brought it; nothing is
changed at the source. Then: stop the servers, copy once more with --continue, start them on the new
store. A URL with a password is named in RS_COPY_FROM or RS_COPY_TO.
`;

const WEBHOOKS = `webhooks asks the server of this configuration (RS_HOST, RS_PORT, RS_TLS_CERT, …) about the webhooks of an app:
list shows how each stands, test sends a sample, dead-letters shows what was given up, resend sends
it again (all, or one with --id), replay sends again what happened since an instant, enable lets one
go on whose receiver said 410. --key-file names a file with an API key (- is standard input) with
the scope read, and admin for all but list and dead-letters; --cert and --key a client certificate.
Ends with 1 when the receiver refuses.
`;

const KEYS = `keys makes API keys and takes them back, in the file RS_KEYS_FILE or --file PATH. Scopes: verify
(read by token), read (lists), write (create, change), revoke (end), admin (a whole app).
`;

/** What a command is called with, in as many ways as it has, and what it does. In the order of --help. */
export const COMMANDS: Readonly<Record<Command, { readonly usage: readonly string[]; readonly text: string }>> = {
  serve: { usage: ['[serve]'], text: SERVE },
  keys: {
    usage: [
      'keys create --name NAME --apps APP,…|* --scopes SCOPE,… [--expires 90d|DATE]',
      'keys list | revoke NAME | check',
    ],
    text: KEYS,
  },
  doctor: { usage: ['doctor [--store URL] [--repair | --quick] [--json]'], text: DOCTOR },
  health: { usage: ['health [--ready] [--cert FILE --key FILE]'], text: HEALTH },
  backup: { usage: ['backup FILE [--store URL] [--replace] [--json]'], text: BACKUP },
  restore: { usage: ['restore FILE [--store URL] [--replace | --check] [--json]'], text: RESTORE },
  stats: { usage: ['stats [--store URL] [--json]'], text: STATS },
  import: {
    usage: ['import --from KIND:… [--app APP] [--store URL] [--dry-run] [--continue] [--json]'],
    text: IMPORT,
  },
  export: {
    usage: ['export [--output FILE|-] [--app APP] [--store URL] [--replace] [--continue] [--json]'],
    text: EXPORT,
  },
  webhooks: {
    usage: [
      'webhooks list --app APP [--key-file FILE] [--json]',
      'webhooks test | dead-letters | enable NAME --app APP [--key-file FILE] [--json]',
      'webhooks resend NAME [--id ID] | replay NAME --from INSTANT --app APP [--key-file FILE] [--json]',
    ],
    text: WEBHOOKS,
  },
  copy: { usage: ['copy --from STORE --to STORE [--app APP] [--dry-run] [--continue] [--json]'], text: COPY },
};

export function help(): string {
  const commands = Object.values(COMMANDS);
  const usage = [...commands.flatMap((command) => command.usage), 'COMMAND --help | --help | --version'];
  return `rest-sessions: the login-session server that every stack can use

Usage: ${usage.map((words) => `rest-sessions ${words}\n`).join('       ')}
${commands.map(({ text }) => `${text}\n`).join('')}${variables()}
${EXIT_CODES}`;
}

export function helpOf(command: Command): string {
  if (command === 'keys') return `${KEYS_USAGE}${EXIT_CODES}`;
  const { usage, text } = COMMANDS[command];
  const more = command === 'serve' ? `\n${variables()}` : '';
  const ways = usage.join('\n       rest-sessions ');
  return `Usage: rest-sessions ${ways}\n\n${text}${more}\n${EXIT_CODES}`;
}

/** What can be imported, a line for each kind and for each of its options. */
function kindsOfSources(): string {
  const lines = Object.entries(KINDS).flatMap(([name, kind]) => [
    `  --from ${name}:${kind.where}`,
    `      ${kind.text}`,
    ...Object.entries(kind.options).map(([option, { value, text }]) => {
      const shown = value === null ? `--${option}` : `--${option} ${value}`;
      return `      ${shown}: ${text}`;
    }),
  ]);
  return `Kinds:\n${lines.join('\n')}\n`;
}

function variables(): string {
  const lines = Object.values(VARIABLES).map((variable: Variable) => {
    const fallback = variable.default === '' ? 'not set' : variable.default;
    return `  ${variable.name.padEnd(20)} ${variable.allowed} [${fallback}]\n`;
  });
  return `Configuration, by environment variables: what is allowed [default]. What each means is on the page\n/docs/guides/configuration of a running server, and in docs/configuration.md.\n${lines.join('')}`;
}

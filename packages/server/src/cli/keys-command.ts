/**
 * `rest-sessions keys …`: makes API keys, shows who has one, takes them back. A key is printed once, by create; none is
 * ever taken as an argument, where every user of the machine could read it: `check` reads from standard input.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type KeyEntry, KeysError, keyListEntry, parseKeyList, readEntry } from '../keys/entry.ts';
import { changeKeysFile, readKeysFile } from '../keys/file.ts';
import { hashKey, isKey, newKey } from '../keys/format.ts';

const USAGE = `Usage: rest-sessions keys create --name NAME --apps APP,…|* --scopes SCOPE,… [--expires 90d|DATE]
                                 [--certificate CN=…|DNS:…|URI:…|email:…] [--no-key] [--file PATH]
       rest-sessions keys list [--file PATH]
       rest-sessions keys revoke NAME [--file PATH]
       rest-sessions keys check [--file PATH] < a key on standard input
Scopes: verify (read by token), read (lists), write (create, change), revoke (end), admin (a whole app).
The file is RS_KEYS_FILE unless --file names another; create without either only prints.
`;

const OPTIONS = {
  name: { type: 'string' },
  apps: { type: 'string' },
  scopes: { type: 'string' },
  expires: { type: 'string' },
  certificate: { type: 'string' },
  'no-key': { type: 'boolean' },
  file: { type: 'string' },
} as const;

/** Runs it. Gives the exit code. */
export function runKeys(args: string[], environment: NodeJS.ProcessEnv, now = Date.now()): number {
  try {
    if (args.includes('--help') || args.includes('-h')) {
      process.stdout.write(USAGE);
      return 0;
    }
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
    const [verb, ...names] = positionals;
    const file = values.file ?? environment.RS_KEYS_FILE ?? '';
    if (verb === 'create' && names.length === 0) return create(values, file, now);
    if (verb === 'list' && names.length === 0) {
      if (file === '' && !environment.RS_API_KEYS) say('no keys: RS_KEYS_FILE, RS_API_KEYS and --file are not set');
      return list(configured(file, environment), now);
    }
    if (verb === 'revoke' && names.length === 1) return revoke(names[0]!, file);
    if (verb === 'check' && names.length === 0) return check(configured(file, environment), now);
    return misuse('keys needs one of create, list, revoke NAME and check');
  } catch (error) {
    if (error instanceof KeysError) return fail(error.message);
    if ((error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS_')) {
      return misuse((error as Error).message.split('\n', 1)[0]!);
    }
    throw error;
  }
}

interface CreateOptions {
  name?: string | undefined;
  apps?: string | undefined;
  scopes?: string | undefined;
  expires?: string | undefined;
  certificate?: string | undefined;
  'no-key'?: boolean | undefined;
}

function create(options: CreateOptions, file: string, now: number): number {
  const { name, apps, scopes, expires, certificate } = options;
  if (name === undefined || apps === undefined || scopes === undefined) {
    return misuse('keys create needs --name, --apps and --scopes');
  }
  const key = options['no-key'] ? null : newKey();
  const written = {
    name,
    ...(key !== null && { hash: hashKey(key) }),
    ...(certificate !== undefined && { certificate }),
    apps: apps === '*' ? ('*' as const) : apps.split(','),
    scopes: scopes.split(','),
    createdAt: new Date(now).toISOString(),
    ...(expires !== undefined && { expiresAt: instantOf(expires, now) }),
  };
  try {
    readEntry(written, 'keys create');
  } catch (error) {
    if (error instanceof KeysError) return misuse(error.message);
    throw error;
  }
  if (file !== '') changeKeysFile(file, (entries) => [...entries, written]);
  if (key !== null) {
    process.stdout.write(`${key}\n`);
    say('this is the key; it is not stored anywhere and cannot be shown again');
  }
  if (file !== '') {
    say(
      `${key === null ? 'its entry' : 'its hash'} was added to ${file} as ${name}; a running server takes it within seconds, or on SIGHUP`,
    );
    return 0;
  }
  say(`an entry for the list "keys" of RS_KEYS_FILE:\n${JSON.stringify(written)}`);
  if (written.hash !== undefined && certificate === undefined) {
    say(`or for RS_API_KEYS:\n${keyListEntry({ ...written, hash: written.hash })}`);
  }
  return 0;
}

/** `90d`, `12h`, `30m`, or a date or an instant. What is neither is refused by the check of the entry. */
function instantOf(text: string, now: number): string {
  const span = /^(\d{1,5})([dhm])$/.exec(text);
  if (span === null) return text;
  const unit = { d: 86_400_000, h: 3_600_000, m: 60_000 }[span[2] as 'd' | 'h' | 'm'];
  return new Date(now + Number(span[1]) * unit).toISOString();
}

function list(entries: readonly KeyEntry[], now: number): number {
  for (const { name, apps, scopes, hash, certificate, expiresAt } of entries) {
    const state = expiresAt === null ? 'does not expire' : now < expiresAt ? `until ${day(expiresAt)}` : 'EXPIRED';
    const shows = [hash !== null && 'key', certificate].filter(Boolean).join(' and ');
    process.stdout.write(
      `${name}\tapps ${apps === '*' ? '*' : [...apps].join(',')}\t${[...scopes].join(',')}\t${state}\tshows ${shows}\n`,
    );
  }
  return 0;
}

function day(instant: number): string {
  return new Date(instant).toISOString().replace(/T00:00:00.000Z$|(?<=:\d\d)\.\d{3}(?=Z$)/, '');
}

function revoke(name: string, file: string): number {
  if (file === '') return misuse('keys revoke needs RS_KEYS_FILE or --file');
  if (readKeysFile(file).every((entry) => entry.name !== name)) return fail(`${file}: there is no key of that name`);
  changeKeysFile(file, (entries) => entries.filter((entry) => entry.name !== name));
  say(`${name} was taken out of ${file}; a running server refuses it within seconds, or on SIGHUP`);
  return 0;
}

function check(entries: readonly KeyEntry[], now: number): number {
  const key = readFileSync(0, 'utf8').trim();
  if (!isKey(key))
    return fail('this is not a key: its form or its checksum is wrong; look for a typo or a part left out');
  const entry = entries.find(({ hash }) => hash === hashKey(key));
  if (entry === undefined) return fail('the key is well-formed, but not one of those configured here');
  return list([entry], now);
}

/** The keys of the file and, unless `--file` says which to look at, of RS_API_KEYS. */
function configured(file: string, { RS_KEYS_FILE, RS_API_KEYS }: NodeJS.ProcessEnv): KeyEntry[] {
  const listed = file === (RS_KEYS_FILE ?? '') && RS_API_KEYS ? parseKeyList(RS_API_KEYS) : [];
  return [...(file === '' ? [] : readKeysFile(file)), ...listed];
}

/** Words go to standard error, so that standard output is the key and nothing else. */
function say(message: string): void {
  process.stderr.write(`rest-sessions: ${message}\n`);
}

function fail(message: string): number {
  say(message);
  return 1;
}

function misuse(message: string): number {
  process.stderr.write(`rest-sessions: ${message}\n${USAGE}`);
  return 2;
}

/**
 * `rest-sessions keys …`: makes API keys, shows who has one, takes them back. A key is printed once, by create; none is
 * ever taken as an argument, where every user of the machine could read it: `check` reads from standard input.
 */
import { readFileSync } from 'node:fs';
import { type KeyEntry, KeysError, keyListEntry, parseKeyList, readEntry } from '../keys/entry.ts';
import { changeKeysFile, readKeysFile } from '../keys/file.ts';
import { hashKey, isKey, newKey } from '../keys/format.ts';
import { KeyRing } from '../keys/ring.ts';
import { readArguments, UsageError, type Words } from './arguments.ts';
import { KEYS_USAGE } from './help.ts';
import { deliver, fail, misuse, print, say } from './output.ts';

const FILE = { file: 'text' } as const;
const CREATE = {
  ...FILE,
  name: 'text',
  apps: 'text',
  scopes: 'text',
  expires: 'text',
  certificate: 'text',
  'no-key': 'switch',
} as const;

/** Runs it. Gives the exit code. */
export function runKeys(args: readonly string[], environment: NodeJS.ProcessEnv, now = Date.now()): number {
  try {
    return runVerb(args, environment, now);
  } catch (error) {
    if (error instanceof UsageError) return misuse([error.message], KEYS_USAGE);
    if (error instanceof KeysError) return fail(error.message);
    throw error;
  }
}

/** Errors: UsageError, KeysError. */
function runVerb([verb, ...args]: readonly string[], environment: NodeJS.ProcessEnv, now: number): number {
  if (verb === 'create') return create(wordsOf('keys create', args, CREATE, 0), environment, now);
  if (verb === 'list') {
    const file = fileOf(wordsOf('keys list', args, FILE, 0), environment);
    if (file === '' && !environment.RS_API_KEYS) say('no keys: RS_KEYS_FILE, RS_API_KEYS and --file are not set');
    return list(configured(file, environment), now);
  }
  if (verb === 'revoke') {
    const given = wordsOf('keys revoke', args, FILE, 1);
    return revoke(given.words[0]!, fileOf(given, environment));
  }
  if (verb === 'check') {
    return check(configured(fileOf(wordsOf('keys check', args, FILE, 0), environment), environment), now);
  }
  throw new UsageError('keys needs one of create, list, revoke NAME and check');
}

/** Errors: UsageError, also when there are more or fewer words than `count`. None is quoted: it could be a key. */
function wordsOf(command: string, args: readonly string[], options: Parameters<typeof readArguments>[2], count: 0 | 1) {
  const given = readArguments(command, args, options);
  if (given.words.length === count) return given;
  if (count === 1) throw new UsageError(`${command} needs one NAME, and there are ${given.words.length}`);
  throw new UsageError(`${command} takes options only; there is a word too many after it`);
}

function fileOf(given: Words, { RS_KEYS_FILE }: NodeJS.ProcessEnv): string {
  return given.text('file') ?? RS_KEYS_FILE ?? '';
}

function create(given: Words, environment: NodeJS.ProcessEnv, now: number): number {
  const [name, apps, scopes] = [given.text('name'), given.text('apps'), given.text('scopes')];
  const [expires, certificate] = [given.text('expires'), given.text('certificate')];
  const file = fileOf(given, environment);
  if (name === undefined || apps === undefined || scopes === undefined) {
    throw new UsageError('keys create needs --name, --apps and --scopes');
  }
  const key = given.has('no-key') ? null : newKey();
  const written = {
    name,
    ...(key !== null && { hash: hashKey(key) }),
    ...(certificate !== undefined && { certificate }),
    apps: apps === '*' ? ('*' as const) : apps.split(','),
    scopes: scopes.split(','),
    createdAt: new Date(now).toISOString(),
    ...(expires !== undefined && { expiresAt: instantAfter(expires, now) }),
  };
  let isOver: boolean;
  try {
    const { expiresAt } = readEntry(written, 'keys create');
    isOver = expiresAt !== null && expiresAt <= now;
  } catch (error) {
    if (error instanceof KeysError) throw new UsageError(error.message.replace('expiresAt', '--expires'));
    throw error;
  }
  if (file !== '') changeKeysFile(file, (entries) => [...entries, written]);
  if (isOver) say(`${name} has expired already: --expires is not later than now, so nobody can use it`);
  if (key !== null) {
    const fault = deliver(`${key}\n`);
    if (fault !== null) {
      const advice =
        file === '' ? '' : `; it can be used by nobody: rest-sessions keys revoke ${name}, and make another`;
      return fail(`the key could not be written to standard output (${fault})${advice}`);
    }
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
function instantAfter(text: string, now: number): string {
  const span = /^(\d{1,5})([dhm])$/.exec(text);
  if (span === null) return text;
  const unit = { d: 86_400_000, h: 3_600_000, m: 60_000 }[span[2] as 'd' | 'h' | 'm'];
  return new Date(now + Number(span[1]) * unit).toISOString();
}

function list(entries: readonly KeyEntry[], now: number): number {
  const lines = entries.map(({ name, apps, scopes, hash, certificate, expiresAt }) => {
    const state = expiresAt === null ? 'does not expire' : now < expiresAt ? `until ${day(expiresAt)}` : 'EXPIRED';
    const shows = [hash !== null && 'key', certificate].filter(Boolean).join(' and ');
    return `${name}\tapps ${apps === '*' ? '*' : [...apps].join(',')}\t${[...scopes].join(',')}\t${state}\tshows ${shows}\n`;
  });
  return print(lines.join(''));
}

function day(instant: number): string {
  return new Date(instant).toISOString().replace(/T00:00:00.000Z$|(?<=:\d\d)\.\d{3}(?=Z$)/, '');
}

function revoke(name: string, file: string): number {
  if (file === '') throw new UsageError('keys revoke needs RS_KEYS_FILE or --file');
  changeKeysFile(file, (entries) => {
    const rest = entries.filter((entry) => entry.name !== name);
    if (rest.length === entries.length) throw new KeysError('there is no key of that name');
    return rest;
  });
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

/** The keys of the file and, unless `--file` says which to look at, of RS_API_KEYS. Errors: KeysError. */
function configured(file: string, { RS_KEYS_FILE, RS_API_KEYS }: NodeJS.ProcessEnv): readonly KeyEntry[] {
  const listed = file === (RS_KEYS_FILE ?? '') && RS_API_KEYS ? parseKeyList(RS_API_KEYS) : [];
  if (file === '') return new KeyRing(listed).entries;
  const { entries, warnings } = readKeysFile(file);
  for (const warning of warnings) say(warning);
  return new KeyRing([...entries, ...listed]).entries;
}

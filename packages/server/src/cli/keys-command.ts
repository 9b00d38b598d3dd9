/**
 * `rest-sessions keys …`: makes API keys, shows who has one, takes them back. A key is printed once, by create; none is
 * ever taken as an argument, where every user of the machine could read it: `check` reads from standard input.
 */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { type KeyEntry, KeysError, keyListEntry, parseKeyList, readEntry } from '../keys/entry.ts';
import { changeKeysFile, readKeysFile } from '../keys/file.ts';
import { hashKey, isKey, newKey } from '../keys/format.ts';
import { KeyRing } from '../keys/ring.ts';
import { UsageError, type Words } from './arguments.ts';
import { createUser } from './create-user.ts';
import { EXIT } from './exit-codes.ts';
import { deliver, fail, print, say } from './output.ts';
import { jsonLine } from './plain-text.ts';
import { sheetOf } from './result-list.ts';
import { type Column, Table } from './table.ts';

/** How entries are shown. */
interface Telling {
  readonly isJson: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

/** Runs it. Gives the exit code. Errors: UsageError. */
export async function run(verb: string, given: Words, environment: NodeJS.ProcessEnv): Promise<number> {
  const [file, now] = [given.text('file') ?? environment.RS_KEYS_FILE ?? '', Date.now()];
  try {
    if (verb === 'create') return create(given, file, now);
    if (verb === 'create-user') {
      const expires = given.text('expires');
      return createUser(given, expires && instantAfter(expires, now));
    }
    if (verb === 'revoke') return revoke(given.words[0]!, file);
    const telling = { isJson: given.has('json'), environment };
    if (verb === 'check') return check(configured(file, environment), now, telling);
    if (file === '' && !environment.RS_API_KEYS) say('no keys: RS_KEYS_FILE, RS_API_KEYS and --file are not set');
    return list(configured(file, environment), now, telling);
  } catch (error) {
    if (error instanceof NoSuchKey) return fail(error.message, EXIT.notThere);
    if (error instanceof KeysError) return fail(error.message);
    throw error;
  }
}

/** Errors: UsageError, KeysError. */
function create(given: Words, file: string, now: number): number {
  const [name, apps, scopes] = [given.text('name')!, given.text('apps')!, given.text('scopes')!];
  const [expires, certificate] = [given.text('expires'), given.text('certificate')];
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

function list(entries: readonly KeyEntry[], now: number, { isJson, environment }: Telling): number {
  if (isJson) return print(entries.map((entry) => `${jsonLine(shownEntry(entry, now))}\n`).join(''));
  if (isatty(1)) return print(new Table(columnsAt(now), sheetOf(environment)).lines(entries));
  // For programs that were written before there was --json.
  const lines = entries.map((entry) => {
    const { name, apps, scopes } = entry;
    return `${name}\tapps ${appsOf(apps)}\t${[...scopes].join(',')}\t${stateOf(entry, now)}\tshows ${showsOf(entry)}\n`;
  });
  return print(lines.join(''));
}

function columnsAt(now: number): readonly Column<KeyEntry>[] {
  return [
    { title: 'name', of: ({ name }) => name },
    { title: 'apps', of: ({ apps }) => appsOf(apps), least: 10 },
    { title: 'scopes', of: ({ scopes }) => [...scopes].join(','), least: 10 },
    {
      title: 'in force',
      of: (entry) => stateOf(entry, now),
      colour: ({ expiresAt }) => (expiresAt !== null && expiresAt <= now ? 'red' : undefined),
    },
    { title: 'shows', of: showsOf, least: 10 },
  ];
}

function appsOf(apps: KeyEntry['apps']): string {
  return apps === '*' ? '*' : [...apps].join(',');
}

function stateOf({ expiresAt }: KeyEntry, now: number): string {
  return expiresAt === null ? 'does not expire' : now < expiresAt ? `until ${day(expiresAt)}` : 'EXPIRED';
}

function showsOf({ hash, certificate }: KeyEntry): string {
  return [hash !== null && 'key', certificate].filter(Boolean).join(' and ');
}

/** Never the hash: it is of no use to who reads this, and to somebody who guesses. */
function shownEntry({ name, apps, scopes, hash, certificate, expiresAt }: KeyEntry, now: number) {
  return {
    name,
    apps: apps === '*' ? '*' : [...apps],
    scopes: [...scopes],
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    expired: expiresAt !== null && expiresAt <= now,
    key: hash !== null,
    certificate,
  };
}

function day(instant: number): string {
  return new Date(instant).toISOString().replace(/T00:00:00.000Z$|(?<=:\d\d)\.\d{3}(?=Z$)/, '');
}

/** The message says which file. */
class NoSuchKey extends Error {
  override readonly name = 'NoSuchKey';
}

function revoke(name: string, file: string): number {
  if (file === '') throw new UsageError('keys revoke needs RS_KEYS_FILE or --file');
  changeKeysFile(file, (entries) => {
    const rest = entries.filter((entry) => entry.name !== name);
    if (rest.length === entries.length) throw new NoSuchKey(`${file}: there is no key of that name`);
    return rest;
  });
  say(`${name} was taken out of ${file}; a running server refuses it within seconds, or on SIGHUP`);
  return 0;
}

function check(entries: readonly KeyEntry[], now: number, telling: Telling): number {
  const key = readFileSync(0, 'utf8').trim();
  if (!isKey(key))
    return fail('this is not a key: its form or its checksum is wrong; look for a typo or a part left out');
  const entry = entries.find(({ hash }) => hash === hashKey(key));
  if (entry === undefined) return fail('the key is well-formed, but not one of those configured here');
  return list([entry], now, telling);
}

/** The keys of the file and, unless `--file` says which to look at, of RS_API_KEYS. Errors: KeysError. */
function configured(file: string, { RS_KEYS_FILE, RS_API_KEYS }: NodeJS.ProcessEnv): readonly KeyEntry[] {
  const listed = file === (RS_KEYS_FILE ?? '') && RS_API_KEYS ? parseKeyList(RS_API_KEYS) : [];
  if (file === '') return new KeyRing(listed).entries;
  const { entries, warnings } = readKeysFile(file);
  for (const warning of warnings) say(warning);
  return new KeyRing([...entries, ...listed]).entries;
}

/**
 * Whether a Redis has what redis-sessions writes, in a namespace. Nothing is read before that is certain, and who has named the
 * wrong place is told what there is instead.
 */
import { WrongSource } from '../../source.ts';
import type { RedisServer } from '../redis-server.ts';
import { type Layout, TOKEN } from './layout.ts';
import { walk } from './walk.ts';

/** How many names are told of what there is instead. */
const MOST_NAMES = 5;

/** Errors: WrongSource, one sentence. `app`: the one that is to be read; null for all. `mayBeEmpty`: whether no session is none, too. */
export async function checkLayout(
  redis: RedisServer,
  layout: Layout,
  app: string | null,
  mayBeEmpty: boolean,
): Promise<void> {
  const type = String(await redis.send('TYPE', [layout.all]));
  if (type !== 'zset' && type !== 'none') {
    throw new WrongSource(
      `${redis.name} has a ${type} at ${layout.all}, where redis-sessions keeps a sorted set: its layout is another one`,
    );
  }
  if (mayBeEmpty || (type === 'zset' && app === null)) return;
  if (await hasSessions(redis, layout, app)) return;
  const where = `${redis.name} has no sessions of redis-sessions in the namespace ${layout.namespace}`;
  if (type === 'zset') {
    const others = named((await ends(redis, layout.pattern(null), ':_sessions')).map((name) => appOf(layout, name)));
    throw new WrongSource(`${where} for the app ${app}${others === '' ? '' : `; those of ${others} are there`}`);
  }
  const namespaces = named(await ends(redis, '*:SESSIONS', ':SESSIONS'));
  if (namespaces !== '') throw new WrongSource(`${where}; those that it has are in ${namespaces} (--namespace)`);
  if (await isOurs(redis)) {
    throw new WrongSource(`${where}, but sessions of rest-sessions 3: they are moved by rest-sessions copy`);
  }
  throw new WrongSource(where);
}

/** Looks for a session, or an index of some, among all keys. */
async function hasSessions(redis: RedisServer, layout: Layout, app: string | null): Promise<boolean> {
  for await (const { keys } of walk(redis, layout.pattern(app), null)) {
    for (const key of keys.map((name) => layout.read(name))) {
      if (key.kind === 'index') return true;
      if (key.kind === 'session' && TOKEN.test(key.token) && (await isHash(redis, layout, key))) return true;
    }
  }
  return false;
}

async function isHash(redis: RedisServer, layout: Layout, { app, token }: { app: string; token: string }) {
  return String(await redis.send('TYPE', [layout.session(app, token)])) === 'hash';
}

/** Gives what stands before an end of key names. */
async function ends(redis: RedisServer, pattern: string, end: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const { keys } of walk(redis, pattern, null)) {
    for (const key of keys) if (key.endsWith(end)) names.add(key.slice(0, -end.length));
    if (names.size > MOST_NAMES) break;
  }
  return [...names].sort();
}

function appOf(layout: Layout, name: string): string {
  return name.slice(layout.namespace.length + 1);
}

async function isOurs(redis: RedisServer): Promise<boolean> {
  for await (const { keys } of walk(redis, '{*:*:??}:s', null)) if (keys.length > 0) return true;
  return false;
}

/** Gives names in words: `a, b and others`. Absence: '' for none. */
function named(names: readonly string[]): string {
  return names.length <= MOST_NAMES ? names.join(', ') : `${names.slice(0, MOST_NAMES).join(', ')} and others`;
}

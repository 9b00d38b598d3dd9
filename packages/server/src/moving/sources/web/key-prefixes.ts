/** What the names of the keys of a Redis begin with: for whoever has named another prefix. */
import { walk } from '../predecessor/walk.ts';
import type { RedisServer } from '../redis-server.ts';

/** So many keys are looked at. */
const ENOUGH = 100_000;
const MOST_NAMES = 5;
/** What may be a token, or the beginning of one. */
const TOKEN_LIKE = /[A-Za-z0-9_,-]{16}/;

/** Gives it in words, as the end of a sentence: `it has keys that begin with sess: (12)`. No name that may be a session's id is shown. */
export async function prefixesIn(redis: RedisServer): Promise<string> {
  const counts = new Map<string, number>();
  let keys = 0;
  for await (const page of walk(redis, '*', null)) {
    for (const key of page.keys) {
      keys++;
      const prefix = prefixOf(key);
      if (counts.size < 1000 || counts.has(prefix)) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
    }
    if (keys >= ENOUGH) break;
  }
  if (keys === 0) return `it has no keys at all${await elsewhere(redis)}`;
  const named = [...counts].filter(([prefix]) => prefix !== '').sort(([, a], [, b]) => b - a);
  if (named.length === 0) return `it has ${keys} keys, and none of them begins with a prefix that ends with : or _`;
  const shown = named.slice(0, MOST_NAMES).map(([prefix, count]) => `${prefix} (${count})`);
  return `its keys begin with ${shown.join(', ')}${named.length > MOST_NAMES ? ' and others' : ''}`;
}

/** Gives the text before what may be an id. Absence: '' when there is none that could be shown. */
function prefixOf(key: string): string {
  const end = Math.max(key.lastIndexOf(':'), key.search(/_s[A-Za-z0-9,-]{16,}$/) + 1);
  const prefix = end < 0 ? '' : key.slice(0, end + 1);
  return prefix.length > 60 ||
    TOKEN_LIKE.test(prefix.replaceAll('PHPREDIS_SESSION', '')) ||
    !/^[\x20-\x7e]*$/.test(prefix)
    ? ''
    : prefix;
}

/** Gives which other databases of the server have keys. Absence: ''. */
async function elsewhere(redis: RedisServer): Promise<string> {
  try {
    const numbers = [...String(await redis.send('INFO', ['keyspace'])).matchAll(/^db(\d+):/gm)].map(
      ([, number]) => number,
    );
    return numbers.length === 0 ? '' : `; other databases of it have: ${numbers.join(', ')}`;
  } catch {
    return '';
  }
}

/** Django's sessions in a cache on Redis (`django.contrib.sessions.backends.cache` and `cached_db`): Django's own cache, or django-redis. */
import type { Given, Source } from '../../source.ts';
import { nameOf } from '../carried.ts';
import { readStored } from '../python/stored-value.ts';
import { NotReadable } from '../python/value.ts';
import { RedisServer } from '../redis-server.ts';
import { RedisSource } from '../redis-source.ts';
import { needKeepTokens, subjectPath, timeoutOf } from '../words.ts';
import { carryDjango, DJANGO_SUBJECT } from './values.ts';

/** KEY_PREFIX and VERSION of Django's settings where nobody has changed them. */
const DEFAULT_PREFIX = ':1:';
const KEY = /^django\.contrib\.sessions\.cache(?:d_db)?([A-Za-z0-9]{8,})$/;

/** Errors: WrongSource, UsageFault. */
export async function openDjangoCache(where: string, given: Given): Promise<Source> {
  needKeepTokens(given, 'Django');
  const rules = { app: given.app!, subject: subjectPath(given) ?? DJANGO_SUBJECT, timeout: timeoutOf(given) };
  const prefix = given.text('prefix') ?? DEFAULT_PREFIX;
  return new RedisSource(await RedisServer.open(where, '--from'), {
    name: 'Django',
    tokenIn: (key) => (key.startsWith(prefix) ? (KEY.exec(key.slice(prefix.length))?.[1] ?? null) : null),
    command: 'GET',
    read: (token, value, left) => {
      const now = given.clock();
      try {
        return carryDjango(rules, token, readStored(value as Buffer), left === null ? null : now + left, now);
      } catch (error) {
        if (!(error instanceof NotReadable)) throw error;
        return { kind: 'left', reason: 'unreadable', example: nameOf(token) };
      }
    },
    hint: `its keys would begin with ${prefix}django.contrib.sessions.cache (KEY_PREFIX:VERSION: is what --prefix names)`,
  });
}

/** `--from django-cache:redis://…`. */
import type { SourceKind } from '../source.ts';
import { KEEP_TOKENS, PREFIX, SUBJECT, TIMEOUT } from './words.ts';

export const djangoCache: SourceKind = {
  where: 'redis://HOST:PORT/DB',
  text: 'sessions that Django keeps in a cache on Redis, its own or django-redis',
  app: 'needed',
  options: { prefix: PREFIX, subject: SUBJECT, timeout: TIMEOUT, 'keep-tokens': KEEP_TOKENS },
  open: async (where, given) => (await import('./django/cache.ts')).openDjangoCache(where, given),
};

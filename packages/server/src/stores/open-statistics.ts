/** Store URL → what is in it. Opened to be read alone, so that a look changes nothing. */

import { ServiceError } from '../core/errors.ts';
import { isReservedApp } from '../core/validate.ts';
import { dataFolderOf } from './data-folder.ts';
import type { StoreOptions } from './open-store.ts';
import type { StoreStatistics } from './statistics.ts';

type Options = Pick<StoreOptions, 'namespace' | 'timeout' | 'redis'>;

/** What the server keeps for itself, as who is logged in to its console, is no app of anybody. Errors: a store that is not there, or that cannot be read now; in a sentence. */
export async function statisticsOf(url: string, options: Options): Promise<StoreStatistics> {
  const found = await lookAt(url, options);
  return { ...found, apps: found.apps.filter(({ app }) => !isReservedApp(app)) };
}

async function lookAt(url: string, { namespace, timeout, redis }: Options): Promise<StoreStatistics> {
  if (url.startsWith('redis')) {
    const { RedisStore } = await import('./redis/redis-store.ts');
    const { redisStatistics } = await import('./redis/statistics.ts');
    let trouble: Error | null = null;
    const onError = (error: unknown) => {
      trouble = error instanceof ServiceError && error.cause instanceof Error ? error.cause : (error as Error);
    };
    const store = new RedisStore({ url, namespace, timeout, tls: redis.tls ?? {}, onError, onTokenReuse: () => {} });
    try {
      if (!(await store.ready())) throw store.trouble ?? trouble ?? new Error('no answer');
      return await redisStatistics(store);
    } finally {
      await store.close();
    }
  }
  const { lmdbStatistics } = await import('./lmdb/statistics.ts');
  return lmdbStatistics(dataFolderOf(url)!, namespace);
}

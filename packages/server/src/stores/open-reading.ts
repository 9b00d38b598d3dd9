/** Store URL → a store that is only read, beside the servers that use it. What is not there is not made. */

import { ServiceError } from '../core/errors.ts';
import type { SessionStore } from '../core/store.ts';
import { dataFolderOf } from './data-folder.ts';
import type { StoreOptions } from './open-store.ts';

export interface OpenedReading {
  readonly store: Pick<SessionStore, 'apps' | 'records' | 'find' | 'close'>;
  /** Where it is, in words, without user and password. */
  readonly location: string;
}

/** Errors: a store that is not there, that a newer version wrote, or that cannot be read now; in a sentence. */
export async function openForReading(
  url: string,
  { namespace, clock, timeout, redis }: Pick<StoreOptions, 'namespace' | 'clock' | 'timeout' | 'redis'>,
): Promise<OpenedReading> {
  const path = dataFolderOf(url);
  if (path !== null) {
    const { LmdbReader } = await import('./lmdb/reader.ts');
    return { store: new LmdbReader(path, namespace, clock), location: path };
  }
  const { RedisStore } = await import('./redis/redis-store.ts');
  let trouble: Error | null = null;
  const onError = (error: unknown) => {
    trouble = error instanceof ServiceError && error.cause instanceof Error ? error.cause : (error as Error);
  };
  const store = new RedisStore({ url, namespace, timeout, tls: redis.tls ?? {}, onError });
  try {
    if (!(await store.ready())) throw store.trouble ?? trouble ?? new Error(`no answer from ${store.location}`);
    const fault = await store.format.fault();
    if (fault !== null) throw new Error(fault);
  } catch (error) {
    await store.close();
    throw error;
  }
  return { store, location: store.location };
}

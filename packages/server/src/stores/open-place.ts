/** Store URL → a text that is the same for every name of the same store: another spelling, a link, another address of the same Redis. */
import { realpathSync } from 'node:fs';
import { dataFolderOf } from './data-folder.ts';
import { isOwnFile, isPresent } from './lmdb/own-files.ts';
import type { StoreOptions } from './open-store.ts';

/** Two URLs that give other texts may lead to one store all the same, where a Redis does not tell who it is. Errors: none. */
export async function placeOf(
  url: string,
  { namespace, timeout, redis }: Pick<StoreOptions, 'namespace' | 'timeout' | 'redis'>,
): Promise<string> {
  const folder = dataFolderOf(url);
  if (folder !== null) return realFolder(folder);
  if (!url.startsWith('redis')) return url;
  const { RedisStore } = await import('./redis/redis-store.ts');
  const store = new RedisStore({ url, namespace, timeout, tls: redis.tls ?? {}, onError: () => {} });
  try {
    return (await store.ready()) ? await store.place() : store.location;
  } catch {
    return store.location;
  } finally {
    await store.close();
  }
}

/** Whether a name is that of a file in which a store has its sessions. */
export function isFileOf(url: string, file: string): boolean {
  const folder = dataFolderOf(url);
  return folder !== null && isOwnFile(folder, file);
}

/** Whether there is a store, as far as a folder tells: a Redis has one. Errors: a folder that this account may not look into. */
export function isMade(url: string): boolean {
  const folder = dataFolderOf(url);
  return folder === null || isPresent(folder);
}

/** Of a folder that is not there yet there is no other name. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return folder;
  }
}

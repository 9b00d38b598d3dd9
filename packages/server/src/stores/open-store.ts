/** Store URL → store. The one place that knows all engines. An engine is loaded only when it is chosen. */

import { ServiceError } from '../core/errors.ts';
import type { Clock } from '../core/instant.ts';
import type { SessionStore } from '../core/store.ts';
import type { StoreEvents } from '../core/store-events.ts';
import { dataFolderOf } from './data-folder.ts';
import type { Finding } from './finding.ts';
import type { RedisOptions, RedisStore } from './redis/redis-store.ts';

export interface StoreOptions extends StoreEvents {
  readonly namespace: string;
  /** Read again as a verb acts, by stores without a clock of their own elsewhere. */
  readonly clock: Clock;
  /** How long a verb may take where the store is elsewhere. Units: milliseconds. */
  readonly timeout: number;
  readonly redis: Pick<RedisOptions, 'tls'> & { readonly wait: number };
  /** Whether nothing is to be changed where it is, as it is opened. Default: no. */
  readonly looksOnly?: boolean;
}

/** A store, and what is not about sessions but for the operator. */
export interface OpenedStore {
  readonly store: SessionStore;
  /** Where it keeps its sessions, in words. */
  readonly location: string;
  /** What was changed where it is as it was opened: sentences for the log. Absence: undefined for nothing. */
  readonly changes?: readonly string[];
  /** Gives how much of the data file is or was in use. Absence: undefined where there is none. Units: bytes. */
  readonly mapBytes?: () => number;
  /** Gives what about the engine's settings may cost sessions. Errors: when it cannot be asked now. */
  readonly settings: () => Promise<Finding[]>;
  /** How often to ask. Units: milliseconds. */
  readonly lookEvery: number;
  /** Frees what processes that are dead held in it. Absence: undefined where they hold nothing. */
  readonly releaseDead?: () => void;
}

/**
 * Opens the store of a URL: `lmdb:PATH`, `memory:`, or one of Redis (stores/redis/address.ts). Errors: what the engine
 * says, when it cannot be opened; that a newer version wrote it. A Redis that is away is no error: the server starts, and answers once it is there.
 */
export async function openStore(
  url: string,
  { namespace, clock, timeout, redis, looksOnly = false, ...events }: StoreOptions,
): Promise<OpenedStore> {
  const { onError } = events;
  if (url === 'memory:') {
    const { MemoryStore } = await import('./memory/memory-store.ts');
    const location = 'memory only: gone when the server stops';
    return { store: new MemoryStore({ clock, ...events }), location, settings: NOTHING_TO_SET, lookEvery: MINUTE };
  }
  if (url.startsWith('redis')) {
    const { RedisStore } = await import('./redis/redis-store.ts');
    const { tls = {}, wait } = redis;
    const store = new RedisStore({ url, namespace, timeout, tls, replicas: wait, ...events });
    // An attempt that hangs was not told yet.
    if (!(await store.ready()))
      onError(new ServiceError('store_unavailable', 'no connection', { cause: store.trouble }));
    else await beginOn(store, looksOnly);
    return { store, location: store.location, settings: () => store.settings(), lookEvery: MINUTE };
  }
  const path = dataFolderOf(url)!;
  const { LmdbStore } = await import('./lmdb/lmdb-store.ts');
  const { closeToOthers } = await import('./lmdb/health.ts');
  const store = new LmdbStore({ path, namespace, clock, ...events });
  // A look costs some microseconds here, and whoever puts the folder back waits for the word.
  return {
    store,
    location: path,
    changes: looksOnly ? [] : closeToOthers(path),
    settings: async () => store.health(),
    mapBytes: () => store.mapBytes(),
    lookEvery: SECOND,
    releaseDead: () => store.releaseDeadReaders(),
  };
}

/** Errors: a newer version has written the store. A Redis that cannot be asked now is asked again when it is looked at. */
async function beginOn(store: RedisStore, looksOnly: boolean): Promise<void> {
  try {
    if (!looksOnly) return await store.format.begin();
    const fault = await store.format.fault();
    if (fault !== null) throw new Error(fault);
  } catch (error) {
    if (error instanceof ServiceError) return;
    await store.close();
    throw error;
  }
}

/** Units: milliseconds. */
const SECOND = 1000;
const MINUTE = 60_000;

/** What is in memory is set up by us. */
const NOTHING_TO_SET = async (): Promise<Finding[]> => [];

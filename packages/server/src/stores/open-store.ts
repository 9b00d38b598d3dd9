/** Store URL → store. The one place that knows all engines. An engine is loaded only when it is chosen. */
import { resolve } from 'node:path';
import type { SessionStore } from '../core/store.ts';

export interface StoreOptions {
  readonly namespace: string;
  /** Told of failures that no request waits for. */
  readonly onError: (error: unknown) => void;
}

/** A store, and where it keeps its sessions in words for the operator. */
export interface OpenedStore {
  readonly store: SessionStore;
  readonly location: string;
}

/** Opens the store of a URL: `lmdb:PATH` or `memory:`. Errors: what the engine says, when it cannot be opened. */
export async function openStore(url: string, { namespace, onError }: StoreOptions): Promise<OpenedStore> {
  if (url === 'memory:') {
    const { MemoryStore } = await import('./memory/memory-store.ts');
    return { store: new MemoryStore(), location: 'memory only: gone when the server stops' };
  }
  const path = resolve(url.slice('lmdb:'.length));
  const { LmdbStore } = await import('./lmdb/lmdb-store.ts');
  return { store: new LmdbStore({ path, namespace, onError }), location: path };
}

/** Store URL → a store that takes writes now: for commands, which do not wait until it does, as a server would. */
import { dataFolderOf } from './data-folder.ts';
import { type OpenedStore, openStore, type StoreOptions } from './open-store.ts';

/** Errors: those of openStore; that it does not answer, or takes no writes, with what it says of that. In a sentence. */
export async function openReady(url: string, options: Omit<StoreOptions, 'onError'>): Promise<OpenedStore> {
  let trouble: unknown = null;
  const onError = (error: unknown) => {
    trouble = error;
  };
  const opened = await openStore(url, { ...options, onError });
  // A Redis that is away, full or a replica is no error of opening it.
  if (dataFolderOf(url) !== null) return opened;
  const fault: unknown = await opened.store.ping().then(
    () => null,
    (error: unknown) => error,
  );
  if (fault === null) return opened;
  await opened.store.close();
  const why = causeOf(trouble) ?? causeOf(fault) ?? 'no answer';
  throw new Error(`${opened.location} cannot be used: ${why}`);
}

/** Absence: null when nothing more is known. */
function causeOf(error: unknown): string | null {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : null;
}

import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { races } from '../conformance/races.ts';
import { faultsOf } from '../support/audit.ts';
import { temporaryFolder } from '../support/server.ts';

races('the embedded store', async (t) => {
  const path = temporaryFolder(t);
  const look = async <T>(work: (store: LmdbStore) => T): Promise<Awaited<T>> => {
    const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => t.after(() => Promise.reject(error)) });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  return {
    env: { RS_STORE: `lmdb:${path}` },
    contents: () => look((store) => store.dump().map((entry) => JSON.stringify(entry))),
    faults: () => look((store) => faultsOf(store.audit())),
  };
});

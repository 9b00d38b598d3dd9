import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { races } from '../conformance/races.ts';
import { faultsOf } from '../support/audit.ts';
import { temporaryFolder } from '../support/server.ts';

races('the embedded store', async (t) => {
  const path = temporaryFolder(t);
  const open = () =>
    new LmdbStore({ path, namespace: 'drs', onError: (error) => t.after(() => Promise.reject(error)) });
  return {
    env: { RS_STORE: `lmdb:${path}` },
    contents: async () => {
      const store = open();
      const lines = store.dump().map((entry) => JSON.stringify(entry));
      await store.close();
      return lines;
    },
    faults: async () => {
      const store = open();
      return faultsOf(store.audit()).finally(() => store.close());
    },
  };
});

import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { races } from '../conformance/races.ts';
import { temporaryFolder } from '../support/server.ts';

races('the embedded store', async (t) => {
  const path = temporaryFolder(t);
  return {
    env: { RS_STORE: `lmdb:${path}` },
    contents: async () => {
      const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => t.after(() => Promise.reject(error)) });
      const dump = store.dump().map((entry) => JSON.stringify(entry));
      await store.close();
      return dump;
    },
  };
});

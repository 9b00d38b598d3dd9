import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { races } from '../conformance/races.ts';
import { temporaryFolder } from '../support/server.ts';
import { auditLmdb } from './lmdb-audit.ts';

races('the embedded store', async (t) => {
  const path = temporaryFolder(t);
  const dump = async () => {
    const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => t.after(() => Promise.reject(error)) });
    const entries = store.dump();
    await store.close();
    return entries;
  };
  return {
    env: { RS_STORE: `lmdb:${path}` },
    contents: async () => (await dump()).map((entry) => JSON.stringify(entry)),
    faults: async () => auditLmdb(await dump()),
  };
});

import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { conformance } from '../conformance/suite.ts';
import { faultsOf } from '../support/audit.ts';
import { temporaryFolder } from '../support/server.ts';

conformance('the embedded store', async (t) => {
  const path = temporaryFolder(t);
  const reused: string[] = [];
  const store = new LmdbStore({
    path,
    namespace: 'test',
    onError: (error) => t.after(() => Promise.reject(error)),
    onTokenReuse: (_app, id) => reused.push(id),
  });
  t.after(() => store.close());
  return {
    store,
    contents: () => store.dump().map((entry) => JSON.stringify(entry)),
    faults: () => faultsOf(store.audit()),
    reused,
  };
});

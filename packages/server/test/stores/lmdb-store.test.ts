import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { clockConformance } from '../conformance/clock.ts';
import type { StoreUnderTest } from '../conformance/harness.ts';
import { conformance } from '../conformance/suite.ts';
import { faultsOf } from '../support/audit.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

async function open(t: Cleanup, clock?: () => number): Promise<StoreUnderTest> {
  const path = temporaryFolder(t);
  const reused: string[] = [];
  const store = new LmdbStore({
    path,
    namespace: 'test',
    clock,
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
}

conformance('the embedded store', open);
clockConformance('the embedded store', open);

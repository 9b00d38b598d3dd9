import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { conformance } from '../conformance/suite.ts';

conformance('the memory store', async (t) => {
  const store = new MemoryStore();
  t.after(() => store.close());
  return { store, contents: () => store.dump(), faults: () => [] };
});

import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { conformance } from '../conformance/suite.ts';

conformance('the memory store', async (t) => {
  const reused: string[] = [];
  const store = new MemoryStore({ onTokenReuse: (_app, id) => reused.push(id) });
  t.after(() => store.close());
  return { store, contents: () => store.dump(), faults: () => [], reused };
});

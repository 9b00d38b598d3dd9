/** The whole contract of a store, with adoption around it and nothing left at the old Redis: nobody must notice. */
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { conformance } from '../conformance/suite.ts';
import { forAllTests, startRedis } from '../support/redis.ts';
import { adopting } from './sides.ts';

const old = forAllTests((cleanup) => startRedis(cleanup));

conformance(
  'the memory store, with an empty old Redis',
  async (t, journal) => {
    const reused: string[] = [];
    const ours = new MemoryStore({ journal, onTokenReuse: (_app, id) => reused.push(id) });
    t.after(() => ours.close());
    const { store } = await adopting(t, ours, old().port);
    return { store, contents: () => ours.dump(), faults: () => [], reused };
  },
  { modelRuns: 15 },
);

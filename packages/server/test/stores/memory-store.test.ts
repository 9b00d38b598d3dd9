import type { JournalSource } from '../../src/core/events.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { clockConformance } from '../conformance/clock.ts';
import type { StoreUnderTest } from '../conformance/harness.ts';
import { conformance } from '../conformance/suite.ts';
import type { Cleanup } from '../support/server.ts';

async function open(t: Cleanup, journal?: JournalSource, clock?: () => number): Promise<StoreUnderTest> {
  const reused: string[] = [];
  const store = new MemoryStore({ clock, journal, onTokenReuse: (_app, id) => reused.push(id) });
  t.after(() => store.close());
  return { store, contents: () => store.dump(), faults: () => [], reused };
}

conformance('the memory store', open);
clockConformance('the memory store', (t, clock) => open(t, undefined, clock));

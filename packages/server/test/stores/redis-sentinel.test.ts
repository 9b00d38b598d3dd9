import { conformance } from '../conformance/suite.ts';
import { forAllTests } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { STEADY, startSentinel } from '../support/redis-topologies.ts';

const trio = forAllTests((cleanup) => startSentinel(cleanup, STEADY));

conformance(
  'Redis behind Sentinel',
  async (t, journal) => openOn(t, trio().url, [(await trio().master()).admin], { journal }),
  {
    modelRuns: 5,
  },
);

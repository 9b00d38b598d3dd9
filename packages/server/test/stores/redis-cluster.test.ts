import { conformance } from '../conformance/suite.ts';
import { forAllTests } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { STEADY, startCluster } from '../support/redis-topologies.ts';

const cluster = forAllTests((cleanup) => startCluster(cleanup, STEADY));

conformance(
  'Redis Cluster',
  async (t, journal) => {
    const masters = await cluster().masters();
    return openOn(
      t,
      cluster().url,
      masters.map(({ admin }) => admin),
      { journal },
    );
  },
  // Each of them opens three connections to each node, which costs far more than what it finds beyond one server.
  { modelRuns: 6 },
);

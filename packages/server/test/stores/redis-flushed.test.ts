/** The conformance suite on servers that forget all scripts before each verb, as after a restart or a failover. */
import { conformance } from '../conformance/suite.ts';
import { forAllTests } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { TOPOLOGIES } from '../support/topologies.ts';

for (const [name, start] of Object.entries(TOPOLOGIES)) {
  const topology = forAllTests(start);
  conformance(
    `${name} that forgets all scripts before each verb`,
    async (t) => openOn(t, topology().url, await topology().masters(), { tls: topology().tls, forgetful: true }),
    { modelRuns: 10 },
  );
}

/**
 * The conformance suite on servers that forget all scripts before each verb, as after a restart or a failover. On one server
 * and on a Cluster: TLS and Sentinel call scripts by the same client as one server does.
 */
import { conformance } from '../conformance/suite.ts';
import { forAllTests } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { TOPOLOGIES } from '../support/topologies.ts';

for (const name of ['one Redis server', 'Redis Cluster']) {
  const topology = forAllTests(TOPOLOGIES[name]!);
  conformance(
    `${name} that forgets all scripts before each verb`,
    async (t, journal) =>
      openOn(t, topology().url, await topology().masters(), { tls: topology().tls, forgetful: true, journal }),
    { modelRuns: 3 },
  );
}

import { conformance } from '../conformance/suite.ts';
import { forAllTests } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { startTls } from '../support/redis-topologies.ts';

const server = forAllTests((cleanup) => startTls(cleanup));

conformance('Redis behind TLS', (t) => {
  const { url, admin, ca, cert, key } = server();
  return openOn(t, url, [admin], { tls: { ca, cert, key, servername: 'redis.test' } });
});

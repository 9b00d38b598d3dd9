import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conformance } from '../conformance/suite.ts';
import { Client } from '../support/client.ts';
import { forAllTests } from '../support/redis.ts';
import { openOn } from '../support/redis-store.ts';
import { startTls } from '../support/redis-topologies.ts';
import { startServer } from '../support/server.ts';

const server = forAllTests((cleanup) => startTls(cleanup));

conformance(
  'Redis behind TLS',
  (t, journal) => {
    const { url, admin, ca, cert, key } = server();
    return openOn(t, url, [admin], { tls: { ca, cert, key, servername: 'redis.test' }, journal });
  },
  { modelRuns: 5 },
);

test('the server takes certificates by file, and does not speak to a Redis whose certificate is another’s', async (t) => {
  const { url, files } = server();
  const own = { RS_REDIS_CERT: files.cert, RS_REDIS_KEY: files.key };
  const right = { RS_REDIS_CA: files.ca, RS_REDIS_SERVERNAME: 'redis.test' };
  for (const [env, status] of [
    [{ ...own, ...right }, 200],
    [{ ...right }, 503],
    [{ ...own, ...right, RS_REDIS_SERVERNAME: 'other.test' }, 503],
    [{ ...own, RS_REDIS_SERVERNAME: 'redis.test' }, 503],
  ] as const) {
    const { url: address } = await startServer(t, { RS_STORE: url, ...env });
    const client = new Client(address);
    t.after(() => client.close());
    assert.equal((await client.send('PUT', '/shop/create/u1?ip=1.1.1.1')).status, status, JSON.stringify(env));
  }
});

/** N14: a Redis that cannot be used is told as what it is: where, why, and that the server answers 503 until it can be. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSilent } from 'node:net';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { freePorts, startRedis } from '../support/redis.ts';
import { startSentinel, startTls, until } from '../support/redis-topologies.ts';
import { type Cleanup, MAIN, startServer } from '../support/server.ts';

/** A start waits so long for the store, whatever the reason; an answer that a busy machine delays must come within a half of it. */
const BUDGET = { RS_STORE_TIMEOUT: '10000' };
/** For what says nothing: it is told when the budget has passed, and no sooner. */
const BRIEF = { RS_STORE_TIMEOUT: '2000' };

/** Starts a server on a store that cannot be used, and checks that the log and the start message say why. */
async function told(cleanup: Cleanup, url: string, why: RegExp, env: Record<string, string> = {}): Promise<void> {
  const server = await startServer(cleanup, { RS_STORE: url, ...BUDGET, ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  assert.equal((await client.send('GET', '/readyz')).status, 503);
  const begun = () => /^\{.*"the session store cannot do its work: what needs it is answered 503 until it can".*$/m;
  await until(async () => begun().test(server.output()));
  const line = JSON.parse(begun().exec(server.output())![0]);
  assert.match(line.why, why);
  assert.ok(line.store.startsWith(url.split('@')[0]!.slice(0, 5)), 'the line names the store');
  assert.match(server.output(), /^they cannot be reached now, and requests are answered 503 until they can: \S+/m);
  assert.doesNotMatch(server.output(), /failed in the background|"stack"|at new |ioredis/);
  assert.equal(await server.end(), 0, 'it stops as ever');
}

test('N14: a Redis that is not there is told with its port, one server or a Cluster or behind Sentinel (kind: nothing listens)', async (t) => {
  const [port] = (await freePorts(1)) as [number];
  const at = `127\\.0\\.0\\.1:${port}`;
  await Promise.all([
    told(t, `redis://127.0.0.1:${port}`, new RegExp(`ECONNREFUSED ${at}`)),
    told(
      t,
      `redis+cluster://127.0.0.1:${port}`,
      new RegExp(`no node of the Cluster answers \\(${at}\\).*ECONNREFUSED`),
    ),
    told(t, `redis+sentinel://127.0.0.1:${port}/main`, new RegExp(`no Sentinel answers \\(${at}\\): ${at} cannot`)),
    told(t, 'redis://there-is-no-such-host.invalid:1', /host of there-is-no-such-host\.invalid:1 cannot be resolved/),
  ]);
});

test('N14: what is something else than the URL says is told as that (kind: not a Redis, not a Cluster, not a Sentinel)', async (t) => {
  const { port } = await startRedis(t);
  const http = createServer((_, answer) => answer.end()).listen(0, '127.0.0.1');
  const silent = createSilent(() => {}).listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(silent, 'listening')]);
  t.after(() => [http.close(), http.closeAllConnections(), silent.close()]);
  await Promise.all([
    told(t, `redis+cluster://127.0.0.1:${port}`, /is not a Cluster; use redis:\/\/ for one server/),
    told(t, `redis+sentinel://127.0.0.1:${port}/main`, new RegExp(`127\\.0\\.0\\.1:${port} is no Sentinel`)),
    told(t, `redis://127.0.0.1:${(http.address() as AddressInfo).port}`, /does not answer like Redis/),
    told(t, `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`, /does not answer within 1800 ms/, BRIEF),
  ]);
});

test('N14: a Sentinel that does not know the name says so (kind: the name of the master)', async (t) => {
  const { url } = await startSentinel(t);
  await told(t, url.replace('/main/', '/another/'), /^the Sentinels at .* know no master of the name another$/);
});

test('N14: TLS that one side does not speak, or that the other does not trust, is told (kind: TLS)', async (t) => {
  const tls = await startTls(t);
  const { port } = await startRedis(t);
  const own = { RS_REDIS_CERT: tls.files.cert, RS_REDIS_KEY: tls.files.key };
  await Promise.all([
    told(
      t,
      tls.url.replace('rediss', 'redis'),
      /closed the connection before it answered; if it wants TLS, use rediss/,
    ),
    told(t, `rediss://127.0.0.1:${port}`, /if it does not speak TLS, use redis:\/\//, BRIEF),
    told(t, tls.url, /cannot be reached: (self.signed|unable to)/, own),
    told(t, tls.url, /cannot be reached: .*altnames/, { ...own, RS_REDIS_CA: tls.files.ca }),
    told(t, `${tls.url.replace('rediss', 'redis+sentinel')}/main`, /; if it wants TLS, use rediss\+sentinel:\/\//),
    told(t, `rediss+sentinel://127.0.0.1:${port}/main`, /; if it does not speak TLS, use redis\+sentinel:\/\//, BRIEF),
  ]);
});

test('N14: the doctor waits until an attempt that hangs has failed, and says why it did (kind: a place that is silent)', async (t) => {
  const { port } = await startRedis(t);
  const env = { PATH: process.env.PATH, RS_STORE: `rediss://127.0.0.1:${port}` };
  const told = await new Promise<string>((resolve) => {
    execFile(process.execPath, [MAIN, 'doctor'], { env }, (_, __, stderr) => resolve(stderr));
  });
  assert.match(told, /does not answer within \d+ ms; if it does not speak TLS, use redis:\/\//);
});

test('N14: a Cluster whose nodes say that it is down is told (kind: cluster_state:fail)', async (t) => {
  const node = await startRedis(t, ['--cluster-enabled', 'yes']);
  await node.admin.call('CLUSTER', 'ADDSLOTS', '1');
  await told(
    t,
    `redis+cluster://127.0.0.1:${node.port}`,
    /^the Cluster of \S+ is down \(its nodes say cluster_state:fail\), or closed the connection/,
  );
});

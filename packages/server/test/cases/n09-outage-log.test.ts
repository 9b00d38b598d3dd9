/** N9: thousands of requests that fail of one cause are a handful of lines, and the end is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeSession } from '../stores/redis-load.ts';
import { Client } from '../support/client.ts';
import { startRedis } from '../support/redis.ts';
import { startCluster, until } from '../support/redis-topologies.ts';
import { MAIN, type ServerProcess, startServer } from '../support/server.ts';

const REQUESTS = 2000;

/** Gives the lines of the log from a position on. */
function lines(
  { output }: ServerProcess,
  from = 0,
): { level: string; msg: string; failed?: number; seconds?: number }[] {
  return [
    ...output()
      .slice(from)
      .matchAll(/^\{.*\}$/gm),
  ].map(([line]) => JSON.parse(line));
}

/** Checks what was told of an outage in which so many requests failed. */
async function toldBriefly(server: ServerProcess, failed: number): Promise<void> {
  const told = () => lines(server).filter(({ level, msg }) => level === 'error' || / again$/.test(msg));
  // On a busy machine it may seem over in between, and is then told once more.
  await until(async () => told().at(-1)?.msg === 'the session store does its work again');
  assert.ok(told().length <= 10, `${told().length} lines: ${JSON.stringify(told())}`);
  assert.match(told()[0]!.msg, /^the session store cannot do its work/);
  const counted = told().reduce((sum, line) => sum + (/ again$/.test(line.msg) ? line.failed! : 0), 0);
  assert.ok(counted >= failed, `${counted} of ${failed} were counted`);
  assert.doesNotMatch(server.output(), /"stack"|\n\s+at /);
}

/** Sends requests that all fail, as many at once as the client has connections. */
async function fail(client: Client, path: (i: number) => string): Promise<void> {
  const answers = await Promise.all(Array.from({ length: REQUESTS }, (_, i) => client.send('PUT', path(i), {})));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [503]);
}

test('N9: while Redis is away 2,000 requests are a handful of lines, and its return is one (kind: one server)', async (t) => {
  const redis = await startRedis(t);
  const server = await startServer(t, { RS_STORE: `redis://127.0.0.1:${redis.port}`, RS_STORE_TIMEOUT: '300' });
  const client = new Client(server.url);
  t.after(() => client.close());
  await makeSession(client, 'u1');
  await redis.end();
  await fail(client, (i) => `/shop/create/u${i}?ip=1.1.1.1`);
  const why = new RegExp(`"why":"[^"]*127.0.0.1:${redis.port}`);
  await until(() => why.test(server.output()), server.output);
  await startRedis(t, [], { port: redis.port });
  await toldBriefly(server, REQUESTS);
});

test('N9: one node of a Cluster away is told the same way, and is not told to be back while its sessions fail (kind: a part is out)', async (t) => {
  const cluster = await startCluster(t);
  const server = await startServer(t, { RS_STORE: cluster.url, RS_STORE_TIMEOUT: '300' });
  const client = new Client(server.url);
  t.after(() => client.close());
  await makeSession(client, 'u1');
  // No replica takes its place, and the others go on: how long it is away is for this test to say.
  for (const { admin } of cluster.nodes) {
    await admin.config('SET', 'cluster-replica-no-failover', 'yes');
    await admin.config('SET', 'cluster-require-full-coverage', 'no');
  }
  const [node] = await cluster.masters();
  node!.child.kill('SIGSTOP');
  let failed = 0;
  await until(async () => {
    const creates = Array.from({ length: 60 }, (_, i) => client.send('PUT', `/shop/create/u${i}?ip=1.1.1.1`));
    failed += (await Promise.all(creates)).filter(({ status }) => status === 503).length;
    return failed > 5;
  }, 'some fail');
  node!.child.kill('SIGCONT');
  await toldBriefly(server, failed);
});

test('N9: a disk that takes nothing is told the same way (kind: the embedded store)', async (t) => {
  // The largest file the process may write: for LMDB the same as a full disk. Units: KiB.
  const limited = ['bash', '-c', 'ulimit -f 1000; exec "$0" "$1"', process.execPath, MAIN] as const;
  const server = await startServer(t, {}, [...limited]);
  const client = new Client(server.url);
  t.after(() => client.close());
  const data = { a: 'x'.repeat(50_000) };
  const tokens: string[] = [];
  for (let i = 0; i < 200; i++) {
    const answer = await client.send('PUT', `/full/create/u${i}?ip=1.1.1.1`, data);
    if (answer.status !== 200) break;
    tokens.push(answer.json.token);
  }
  const answers = Array.from({ length: 500 }, (_, i) => client.send('PUT', `/full/create/v${i}?ip=1.1.1.1`, data));
  const failed = (await Promise.all(answers)).filter(({ status }) => status === 503).length;
  assert.ok(failed > 450, `${failed} failed`);
  for (const token of tokens) await client.send('DELETE', `/full/kill/${token}`);
  await toldBriefly(server, failed);
});

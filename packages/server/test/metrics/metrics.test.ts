/** `/metrics` of real servers: what is counted, for whom, and who may see it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { METRICS } from '../../src/metrics/table.ts';
import { openLine, read } from '../cost/requests.ts';
import { makeAuthority } from '../support/certificates.ts';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { metricsUrlOf, Scrape, scrape } from '../support/metrics.ts';
import { startRedis } from '../support/redis.ts';
import { lastFirst, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const ending = lastFirst({ after });
const folder = temporaryFolder(ending);
const apps = Array.from({ length: 70 }, (_, i) => `app${i}`);
const policy = join(folder, 'policy.json');
const writePolicy = (names: readonly string[]) =>
  writeFileSync(
    policy,
    JSON.stringify({
      apps: Object.fromEntries(names.map((app) => [app, { maxSessionsPerSubject: 2, rotationGrace: 0 }])),
    }),
  );
writePolicy(apps);

/** Every server here counts its sessions again each second. */
const QUICK = { RS_SWEEP_INTERVAL: '1', RS_CONFIG: policy };
const V1 = '/v1/apps/app1';

for (const [name, start] of [
  ['memory', async () => startServer(ending, { ...QUICK, RS_STORE: 'memory:' })],
  ['lmdb', async () => startServer(ending, QUICK)],
  [
    'redis',
    async () => {
      const { port } = await startRedis(ending);
      return startServer(ending, { ...QUICK, RS_STORE: `redis://127.0.0.1:${port}`, RS_STORE_TIMEOUT: '30000' });
    },
  ],
] as const) {
  test(`sessions of an app are counted as they come, are alive and end, for each reason (${name})`, async (t) => {
    const server = await start();
    const client = new Client(server.url);
    t.after(() => client.close());
    const v1 = async (method: string, path: string, token = '', body?: unknown) =>
      (await client.send(method, `${V1}${path}`, body, token === '' ? {} : { 'Session-Token': token })).json;
    const create = async (subject: string, more = {}) =>
      (await v1('POST', '/sessions', '', { subject, ...more })).token;
    await client.send('DELETE', `/app1/kill/${await client.create('app1', 'a')}`);
    await v1('DELETE', '/session', await create('a'));
    const { session } = await v1('POST', '/sessions', '', { subject: 'b' });
    await v1('DELETE', `/sessions/${session.id}`);
    for (let i = 0; i < 3; i++) await create('capped');
    await v1('DELETE', '/subjects/capped/sessions');
    await create('short', { idleTimeout: 10, absoluteTimeout: 0.05 });
    const old = await create('rotating');
    await v1('POST', '/session/rotate', old);
    await v1('GET', '/session', old);
    await client.create('nobodys', 'x');
    const seen = async () => scrape(server.url);
    await until(async () => ((await seen()).of('sessions_ended_total{app="app1",reason="expired"}') ?? 0) > 0);
    await until(async () => (await seen()).of('sessions{app="other"}') === 1);
    const before = await seen();
    const value = (series: string) => before.of(series);
    assert.equal(value('sessions_created_total{app="app1"}'), 8);
    assert.equal(value('sessions_created_total{app="other"}'), 1);
    for (const [reason, ended] of Object.entries({ logout: 2, revoked: 1, cap: 1, subject: 2, expired: 1, app: 0 })) {
      assert.equal(value(`sessions_ended_total{app="app1",reason="${reason}"}`), ended, reason);
    }
    assert.equal(value('token_reuse_total{app="app1"}'), 1);
    assert.equal(value('failed_verifies_total{app="app1"}'), 1);
    assert.equal(value('sessions{app="app1"}'), 1);
    assert.equal(value('subjects{app="app1"}'), 1);
    assert.equal(value('sessions{app="app2"}'), 0);
    await v1('DELETE', '/sessions?confirm=app1');
    assert.equal((await seen()).of('sessions_ended_total{app="app1",reason="app"}'), 1);
    await until(async () => (await seen()).of('sessions{app="app1"}') === 0);
    assert.ok(value(`build_info{version="${version()}",node="${process.versions.node}",store="${name}"}`) === 1);
    assert.equal(value('lmdb_map_bytes') !== undefined, name === 'lmdb');
    const batches = value('store_batch_size_count')!;
    assert.ok(name === 'memory' ? batches === 0 : batches > 0, `${batches} batches`);
    // Beyond the first 64 that the file names, an app has no series of its own.
    assert.equal(value('sessions_created_total{app="app63"}'), 0);
    assert.equal(value('sessions_created_total{app="app64"}'), undefined);
    if (name !== 'memory') return;
    writePolicy(['app1', 'nobodys']);
    await until(async () => (await seen()).of('sessions_created_total{app="nobodys"}') === 0);
    await client.create('nobodys', 'y');
    assert.equal((await seen()).of('sessions_created_total{app="nobodys"}'), 1);
    assert.equal((await seen()).of('sessions_created_total{app="app2"}'), undefined);
    writePolicy(apps);
  });
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

describe('requests', () => {
  test('are counted by route and class, once each, on every way through the server (kind: both fast lanes, Hono, errors, HEAD, pipelined)', async (t) => {
    for (const RS_FAST_LANE of ['on', 'off']) {
      const server = await startServer(t, { RS_STORE: 'memory:', RS_FAST_LANE });
      const client = new Client(server.url);
      t.after(() => client.close());
      const token = await client.create('shop', 'u');
      const line = await openLine(server.port);
      t.after(() => line.socket.destroy());
      for (let i = 0; i < 20; i++) await line.send(read(`/shop/get/${token}`)).answered;
      const headers = ['Connection: close', ''];
      const piped = [read(`/shop/get/${token}`), read(`/shop/get/${token}`), read('/nothing', headers)].join('');
      const other = await openLine(server.port);
      await other.send(piped).answered;
      await client.send('GET', '/v1/apps/shop/session', undefined, { 'Session-Token': token });
      await client.send('GET', '/v1/apps/shop/session', undefined, { 'Session-Token': `${token}x` });
      await client.send('HEAD', `/shop/get/${token}`);
      await client.send('POST', `/shop/set/${token}`, { a: 1 });
      await client.send('POST', `/shop/set/${token}`, '{');
      await client.send('PUT', '/shop/get/x');
      await client.send('GET', '/shop/get/no');
      const expected = {
        '/:app/create/:id 2xx': 1,
        '/:app/get/:token 2xx': 23,
        '/:app/get/:token 4xx': 1,
        '/:app/set/:token 2xx': 1,
        '/:app/set/:token 4xx': 1,
        '/v1/apps/:app/session 2xx': 1,
        '/v1/apps/:app/session 4xx': 1,
      };
      await until(async () => (await scrape(server.url)).requests('none', '4xx') === 2);
      const seen = await scrape(server.url);
      for (const [name, count] of Object.entries(expected)) {
        const [route, status] = name.split(' ') as [string, string];
        assert.equal(seen.requests(route, status), count, `${name}, fast lane ${RS_FAST_LANE}`);
      }
      assert.equal(seen.of('failed_verifies_total{app="other"}'), 1);
    }
  });

  test('that are turned away are counted as shed and as 5xx; metrics and health are answered meanwhile', async (t) => {
    // A scrape on the port of the sessions would take the one place that there is.
    const env = { RS_STORE: 'memory:', RS_MAX_CONCURRENT: '1', RS_METRICS_PORT: '0' };
    const server = await startServer(t, env);
    const url = await metricsUrlOf(server);
    const client = new Client(server.url);
    t.after(() => client.close());
    const token = await client.create('shop', 'u');
    const slow = await openLine(server.port);
    t.after(() => slow.socket.destroy());
    const head = [`POST /shop/set/${token} HTTP/1.1`, 'Host: x', 'Content-Type: application/json', 'Content-Length: 7'];
    const { answered } = slow.send(`${head.join('\r\n')}\r\n\r\n{"a"`);
    await until(async () => (await scrape(url)).of('http_requests_in_flight') === 1);
    assert.equal((await client.send('GET', `/shop/get/${token}`)).status, 503);
    assert.equal((await client.send('GET', '/livez')).status, 200);
    const seen = await scrape(url);
    assert.equal(seen.of('http_shed_total'), 1);
    assert.equal(seen.requests('none', '5xx'), 1);
    slow.socket.write(':1}');
    await answered;
    await until(async () => (await scrape(url)).of('http_requests_in_flight') === 0);
  });
});

describe('who may see it', () => {
  const [admin, narrow, reader] = [newKey(), newKey(), newKey()];
  const RS_API_KEYS = [
    `ops:${hashKey(admin)}:*:admin:2100-01-02T03:04:05Z`,
    `shop:${hashKey(narrow)}:shop:admin`,
    `web:${hashKey(reader)}:*:verify,read,write,revoke`,
  ].join(' ');
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` });

  test('with keys: those with the scope admin for all apps; wrong ones are counted; when keys and certificates end is told', async (t) => {
    const { cert, key } = makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost');
    const server = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS, RS_RATE_WRONG_KEYS: '1:2' });
    const client = new Client(server.url);
    t.after(() => client.close());
    const statusOf = async (headers = {}) => (await client.send('GET', '/metrics', undefined, headers)).status;
    assert.equal(await statusOf(), 401);
    assert.equal(await statusOf(bearer(reader)), 403);
    assert.equal(await statusOf(bearer(narrow)), 403);
    const wrong = bearer(newKey());
    assert.equal(await statusOf(wrong), 401);
    await until(async () => (await statusOf(wrong)) === 429);
    const seen = await scrape(server.url, bearer(admin));
    assert.ok(seen.of('wrong_keys_total{outcome="refused"}')! >= 2);
    assert.ok(seen.of('wrong_keys_total{outcome="limited"}')! >= 1);
    assert.equal(seen.of('key_expires_timestamp_seconds'), Date.UTC(2100, 0, 2, 3, 4, 5) / 1000);
    assert.equal(seen.of('certificate_expires_timestamp_seconds'), undefined);
    for (const secret of [admin, narrow, reader, hashKey(admin)]) assert.ok(!seen.text.includes(secret));
    const secure = await startServer(t, {
      ...{ RS_STORE: 'memory:', RS_TLS_CERT: cert, RS_TLS_KEY: key, RS_METRICS_PORT: '0' },
    });
    const ends = (await scrape(await metricsUrlOf(secure))).of('certificate_expires_timestamp_seconds')!;
    const asked = spawnSync('openssl', ['x509', '-in', cert, '-noout', '-enddate'], { encoding: 'utf8' });
    assert.equal(ends, Date.parse(asked.stdout.replace('notAfter=', '')) / 1000);
  });

  test('on a port of its own: everyone on this machine, no web page, and nothing else is there; the other port has none', async (t) => {
    const server = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS, RS_METRICS_PORT: '0' });
    const url = await metricsUrlOf(server);
    const [own, client] = [new Client(url), new Client(server.url)];
    t.after(() => [own, client].map((one) => one.close()));
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const { status, headers, text } = await own.send('GET', '/metrics?x=1');
    assert.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8']);
    assert.match(text, /^restsessions_store_up 1$/m);
    assert.equal((await own.send('HEAD', '/metrics')).text, '');
    assert.equal((await own.send('GET', '/')).status, 404);
    assert.equal((await own.send('GET', '/shop/get/x')).status, 404);
    assert.equal((await own.send('POST', '/metrics')).status, 405);
    assert.equal((await own.send('GET', '/metrics', undefined, { Host: 'evil.example' })).status, 421);
    for (const shown of [{}, bearer(admin)]) {
      const elsewhere = await client.send('GET', '/metrics', undefined, shown);
      assert.deepEqual([elsewhere.status, elsewhere.json.name], [404, 'routeNotFound']);
      assert.match(elsewhere.json.message, /RS_METRICS_PORT/);
    }
    const taken = new URL(url).port;
    const second = await runCommand([], { env: { RS_STORE: 'memory:', RS_PORT: '0', RS_METRICS_PORT: taken } });
    assert.deepEqual([second.status, second.stdout], [1, '']);
    assert.match(second.stderr, new RegExp(`RS_METRICS_PORT=${taken} cannot be used on 127.0.0.1: EADDRINUSE`));
    assert.equal(await server.end(), 0);
  });
});

test('an app called metrics is an app like others', async (t) => {
  const server = await startServer(t, { RS_STORE: 'memory:' });
  const client = new Client(server.url);
  t.after(() => client.close());
  const token = await client.create('metrics', 'u');
  assert.equal((await client.send('GET', `/metrics/get/${token}`)).json.id, 'u');
  assert.equal((await client.send('GET', '/metrics/activity?dt=600')).json.activity, 1);
  assert.equal((await client.send('DELETE', '/metrics/killall')).json.kill, 1);
  const slash = await client.send('GET', '/metrics/');
  assert.equal(slash.status, 200);
  assert.equal((await client.send('POST', '/metrics')).status, 405);
});

test('each name of the table has its HELP and TYPE; the form is the one that the client prefers (kind: what Prometheus 2 and 3 send)', async (t) => {
  const server = await startServer(t, { RS_METRICS_PORT: '0' });
  const url = await metricsUrlOf(server);
  await until(async () => (await scrape(url)).of('sessions{app="other"}') === 0);
  const text = (await scrape(url)).text;
  const absent = [
    METRICS.keyExpires,
    METRICS.certificateExpires,
    METRICS.wrongKeys,
    METRICS.storeFindings,
    METRICS.requests,
    METRICS.adoptLeft,
    METRICS.adopted,
    METRICS.adoptUp,
    METRICS.journalEvents,
    METRICS.journalBytes,
    METRICS.journalWaiting,
  ];
  for (const metric of Object.values(METRICS)) {
    const isThere = text.includes(`# TYPE ${metric.name} ${metric.type}\n`);
    assert.equal(isThere, !(absent as unknown[]).includes(metric), metric.name);
  }
  const forms: [string | undefined, RegExp][] = [
    [undefined, /^text\/plain; version=0\.0\.4/],
    ['*/*', /^text\/plain/],
    ['text/plain;version=0.0.4;q=1,application/openmetrics-text;q=0.5', /^text\/plain/],
    ['application/openmetrics-text; version=1.0.0', /^application\/openmetrics-text; version=1\.0\.0/],
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      /^application\/openmetrics/,
    ],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      /^application\/openmetrics/,
    ],
    ['application/openmetrics-text;q=0', /^text\/plain/],
  ];
  for (const [Accept, type] of forms) {
    const answer = await fetch(url, { headers: Accept === undefined ? {} : { Accept } });
    assert.match(answer.headers.get('content-type') ?? '', type, Accept);
    const body = await answer.text();
    assert.equal(body.endsWith('# EOF\n'), type.source.includes('openmetrics'));
    assert.equal(answer.headers.get('vary'), 'Accept');
    new Scrape(body.replace('# EOF\n', ''));
  }
});

/** Traces as a collector gets them, from real servers: what they say, and what they never say. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { type CollectedSpan, type Collector, startCollector } from '../support/collector.ts';
import { freePorts, startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
const suite: Cleanup = { after: (fn) => void cleanups.push(fn) };
after(async () => {
  for (const end of cleanups.reverse()) await end();
});

const QUICK = { OTEL_BSP_SCHEDULE_DELAY: '20' };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = (traceId = TRACE, flags = '01') => ({ traceparent: `00-${traceId}-00f067aa0ba902b7-${flags}` });
const SERVER = 2;
const CLIENT = 3;
const ERROR = 2;

function client(url: string, cleanup = suite): Client {
  const made = new Client(url);
  cleanup.after(() => made.close());
  return made;
}

/** Waits for the spans of a trace: as many as are expected. */
async function spansOf(collector: Collector, traceId: string, count: number): Promise<readonly CollectedSpan[]> {
  const found = () => collector.spans().filter((span) => span.traceId === traceId);
  await until(
    () => found().length >= count,
    () => `${count} spans: ${JSON.stringify(found().map(({ name }) => name))}`,
  );
  return found();
}

for (const [name, open] of [
  ['memory', async () => ({ RS_STORE: 'memory:' })],
  ['lmdb', async () => ({})],
  ['redis', async () => ({ RS_STORE: `redis://127.0.0.1:${(await startRedis(suite)).port}` })],
] as const) {
  for (const lane of name === 'memory' ? ['on', 'off'] : ['on']) {
    test(`on ${name}, fast lane ${lane}: a request is a span, below it what it asks of the store, and no byte of data, token or key`, async (t) => {
      const ends = lastFirst(t);
      const collector = await startCollector(ends);
      const key = newKey();
      const apiKeys = `k:${hashKey(key)}:*:verify,read,write,revoke,admin`;
      const secret = 'c0llectors-must-not-see-this';
      const server = await startServer(ends, {
        ...(await open()),
        ...QUICK,
        RS_API_KEYS: apiKeys,
        RS_FAST_LANE: lane,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop,authorization=Basic%20abc',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test,service.name=other',
        OTEL_SERVICE_NAME: 'sessions-of-the-shop',
      });
      const http = client(server.url, ends);
      const auth = { Authorization: `Bearer ${key}` };
      const ask = (n: number, method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
        const traceId = `${n}`.padStart(32, 'a');
        return http.send(method, path, body, { ...auth, ...parent(traceId), ...more });
      };
      const of = (n: number, count: number) => spansOf(collector, `${n}`.padStart(32, 'a'), count);

      const made = await ask(1, 'POST', '/v1/apps/shop/sessions', {
        subject: secret,
        data: { a: secret },
        ip: '203.0.113.9',
      });
      assert.equal(made.status, 201);
      const { token } = made.json;
      const { id } = made.json.session;
      // The second one of a connection is taken by the lane, where it is on.
      for (const n of [2, 3]) {
        assert.equal((await ask(n, 'GET', '/v1/apps/shop/session', undefined, { 'Session-Token': token })).status, 200);
      }
      const classic = (await ask(4, 'PUT', `/shop/create/${secret}?ip=203.0.113.9`)).json.token;
      assert.equal((await ask(5, 'GET', `/shop/get/${classic}`)).status, 200);
      assert.equal((await ask(6, 'POST', `/shop/set/${classic}`, { b: secret })).status, 200);
      assert.equal((await ask(7, 'GET', `/shop/get/x${classic}`)).status, 400);
      assert.equal((await ask(8, 'DELETE', `/v1/apps/shop/sessions/${id}?reason=${secret}`)).status, 200);
      assert.equal((await ask(9, 'GET', '/v1/apps/shop/session', undefined, { 'Session-Token': token })).status, 404);
      assert.equal(
        (
          await ask(10, 'GET', '/v1/apps/shop/session', undefined, {
            'Session-Token': token,
            Authorization: `Bearer ${token}`,
          })
        ).status,
        401,
      );

      const seen = await of(3, 2);
      const root = seen.find(({ kind }) => kind === SERVER)!;
      const below = seen.find(({ kind }) => kind === CLIENT)!;
      assert.equal(root.name, 'GET /v1/apps/:app/session');
      assert.equal(root.parentSpanId, '00f067aa0ba902b7');
      assert.deepEqual(root.attributes, {
        'http.request.method': 'GET',
        'http.route': '/v1/apps/:app/session',
        'url.scheme': 'http',
        'http.response.status_code': 200,
      });
      assert.equal(below.parentSpanId, root.spanId);
      assert.ok(below.duration > 0n && below.duration <= root.duration);
      const { 'server.port': port, 'server.address': address, ...db } = below.attributes;
      assert.deepEqual(db, { 'db.system.name': name, 'db.operation.name': 'get' });
      assert.deepEqual([typeof port, address], name === 'redis' ? ['number', '127.0.0.1'] : ['undefined', undefined]);
      const {
        'service.name': service,
        'deployment.environment.name': where,
        'service.version': version,
      } = root.resource;
      assert.deepEqual([service, where], ['sessions-of-the-shop', 'test']);
      assert.match(String(version), /^\d/);

      const named = (spans: readonly CollectedSpan[]) =>
        spans.map((span) => `${span.name} ${span.attributes['http.response.status_code'] ?? ''}`.trim()).sort();
      const system = name;
      assert.deepEqual(named(await of(1, 2)), ['POST /v1/apps/:app/sessions 201', `create ${system}`]);
      assert.deepEqual(named(await of(5, 2)), ['GET /:app/get/:token 200', `get ${system}`]);
      assert.ok(named(await of(6, 3)).includes('POST /:app/set/:token 200'));
      // What a client does wrong is no error of the server.
      for (const [n, status] of [
        [7, 400],
        [9, 404],
        [10, 401],
      ] as const) {
        const span = (await of(n, 1)).find(({ kind }) => kind === SERVER)!;
        assert.deepEqual(
          [span.status, span.attributes['http.response.status_code'], span.attributes['error.type']],
          [0, status, undefined],
        );
      }
      // The metrics name a trace for each bucket: the last one of it.
      const metrics = await http.send('GET', '/metrics', undefined, {
        ...auth,
        Accept: 'application/openmetrics-text',
      });
      for (const [route, n] of [
        ['/v1/apps/:app/session', 3],
        ['/:app/get/:token', 5],
        ['/v1/apps/:app/sessions', 1],
      ] as const) {
        const lines = metrics.text.split('\n').filter((line) => line.includes(`route="${route}",status="2xx"`));
        assert.match(lines.join('\n'), new RegExp(`trace_id="a*${n}"`), route);
      }
      assert.deepEqual(named(await of(8, 2)), ['DELETE /v1/apps/:app/sessions/:id 200', `revoke ${system}`]);

      assert.ok(
        collector.headers().every((headers) => headers['x-tenant'] === 'shop' && headers.authorization === 'Basic abc'),
      );
      const text = collector.text();
      for (const said of [
        token,
        token.slice(20),
        classic,
        classic.slice(20),
        key,
        key.slice(4),
        secret,
        id,
        '203.0.113.9',
        'db.query',
        'url.path',
        'url.full',
      ]) {
        assert.ok(!text.includes(said), said);
      }
    });
  }
}

test('a store that is away is an error of both spans, and the log names the trace', async (t) => {
  const ends = lastFirst(t);
  const collector = await startCollector(ends);
  const redis = await startRedis(ends);
  const server = await startServer(ends, {
    ...QUICK,
    RS_STORE: `redis://127.0.0.1:${redis.port}`,
    RS_STORE_TIMEOUT: '300',
    RS_LOGLEVEL: 'tiny',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  const http = client(server.url, ends);
  await redis.end();
  const { status, json } = await http.send('GET', '/v1/apps/shop/sessions');
  assert.equal(status, 503);
  const spans = await spansOf(collector, json.requestId, 2);
  for (const span of spans)
    assert.deepEqual([span.status, span.attributes['error.type']], [ERROR, 'store_unavailable']);
  await until(() => server.output().includes(`"requestId":"${json.requestId}","method":"GET"`));
});

test('the flag of the parent decides, and without one the sampler of the environment', async () => {
  const collector = await startCollector(suite);
  const env = { ...QUICK, RS_STORE: 'memory:', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const server = await startServer(suite, { ...env, OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
  const http = client(server.url);
  const [off, on] = ['b'.repeat(32), 'c'.repeat(32)];
  await http.send('GET', '/v1/apps', undefined, parent(off, '00'));
  await http.send('GET', '/v1/apps');
  await http.send('GET', '/v1/apps', undefined, parent(on, '01'));
  await spansOf(collector, on, 2);
  await server.end();
  assert.ok(collector.spans().every(({ traceId }) => traceId === on));
});

test('a collector that is away, or comes late, costs one warning and no request', async () => {
  const [port] = (await freePorts(1)) as [number];
  const env = { ...QUICK, RS_STORE: 'memory:', OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` };
  const server = await startServer(suite, { ...env, OTEL_EXPORTER_OTLP_TIMEOUT: '300' });
  const http = client(server.url);
  const warnings = () => server.output().split('traces: spans cannot be sent').length - 1;
  await until(async () => {
    assert.equal((await http.send('GET', '/v1/apps')).status, 200);
    return warnings() === 1;
  });
  for (let i = 0; i < 50; i++) assert.equal((await http.send('GET', '/v1/apps')).status, 200);
  assert.equal(warnings(), 1);
  const collector = await startCollector(suite, port);
  await until(async () => {
    await http.send('GET', '/v1/apps');
    return server.output().includes('traces: spans are sent again');
  });
  assert.ok(collector.spans().length > 0);
});

test('a stop sends what was not sent, and waits for no collector', async () => {
  const collector = await startCollector(suite);
  const env = { RS_STORE: 'memory:', OTEL_BSP_SCHEDULE_DELAY: '3600000' };
  const server = await startServer(suite, { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await client(server.url).send('GET', '/v1/apps', undefined, parent());
  assert.equal(await server.end(), 0);
  assert.equal((await spansOf(collector, TRACE, 2)).length, 2);
  const [port] = (await freePorts(1)) as [number];
  const other = await startServer(suite, { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  await client(other.url).send('GET', '/v1/apps');
  assert.equal(await other.end(), 0);
});

test('what is no collector is a start that fails, with a sentence; switched off, nothing is sent', async () => {
  for (const [name, value] of [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'collector'],
  ] as const) {
    await assert.rejects(
      startServer(suite, { RS_STORE: 'memory:', [name]: value }),
      new RegExp(`ended with 2 .*${name} .*it must be`, 's'),
    );
  }
  const collector = await startCollector(suite);
  const env = { ...QUICK, RS_STORE: 'memory:', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const off = await startServer(suite, { ...env, OTEL_SDK_DISABLED: 'true' });
  await client(off.url).send('GET', '/v1/apps', undefined, parent());
  assert.equal(await off.end(), 0);
  assert.deepEqual(collector.spans(), []);
});

const TOOLS = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const NO_NGINX = {
  skip:
    spawnSync('nginx', ['-v'], { env: TOOLS }).status !== 0 && process.env.CI !== 'true' && 'nginx is not installed',
};

test('a trace through nginx keeps its id', NO_NGINX, async () => {
  const collector = await startCollector(suite);
  const env = { ...QUICK, RS_STORE: 'memory:', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  const server = await startServer(suite, env);
  const folder = temporaryFolder(suite);
  const [port] = (await freePorts(1)) as [number];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`);
  const conf = join(folder, 'nginx.conf');
  writeFileSync(
    conf,
    `events {} http { access_log off; ${temporary.join(' ')} server { listen 127.0.0.1:${port};
      location / { proxy_pass ${server.url}; proxy_set_header X-Request-Id $request_id; } } }`,
  );
  const args = ['-p', folder, '-e', 'stderr', '-c', conf, '-g', `daemon off; pid ${folder}/pid;`];
  const nginx = spawn('nginx', args, { env: TOOLS, stdio: 'ignore' });
  const ended = once(nginx, 'close');
  suite.after(async () => {
    nginx.kill('SIGTERM');
    await ended;
  });
  const http = client(`http://127.0.0.1:${port}`);
  await until(() =>
    http.send('GET', '/ping').then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  const { status, headers, json } = await http.send('GET', '/v1/apps/shop/session', undefined, {
    ...parent(),
    'Session-Token': 'x',
  });
  assert.deepEqual([status, json.requestId, headers['x-request-id']], [404, TRACE, TRACE]);
  const root = (await spansOf(collector, TRACE, 2)).find(({ kind }) => kind === SERVER);
  assert.equal(root!.parentSpanId, '00f067aa0ba902b7');
});

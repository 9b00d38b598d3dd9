/** Streams of events from real servers: through proxies that are cut, by hundreds, slowly read, and to their end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { EventSource } from 'eventsource';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { makeAuthority } from '../support/certificates.ts';
import { Chance } from '../support/chance.ts';
import { Client } from '../support/client.ts';
import { PROXIES, startProxy as startGateway, withoutProxy } from '../support/gateway-proxies.ts';
import { openStream, STREAM } from '../support/open-stream.ts';
import { startProxy } from '../support/proxy.ts';
import { exchange } from '../support/raw-client.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Starts a server whose apps have events. */
async function startService(cleanup: Cleanup, env: Record<string, string> = {}) {
  const policy = join(temporaryFolder(cleanup), 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { events: true } }));
  const server = await startServer(cleanup, { RS_CONFIG: policy, RS_STORE: 'memory:', ...env });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  return { server, client };
}

interface Told {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
}

/** Gives all events of the journal, page by page. */
async function allEvents(client: Client, path: string): Promise<Told[]> {
  const events: Told[] = [];
  for (let after = ''; ; ) {
    const { json } = await client.send('GET', `${path}?limit=1000${after}`);
    if (json.events.length === 0) return events;
    events.push(...json.events);
    after = `&after=${json.next}`;
  }
}

/** Creates sessions and ends them, a few at a time, until it is told to stop. */
function keepBusy(client: Client, apps: readonly string[]) {
  let isOver = false;
  const work = Array.from({ length: 4 }, async (_, worker) => {
    for (let i = 0; !isOver; i++) {
      const path = `/v1/apps/${apps[i % apps.length]}/sessions`;
      const { json } = await client.send('POST', path, { subject: `u${worker}` });
      await client.send('DELETE', `${path}/${json.session.id}`);
      await delay(3);
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(work);
  };
}

/** Stands before a gateway and cuts connections in the middle of what they say. Clients come again after some milliseconds. */
async function startCutter(cleanup: Cleanup, target: number, seed: number) {
  const chance = new Chance(seed);
  let cuts = 0;
  let cutting = true;
  const port = await startProxy(cleanup, target, {
    fromRedis: (near, chunk) => {
      // A number of the same length: how long a client waits is not what is tried here.
      const text = chunk.toString('latin1').replace(/retry: \d{4}/, 'retry: 0005');
      const hasEvents = text.includes('data: {"specversion"');
      if (!cutting || !hasEvents || chance.percent(60)) {
        near.write(text, 'latin1');
        return;
      }
      cuts++;
      near.write(text.slice(0, chance.below(text.length)), 'latin1', () => near.destroy());
    },
  });
  return {
    port,
    cuts: () => cuts,
    stop: () => {
      cutting = false;
    },
  };
}

function listen(cleanup: Cleanup, url: string) {
  const told: Told[] = [];
  const source = new EventSource(url);
  cleanup.after(() => source.close());
  source.addEventListener('message', ({ data }) => told.push(JSON.parse(data)));
  let resyncs = 0;
  source.addEventListener('resync', () => resyncs++);
  return { told, source, resyncs: () => resyncs };
}

/** Whoever takes each id once has all events, and those of a session in order. */
function assertWhole(told: readonly Told[], all: readonly Told[], words: string): void {
  const once = [...new Map(told.map((event) => [event.id, event])).values()];
  const missing = all.filter(({ id }) => !once.some((event) => event.id === id));
  assert.deepEqual(missing, [], `${words}: nothing is missing`);
  const counts = new Map<string, number>();
  for (const { subject, sequence } of once) {
    const count = Number(sequence.split('.')[1]);
    assert.ok(count > (counts.get(subject) ?? 0), `${words}: those of a session are in order`);
    counts.set(subject, count);
  }
}

for (const proxy of PROXIES) {
  const cuts = proxy.name === 'nginx' ? 100 : 15;

  test(`through ${proxy.name}, a stream that is cut ${cuts} times has no gap`, {
    skip: withoutProxy(proxy),
  }, async (t) => {
    const key = newKey();
    const { server, client } = await startService(t);
    const { api } = await startGateway(t, proxy, { sessions: server.port, application: 9 }, key);
    const cutter = await startCutter(t, api, 3);
    const url = `http://127.0.0.1:${cutter.port}/v1`;
    const one = listen(t, `${url}/apps/shop/events`);
    const all = listen(t, `${url}/events`);
    await Promise.all([
      once(one.source as unknown as EventTarget, 'open'),
      once(all.source as unknown as EventTarget, 'open'),
    ]);
    const rest = keepBusy(client, ['shop', 'shop', 'blog']);
    await until(
      () => cutter.cuts() >= cuts,
      () => `${cutter.cuts()} cuts`,
    );
    await rest();
    cutter.stop();
    const [ofShop, ofAll] = [await allEvents(client, '/v1/apps/shop/events'), await allEvents(client, '/v1/events')];
    const last = (told: readonly Told[], events: readonly Told[]) => told.some(({ id }) => id === events.at(-1)!.id);
    await until(() => last(one.told, ofShop) && last(all.told, ofAll), 'the last event has come');
    assertWhole(one.told, ofShop, 'one app');
    assertWhole(all.told, ofAll, 'all apps');
    assert.equal(new Set(one.told.map(({ id }) => id)).size, ofShop.length);
    assert.deepEqual([one.resyncs(), all.resyncs()], [0, 0]);
  });
}

test('a thousand streams take no place among the requests, all hear, and each is one line in the log', async (t) => {
  const { server, client } = await startService(t, {
    RS_MAX_CONCURRENT: '5',
    RS_LOGLEVEL: 'debug',
  });
  const streams: Awaited<ReturnType<typeof openStream>>[] = [];
  for (let i = 0; i < 20; i++) {
    const some = Array.from({ length: 50 }, () => openStream(server.port, '/v1/apps/shop/events'));
    streams.push(...(await Promise.all(some)));
  }
  const ids = new Set<string>();
  for (let i = 0; i < 5; i++) {
    const { json } = await client.send('POST', '/v1/apps/shop/sessions', { subject: 'u' });
    ids.add(json.session.id);
  }
  await until(() => streams.every((stream) => stream.messages().length === 5), 'all have heard');
  const { text } = await client.send('GET', '/metrics');
  assert.match(text, /^restsessions_http_requests_in_flight 0$/m);
  const lines = () => server.output().match(/"route":"\/v1\/apps\/:app\/events","status":\d+/g) ?? [];
  for (let i = 0; i < streams.length; i += 100) {
    for (const { socket } of streams.slice(i, i + 100)) socket.destroy();
    // A log whose reader does not keep up loses lines.
    await until(
      () => lines().length >= i + 100,
      () => `each has a line: ${lines().length} of ${i + 100}`,
    );
  }
  assert.equal(lines().length, 1000);
  assert.ok(
    lines().every((line) => line.endsWith('200')),
    'that a client leaves is no failure',
  );
});

test('a stream beyond the limit is refused, and streams can be forbidden', async (t) => {
  const { server, client } = await startService(t, { RS_MAX_STREAMS: '1' });
  await openStream(server.port, '/v1/apps/shop/events');
  const { status, json, headers } = await client.send('GET', '/v1/apps/shop/events', undefined, {
    Accept: 'text/event-stream',
  });
  assert.match(await (await fetch(`${server.url}/metrics`)).text(), /^restsessions_event_streams_open 1$/m);
  assert.deepEqual([status, json.code, headers['retry-after']], [503, 'overloaded', '1']);
  assert.equal((await client.send('GET', '/v1/apps/shop/events')).status, 200);
});

describe('the end of a stream', () => {
  test('it comes within five seconds of the end of the key, or of its app', async (t) => {
    const file = join(temporaryFolder(t), 'keys');
    const [staying, going, other] = [newKey(), newKey(), newKey()];
    const entry = (name: string, key: string, apps: string | string[]) => {
      return { name, hash: hashKey(key), apps, scopes: ['read'] };
    };
    const write = (...keys: object[]) => writeFileSync(file, JSON.stringify({ keys }), { mode: 0o600 });
    write(entry('staying', staying, '*'), entry('going', going, ['shop']), entry('other', other, ['shop', 'blog']));
    const { server } = await startService(t, { RS_KEYS_FILE: file });
    const open = (key: string, path: string) => openStream(server.port, path, [`Authorization: Bearer ${key}`]);
    const stays = await open(staying, '/v1/events');
    const goes = await open(going, '/v1/apps/shop/events');
    const loses = await open(other, '/v1/apps/blog/events');
    const narrows = await open(other, '/v1/events');
    write(entry('staying', staying, '*'), entry('other', other, ['shop']));
    server.child.kill('SIGHUP');
    const startedAt = Date.now();
    await until(() => goes.hasEnded() && loses.hasEnded() && narrows.hasEnded(), 'they have ended');
    assert.ok(Date.now() - startedAt < 5500, `${Date.now() - startedAt} ms`);
    for (const stream of [goes, loses, narrows]) assert.ok(stream.isWhole(), 'in good order');
    assert.equal(stays.hasEnded(), false);
  });

  test('a server that stops ends its streams at once, in good order', async (t) => {
    const { server } = await startService(t);
    const streams = [
      await openStream(server.port, '/v1/apps/shop/events'),
      await openStream(server.port, '/v1/events'),
    ];
    const page = exchange(server.port, ['GET /v1/apps/shop/events?wait=30 HTTP/1.1\r\nHost: localhost\r\n\r\n']);
    await delay(300);
    const startedAt = Date.now();
    assert.equal(await server.end('SIGTERM'), 0);
    assert.ok(Date.now() - startedAt < 3000, `${Date.now() - startedAt} ms`);
    for (const stream of streams) assert.ok(stream.isWhole());
    assert.equal((await page).answers[0]?.status, 200);
  });

  test('another process goes on where one was killed', async (t) => {
    const RS_STORE = `lmdb:${temporaryFolder(t)}`;
    const [first, second] = [await startService(t, { RS_STORE }), await startService(t, { RS_STORE })];
    const stream = await openStream(first.server.port, '/v1/apps/shop/events');
    const created: string[] = [];
    const create = async (client: Client, count: number) => {
      for (let i = 0; i < count; i++) {
        created.push((await client.send('POST', '/v1/apps/shop/sessions', { subject: 'u' })).json.session.id);
      }
    };
    await create(first.client, 5);
    await create(second.client, 5);
    await until(() => stream.messages().length === 10, 'what the other process wrote comes, too');
    await create(second.client, 5);
    await first.server.end('SIGKILL');
    await create(second.client, 5);
    const last = stream.frames.findLast(({ id }) => id !== null)!.id;
    const again = await openStream(second.server.port, '/v1/apps/shop/events', [`Last-Event-ID: ${last}`]);
    const sessions = () => new Set([...stream.messages(), ...again.messages()].map(({ data }) => data!.subject));
    await until(
      () => sessions().size === 20,
      () => `${sessions().size} of 20`,
    );
    assert.deepEqual(
      again.messages().map(({ data }) => data!.subject),
      created.slice(stream.messages().length),
    );
  });
});

describe('forms of a connection', () => {
  test('HEAD has the head alone; HTTP/1.0 has no chunks; keep-alive is taken back; a proxy is told not to buffer', async (t) => {
    const { server, client } = await startService(t);
    const head = await exchange(server.port, [`HEAD /v1/events HTTP/1.1\r\nHost: localhost\r\n${STREAM}\r\n\r\n`], {
      method: 'HEAD',
    });
    const { status, headers, body } = head.answers[0]!;
    const named = ['content-type', 'cache-control', 'x-accel-buffering'].map((name) => headers.get(name));
    assert.deepEqual([status, ...named, body], [200, 'text/event-stream', 'no-store', 'no', '']);
    const socket = connect(server.port, '127.0.0.1');
    t.after(() => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write(`GET /v1/apps/shop/events HTTP/1.0\r\n${STREAM}\r\n\r\n`);
    await until(() => text.includes('event: position'), 'it has begun');
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /\r\nConnection: close\r\n/i);
    await client.send('POST', '/v1/apps/shop/sessions', { subject: 'u' });
    await until(() => text.includes('session.created'), 'an event has come');
    assert.match(text, /\r\n\r\nretry: \d{4}\nevent: position\nid: \S+\ndata: .*\n\nid: \S+\ndata: .*\n\n$/);
  });

  test('a stream goes over TLS, and ends when its client closes its half', async (t) => {
    const { cert, key } = makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost');
    const { server } = await startService(t, { RS_TLS_CERT: cert, RS_TLS_KEY: key });
    const socket = connectTls({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const stream = await openStream(server.port, '/v1/apps/shop/events', [], socket);
    assert.equal(stream.frames[0]!.name, 'position');
    socket.end();
    await until(() => stream.hasEnded(), 'it has ended');
  });
});

/** G13: a stop loses nothing; and what was stored is there after the next start. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { makeAuthority } from '../support/certificates.ts';
import { Client } from '../support/client.ts';
import { exchange, JSON_TYPE, request } from '../support/raw-client.ts';
import { freePorts } from '../support/redis.ts';
import { type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

describe('a stop', () => {
  test('keeps sessions, their data and what was counted until the last moment', async (t) => {
    const store = `lmdb:${temporaryFolder(t)}`;
    const first = await startServer(t, { RS_STORE: store });
    let client = new Client(first.url);
    const token = await client.create('shop', 'joe', { a: 1 });
    for (let i = 0; i < 5; i++) await client.send('GET', `/shop/get/${token}`);
    client.close();
    assert.equal(await first.end('SIGTERM'), 0);
    const second = await startServer(t, { RS_STORE: store });
    client = new Client(second.url);
    t.after(() => client.close());
    const { json } = await client.send('GET', `/shop/get/${token}`);
    assert.deepEqual([json.id, json.r, json.w, json.d], ['joe', 6, 1, { a: 1 }]);
    assert.equal(await second.end('SIGINT'), 0);
  });

  test('lets a request under way finish, takes no new one, closes the connection after it, and ends with 0', async (t) => {
    const server = await startServer(t);
    const { socket, received } = await underWay(server, 7);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const ended = server.end('SIGTERM');
    await until(
      () =>
        new Client(server.url).send('GET', '/ping').then(
          () => false,
          () => true,
        ),
      'no new connection',
    );
    socket.write('{"a":1}');
    assert.equal(await ended, 0);
    await closed;
    assert.match(received(), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
    assert.match(received(), /\{"token":"\w{64}"\}$/);
  });

  test('tells those who wait for a lock at once, and leaves the queue of the store to others', async (t) => {
    const store = `lmdb:${temporaryFolder(t)}`;
    const servers = [await startServer(t, { RS_STORE: store }), await startServer(t, { RS_STORE: store })] as const;
    const [stopping, staying] = servers.map(({ url }) => new Client(url)) as [Client, Client];
    t.after(() => [stopping, staying].forEach((client) => void client.close()));
    const token = await staying.create('shop', 'joe');
    const lock = (client: Client, body: object) =>
      client.send('POST', '/v1/apps/shop/session/lock', body, { 'Session-Token': token });
    const { json } = await lock(staying, { lease: 300 });
    const waiting = Array.from({ length: 3 }, () => lock(stopping, { lease: 300, wait: 30 }));
    // Another one that comes after them is told that the session is locked: by then they wait.
    for (let i = 0; i < 3; i++) assert.equal((await lock(stopping, {})).status, 423);
    const ended = servers[0].end('SIGTERM');
    for (const answer of await Promise.all(waiting)) {
      assert.deepEqual([answer.status, answer.json.code], [423, 'session_locked']);
    }
    assert.equal(await ended, 0);
    const next = lock(staying, { wait: 30 });
    await staying.send('DELETE', '/v1/apps/shop/session/lock', undefined, {
      'Session-Token': token,
      'Session-Lock': json.lock,
    });
    assert.equal((await next).status, 200);
  });

  for (const tls of [false, true]) {
    test(`lets a client that reads slowly have its whole answer${tls ? ', over TLS' : ''} (kind: answers that are made and not yet read)`, async (t) => {
      const { cert, key } = makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost');
      const env = { RS_STORE: 'memory:', ...(tls && { RS_TLS_CERT: cert, RS_TLS_KEY: key }) };
      const server = await startServer(t, env);
      const big = request('PUT', '/big/create/u?ip=1', [JSON_TYPE], `{"a":"${'x'.repeat(59_000)}"}`);
      for (let i = 0; i < 300; i++)
        assert.equal((await exchange(server.port, big, { tls, linger: 0 })).answers[0]?.status, 200);
      const where = { port: server.port, host: '127.0.0.1', rejectUnauthorized: false };
      const socket = tls ? connectTls(where) : connect(where);
      await once(socket, tls ? 'secureConnect' : 'connect');
      socket.write(request('GET', '/big/soapp?dt=600'));
      // The first bytes are there, so the answer is made; the rest is more than the buffers of the system hold.
      const [first] = await once(socket, 'data');
      socket.pause();
      const ended = server.end('SIGTERM');
      while (!server.output().includes('stopping')) await delay(10);
      // The server looks for idle connections every 50 ms: so it has looked, wherever it is in that.
      await delay(200);
      let received = first.length;
      socket.on('data', (data) => {
        received += data.length;
      });
      socket.resume();
      await once(socket, 'close');
      assert.ok(received > 300 * 59_000, `only ${received} bytes came`);
      assert.equal(await ended, 0);
    });
  }

  test('a second signal ends it at once', async (t) => {
    const server = await startServer(t);
    const { received } = await underWay(server, 7);
    const ended = server.end('SIGTERM');
    await until(() => server.output().includes('stopping'));
    server.child.kill('SIGTERM');
    assert.equal(await ended, 1);
    assert.match(received(), /^HTTP\/1\.1 100 Continue\r\n\r\n$/, 'it did not wait for the request');
    assert.ok(!server.output().includes('"msg":"stopped"'));
  });

  test('restarts under load cost a client that tries again nothing', async (t) => {
    const store = `lmdb:${temporaryFolder(t)}`;
    // A port that the system gives to nobody else while the server is away.
    const RS_PORT = String((await freePorts(1))[0]);
    let server = await startServer(t, { RS_STORE: store, RS_PORT });
    const client = new Client(server.url);
    t.after(() => client.close());
    let running = true;
    const tokens: string[] = [];
    const workers = Array.from({ length: 8 }, async (_, worker) => {
      while (running) {
        const token = await again(() => client.create('shop', `u${worker}`));
        tokens.push(token);
        const { json } = await again(() => client.send('POST', `/shop/set/${token}`, { n: 1 }));
        assert.equal(json.d.n, 1);
      }
    });
    for (let i = 0; i < 3; i++) {
      // In the middle of it, whatever that takes on a busy machine.
      for (const before = tokens.length; tokens.length < before + 40; ) await delay(5);
      assert.equal(await server.end('SIGTERM'), 0);
      server = await startServer(t, { RS_STORE: store, RS_PORT });
    }
    running = false;
    await Promise.all(workers);
    for (const token of tokens) assert.equal((await client.send('GET', `/shop/get/${token}`)).json.d.n, 1);
    assert.ok(tokens.length > 100);
  });
});

/** Begins a create that announces a body of `length` bytes, and resolves when the server waits for that body. */
async function underWay(server: ServerProcess, length: number) {
  const socket = connect(server.port, '127.0.0.1').on('error', () => {});
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  const head = ['Host: x', 'Content-Type: application/json', `Content-Length: ${length}`, 'Expect: 100-continue'];
  socket.write(`PUT /shop/create/joe?ip=1.1.1.1 HTTP/1.1\r\n${head.join('\r\n')}\r\n\r\n`);
  await until(() => received.includes('100 Continue'));
  return { socket, received: () => received };
}

/** Tries again when the connection fails; an answer other than 200 is a failure of the test. */
async function again<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code || attempt > 1000) throw error;
      await delay(50);
    }
  }
}

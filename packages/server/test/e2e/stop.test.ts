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
import { startServer, temporaryFolder } from '../support/server.ts';

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
    const socket = connect(server.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(
      'PUT /shop/create/joe?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a"',
    );
    await delay(200);
    const ended = server.end('SIGTERM');
    await delay(200);
    await assert.rejects(new Client(server.url).send('GET', '/ping'), 'no new connection');
    socket.write(':1}');
    assert.equal(await ended, 0);
    await closed;
    assert.match(received, /^HTTP\/1\.1 200 OK/);
    assert.match(received, /\{"token":"\w{64}"\}$/);
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
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('PUT /shop/create/joe?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n');
    await delay(200);
    const start = Date.now();
    const ended = server.end('SIGTERM');
    await delay(100);
    server.child.kill('SIGTERM');
    assert.equal(await ended, 1);
    assert.ok(Date.now() - start < 5000, 'it did not wait for the request');
  });

  test('restarts under load cost a client that tries again nothing', async (t) => {
    const store = `lmdb:${temporaryFolder(t)}`;
    let server = await startServer(t, { RS_STORE: store });
    const RS_PORT = String(server.port);
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

/** Tries again when the connection fails; an answer other than 200 is a failure of the test. */
async function again<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code || attempt > 100) throw error;
      await delay(50);
    }
  }
}

/**
 * S4: a client that does not read its answer. The server is in this process, so that the timeout is an argument; what it does
 * is seen by its own log line for the request, 499, and by what the client finds when it reads at last.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Hono } from 'hono';
import type { RequestEnv } from '../../src/http/message/route.ts';
import { LIMITS, NodeServer } from '../../src/http/sockets/node-server.ts';
import { makeAuthority } from '../support/certificates.ts';
import { temporaryFolder } from '../support/server.ts';

const SIZE = 18_000_000;
const GET = 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n';

/** Starts a server whose one route answers 18 MB; gives its port, and a promise of the next line of its request log. */
async function start(t: TestContext, stalledTimeout: number, secure: boolean) {
  const { cert, key } = secure
    ? makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost')
    : { cert: '', key: '' };
  const app = new Hono<RequestEnv>().get('/large', () => new Response('x'.repeat(SIZE)));
  const seen: number[] = [];
  let wake = () => {};
  const server = new NodeServer({
    app,
    onRequest: ({ status }) => {
      seen.push(status);
      wake();
    },
    tls: secure ? { cert: readFileSync(cert), key: readFileSync(key), clientCa: null } : null,
    maxConcurrent: 10,
    stalledTimeout,
  });
  const port = await server.listen('127.0.0.1', 0);
  t.after(() => server.stop());
  const logged = async () => {
    while (seen.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return seen.shift();
  };
  return { port, logged };
}

async function open(t: TestContext, port: number, secure: boolean): Promise<Socket> {
  const socket = secure
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect(port, '127.0.0.1');
  socket.on('error', () => {});
  t.after(() => socket.destroy());
  await once(socket, secure ? 'secureConnect' : 'connect');
  socket.pause();
  return socket;
}

/** Reads a connection to its end; gives how many bytes came. */
async function drain(socket: Socket): Promise<number> {
  let received = 0;
  socket.on('data', (data) => {
    received += data.length;
  });
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return received;
}

for (const secure of [false, true]) {
  const over = secure ? 'over TLS' : 'over TCP';

  test(`S4: ${over}, an answer that nobody reads is cut after the time, however much was written (kind: clients that do not read)`, async (t) => {
    const { port, logged } = await start(t, 500, secure);
    const socket = await open(t, port, secure);
    socket.write(GET);
    assert.equal(await logged(), 499);
    const received = await drain(socket);
    assert.ok(received < SIZE, `${received} bytes came`);
  });

  test(`S4: ${over}, sending more does not make it longer (kind: the time begins with progress of the answer, and of nothing else)`, async (t) => {
    const { port, logged } = await start(t, 500, secure);
    const socket = await open(t, port, secure);
    socket.write(GET);
    const drip = setInterval(() => socket.write('GET /large HTTP/1.1\r\nA: '), 50);
    t.after(() => clearInterval(drip));
    assert.equal(await logged(), 499);
  });

  test(`S4: ${over}, one that reads slowly gets all of it (kind: not cut while it goes on)`, async (t) => {
    const { port, logged } = await start(t, 5000, secure);
    const socket = await open(t, port, secure);
    socket.write(GET);
    let received = 0;
    // A megabyte at a time, and less than a tenth of the timeout between. In all, the answer takes longer than the timeout,
    // and a machine that stands still for some seconds in between is no client that does not read.
    socket.on('data', (data) => {
      const before = received;
      received += data.length;
      if (Math.floor(before / 1_000_000) === Math.floor(received / 1_000_000)) return;
      socket.pause();
      setTimeout(() => socket.resume(), 320);
    });
    socket.resume();
    assert.equal(await logged(), 200);
    while (received < SIZE) await once(socket, 'data');
  });
}

test('S4: the time of the server is 60 s, as docs/operations/limits.md says', () => {
  assert.equal(LIMITS.stalledTimeout, 60_000);
  assert.match(readFileSync(new URL('../../../../docs/operations/limits.md', import.meta.url), 'utf8'), /60 s/);
});

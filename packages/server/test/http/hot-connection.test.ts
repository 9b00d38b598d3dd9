/**
 * The fast lane on the socket: which requests of a connection Node's parser sees, and what becomes of an answer under way when
 * the client or the server ends. In this process, on a store whose reads wait when the test wants them to.
 */
import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { newSessionId, newToken } from '../../src/core/token.ts';
import { createApp, guardedRoutes } from '../../src/http/app.ts';
import { FastLane } from '../../src/http/hot/fast-lane.ts';
import { NodeServer } from '../../src/http/sockets/node-server.ts';
import type { RequestLine } from '../../src/http/sockets/request-log.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { bytes, HOST, JSON_TYPE, request } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const NOW = 1_800_000_000_000;

interface Setup {
  readonly maxConcurrent?: number;
  readonly stalledTimeout?: number;
  readonly data?: string;
  readonly hasLane?: boolean;
}

async function serve(t: TestContext, more: Setup = {}) {
  const store = new MemoryStore();
  const id = newSessionId('u');
  const { token, credential } = newToken(id, 'classic');
  const times = { createdAt: NOW, authenticatedAt: NOW, lastSeenAt: NOW, idleTimeout: 60_000, absoluteExpiresAt: null };
  const device = { ip: '1', userAgent: null, label: null };
  const session = { id, app: 'shop', subject: 'u', ...times, ...device, version: 1, reads: 1, data: more.data ?? '{}' };
  await store.create(session, credential, null, NOW);
  const waiting: (() => void)[] = [];
  const gate = { isClosed: false, waiting, open: () => waiting.splice(0).forEach((go) => void go()) };
  const get: MemoryStore['get'] = async (...args) => {
    if (gate.isClosed) await new Promise<void>((go) => waiting.push(go));
    return MemoryStore.prototype.get.apply(store, args);
  };
  Object.assign(store, { get });
  const onFault = (error: unknown) => assert.fail(`${error}`);
  const sessions = new Sessions(store, () => DEFAULT_POLICY);
  const options = { sessions, clock: () => NOW, isStopping: () => false, onFault };
  const routes = guardedRoutes(options);
  const lines: RequestLine[] = [];
  const { maxConcurrent = 100, stalledTimeout = 60_000, hasLane = true } = more;
  const server = new NodeServer({
    ...{
      app: createApp(options, routes),
      lane: hasLane ? new FastLane(routes, onFault) : null,
      tls: null,
      maxConcurrent,
      stalledTimeout,
    },
    onRequest: (line) => void lines.push(line),
  });
  const port = await server.listen('127.0.0.1', 0);
  let parsed = 0;
  const inner = (server as unknown as { server: Server }).server;
  inner.on('request', () => parsed++);
  t.after(() => {
    gate.open();
    inner.closeAllConnections();
    return server.stop();
  });
  const read = request('GET', `/shop/get/${token}`, ['User-Agent: x']);
  return { server, inner, port, token, read, gate, lines, parsed: () => parsed };
}

/** A client that counts the answers it has heard. */
async function client(t: TestContext, port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  t.after(() => socket.destroy());
  let text = '';
  let isOver = false;
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.on('end', () => {
    isOver = true;
    socket.end();
  });
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
  const heard = async (count: number) => {
    await until(() => statuses().length >= count, `${count} answers`);
    return statuses();
  };
  /** Sends a read and waits for its answer. */
  const ask = async (sent: Buffer | string) => {
    const count = statuses().length + 1;
    socket.write(bytes(sent));
    await heard(count);
  };
  return { socket, ask, heard, text: () => text, isOver: () => isOver };
}

const counters = (text: string) => [...text.matchAll(/"r":(\d+)/g)].map(([, r]) => Number(r));

test('after the first two reads of a connection Node sees only what the lane does not take, at any point of it', async (t) => {
  const { port, read, token, parsed } = await serve(t);
  const { ask, socket, heard, text } = await client(t, port);
  for (let i = 0; i < 3; i++) await ask(read);
  assert.equal(parsed(), 2);
  await ask(request('POST', `/shop/set/${token}`, [JSON_TYPE], '{"a":1}'));
  assert.equal(parsed(), 3);
  await ask(read);
  assert.equal(parsed(), 3);
  const head = `POST /shop/set/${token} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  await ask(`${head}7\r\n{"b":2}\r\n0\r\n\r\n`);
  await ask(read);
  assert.equal(parsed(), 4);
  await ask(request('HEAD', `/shop/get/${token}`));
  await ask(read);
  assert.equal(parsed(), 5);
  socket.write(Buffer.concat([read, read]));
  await heard(11);
  await ask(read);
  assert.equal(parsed(), 7);
  assert.deepEqual(new Set(await heard(12)), new Set([200]));
  // A change tells the reads before it and counts none; the answer to HEAD has no body.
  assert.deepEqual(counters(text()), [1, 2, 3, 4, 4, 5, 5, 7, 8, 9, 10]);
});

test('a connection that comes after others gets onto the lane as the first one did', async (t) => {
  const { port, read, inner, parsed } = await serve(t);
  const open = () => new Promise<number>((done) => inner.getConnections((_error, count) => done(count)));
  for (let i = 1; i <= 3; i++) {
    const { ask, socket } = await client(t, port);
    for (let j = 0; j < 4; j++) await ask(read);
    assert.equal(parsed(), 2 * i, `connection ${i}`);
    // Node gives the parser of a connection that is over to the next one.
    socket.destroy();
    while ((await open()) > 0) await new Promise((done) => setImmediate(done));
  }
});

test('a read that is cut at any byte is answered, and so is the one after it', async (t) => {
  const { port, read, parsed } = await serve(t);
  const { ask, socket, text } = await client(t, port);
  await ask(read);
  await ask(read);
  let sent = 2;
  for (let cut = 1; cut < read.length; cut += 3) {
    const before = parsed();
    socket.write(read.subarray(0, cut));
    await new Promise((done) => setImmediate(done));
    await ask(read.subarray(cut));
    await ask(read);
    sent += 2;
    assert.ok(parsed() <= before + 1, 'the whole one went to Node');
  }
  assert.deepEqual(
    counters(text()),
    Array.from({ length: sent }, (_, i) => i + 1),
  );
});

test('what comes while an answer is under way is answered after it, in its order', async (t) => {
  const { port, read, gate, token } = await serve(t);
  const { ask, socket, heard, text } = await client(t, port);
  await ask(read);
  await ask(read);
  gate.isClosed = true;
  socket.write(read);
  await until(() => gate.waiting.length === 1);
  const more = [read, read.subarray(0, 20), read.subarray(20), request('GET', '/ping'), read];
  for (const part of more) {
    socket.write(part);
    await new Promise((done) => setImmediate(done));
  }
  gate.isClosed = false;
  gate.open();
  await heard(7);
  assert.deepEqual(counters(text().replace('PONG', '"r":0')), [1, 2, 3, 4, 5, 0, 6]);
  await ask(request('GET', `/shop/get/${token}`));
});

test('a client that closes its half while its answer is under way gets it, and then the end', async (t) => {
  const { port, read, gate, lines } = await serve(t);
  const { ask, socket, heard, isOver } = await client(t, port);
  await ask(read);
  await ask(read);
  gate.isClosed = true;
  socket.write(read);
  await until(() => gate.waiting.length === 1);
  socket.end();
  await new Promise((done) => setImmediate(done));
  gate.open();
  assert.deepEqual(await heard(3), [200, 200, 200]);
  await until(isOver);
  assert.deepEqual(
    lines.map(({ status }) => status),
    [200, 200, 200],
  );
});

test('a client that is gone before its answer makes one line of the log, with 499', async (t) => {
  const { port, read, gate, lines } = await serve(t);
  const { ask, socket } = await client(t, port);
  await ask(read);
  await ask(read);
  gate.isClosed = true;
  socket.write(read);
  await until(() => gate.waiting.length === 1);
  socket.resetAndDestroy();
  await until(() => lines.length === 3);
  gate.open();
  const other = await client(t, port);
  gate.isClosed = false;
  await other.ask(read);
  assert.deepEqual(
    lines.map(({ status, route, method }) => `${method} ${route} ${status}`),
    [200, 200, 499, 200].map((status) => `GET /:app/get/:token ${status}`),
  );
});

for (const hasLane of [true, false]) {
  test(`a client that sends on and is gone makes one line, with 499, and no more is done for it (lane: ${hasLane})`, async (t) => {
    const { port, read, gate, lines, inner } = await serve(t, { hasLane });
    const begun = new Promise<Socket>((done) => void inner.once('connection', done));
    const { ask, socket } = await client(t, port);
    const own = await begun;
    for (let i = 0; i < 3; i++) await ask(read);
    gate.isClosed = true;
    socket.write(read);
    await until(() => gate.waiting.length === 1);
    // A connection that the system is not asked to read does not hear of the reset: the write of the answer fails.
    // Without the lane Node reads beneath the stream, which then holds nothing.
    await until(() => {
      const isUnread = own.isPaused() && (!hasLane || own.readableLength >= own.readableHighWaterMark);
      if (!isUnread) socket.write(Buffer.concat(Array(80).fill(read)));
      return isUnread;
    });
    const gone = new Promise((done) => socket.once('close', done));
    socket.resetAndDestroy();
    await gone;
    gate.isClosed = false;
    gate.open();
    await until(() => own.destroyed && lines.length >= 4);
    const statuses = lines.map(({ status }) => status);
    assert.deepEqual(statuses, [200, 200, 200, 499]);
  });
}

test('a stop waits for an answer under way, and ends idle connections', async (t) => {
  const { port, read, gate, server } = await serve(t);
  const [busy, idle] = [await client(t, port), await client(t, port)];
  for (const { ask } of [busy, idle]) {
    await ask(read);
    await ask(read);
  }
  gate.isClosed = true;
  busy.socket.write(read);
  await until(() => gate.waiting.length === 1);
  const stopped = server.stop();
  await until(idle.isOver);
  assert.equal(busy.isOver(), false);
  gate.open();
  assert.deepEqual(await busy.heard(3), [200, 200, 200]);
  await stopped;
});

test('an answer under way counts among the requests that are worked on at once', async (t) => {
  const { port, read, gate } = await serve(t, { maxConcurrent: 1 });
  const [one, other] = [await client(t, port), await client(t, port)];
  for (const { ask } of [one, other]) {
    await ask(read);
    await ask(read);
  }
  gate.isClosed = true;
  one.socket.write(read);
  await until(() => gate.waiting.length === 1);
  await other.ask(read);
  assert.deepEqual(await other.heard(3), [200, 200, 503]);
  gate.isClosed = false;
  gate.open();
  assert.deepEqual(await one.heard(3), [200, 200, 200]);
  await other.ask(read);
  assert.deepEqual(await other.heard(4), [200, 200, 503, 200]);
});

for (const [what, sent, status] of [
  ['CONNECT', `CONNECT example.org:443 HTTP/1.1\r\n${HOST}\r\n\r\nmore`, 405],
  ['noise', 'GARBAGE\r\n\r\n', 400],
  ['two spaces in the request line', `GET  /ping HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
  ['a request without a Host', 'GET /ping HTTP/1.1\r\n\r\n', 400],
] as const) {
  test(`${what} after reads of the lane is refused with ${status}, and the connection ends`, async (t) => {
    const { port, read } = await serve(t);
    const { ask, socket, heard, isOver } = await client(t, port);
    for (let i = 0; i < 3; i++) await ask(read);
    socket.write(sent);
    assert.deepEqual(await heard(4), [200, 200, 200, status]);
    await until(isOver);
  });
}

test('a client that does not read its answers is read no further, and cut off in its time', async (t) => {
  const { port, read, inner, lines } = await serve(t, { data: `{"a":"${'x'.repeat(60_000)}"}`, stalledTimeout: 400 });
  const { ask, socket } = await client(t, port);
  await ask(read);
  await ask(read);
  socket.pause();
  const send = setInterval(() => socket.write(read), 0);
  t.after(() => clearInterval(send));
  const count = () => new Promise<number>((done) => inner.getConnections((_error, connections) => done(connections)));
  for (let connections = 1; connections > 0; ) {
    await new Promise((done) => setImmediate(done));
    connections = await count();
  }
  // What the two buffers of the system take, and no more.
  assert.ok(lines.length < 2000, `${lines.length} answers were made for nobody`);
});

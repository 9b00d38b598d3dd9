/** The writes of the fast lane, over real sockets: bodies whole, in pieces, wrong, and broken off. */
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { createApp, guardedRoutes } from '../../src/http/app.ts';
import { FastLane } from '../../src/http/hot/fast-lane.ts';
import { NodeServer } from '../../src/http/sockets/node-server.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { until } from '../support/until.ts';

const HOST = 'Host: localhost';
const set = (token: string, length: number) =>
  `POST /shop/set/${token} HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

test('the writes on the lane', async (t) => {
  const faults: unknown[] = [];
  const lines: { route: string; status: number }[] = [];
  const sessions = new Sessions(new MemoryStore(), () => DEFAULT_POLICY);
  const options = {
    sessions,
    clock: Date.now,
    isStopping: () => false,
    onFault: (error: unknown) => faults.push(error),
  };
  const routes = guardedRoutes(options);
  const lane = new FastLane(routes, options.onFault);
  let onLane = 0;
  const { answer } = lane;
  lane.answer = (...args) => {
    onLane++;
    answer.apply(lane, args);
  };
  const server = new NodeServer({
    ...{ app: createApp(options, routes), lane, tls: null, maxConcurrent: 10 },
    onRequest: (line) => lines.push(line),
  });
  const port = await server.listen('127.0.0.1', 0);
  t.after(() => server.stop());
  const open = async (): Promise<{ socket: Socket; heard: () => string }> => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    await new Promise((done) => socket.once('connect', done));
    return { socket, heard: () => text };
  };
  const { socket, heard } = await open();
  const next = async (bytes: string | Buffer): Promise<string> => {
    const before = heard().length;
    socket.write(bytes);
    await until(() => /\r\n\r\n.+/.test(heard().slice(before)));
    return heard().slice(before);
  };

  const created = await next(`PUT /shop/create/ada?ip=10.0.0.1 HTTP/1.1\r\n${HOST}\r\n\r\n`);
  const token = /"token":"(\w{64})"/.exec(created)![1]!;
  assert.match(created, /^HTTP\/1.1 200 OK\r\n/);
  assert.match(await next(`${set(token, 7)}{"n":1}`), /"w":2,.*"d":\{"n":1\}/);
  const body = Buffer.from('{"name":"é"}');
  socket.write(set(token, body.length));
  // In the middle of a character.
  socket.write(body.subarray(0, 10));
  await new Promise((done) => setImmediate(done));
  assert.match(await next(body.subarray(10)), /"w":3,.*"name":"é"/);
  assert.match(await next(`${set(token, 3)}[1]`), /^HTTP\/1.1 400 [\s\S]*d must be an object/);
  assert.match(await next(`${set(token, 2)}{}`), /^HTTP\/1.1 400 [\s\S]*at least one key/);
  assert.match(await next(`PUT /shop/create/ada?ttl=60 HTTP/1.1\r\n${HOST}\r\n\r\n`), /^HTTP\/1.1 400 [\s\S]*No ip/);
  const change = (length: number, more = '') =>
    `PATCH /v1/apps/shop/session HTTP/1.1\r\n${HOST}\r\nSession-Token: ${token}\r\n${more}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  assert.match(await next(`${change(15)}{"set":{"n":2}}`), /^HTTP\/1.1 200 [\s\S]*"data":\{"n":2,"name":"é"\}/);
  assert.match(
    await next(`${change(15, 'If-Match: "1"\r\n')}{"set":{"n":3}}`),
    /^HTTP\/1.1 412 [\s\S]*version_mismatch/,
  );
  assert.match(await next(`${change(9)}{"set":1}`), /^HTTP\/1.1 400 [\s\S]*"pointer":"\/set"/);
  const mine = `Session-Token: ${token}\r\n`;
  const v1 = (method: string, path: string, more: string) =>
    `${method} /v1/apps/shop/${path} HTTP/1.1\r\n${HOST}\r\n${more}\r\n`;
  const post = (body: string) =>
    `${v1('POST', 'sessions', `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`)}${body}`;
  assert.match(await next(v1('POST', 'session/touch', mine)), /^HTTP\/1.1 200 [\s\S]*"subject":"ada"/);
  const other = await next(post('{"subject":"bob","data":{"n":1}}'));
  assert.match(other, /^HTTP\/1.1 201 [\s\S]*"subject":"bob"/);
  assert.match(await next(post('{"subject":1}')), /^HTTP\/1.1 400 [\s\S]*"pointer":"\/subject"/);
  const its = `Session-Token: ${/"token":"([\w-]+)"/.exec(other)![1]}\r\n`;
  assert.match(await next(v1('DELETE', 'session', its)), /^HTTP\/1.1 200 [\s\S]*\{"revoked":1\}/);
  assert.match(await next(v1('DELETE', 'session', its)), /^HTTP\/1.1 200 [\s\S]*\{"revoked":0\}/);
  const kill = `DELETE /shop/kill/${token} HTTP/1.1\r\n${HOST}\r\nContent-Length: 0\r\n\r\n`;
  assert.match(await next(kill), /^HTTP\/1.1 200 [\s\S]*\{"kill":1\}/);
  assert.match(await next(kill), /^HTTP\/1.1 200 [\s\S]*\{"kill":0\}/);
  assert.equal(onLane, 16);
  socket.destroy();

  const broken = await open();
  broken.socket.write(`${set(token, 9)}{"n"`);
  await until(() => onLane === 17);
  broken.socket.destroy();
  await until(() => lines.length === 17);
  assert.deepEqual(
    lines.map(({ route, status }) => `${route} ${status}`),
    [
      ...['/:app/create/:id 200', '/:app/set/:token 200', '/:app/set/:token 200'],
      ...['/:app/set/:token 400', '/:app/set/:token 400', '/:app/create/:id 400'],
      ...[200, 412, 400].map((status) => `/v1/apps/:app/session ${status}`),
      '/v1/apps/:app/session/touch 200',
      ...[201, 400].map((status) => `/v1/apps/:app/sessions ${status}`),
      ...[200, 200].map((status) => `/v1/apps/:app/session ${status}`),
      ...['/:app/kill/:token 200', '/:app/kill/:token 200'],
      '/:app/set/:token 499',
    ],
  );
  assert.deepEqual(faults, []);
});

/** Requests behind others on one connection: that each is read rightly, and that what waits is bounded. Counts, no times. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Pipeline } from '../../src/http/sockets/pipeline.ts';
import { makeAuthority } from '../support/certificates.ts';
import { assertRefusal, exchange, HOST, JSON_TYPE, line, request } from '../support/raw-client.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

const CREATE = '/shop/create/u?ip=1.1.1.1';
const CHUNKED = `PUT ${CREATE} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const CRUMBS = '1\r\n \r\n'.repeat(300);

describe('bodies behind other requests', () => {
  for (const tls of [false, true]) {
    test(`1,400 PUTs with Expect in one write are all read rightly${tls ? ', over TLS' : ''} (kind: answers written while requests are parsed)`, async (t) => {
      const { cert, key } = makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost');
      const { port } = await startServer(t, {
        RS_STORE: 'memory:',
        ...(tls && { RS_TLS_CERT: cert, RS_TLS_KEY: key }),
      });
      const where = { port, host: '127.0.0.1', rejectUnauthorized: false };
      const socket = tls ? connectTls(where) : connect(where);
      t.after(() => socket.destroy());
      await once(socket, tls ? 'secureConnect' : 'connect');
      const put = request('PUT', CREATE, [JSON_TYPE, 'Expect: 100-continue'], '{"a":1}').toString();
      socket.write(put.repeat(1400));
      const seen = new Map<string, number>();
      let tail = '';
      // It ends with the connection, so that one that was cut fails the counts below.
      for await (const data of socket) {
        tail += data.toString('latin1');
        const statuses = [...tail.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
        for (const [, status = ''] of statuses) seen.set(status, (seen.get(status) ?? 0) + 1);
        const last = statuses.at(-1);
        // What may be the begin of a status line stays for the next piece.
        tail =
          last === undefined ? tail.slice(-13) : tail.slice(Math.max(last.index + last[0].length, tail.length - 13));
        if (seen.get('200') === 1400) break;
      }
      assert.deepEqual([...seen].sort(), [
        ['100', 1400],
        ['200', 1400],
      ]);
    });
  }

  test('the 400 for a body in crumbs says that the connection closes, and it does (kind: headers that tell what happens)', async (t) => {
    const { port } = await startServer(t, { RS_STORE: 'memory:' });
    const v1 = CHUNKED.replace(`PUT ${CREATE}`, 'POST /v1/apps/shop/sessions');
    for (const sent of [CHUNKED + CRUMBS, v1 + CRUMBS, line('GET /ping HTTP/1.1') + CHUNKED + CRUMBS]) {
      const { answers, closed } = await exchange(port, sent, { answers: 2 });
      assertRefusal(answers.at(-1), [400]);
      assert.match(answers.at(-1)!.body, /tiny chunks/);
      assert.deepEqual([answers.at(-1)!.headers.get('connection'), closed], ['close', true]);
    }
  });

  test('crumbs behind a request that has no answer yet are bounded when they come, not at their turn (kind: work done before the turn)', async (t) => {
    const { port } = await startServer(t, { RS_STORE: 'memory:' });
    // All of it is in one packet: the second request is parsed, body and all, before it has its turn.
    const first = `PUT ${CREATE} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nContent-Length: 7\r\n\r\n`;
    const { answers, closed } = await exchange(
      port,
      `${first}{"a":1}${CHUNKED}1\r\n{\r\n${CRUMBS}1\r\n}\r\n0\r\n\r\n`,
      { answers: 3 },
    );
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 400],
    );
    assert.ok(closed);
  });
});

describe('requests that wait', () => {
  /** A connection that counts what is done to it, and requests on it whose turn the test decides. */
  function connection() {
    const done = { paused: 0, resumed: 0, destroyed: 0 };
    const socket = Object.assign(new EventEmitter(), {
      destroyed: false,
      pause: () => done.paused++,
      resume: () => done.resumed++,
      destroy: () => {
        done.destroyed++;
        socket.destroyed = true;
        socket.emit('close');
      },
    });
    return { socket: socket as unknown as Socket, done };
  }

  function waiting(pipeline: Pipeline, socket: Socket, answer: () => void = () => {}): EventEmitter {
    const outgoing = new EventEmitter();
    pipeline.add({ socket } as IncomingMessage, outgoing as ServerResponse, answer);
    return outgoing;
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('of 20,001 in all, the connection that has many is cut off, and what it had is forgotten (kind: memory)', () => {
    const pipeline = new Pipeline();
    const [many, few] = [connection(), connection()];
    for (let i = 0; i < 16; i++) waiting(pipeline, few.socket);
    for (let i = 0; i < 19_984; i++) waiting(pipeline, many.socket);
    assert.equal(many.done.destroyed, 0, '20,000 may wait');
    waiting(pipeline, few.socket);
    assert.equal(few.done.destroyed, 1, 'the one too many is on a connection with 17');
    for (let i = 0; i < 17; i++) waiting(pipeline, many.socket);
    assert.equal(many.done.destroyed, 1);
    const other = connection();
    for (let i = 0; i < 20_000; i++) waiting(pipeline, other.socket);
    assert.equal(other.done.destroyed, 0, 'the room of those that are gone is free again');
  });

  test('over 64 on a connection have it paused, and at 16 it is read again: once (kind: pauses and rests)', async () => {
    const pipeline = new Pipeline();
    const { socket, done } = connection();
    const answers: number[] = [];
    const queue = Array.from({ length: 64 }, (_, i) => waiting(pipeline, socket, () => answers.push(i)));
    await turn();
    assert.deepEqual([pipeline.holds(socket), done.paused, done.resumed], [true, 1, 0]);
    for (const outgoing of queue.splice(0, 47)) outgoing.emit('socket');
    await turn();
    assert.deepEqual([pipeline.holds(socket), done.resumed], [true, 0], '17 wait');
    queue.shift()!.emit('socket');
    await turn();
    assert.deepEqual([pipeline.holds(socket), done.resumed], [false, 1], '16 wait');
    for (const outgoing of queue.splice(0)) outgoing.emit('socket');
    await turn();
    assert.deepEqual([done.resumed, done.destroyed], [1, 0]);
    assert.deepEqual(
      answers,
      Array.from({ length: 64 }, (_, i) => i),
      'each had its turn, in order',
    );
  });
});

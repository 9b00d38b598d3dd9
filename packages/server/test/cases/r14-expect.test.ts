/** R14: who waits to be told that a body is wanted is told so only when it is; and `OPTIONS *`. Over bare TCP, every byte looked at. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { assertRefusal, type Bytes, exchange, HOST, JSON_TYPE, line } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';

const key = newKey();
const keyed = await startServer({ after }, { RS_STORE: 'memory:', RS_API_KEYS: `web:${hashKey(key)}:shop:write,read` });
const KEY = `Authorization: Bearer ${key}`;
const CREATE = 'PUT /shop/create/u?ip=1.1.1.1';
const CREATE_V1 = 'POST /v1/apps/shop/sessions';
const EXPECT = 'Expect: 100-continue';

const head = (what: string, ...headers: string[]) => `${what} HTTP/1.1\r\n${[HOST, ...headers].join('\r\n')}\r\n\r\n`;

/** Sends a head, and the body once it is asked for; gives all that came until the server closed, or `last` was there. */
function wait(sent: Bytes, body: Bytes, last: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    let asked = false;
    const socket = connect(keyed.port, '127.0.0.1');
    socket.setTimeout(30_000, () => socket.destroy(new Error(`there came only ${received}`)));
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (!asked && received.startsWith('HTTP/1.1 100 Continue\r\n\r\n')) {
        asked = true;
        socket.write(body);
      }
      if (last.test(received)) socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.write(sent);
  });
}

const NEVER = /^$/;

describe('R14: a body that will not be read is not asked for: the refusal alone, without a 100', () => {
  const cases: readonly (readonly [what: string, head: string, status: number])[] = [
    ['too long', head(CREATE, KEY, EXPECT, JSON_TYPE, 'Content-Length: 70000'), 413],
    ['too long, in v1', head(CREATE_V1, KEY, EXPECT, JSON_TYPE, 'Content-Length: 700000'), 413],
    ['too long beyond all measure', head(CREATE, KEY, EXPECT, JSON_TYPE, 'Content-Length: 18446744073709551615'), 413],
    ['of an unknown route', head('POST /nope', EXPECT, JSON_TYPE, 'Content-Length: 7'), 404],
    ['of a route with other methods', head('PATCH /ping', EXPECT, JSON_TYPE, 'Content-Length: 7'), 405],
    ['without a key', head(CREATE, EXPECT, JSON_TYPE, 'Content-Length: 7'), 401],
    [
      'with a wrong key',
      head(CREATE_V1, `Authorization: Bearer ${newKey()}`, EXPECT, JSON_TYPE, 'Content-Length: 7'),
      401,
    ],
    [
      'for an app that the key is not for',
      head('PUT /blog/create/u?ip=1.1.1.1', KEY, EXPECT, JSON_TYPE, 'Content-Length: 7'),
      403,
    ],
    ['beyond the scope of the key', head('DELETE /shop/killall', KEY, EXPECT, JSON_TYPE, 'Content-Length: 7'), 403],
    ['of the wrong type', head(CREATE, KEY, EXPECT, 'Content-Type: text/plain', 'Content-Length: 7'), 415],
    ['of the wrong type, in v1', head(CREATE_V1, KEY, EXPECT, 'Content-Type: text/plain', 'Content-Length: 7'), 415],
    ['of no type', head(CREATE_V1, KEY, EXPECT, 'Content-Length: 7'), 415],
    [
      'of the wrong type in chunks',
      head(CREATE_V1, KEY, EXPECT, 'Content-Type: text/plain', 'Transfer-Encoding: chunked'),
      415,
    ],
    ['of another charset', head(CREATE, KEY, EXPECT, `${JSON_TYPE}; charset=utf-16`, 'Content-Length: 7'), 415],
    [
      'of an unknown encoding',
      head(CREATE_V1, KEY, EXPECT, JSON_TYPE, 'Content-Encoding: br', 'Content-Length: 7'),
      415,
    ],
    ['with a parameter that is wrong', head('PUT /shop/create/u', KEY, EXPECT, JSON_TYPE, 'Content-Length: 7'), 400],
    ['with another expectation', head(CREATE, KEY, 'Expect: 200-ok', JSON_TYPE, 'Content-Length: 7'), 417],
    ['with one more expectation', head(CREATE_V1, KEY, 'Expect: 100-continue, x', JSON_TYPE, 'Content-Length: 7'), 417],
    ['with two Hosts', head(CREATE, KEY, HOST, EXPECT, JSON_TYPE, 'Content-Length: 7'), 400],
  ];
  for (const [what, sent, status] of cases) {
    test(`R14: one ${what} is ${status} at once, and the connection ends (kind: every refusal by the head)`, async () => {
      const received = await wait(sent, 'never sent', NEVER);
      assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.equal(received.match(/HTTP\/1\.1 /g)?.length, 1, received);
      assert.match(received, /\r\nConnection: close\r\n/i);
    });
  }

  test('R14: a client that does not wait gets the same one answer', async () => {
    for (const [, sent, status] of cases) {
      const body = sent.includes('chunked') ? '7\r\n{"a":1}\r\n0\r\n\r\n' : '{"a":1}';
      const { answers, rest } = await exchange(keyed.port, [sent, body], { answers: 2 });
      assertRefusal(answers[0], [status]);
      assert.deepEqual([answers.length, rest], [1, '']);
    }
  });
});

describe('R14: a body that is read is asked for once', () => {
  const cases: readonly (readonly [what: string, head: string, body: string])[] = [
    ['of a length', head(CREATE, KEY, EXPECT, JSON_TYPE, 'Content-Length: 7'), '{"a":1}'],
    ['of a length, in v1', head(CREATE_V1, KEY, EXPECT, JSON_TYPE, 'Content-Length: 15'), '{"subject":"u"}'],
    [
      'in chunks',
      head(CREATE, KEY, 'Expect: 100-Continue', JSON_TYPE, 'Transfer-Encoding: chunked'),
      '7\r\n{"a":1}\r\n0\r\n\r\n',
    ],
  ];
  for (const [what, sent, body] of cases) {
    test(`R14: one ${what}, and then the answer comes and the connection stays`, async () => {
      const received = await wait(sent, body, /\}$/);
      assert.match(received, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 20[01] /);
      assert.doesNotMatch(received, /\r\nConnection: close/i);
    });
  }

  test('R14: chunks that announce too much after the 100 are 413', async () => {
    const received = await wait(cases[2]![1], 'fffff\r\n', /\}$/);
    assert.match(received, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 413 /);
  });

  test('R14: HTTP/1.0 has no expectations: no 100, whatever it says', async () => {
    const sent = head(CREATE, KEY, EXPECT, JSON_TYPE, 'Content-Length: 7').replace('HTTP/1.1', 'HTTP/1.0');
    assert.match(await wait(`${sent}{"a":1}`, '', /\}$/), /^HTTP\/1\.1 200 /);
  });

  test('R14: behind another request it is asked for at its turn (kind: pipelined)', async () => {
    const sent = `${line('GET /ping HTTP/1.1')}${cases[0]![1]}{"a":1}`;
    const received = await wait(sent, '', /"token":"\w+"\}$/);
    assert.match(received, /^HTTP\/1\.1 200 OK[\s\S]*PONGHTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });
});

describe('R14: OPTIONS *', () => {
  test('R14: it is 204 with the methods of the server, with and without a key, and the connection stays', async () => {
    for (const sent of ['OPTIONS * HTTP/1.1', `OPTIONS * HTTP/1.1\r\n${KEY}`]) {
      const { answers } = await exchange(keyed.port, line(sent) + line('GET /ping HTTP/1.1'), { answers: 2 });
      assert.equal(answers[0]?.status, 204);
      assert.equal(answers[0].headers.get('allow'), 'GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS');
      assert.equal(answers[1]?.body, 'PONG');
    }
  });

  test('R14: no other method has that target', async () => {
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'TRACE']) {
      assertRefusal((await exchange(keyed.port, line(`${method} * HTTP/1.1`))).answers[0], [400]);
    }
  });

  test('N14: CONNECT says with all methods of the server that it is none of them (kind: Allow names PATCH)', async () => {
    const { answers } = await exchange(keyed.port, line('CONNECT example.org:443 HTTP/1.1'));
    assertRefusal(answers[0], [405]);
    assert.equal(answers[0]?.headers.get('allow'), 'GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS');
  });
});

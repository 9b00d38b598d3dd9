/** The id of a request: in each error, in the lines of the log, and in other answers for who brought one. On both ways through the server. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { requestIdIn } from '../../src/http/message/request-id.ts';
import { Client } from '../support/client.ts';
import { exchange } from '../support/raw-client.ts';
import { type Cleanup, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const DRAWN = /^[0-9a-f]{32}$/;
const NOBODY = 'a'.repeat(64);

test('the id is the trace id, else X-Request-Id where it is well-formed, else drawn', () => {
  const ids = (headers: Record<string, string>) => requestIdIn(headers);
  assert.equal(ids({ traceparent: PARENT, 'x-request-id': 'mine' }), TRACE);
  assert.equal(ids({ traceparent: `cc-${TRACE}-00f067aa0ba902b7-01-what-will-be` }), TRACE);
  for (const traceparent of [
    `${PARENT}-more`,
    PARENT.toUpperCase(),
    `ff${PARENT.slice(2)}`,
    PARENT.replace(TRACE, '0'.repeat(32)),
    PARENT.replace('00f067aa0ba902b7', '0'.repeat(16)),
    `${PARENT}, ${PARENT}`,
    '',
  ]) {
    assert.equal(ids({ traceparent, 'x-request-id': 'mine' }), 'mine', traceparent);
  }
  for (const given of ['1', 'A-z_0.9~:@+/=', 'x'.repeat(128)]) assert.equal(ids({ 'x-request-id': given }), given);
  for (const given of ['', 'a b', 'a, b', 'é', 'x'.repeat(129), '"', "'", '<', '\\', '{', '$']) {
    assert.match(ids({ 'x-request-id': given }), DRAWN, given);
  }
  assert.notEqual(ids({}), ids({}));
});

for (const lane of ['on', 'off']) {
  describe(`with the fast lane ${lane}`, () => {
    const cleanups: (() => unknown)[] = [];
    const suite: Cleanup = { after: (fn) => void cleanups.push(fn) };
    let server: ServerProcess;
    let client: Client;
    before(async () => {
      const env = { RS_STORE: 'memory:', RS_LOGLEVEL: 'tiny', RS_FAST_LANE: lane };
      server = await startServer(suite, env);
      client = new Client(server.url);
    });
    after(async () => {
      client.close();
      for (const end of cleanups) await end();
    });

    /** Gives the line of the log with an id. */
    const lineOf = async (id: string) => {
      const found = () =>
        server
          .output()
          .split('\n')
          .find((line) => line.includes(`"requestId":"${id}"`));
      await until(() => found() !== undefined);
      return JSON.parse(found()!);
    };

    test('an error has it in a header, one of v1 also in its body, and so has its line in the log', async () => {
      for (const [path, status] of [
        [`/v1/apps/shop/session`, 404],
        [`/v1/apps/shop/session?touch=x`, 400],
        ['/v1/nothing', 404],
        ['/v1/apps/shop/sessions?limit=0', 400],
      ] as const) {
        for (let again = 0; again < 2; again++) {
          const answer = await client.send('GET', path, undefined, { 'Session-Token': NOBODY });
          assert.equal(answer.status, status);
          assert.match(answer.json.requestId, DRAWN);
          assert.equal(answer.headers['x-request-id'], answer.json.requestId);
          assert.equal((await lineOf(answer.json.requestId)).status, status);
        }
        const own = await client.send('GET', path, undefined, { 'Session-Token': NOBODY, 'X-Request-Id': 'mine-1' });
        assert.deepEqual([own.json.requestId, own.headers['x-request-id']], ['mine-1', 'mine-1']);
      }
      const classic = await client.send('GET', '/shop/get/x', undefined, { traceparent: PARENT });
      assert.equal(classic.headers['x-request-id'], TRACE);
      assert.deepEqual(Object.keys(classic.json), ['name', 'message']);
      await lineOf(TRACE);
    });

    test('another answer has it if the request brought one, also on a connection that the lane has taken over', async () => {
      const token = await client.create('shop', 'u1');
      for (let again = 0; again < 3; again++) {
        const none = await client.send('GET', `/shop/get/${token}`);
        assert.equal(none.headers['x-request-id'], undefined);
        const own = await client.send('GET', `/shop/get/${token}`, undefined, {
          'X-Request-Id': `mine-${again}-${lane}`,
        });
        assert.deepEqual([own.status, own.headers['x-request-id']], [200, `mine-${again}-${lane}`]);
        assert.equal(
          own.text,
          none.text
            .replace(/"r":\d+/, (r) => `"r":${Number(r.slice(4)) + 1}`)
            .replace(/"idle":\d+/, /"idle":\d+/.exec(own.text)![0]),
        );
        assert.equal((await lineOf(`mine-${again}-${lane}`)).route, '/:app/get/:token');
      }
    });

    test('so has what is refused below the routes', async () => {
      const host = 'Host: localhost';
      const long = 'x'.repeat(9000);
      for (const [status, request] of [
        [421, `GET /v1/apps HTTP/1.1\r\nHost: rebind.example\r\n`],
        [417, `GET /v1/apps HTTP/1.1\r\n${host}\r\nExpect: x\r\n`],
        [414, `GET /v1/apps?${long} HTTP/1.1\r\n${host}\r\n`],
        [400, `GET  /v1/apps HTTP/1.1\r\n${host}\r\n`],
        [400, `GET /v1/apps HTTP/1.1\r\nHost: a..b\r\n`],
        [403, `DELETE /v1/apps HTTP/1.1\r\n${host}\r\nSec-Fetch-Site: cross-site\r\n`],
      ] as const) {
        const drawn = (await exchange(server.port, [`${request}\r\n`])).answers[0]!;
        assert.equal(drawn.status, status);
        assert.match(drawn.headers.get('x-request-id')!, DRAWN);
        const own = (await exchange(server.port, [`${request}X-Request-Id: s-${status}\r\n\r\n`])).answers[0]!;
        assert.equal(own.headers.get('x-request-id'), `s-${status}`);
        assert.equal((await lineOf(`s-${status}`)).status, status);
      }
      // These never become a request.
      for (const [status, request] of [
        [
          431,
          `GET /v1/apps HTTP/1.1\r\n${host}\r\ntraceparent: ${PARENT}\r\nX-Request-Id: b\r\nA: ${long}${long}\r\n\r\n`,
        ],
        [400, `GET /v1/apps HTTP/1.1\r\n${host}\r\nX-Request-Id: b\r\ntraceparent: ${PARENT}\r\nA : b\r\n\r\n`],
        [405, `CONNECT a:1 HTTP/1.1\r\n${host}\r\ntraceparent: ${PARENT}\r\n\r\n`],
      ] as const) {
        const { answers } = await exchange(server.port, [request]);
        assert.deepEqual([answers[0]!.status, answers[0]!.headers.get('x-request-id')], [status, TRACE]);
      }
    });
  });
}

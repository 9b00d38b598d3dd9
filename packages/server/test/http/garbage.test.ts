/**
 * G11: a megabyte a second of what is no request is refused, and the other clients are answered meanwhile; a packet full of
 * requests does not make them wait for its end. What it costs them in time is measured by `npm run garbage`.
 * (Requests without end are load: e2e/overload.test.ts.)
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { flood, GARBAGE, PIECE } from '../support/garbage.ts';
import { assertHealthy } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const ROUNDS = 200;

describe('a megabyte a second of', () => {
  for (const { what, head, piece } of GARBAGE) {
    test(`${what} is not taken, and every request of another client is answered meanwhile`, async (t) => {
      const server = await startServer(t);
      const client = new Client(server.url);
      t.after(() => client.close());
      const token = await client.create('shop', 'me');
      let over = false;
      t.after(() => {
        over = true;
      });
      const sent = flood(server.port, head, piece, () => over);
      await until(() => sent.bytes > PIECE * 5);
      for (let i = 0; i < ROUNDS; i++) {
        assert.equal((await client.send('GET', `/shop/get/${token}`)).json.r, i + 1);
      }
      over = true;
      await sent.ended;
      assert.ok(sent.connections > 1, 'the server ends a connection that brings no request');
      await assertHealthy(server);
    });
  }
});

test('of a thousand requests in one packet, another client waits for a few', async (t) => {
  const { port } = await startServer(t, { RS_STORE: 'memory:' });
  const open = () => {
    const socket = connect({ port, host: '127.0.0.1' });
    t.after(() => socket.destroy());
    return socket;
  };
  // The other client asks once the first answers are there, and is told how many creates the server had done by then. One
  // that works a packet off at once always says all of them; on a busy machine ours may, too, but not every time.
  await until(async () => {
    const [many, one] = [open(), open()];
    await Promise.all([once(many, 'connect'), once(one, 'connect')]);
    const user = `u${many.localPort}`;
    many.write(`PUT /packet/create/${user}?ip=1 HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(1000));
    await once(many, 'data');
    many.resume();
    one.write(
      `GET /v1/apps/packet/sessions?view=count&subject=${user} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    let answer = '';
    for await (const chunk of one) answer += chunk;
    const done = Number(/\{"sessions":(\d+)\}$/.exec(answer)?.[1] ?? assert.fail(answer));
    many.destroy();
    return done < 900;
  }, 'it was answered before 900 of the others');
});

/**
 * G11: a megabyte a second of what is no request costs the other clients no time, nor does a packet full of requests.
 * (Requests without end are load: e2e/overload.test.ts.)
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../support/client.ts';
import { assertHealthy } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';

const PIECE = 64 * 1024;
/** Units: milliseconds between two pieces: 1 MiB a second. */
const PACE = 62.5;
const ROUNDS = 300;
/** Units: milliseconds. What a busy machine adds now and then, whoever is to blame. */
const SLACK = 40;

const CHUNKED =
  'PUT /shop/create/u?ip=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';

const KINDS: readonly (readonly [what: string, head: string, piece: () => Buffer])[] = [
  ['bytes without form', '', () => randomBytes(PIECE)],
  ['a body in crumbs', CHUNKED, () => Buffer.from('1\r\n \r\n'.repeat(PIECE / 6))],
  ['headers without end', 'GET /ping HTTP/1.1\r\n', () => Buffer.from(`${'A: b\r\n'.repeat(PIECE / 6)}`)],
];

/** Sends pieces at the pace, on a new connection whenever the server has ended the last one. */
async function flood(port: number, head: string, piece: () => Buffer, isOver: () => boolean): Promise<number> {
  let sent = 0;
  while (!isOver()) {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
    let open = true;
    socket.on('close', () => {
      open = false;
    });
    socket.resume();
    socket.write(head);
    while (open && !isOver()) {
      socket.write(piece());
      sent += PIECE;
      await sleep(PACE);
    }
    socket.destroy();
  }
  return sent;
}

async function p99(client: Client, token: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const begin = performance.now();
    const { json } = await client.send('GET', `/shop/get/${token}`);
    times.push(performance.now() - begin);
    assert.equal(json.id, 'me');
    await sleep(4);
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS * 0.99)]!;
}

describe('a megabyte a second of', () => {
  for (const [what, head, piece] of KINDS) {
    test(`${what} does not slow another client`, async (t) => {
      const server = await startServer(t);
      const client = new Client(server.url);
      t.after(() => client.close());
      const token = await client.create('shop', 'me');
      await p99(client, token);
      const before = await p99(client, token);
      let over = false;
      const flooding = flood(server.port, head, piece, () => over);
      const during = await p99(client, token);
      over = true;
      assert.ok((await flooding) > PIECE * 5);
      t.diagnostic(`p99 ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms during`);
      assert.ok(during <= 2 * before + SLACK, `p99 ${before} ms before, ${during} ms during`);
      await assertHealthy(server);
    });
  }
});

test('of a thousand requests in one packet, another client waits for a few', async (t) => {
  const { port } = await startServer(t);
  const open = () => {
    const socket = connect({ port, host: '127.0.0.1' });
    t.after(() => socket.destroy());
    return socket;
  };
  const [many, one] = [open(), open()];
  await Promise.all([once(many, 'connect'), once(one, 'connect')]);
  let answers = 0;
  let other = -1;
  one.once('data', () => {
    other = answers;
  });
  many.on('data', (data) => {
    if (answers === 0) one.write('GET /ping HTTP/1.1\r\nHost: x\r\n\r\n');
    answers += data.toString('latin1').split('HTTP/1.1 404').length - 1;
  });
  many.write('GET /nope HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000));
  while (answers < 1000) await once(many, 'data');
  assert.ok(other >= 0 && other < 900, `it was answered after ${other} of the others`);
});

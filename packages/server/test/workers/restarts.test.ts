/** Rolling restarts: nobody notices. With all requests that the design names: `npm run restarts`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { isAlive } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';
import { restartUnderLoad, restartUnderWrk } from './rolling.ts';

const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

describe('SIGUSR2 to a server of workers', () => {
  test('all workers are replaced while clients go on: none of their requests fails, by kept connections and by wrk', async (t) => {
    const server = await startWorkers(t, 2);
    const kept = await restartUnderLoad(server, 2000, 1);
    assert.deepEqual(kept.failed, []);
    if (hasWrk || process.env.CI === 'true') {
      const wrk = await restartUnderWrk(server, 2000, 1);
      assert.deepEqual(wrk.failed, []);
      assert.ok(wrk.answered >= 2000);
    } else t.diagnostic('without wrk, which is not installed');
    await until(() => !server.workers.some(isAlive), 'the old workers end');
    assert.equal(await server.end(), 0);
  });

  test('an old worker answers on the connections it has, ends each with its next answer, and waits for the idle ones; a lock is waited for', async (t) => {
    const server = await startWorkers(t, 2);
    const sockets = [0, 1].map(() => {
      const socket = connect(server.port, '127.0.0.1');
      t.after(() => socket.destroy());
      const seen = { text: '', isOver: false, send: (text: string) => socket.write(text) };
      socket.on('data', (chunk) => (seen.text += chunk)).on('end', () => (seen.isOver = true));
      return seen;
    });
    const PING = 'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n';
    for (const { send } of sockets) send(PING);
    for (const seen of sockets) await until(() => seen.text.includes('200 OK'));
    const client = new Client(server.url);
    t.after(() => client.close());
    const token = { 'Session-Token': (await client.send('POST', '/v1/apps/roll/sessions', {})).json.token };
    const lock = (wait: number) => client.send('POST', '/v1/apps/roll/session/lock', { wait }, token);
    const held = (await lock(0)).json.lock;
    const waits = lock(30);
    server.child.kill('SIGUSR2');
    await server.said({ msg: 'all workers are new' });
    assert.ok(
      sockets.every(({ isOver }) => !isOver),
      'no idle connection is cut off',
    );
    // Sent together: the last answer ends the connection, not the first.
    for (const { send } of sockets) send(PING + PING);
    for (const seen of sockets) {
      await until(() => seen.isOver);
      assert.equal(seen.text.match(/200 OK/g)?.length, 3, seen.text);
      assert.equal(seen.text.match(/connection: close/gi)?.length, 1, seen.text);
    }
    const released = await client.send('DELETE', '/v1/apps/roll/session/lock', undefined, {
      ...token,
      'Session-Lock': held,
    });
    assert.equal(released.status, 204, released.text);
    assert.equal((await waits).status, 200);
    assert.equal(await server.end(), 0);
  });
});

/** Several workers on one port: how they start, are kept, and end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { runCommand } from '../support/command.ts';
import { freePorts } from '../support/ports.mjs';
import { isAlive, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { startWorkers } from '../support/workers.ts';

const HELD =
  'PUT /shop/create/joe?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n';

/** Sends a request whose body does not come yet, and gives what has come as its answer. */
async function hold(port: number) {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.write(HELD);
  return { answer: () => answer, finish: () => socket.write('{}'), end: () => socket.destroy() };
}

describe('workers', () => {
  test('a server of three says that it listens once, answers on all of them, and ends with 0', async (t) => {
    const server = await startWorkers(t, 3, { RS_LOGLEVEL: 'combined' });
    assert.equal(server.output().match(/listens on/g)?.length, 1);
    assert.equal(server.lines().length, 1, server.output());
    assert.equal(new Set(server.workers).size, 3);
    for (let i = 0; i < 6; i++) {
      const client = new Client(server.url);
      await client.create('shop', `u${i}`);
      client.close();
    }
    const numbers = () => server.lines().flatMap(({ msg, worker }) => (msg === 'request' ? [worker] : []));
    await until(() => numbers().length === 6);
    assert.deepEqual(numbers().sort(), [1, 1, 2, 2, 3, 3], 'in turns');
    assert.equal(await server.end(), 0);
    assert.deepEqual(server.workers.filter(isAlive), []);
    assert.equal(server.lines().filter(({ msg }) => msg === 'stopped').length, 1);
  });

  test('what keeps a worker from starting is said once, with the exit code of one process, and nothing is tried again', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const folder = temporaryFolder(t);
    const file = join(folder, 'file');
    writeFileSync(file, '{"keys": 1}');
    const store = { RS_STORE: `lmdb:${join(folder, 'store')}` };
    for (const [env, code, words] of [
      [{ ...store, RS_PORT: `${port}` }, 1, /port \d+ on 127\.0\.0\.1 is in use/],
      [{ ...store, RS_CONFIG: file }, 2, /keys/],
      [{ ...store, RS_KEYS_FILE: file }, 2, /keys/],
      [{ RS_STORE: `lmdb:${file}` }, 1, /cannot start with RS_STORE/],
      [{ ...store, RS_MAX_CONCURRENT: 'x' }, 2, /RS_MAX_CONCURRENT/],
      [{ RS_STORE: 'memory:' }, 2, /RS_WORKERS=4 cannot be used with RS_STORE=memory:/],
    ] as const) {
      const one = await runCommand(['serve'], { env: { ...env, RS_WORKERS: '4' } });
      assert.equal(one.status, code, one.stderr);
      assert.match(one.stderr, words);
      assert.equal(one.stderr.trimEnd().split('\n').length, 1, one.stderr);
      assert.equal(one.stdout, '');
    }
    const auto = await runCommand(['serve'], { env: { RS_STORE: 'memory:', RS_WORKERS: 'auto' } });
    assert.equal(auto.status, 2);
  });

  test('a worker that is killed is replaced, loses nothing that was answered, and its tasks go to another one', async (t) => {
    const policy = join(temporaryFolder(t), 'policy.json');
    writeFileSync(policy, '{"apps": {"shop": {"minIdleTimeout": 1}}}');
    const env = { RS_LOGLEVEL: 'debug', RS_SWEEP_INTERVAL: '1', RS_CONFIG: policy };
    const server = await startWorkers(t, 2, env);
    const client = new Client(server.url);
    t.after(() => client.close());
    const made: string[] = [];
    let killed = false;
    const writers = Array.from({ length: 8 }, async (_, n) => {
      for (let i = 0; made.length < 200 || !killed; i++) {
        // A connection of the worker that is killed breaks off: that request has no answer.
        const answer = await client.send('PUT', `/shop/create/u${n}-${i}?ip=1.1.1.1`).catch(() => null);
        if (answer?.status === 200) made.push(answer.json.token);
        if (made.length > 100 && !killed) {
          killed = true;
          process.kill(server.workers[0]!, 'SIGKILL');
        }
      }
    });
    await Promise.all(writers);
    await server.said({ msg: 'a worker has taken the place of one that ended', worker: 1 });
    const gone = await server.said({ msg: 'a worker has ended by itself; another one takes its place' });
    assert.deepEqual([gone.pid, gone.signal], [server.workers[0], 'SIGKILL']);
    for (const token of made) assert.equal((await client.send('GET', `/shop/get/${token}`)).status, 200);
    await client.send('POST', '/v1/apps/shop/sessions', { subject: 's', idleTimeout: 1 });
    await server.said({ msg: 'removed expired sessions', worker: 2 });
    assert.equal(await server.end(), 0);
  });

  test('a connection that was handed to a worker which died before it took it is answered by another one', async (t) => {
    const server = await startWorkers(t, 2);
    process.kill(server.workers[0]!, 'SIGSTOP');
    const clients = Array.from({ length: 4 }, () => new Client(server.url));
    const answers = clients.map((client) => client.send('GET', '/livez').then(({ status }) => status));
    t.after(() => clients.map((client) => client.close()));
    // One of the four lies before the worker that stands still.
    await Promise.race(answers);
    process.kill(server.workers[0]!, 'SIGKILL');
    assert.deepEqual(await Promise.all(answers), [200, 200, 200, 200]);
  });

  test('when all workers die at once, others take their places on the same port', async (t) => {
    const server = await startWorkers(t, 2);
    for (const pid of server.workers) process.kill(pid, 'SIGKILL');
    for (const worker of [1, 2]) await server.said({ msg: 'a worker has taken the place of one that ended', worker });
    const client = new Client(server.url);
    t.after(() => client.close());
    assert.equal((await client.send('GET', '/readyz')).status, 200);
  });

  test('a worker that cannot start again is tried with pauses while another one serves; when none does, the server ends and says why', async (t) => {
    const policy = join(temporaryFolder(t), 'policy.json');
    writeFileSync(policy, '{}');
    const server = await startWorkers(t, 2, { RS_CONFIG: policy });
    writeFileSync(policy, '{"nonsense": true}');
    process.kill(server.workers[0]!, 'SIGKILL');
    const tried = { msg: 'a worker cannot start; it is tried again in some seconds', worker: 1 };
    assert.match(`${(await server.said(tried)).why}`, /nonsense/);
    const client = new Client(server.url);
    assert.equal((await client.send('GET', '/readyz')).status, 200);
    client.close();
    const ended = once(server.child, 'exit');
    process.kill(server.workers[1]!, 'SIGKILL');
    assert.deepEqual(await ended, [2, null]);
    assert.match(server.output(), /rest-sessions: .*nonsense/);
  });

  test('signals to all processes at once, as a terminal and systemd send them, are one stop: requests under way are answered', async (t) => {
    const server = await startWorkers(t, 2);
    const held = await Promise.all([hold(server.port), hold(server.port)]);
    for (const { finish } of held) finish();
    for (const { answer } of held) await until(() => answer().startsWith('HTTP/1.1 200'), answer);
    const late = await hold(server.port);
    // Until the worker has it: then it has answered what came behind.
    const client = new Client(server.url);
    await client.send('GET', '/livez');
    client.close();
    for (const pid of [server.child.pid!, ...server.workers, ...server.workers]) process.kill(pid, 'SIGINT');
    await server.said({ msg: 'stopping: requests under way are finished' });
    late.finish();
    await until(() => late.answer().startsWith('HTTP/1.1 200'), late.answer);
    assert.equal(await server.end('SIGWINCH'), 0);
  });

  test('a second signal ends all of them at once', async (t) => {
    const server = await startWorkers(t, 2);
    const held = await hold(server.port);
    const client = new Client(server.url);
    await client.send('GET', '/livez');
    client.close();
    server.child.kill('SIGTERM');
    await server.said({ msg: 'stopping: requests under way are finished' });
    assert.equal(await server.end('SIGTERM'), 1);
    held.end();
    await until(() => !server.workers.some(isAlive), 'no worker is left');
  });

  test('workers whose supervisor was killed answer what is under way, end by themselves, and hold neither port nor store', async (t) => {
    const folder = temporaryFolder(t);
    // The system gives it to no outgoing connection before the next ones listen.
    const RS_PORT = String((await freePorts(1))[0]);
    const server = await startWorkers(t, 2, { RS_STORE: `lmdb:${folder}`, RS_PORT });
    const held = await Promise.all([hold(server.port), hold(server.port)]);
    const client = new Client(server.url);
    await client.send('GET', '/livez');
    client.close();
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    // At once, while workers still answer.
    const next = await startWorkers(t, 2, { RS_STORE: `lmdb:${folder}`, RS_PORT });
    for (const { finish } of held) finish();
    for (const { answer } of held) await until(() => answer().startsWith('HTTP/1.1 200'), answer);
    await until(() => !server.workers.some(isAlive), 'the workers end');
    const other = new Client(next.url);
    t.after(() => other.close());
    assert.equal(
      (await other.send('GET', `/shop/get/${JSON.parse(held[0]!.answer().split('\r\n\r\n')[1]!).token}`)).status,
      200,
    );
    assert.equal(await next.end(), 0);
  });
});

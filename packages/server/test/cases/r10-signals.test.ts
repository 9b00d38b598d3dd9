/** What signals mean to a server, and how it ends as the worker of a cluster. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { isAlive, MAIN, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

describe('R10: signals', () => {
  test('R10: SIGHUP with nothing to read again, SIGUSR1, SIGUSR2, SIGPIPE and SIGXFSZ end nothing, and a request under way is answered', async (t) => {
    const server = await startServer(t, { RS_STORE: 'memory:' });
    const socket = connect(server.port, '127.0.0.1');
    t.after(() => socket.destroy());
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write(
      'PUT /shop/create/joe?ip=1.1.1.1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n',
    );
    const said = { SIGHUP: 'nothing to read again', SIGUSR1: '"signal":"SIGUSR1"', SIGUSR2: '"signal":"SIGUSR2"' };
    for (const [signal, words] of Object.entries(said)) {
      server.child.kill(signal as NodeJS.Signals);
      await until(() => server.output().includes(words), server.output);
    }
    for (const signal of ['SIGPIPE', 'SIGXFSZ'] as const) server.child.kill(signal);
    socket.write('{}');
    await until(
      () => answer.startsWith('HTTP/1.1 200'),
      () => answer,
    );
    assert.doesNotMatch(server.output(), /[Dd]ebugger/, 'no debugger listens');
    assert.equal(await server.end('SIGQUIT'), 0);
    assert.match(server.output(), /"signal":"SIGQUIT","msg":"stopping/);
  });

  test('R10: SIGHUP while the server starts ends nothing', async (t) => {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', RS_COLOUR: 'x' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const ended = once(child, 'exit');
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    // The first line is a warning, written before anything is opened.
    await once(child.stderr, 'data');
    child.kill('SIGHUP');
    await until(
      () => output.includes('listens on'),
      () => output,
    );
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  });

  test('R10: a server on a terminal ends when the terminal is closed, and not on a SIGHUP before that', async (t) => {
    // `script` gives a terminal; when it is ended, the terminal is gone.
    const child = spawn('script', ['-qfc', `echo pid=$$; exec ${process.execPath} ${MAIN}`, '/dev/null'], {
      env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    await until(
      () => output.includes('listens on'),
      () => output,
    );
    const pid = Number(/pid=(\d+)/.exec(output)![1]);
    t.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
    process.kill(pid, 'SIGHUP');
    await until(
      () => output.includes('nothing to read again'),
      () => output,
    );
    child.kill('SIGKILL');
    await until(() => !isAlive(pid), 'it ends');
  });
});

/** A wrapper as a user writes it: two workers on one port. It tells of them on its standard output, and does what it reads. */
const PRIMARY = `
import cluster from 'node:cluster';
if (cluster.isPrimary) {
  HOW
  const workers = [cluster.fork(), cluster.fork()];
  for (const worker of workers) {
    worker.on('listening', ({ port }) => console.log('listening', worker.process.pid, port));
    worker.on('exit', (code, signal) => console.log('exit', worker.process.pid, code, signal));
  }
  process.stdin.on('data', (text) => String(text).includes('worker') ? workers[0].disconnect() : cluster.disconnect());
  process.stdin.on('end', () => {});
} else await import(process.env.MAIN);
`;

describe('issue 5: a worker of node:cluster', () => {
  for (const [name, how] of [
    ['forks the command', 'cluster.setupPrimary({ exec: process.env.MAIN, args: ["serve"] });'],
    ['imports the command', ''],
  ] as const) {
    test(`R10: of a wrapper that ${name} ends with 0 on SIGTERM, on SIGINT and when it is disconnected (kind: the channel keeps it alive)`, async (t) => {
      const path = join(temporaryFolder(t), 'primary.mjs');
      writeFileSync(path, PRIMARY.replace('HOW', how));
      for (const end of ['SIGTERM', 'SIGINT', 'worker', 'all'] as const) {
        const primary = spawn(process.execPath, [path], {
          env: { PATH: process.env.PATH, RS_PORT: '0', RS_STORE: 'memory:', MAIN },
          stdio: ['pipe', 'pipe', 'ignore'],
        });
        t.after(() => primary.kill('SIGKILL'));
        let output = '';
        primary.stdout.on('data', (chunk) => (output += chunk));
        const lines = (word: string) => output.split('\n').filter((line) => line.startsWith(word));
        await until(
          () => lines('listening').length === 2,
          () => output,
        );
        const [, pid, port] = lines('listening')[0]!.split(' ').map(Number);
        const client = new Client(`http://127.0.0.1:${port}`);
        assert.equal((await client.send('GET', '/ping')).text, 'PONG');
        client.close();
        if (end === 'worker' || end === 'all') primary.stdin.write(end);
        else process.kill(pid!, end);
        const expected = end === 'all' ? 2 : 1;
        await until(
          () => lines('exit').length === expected,
          () => `${end}: ${output}`,
        );
        for (const line of lines('exit')) assert.match(line, / 0 null$/, `${end}: ${output}`);
        primary.kill('SIGKILL');
      }
    });
  }
});

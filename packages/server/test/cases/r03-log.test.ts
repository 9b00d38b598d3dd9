/** A log that cannot be written, or that nobody reads: the server serves, ends when it is told to, and says later what was lost. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LogSink } from '../../src/log/log-sink.ts';
import { Client } from '../support/client.ts';
import { freePorts } from '../support/redis.ts';
import { type Cleanup, MAIN, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

type Streams = [number | 'pipe' | 'ignore', number | 'pipe' | 'ignore'];

/** Starts a server whose output goes where it goes, so only its port says that it is there. */
async function startOn(cleanup: Cleanup, [stdout, stderr]: Streams, env: Record<string, string> = {}) {
  const port = (await freePorts(1))[0]!;
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, RS_PORT: String(port), RS_STORE: 'memory:', RS_LOGLEVEL: 'combined', ...env },
    stdio: ['ignore', stdout, stderr],
  });
  const ended = once(child, 'exit');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const client = new Client(`http://127.0.0.1:${port}`);
  cleanup.after(() => client.close());
  const serves = () =>
    client.send('GET', '/ping').then(
      ({ text }) => text === 'PONG',
      () => false,
    );
  const ask = async (count: number) => {
    for (let i = 0; i < count; i++) assert.ok(await serves());
  };
  return { child, ask, serves, ended: ended as Promise<[number | null, string | null]> };
}

async function endsOn(child: ChildProcess, ended: Promise<unknown>, signal: NodeJS.Signals = 'SIGTERM') {
  child.kill(signal);
  assert.deepEqual(await ended, [0, null]);
}

/** Tells whether the server behind a client answers. */
function answers(client: Client): Promise<boolean> {
  return client.send('GET', '/ping').then(
    () => true,
    () => false,
  );
}

describe('R3: a log that cannot be written', () => {
  for (const [name, of] of [
    ['standard error', (fd: number): Streams => ['ignore', fd]],
    ['standard output', (fd: number): Streams => [fd, 'ignore']],
    ['both', (fd: number): Streams => [fd, fd]],
  ] as const) {
    test(`R3: the server serves and ends with 0 on SIGTERM when ${name} is a full disk (kind: ENOSPC)`, async (t) => {
      const full = openSync('/dev/full', 'w');
      const { child, ask, serves, ended } = await startOn(t, of(full));
      closeSync(full);
      await until(serves, 'it serves');
      await ask(50);
      await endsOn(child, ended);
    });

    test(`R3: the same when nobody has ${name} any more (kind: a closed pipe)`, async (t) => {
      const { child, ask, serves, ended } = await startOn(t, of('pipe' as never));
      child.stdout?.destroy();
      child.stderr?.destroy();
      await until(serves, 'it serves');
      await ask(50);
      await endsOn(child, ended, 'SIGINT');
    });
  }

  test('R3: a file that may not grow any more ends nothing (kind: EFBIG, which comes with a signal that would)', async (t) => {
    const log = join(temporaryFolder(t), 'log');
    const port = (await freePorts(1))[0]!;
    const command = `ulimit -f 8; exec "$0" "$1" >/dev/null 2>"$2"`;
    const child = spawn('bash', ['-c', command, process.execPath, MAIN, log], {
      env: { PATH: process.env.PATH, RS_PORT: String(port), RS_STORE: 'memory:', RS_LOGLEVEL: 'combined' },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    const client = new Client(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const serves = () => answers(client);
    await until(serves, 'it serves');
    for (let i = 0; i < 200; i++) assert.ok(await serves());
    await until(() => readFileSync(log).length === 8192, 'the log is as large as it may be');
    await endsOn(child, ended);
  });

  test('R3: a disk that gets room again has the log again, with a count of the lines that were lost (kind: it comes back)', async (t) => {
    const folder = temporaryFolder(t);
    const [path, other] = [join(folder, 'log'), join(folder, 'other')];
    // The descriptor is turned from a full device to a file while the sink has it: what a disk that gets room looks like.
    const full = openSync('/dev/full', 'w');
    let now = 0;
    const sink = new LogSink({
      fd: full,
      isTerminal: false,
      clock: () => now,
      wordsForLoss: (lost, seconds) => `lost ${lost} in ${seconds} s\n`,
    });
    for (let i = 0; i < 20_000; i++) sink.write(`line ${i}\n`);
    await sink.finish();
    now = 7000;
    closeSync(full);
    writeFileSync(other, '');
    assert.equal(openSync(path, 'w'), full, 'the number is free again');
    await sink.finish();
    await sink.finish();
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const kept = lines.length - 1;
    assert.ok(kept > 1000 && kept < 10_000, `memory is bounded: ${kept}`);
    assert.deepEqual(lines.slice(0, 2), ['line 0', 'line 1']);
    assert.equal(lines.at(-1), `lost ${20_000 - kept} in 7 s`);
    sink.write('after\n');
    await sink.finish();
    assert.ok(readFileSync(path, 'utf8').endsWith(' in 7 s\nafter\n'));
    closeSync(full);
  });
});

describe('R3: a log that nobody reads', () => {
  test('R3: the server serves on, keeps no more than a little of it, and ends (kind: a pipe whose reader has stopped)', async (t) => {
    const { child, ask, serves, ended } = await startOn(t, ['ignore', 'pipe']);
    child.stderr!.pause();
    await until(serves, 'it serves');
    await ask(1500);
    let text = '';
    child.stderr!.on('data', (chunk) => {
      text += chunk;
    });
    child.stderr!.resume();
    await until(
      () => / [1-9]\d* lines were lost"/.test(text),
      () => text.slice(-500),
    );
    await ask(1);
    await until(() => text.split('\n').at(-2)!.includes('"msg":"request"'), 'the log goes on');
    for (const line of text.split('\n').slice(0, -1)) JSON.parse(line);
    const lost = Number(/"lost":(\d+)/.exec(text)![1]);
    assert.ok(text.split('"msg":"request"').length - 1 + lost >= 1501, 'each line is there or counted');
    child.stderr!.pause();
    await ask(1500);
    await endsOn(child, ended);
  });

  test('R3: a named pipe is written again when another reader opens it (kind: the log collector is restarted)', async (t) => {
    const fifo = join(temporaryFolder(t), 'log');
    execFileSync('mkfifo', [fifo]);
    const reader = () => openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const first = reader();
    const writer = openSync(fifo, 'w');
    const { child, ask, serves, ended } = await startOn(t, ['ignore', writer]);
    closeSync(writer);
    await until(serves, 'it serves');
    closeSync(first);
    await ask(20);
    const second = reader();
    let text = '';
    await until(
      async () => {
        await ask(1);
        const buffer = Buffer.alloc(65_536);
        try {
          text += buffer.toString('utf8', 0, readSync(second, buffer));
        } catch {
          // Nothing is there yet.
        }
        return /"lost":\d+,.*"msg":"the log could not be written for \d+ s; \d+ lines were lost"/.test(text);
      },
      () => text,
    );
    closeSync(second);
    await endsOn(child, ended);
  });

  test('R3: a socket like that of journald is written, and its end is survived (kind: stderr is a socket)', async (t) => {
    const path = join(temporaryFolder(t), 'journal');
    let text = '';
    const accepted = new Promise<Socket>((resolve) => {
      const journal = createServer((socket) => {
        socket.on('data', (chunk) => (text += chunk));
        resolve(socket);
      });
      journal.listen(path);
      t.after(() => journal.close());
    });
    const port = (await freePorts(1))[0]!;
    // Python hands a connected socket over as standard error, as systemd does.
    const program = `import os,socket,sys
s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);os.dup2(s.fileno(),2);os.execv(sys.argv[2],sys.argv[2:4])`;
    const child = spawn('python3', ['-c', program, path, process.execPath, MAIN], {
      env: { PATH: process.env.PATH, RS_PORT: String(port), RS_STORE: 'memory:', RS_LOGLEVEL: 'combined' },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    t.after(() => child.kill('SIGKILL'));
    const socket = await accepted;
    const client = new Client(`http://127.0.0.1:${port}`);
    t.after(() => client.close());
    const serves = () => answers(client);
    await until(
      () => text.includes('"msg":"listening"'),
      () => text,
    );
    socket.destroy();
    for (let i = 0; i < 50; i++) assert.ok(await serves());
    await endsOn(child, ended);
  });
});

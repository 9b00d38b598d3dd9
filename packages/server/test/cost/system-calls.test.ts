/**
 * What a read asks of the kernel, counted by strace: writing to the socket is a third of what a read costs, so a second write
 * for an answer, or a read more of a file, is the dearest thing that no test of behaviour sees. Only calls that move bytes are
 * counted: how often a process waits depends on how busy the machine is.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { PATIENT, startRedis } from '../support/redis.ts';
import { type Cleanup, lastFirst, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { openLine, read } from './requests.ts';

const TIMES = 200;
/** Per read, under the names of all calls that do the same. */
const KINDS = {
  receive: ['read', 'readv', 'recvfrom', 'recvmsg', 'pread64'],
  send: ['write', 'writev', 'sendto', 'sendmsg', 'pwrite64', 'pwritev'],
  sync: ['fsync', 'fdatasync', 'msync'],
} as const;
type Counts = Record<keyof typeof KINDS, number>;

/** What a read may cost: on Redis it is received and answered, and asked on the way; what the embedded store has is in memory. */
const STORES: readonly { name: string; most: Counts; start: (cleanup: Cleanup) => Promise<ServerProcess> }[] = [
  {
    name: 'Redis',
    most: { receive: 2, send: 2, sync: 0 },
    start: async (cleanup) => {
      const { port } = await startRedis(cleanup);
      return startServer(cleanup, { ...PATIENT, RS_STORE: `redis://127.0.0.1:${port}` });
    },
  },
  { name: 'the embedded store', most: { receive: 1, send: 1, sync: 0 }, start: (cleanup) => startServer(cleanup) },
];

const why = reasonToSkip();

for (const { name, most, start } of STORES) {
  describe(`what a read asks of the kernel, on ${name}`, { skip: why }, () => {
    let server: ServerProcess;
    let token: string;
    const ending = lastFirst({ after });
    before(async () => {
      server = await start(ending);
      const client = new Client(server.url);
      token = await client.create('cost', 'user', { a: 1 });
      client.close();
    });

    for (const [form, request] of [
      ['classic', () => read(`/cost/get/${token}`)],
      ['v1', () => read('/v1/apps/cost/session', [`Session-Token: ${token}`])],
    ] as const) {
      test(`is no more than it was (${form})`, async (t) => {
        const line = await openLine(server.port);
        t.after(() => line.socket.destroy());
        await line.send(request()).answered;
        const counts = await counted(t, server.child.pid!, async () => {
          for (let i = 0; i < TIMES; i++) await line.send(request()).answered;
        });
        // What it does beside the reads (a look at a file, a thread that is woken up) is less than a call for each.
        const each = Object.fromEntries(Object.entries(counts).map(([kind, n]) => [kind, Math.floor(n / TIMES)]));
        for (const [kind, limit] of Object.entries(most))
          assert.ok(each[kind]! <= limit, `a read costs ${JSON.stringify(each)}, and may cost ${JSON.stringify(most)}`);
        assert.ok(each.send! >= 1, `strace saw the answers: ${JSON.stringify(counts)}`);
      });
    }
  });
}

/** Counts the calls of all threads of a process during some work. */
async function counted(t: Cleanup, pid: number, work: () => Promise<unknown>): Promise<Counts> {
  const file = join(temporaryFolder(t), 'calls');
  const names = Object.values(KINDS).flat();
  const strace = spawn(
    'strace',
    ['-f', '-p', `${pid}`, '-e', `trace=${names.join(',')}`, '-e', 'signal=none', '-o', file],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = once(strace, 'close');
  t.after(() => strace.kill('SIGKILL'));
  let told = '';
  strace.stderr.on('data', (chunk) => {
    told += chunk;
  });
  const threads = () => readFileSync(`/proc/${pid}/status`, 'utf8').match(/^Threads:\s+(\d+)/m)![1];
  await until(() => strace.exitCode !== null || new RegExp(`attached(?: with ${threads()} threads)?`).test(told));
  assert.equal(strace.exitCode, null, `strace ended: ${told}`);
  await work();
  strace.kill('SIGINT');
  await ended;
  // A call that another thread interrupts is told in two lines; the second says "resumed".
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.includes(' resumed>'));
  const calls = lines.map((line) => /^\d+\s+(\w+)\(/.exec(line)?.[1]);
  const count = (kind: readonly string[]) => calls.filter((name) => name !== undefined && kind.includes(name)).length;
  return { receive: count(KINDS.receive), send: count(KINDS.send), sync: count(KINDS.sync) };
}

/** Gives why this machine cannot count: false when it can, or when CI=true has the tests fail by that. */
function reasonToSkip(): string | false {
  if (process.platform !== 'linux') return told('strace is of Linux only');
  const { error, status, stderr } = spawnSync('strace', ['-e', 'trace=none', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  });
  if (error) return told('strace is not installed');
  return status === 0 ? false : told(`strace may not watch a process: ${stderr.trim()}`);
}

function told(reason: string): string | false {
  console.error(`SYSTEM CALLS ARE NOT COUNTED: ${reason}.`);
  return process.env.CI === 'true' ? false : reason;
}

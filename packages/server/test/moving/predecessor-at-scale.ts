/**
 * `npm run import-rate`: imports 100,000 sessions (or so many as the first word says) that the real redis-sessions 3 wrote, by the
 * command, into the embedded store and into a Redis. Prints for each the rate, the CPU of the process and the most memory it had. Exit
 * code 1: fewer than 10,000 a second.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { oldLibrary } from '../support/old-library.ts';
import { startRedis } from '../support/redis.ts';
import { MAIN, temporaryFolder } from '../support/server.ts';

const COUNT = Number(process.argv[2] ?? 100_000);
const WANTED = 10_000;
const DATA = { name: 'Jo Doe', roles: 'reader,writer', theme: 'dark', items: 3, basket: 'b-1029384756' };

const cleanups: (() => unknown)[] = [];
const cleanup = { after: (fn: () => unknown) => void cleanups.push(fn) };

try {
  const source = await startRedis(cleanup);
  await fill(source.port);
  const target = await startRedis(cleanup);
  for (const store of [`lmdb:${temporaryFolder(cleanup)}`, `redis://127.0.0.1:${target.port}/0`]) {
    const { taken, seconds, cpu, memory } = await importInto(store, source.port);
    const rate = Math.round(taken / seconds);
    if (rate < WANTED || taken !== COUNT) process.exitCode = 1;
    const name = store.slice(0, store.indexOf(':')).padEnd(5);
    console.log(
      `${name} ${taken} of ${COUNT} sessions in ${seconds} s: ${rate} a second, ${cpu.toFixed(1)} s of CPU, at most ${memory} MB`,
    );
  }
} finally {
  for (const end of cleanups.reverse()) await end();
}

async function fill(port: number): Promise<void> {
  const library = oldLibrary(cleanup, 3, port);
  let next = 0;
  const work = async () => {
    while (next < COUNT) await library.create('forum', `user${next++}`, { d: DATA });
  };
  await Promise.all(Array.from({ length: 500 }, work));
}

async function importInto(store: string, port: number) {
  const child = spawn(process.execPath, [MAIN, 'import', `--from=redis://127.0.0.1:${port}/0`, '--json'], {
    env: { PATH: process.env.PATH, RS_STORE: store, RS_STORE_TIMEOUT: '30000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close');
  let [cpu, memory] = [0, 0];
  const timer = setInterval(() => {
    try {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      // utime and stime, in hundredths of a second.
      cpu = (Number(fields[11]) + Number(fields[12])) / 100;
      const [, most] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      memory = Math.round(Number(most ?? 0) / 1024) || memory;
    } catch {
      // It has ended.
    }
  }, 50);
  await ended;
  clearInterval(timer);
  const { taken, seconds } = JSON.parse(output) as { taken: number; seconds: number };
  return { taken, seconds, cpu, memory };
}

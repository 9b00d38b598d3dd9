/**
 * P10: from the start of the process to the first answer, and the memory of a server that has nothing to do. Cold means a
 * new process on an empty store; the files it reads are in the system's cache, as after any deployment.
 */
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../process.ts';
import { median, spread } from '../rounds.ts';
import type { Bench, Finding, Workload } from '../workload.ts';

const STARTS = 10;
const IDLE_SERVERS = 3;
/** Units: milliseconds. */
const IDLE = 2000;
const MEBIBYTE = 1024 * 1024;

export const p10: Workload = {
  target: 'P10',
  what: 'cold start, idle memory',
  run: async (bench) => {
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i++) starts.push(await startOnce(bench));
    const idle = await Promise.all(Array.from({ length: IDLE_SERVERS }, () => idleMemory(bench)));
    const nobody = { target: p10.target, peer: null, ratio: null, note: '' };
    const findings: Finding[] = [
      {
        ...nobody,
        what: 'from the start of the process to the first answer',
        unit: 'ms',
        ours: median(starts),
        goal: { bound: 'at most', value: 300 },
        spread: spread(starts),
        details: { starts },
      },
      {
        ...nobody,
        what: 'resident memory, idle for 2 s',
        unit: 'MiB',
        ours: median(idle),
        goal: { bound: 'at most', value: 70 },
        spread: spread(idle),
        details: { idle },
      },
    ];
    return { findings };
  },
};

/** Starts a server until it answers /ping, and stops it. Units: milliseconds. */
async function startOnce(bench: Bench): Promise<number> {
  const begin = performance.now();
  const server = await startServer(bench);
  await ping(server.url);
  const taken = performance.now() - begin;
  await server.stop();
  return taken;
}

async function idleMemory(bench: Bench): Promise<number> {
  const server = await startServer(bench);
  await delay(IDLE);
  const memory = server.memory() / MEBIBYTE;
  await server.stop();
  return memory;
}

/** Not fetch: its first call loads more code than the rest of a start takes. */
function ping(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(`${url}/ping`, { agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`/ping answered ${response.statusCode}`));
    }).once('error', reject);
  });
}

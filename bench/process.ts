/**
 * Processes under measurement: started, watched through /proc, ended by their own id. CPU time is what the kernel
 * charged the whole process, all threads and ended ones included.
 *
 * Rejected: process.cpuUsage() inside the server. It would need code of the bench in what is measured.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bench } from './workload.ts';

/** /proc counts in USER_HZ, which is 100 on every Linux that Node runs on. Units: microseconds. */
const TICK = 10_000;

const SERVER = fileURLToPath(new URL('../packages/server/dist/cli/main.js', import.meta.url));

/** A process that answers on `url`. */
export interface Running {
  readonly url: string;
  /** Its process id, and after it those of the processes that it has started, in the order of their starts. */
  readonly pids: () => readonly number[];
  /** User and system time so far, of its workers, too. Units: microseconds. */
  readonly cpu: () => number;
  /** Resident memory. Units: bytes. */
  readonly memory: () => number;
  /** The part of it that is not of files: without what the system keeps of the store, which it takes back when it needs it. */
  readonly ownMemory: () => number;
  /** Tells it to stop and resolves when it has ended. */
  readonly stop: () => Promise<void>;
}

/** Gives an empty folder inside the system's temporary one, removed after the workload. */
export function temporaryFolder(bench: Pick<Bench, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-bench-'));
  bench.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** How the server is started where it is not as usual. */
export interface Start {
  /** URL of a store. Absence: an embedded one in an empty folder. */
  readonly store?: string;
  /** Path of another Node than the one that runs the bench. */
  readonly node?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built server, as a user would. */
export function startServer(bench: Pick<Bench, 'after'>, { store, node, env }: Start = {}): Promise<Running> {
  const RS_STORE = store ?? `lmdb:${temporaryFolder(bench)}`;
  // A machine that is busy elsewhere must not end a run with a 503.
  return startNode(bench, [SERVER], { RS_PORT: '0', RS_STORE, RS_STORE_TIMEOUT: '20000', ...env }, node);
}

/** Starts a peer: a file of bench/peers, with its settings in the environment. */
export function startPeer(
  bench: Pick<Bench, 'after'>,
  file: string,
  env: Record<string, string>,
  node?: string,
): Promise<Running> {
  const path = fileURLToPath(new URL(`./peers/${file}`, import.meta.url));
  return startNode(bench, file.endsWith('.ts') ? ['--import', 'tsx', path] : [path], env, node);
}

/** Starts any other program and resolves when it listens on its port. Errors: what it printed, when it ends before that. */
export async function startProgram(
  bench: Pick<Bench, 'after'>,
  command: string,
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = start(bench, command, args, env);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
  for (let attempt = 0; !(await isListening(port)); attempt++) {
    if (child.exitCode !== null || attempt > 3000) throw new Error(`${command} does not start: ${output}`);
    await delay(10);
  }
  return watch(child, `http://127.0.0.1:${port}`);
}

/** Gives a port that nothing listens on now; a Cluster node takes the one 10,000 above it, too. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Below those that outgoing connections get, so that none takes it.
    const port = 21_000 + Math.floor(Math.random() * 1500);
    const taken = await Promise.all([isListening(port), isListening(port + 10_000)]);
    if (!taken.includes(true) && (await canListen(port))) return port;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .once('connect', () => {
        socket.destroy();
        resolve(true);
      })
      .once('error', () => resolve(false));
  });
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Starts Node and resolves when it prints `listens on URL`. Errors: what it printed, when it ends before that. */
export async function startNode(
  bench: Pick<Bench, 'after'>,
  args: readonly string[],
  env: Record<string, string>,
  node = process.execPath,
): Promise<Running> {
  const child = start(bench, node, args, { NODE_ENV: 'production', ...env });
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const found = /listens on (https?:\S+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', read);
    child.once('exit', (code) => reject(new Error(`a process ended with ${code} before it listened: ${output}`)));
  });
  // What it logs from here on is read, so that it need not wait for that, and dropped.
  for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data').resume();
  return watch(child, url);
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Starts a process that ends with the workload. */
function start({ after }: Pick<Bench, 'after'>, command: string, args: readonly string[], env: object): Child {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  after(async () => {
    if (child.exitCode === null && child.signalCode === null) for (const one of childrenOf(child.pid!)) endOne(one);
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

/** Ends a process that another has started and would leave behind. */
function endOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function watch(child: Child, url: string): Running {
  const { pid } = child;
  const pids = () => [pid!, ...childrenOf(pid!)];
  return {
    url,
    pids,
    cpu: () => pids().reduce((sum, each) => sum + cpuOf(each), 0),
    memory: () => memoryOf(pid!, 'VmRSS'),
    ownMemory: () => memoryOf(pid!, 'RssAnon'),
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Gives the processes that a process has started. Absence: none where the system does not tell. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/**
 * Gives the larger of two counts of the same time. What the kernel tells of a process is in ticks, and a short round has few;
 * what it tells of each thread is in nanoseconds, but threads that have ended are not in it.
 */
export function cpuOf(pid: number): number {
  return Math.max(ticksOf(pid), threadsOf(pid));
}

/** Source: Linux, Documentation/scheduler/sched-stats: the first number is the time spent on a CPU. Units: microseconds. */
function threadsOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    } catch {
      // It has ended just now, or this kernel does not count by thread.
    }
  }
  return nanoseconds / 1000;
}

/** Source: proc(5), /proc/PID/stat: the name in parentheses may hold spaces; utime and stime are fields 14 and 15. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** Gives resident memory: all of it, or without what is of files. Units: bytes. */
export function memoryOf(pid: number, kind: 'VmRSS' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${kind}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  return Number(kibibytes) * 1024;
}

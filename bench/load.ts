/**
 * Drives wrk: kept-alive connections from one thread, 64 where nothing else is said. What it sends is a Lua script of bench/load; what it saw comes
 * back as one line of JSON (load/report.lua), so nobody parses its text.
 *
 * Rejected: a load generator in Node. On two cores it would need more CPU than the server and measure itself.
 */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuOf } from './process.ts';

const CONNECTIONS = 64;
/** Units: seconds. After that wrk ends by itself. */
const LONGEST = 300;
const WARM = /^warm (\d+)\n/m;
const SCRIPTS = fileURLToPath(new URL('./load/', import.meta.url));

export interface Load {
  readonly url: string;
  /** A file of bench/load, and its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  /** Units: seconds. */
  readonly seconds: number;
  /** At once. Absence: 64. */
  readonly connections?: number;
}

/** What wrk saw, from when the connections were warm (load/report.lua); latencies and failures are of the whole time. */
export interface Answers {
  /** Those answered; 0 on a machine so busy that not even the connections were there in time. */
  readonly requests: number;
  /** Units: seconds. */
  readonly seconds: number;
  /** Connections that broke, answers other than 2xx, and answers that the script calls wrong. */
  readonly failed: number;
  /** Units: milliseconds. wrk adds the waiting of requests it could not send meanwhile (coordinated omission). */
  readonly p50: number;
  readonly p99: number;
  /** CPU that wrk itself took meanwhile. Units: microseconds. */
  readonly loadCpu: number;
}

/** Gives the version of wrk. Absence: null when it is not installed. */
export function wrkVersion(): string | null {
  const { stdout, error } = spawnSync('wrk', ['-v'], { encoding: 'utf8' });
  return error ? null : (/^wrk (\S+)/.exec(stdout)?.[1] ?? 'unknown');
}

/** Runs one load to its end. `onWarm` is called when what is counted begins. Errors: when wrk fails, or when any answer was not what it had to be. */
export async function drive(load: Load, onWarm: () => void = () => {}): Promise<Answers> {
  const { url, script, args, seconds, connections = CONNECTIONS } = load;
  // On a machine that is busy elsewhere an answer may take its time: that is a latency, and no failure.
  const options = ['-t1', `-c${connections}`, `-d${LONGEST}s`, '--timeout', `${LONGEST}s`, '-s', `${SCRIPTS}${script}`];
  const child = spawn('wrk', [...options, url, '--', ...args], {
    env: { ...process.env, LUA_PATH: `${SCRIPTS}?.lua` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let timer: NodeJS.Timeout | undefined;
  let began = 0;
  let ended = 0;
  let loadCpu = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
      if (timer !== undefined || !WARM.test(output)) return;
      onWarm();
      began = performance.now();
      const before = cpuOf(child.pid!);
      // wrk itself knows whole seconds only. Interrupted, it ends as if its time were over.
      timer = setTimeout(() => {
        ended = performance.now();
        loadCpu = cpuOf(child.pid!) - before;
        child.kill('SIGINT');
      }, seconds * 1000);
    });
  }
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  clearTimeout(timer);
  const line = /^\{.*\}$/m.exec(output)?.[0];
  if (code !== 0 || line === undefined) throw new Error(`wrk ended with ${code}: ${output}`);
  const answers = JSON.parse(line) as Omit<Answers, 'loadCpu'>;
  if (answers.failed > 0) throw new Error(`${answers.failed} of ${answers.requests} requests failed: ${line}`);
  // Each connection but one waited for its answer when the last of these was sent.
  const before = Math.max(0, Number(WARM.exec(output)?.[1]) - connections);
  return { ...answers, requests: answers.requests - before, seconds: (ended - began) / 1000, loadCpu };
}

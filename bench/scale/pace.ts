/**
 * Somebody else, while a large app is worked on: a process of its own that reads one session of another app every few
 * milliseconds, whether or not the read before was answered, and how long each took from when it was due. In the process of
 * the bench its own work, such as taking in a list of a million, would be measured with it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(import.meta.url);
/** Units: milliseconds. */
const EVERY = 5;

/** What others waited in a while. Units: milliseconds. */
export interface Waits {
  readonly reads: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

export interface Pace {
  /** Gives what others waited since the last call. */
  readonly take: () => Promise<Waits>;
  readonly stop: () => Promise<unknown>;
}

/** Starts to read a URL. */
export async function startPace(url: string): Promise<Pace> {
  const child = fork(SCRIPT, [url], { execArgv: ['--import', 'tsx'] });
  const exited = once(child, 'exit');
  const next = async () => {
    const [message] = await Promise.race([once(child, 'message'), exited]);
    if (!Array.isArray(message)) throw new Error(`the reads beside it ended with ${message}`);
    return message as number[];
  };
  await next();
  return {
    take: async () => {
      child.send('take');
      const waits = (await next()).sort((a, b) => a - b);
      const at = (share: number) => waits[Math.floor((waits.length - 1) * share)] ?? Number.NaN;
      return { reads: waits.length, p50: at(0.5), p99: at(0.99), longest: at(1) };
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function read(url: string): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let waits: number[] = [];
  let due = performance.now();
  setInterval(() => {
    for (; due <= performance.now(); due += EVERY) {
      const since = due;
      get(url, { agent }, (response) => {
        response.resume();
        response.once('end', () => {
          if (response.statusCode !== 200) throw new Error(`a read beside it was ${response.statusCode}`);
          waits.push(performance.now() - since);
        });
      });
    }
  }, EVERY);
  process.on('message', () => {
    process.send!(waits);
    waits = [];
  });
  process.send!([]);
}

if (process.argv[1] === SCRIPT) read(process.argv[2]!);

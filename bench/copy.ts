/**
 * `npm run copy`: a million sessions from one store to another, by the command as it is shipped: embedded to Redis, and back
 * into an empty folder. How long the first run takes, how long one with --continue when nothing has changed, which is what an
 * operator waits for at the cut-over; and how much memory the command has, with a fifth of the sessions and with all: flat
 * means that it is about the same. Prints a line for each. `--sessions N` for fewer.
 * Exit code 0: everything was measured. 1: it could not be. 2: wrong use.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fillEmbedded } from './fill.ts';
import { temporaryFolder } from './process.ts';
import { startRedis } from './redis.ts';
import { DATA } from './sessions.ts';

const MAIN = fileURLToPath(new URL('../packages/server/dist/cli/main.js', import.meta.url));
const LOOK_EVERY = 50;

const cleanups: (() => unknown)[] = [];
const bench = { after: (end: () => unknown) => void cleanups.push(end) };

interface Run {
  readonly seconds: number;
  /** The most it had that is not of files, which the system takes back when it needs them. Units: MiB. */
  readonly memory: number;
  readonly cpu: number;
  readonly told: { readonly all: Record<string, number>; readonly passes: number };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { sessions: { type: 'string', default: '1000000' } } });
  const all = Number(values.sessions);
  if (!(all >= 1000)) {
    console.error('Usage: npm run copy -- [--sessions 1000000]');
    return 2;
  }
  const built = spawnSync('npm', ['run', 'build', '--silent'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
  for (const sessions of [all / 5, all]) {
    const [first, second] = [join(temporaryFolder(bench), 'data'), join(temporaryFolder(bench), 'data')];
    await fillEmbedded(first, { count: sessions, data: DATA, perUser: 2, seenWithin: 3_600_000 });
    const redis = await startRedis(bench);
    await tell(`lmdb to Redis, ${sessions}`, `lmdb:${first}`, redis.location, sessions);
    await tell(`Redis to lmdb, ${sessions}`, redis.location, `lmdb:${second}`, sessions);
    await cleanUp();
  }
  return 0;
}

async function tell(what: string, from: string, to: string, sessions: number): Promise<void> {
  const whole = await run(['copy', '--from', from, '--to', to, '--json']);
  if (whole.told.all.brought !== sessions) throw new Error(`brought ${whole.told.all.brought} of ${sessions}`);
  const again = await run(['copy', '--from', from, '--to', to, '--continue', '--json']);
  const words = [
    `${what}: ${whole.seconds.toFixed(1)} s (${Math.round(sessions / whole.seconds)} a second, with the check)`,
    `CPU ${whole.cpu.toFixed(1)} s`,
    `${whole.memory.toFixed(0)} MiB`,
    `with --continue ${again.seconds.toFixed(1)} s, ${again.memory.toFixed(0)} MiB`,
  ];
  console.log(words.join('; '));
}

async function run(args: readonly string[]): Promise<Run> {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const over = once(child, 'close');
  let [memory, cpu] = [0, 0];
  const looking = (async () => {
    for await (const _ of every(LOOK_EVERY)) {
      if (child.exitCode !== null) return;
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        memory = Math.max(memory, Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
        const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
        cpu = (Number(stat[11]) + Number(stat[12])) / 100;
      } catch {
        return;
      }
    }
  })();
  const [code] = await over;
  await looking;
  if (code !== 0) throw new Error(`copy ended with ${code}: ${out}`);
  return { seconds: (performance.now() - began) / 1000, memory, cpu, told: JSON.parse(out) };
}

async function cleanUp(): Promise<void> {
  for (const end of cleanups.splice(0).reverse()) await end();
}

main().then(
  async (code) => {
    await cleanUp();
    process.exit(code);
  },
  async (error) => {
    console.error(error);
    await cleanUp();
    process.exit(1);
  },
);

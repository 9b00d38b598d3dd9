/**
 * `npm run scale`: an app of a million sessions on each store. What is asked of it and done to it takes how long, and what do
 * others wait meanwhile, who read a session of another app every 5 ms (from when a read was due)? Prints a table. A run of all of
 * it is kept with its plot in bench/results: scale.json, scale.svg; fewer sessions or one store alone are not.
 * Exit code 0: everything was measured, reached or not. 1: something could not be measured. 2: wrong use.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { firstToken } from './contenders.ts';
import { fillEmbedded, fillOurs } from './fill.ts';
import { describeMachine } from './machine.ts';
import { goals } from './plots/goals.ts';
import { startServer, temporaryFolder } from './process.ts';
import { startRedis } from './redis.ts';
import { median } from './rounds.ts';
import { sizeOf, whenRemoved } from './scale/embedded.ts';
import { type Pace, startPace, type Waits } from './scale/pace.ts';
import { APP, createSessions, DATA } from './sessions.ts';
import { table } from './table.ts';
import type { Bench, Finding } from './workload.ts';

const STORES = ['embedded', 'Redis'] as const;
type StoreName = (typeof STORES)[number];

const MILLION = 1_000_000;
const HOUR = 3_600_000;
const PER_USER = 2;
const OTHER_APP = 'others';
/** What others are measured beside first. */
const NOTHING = 'nothing else';
/** How often a question is asked. */
const TIMES = 9;
/** What an end may take for a million. Units: seconds. */
const END_WITHIN = 10;
/** What a backup may take for a million. Units: seconds. */
const BACKUP_WITHIN = 20;
/** What others may wait, and what a question may take. Units: milliseconds. */
const WAIT = 20;

const cleanups: (() => unknown)[] = [];
const bench: Bench = { rounds: 1, seconds: 1, many: 0, say, miss: say, after: (fn) => void cleanups.push(fn) };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { sessions: { type: 'string', default: `${MILLION}` }, store: { type: 'string', multiple: true } },
  });
  const sessions = Number(values.sessions);
  const stores = STORES.filter((store) => values.store?.includes(store) ?? true);
  if (!(sessions >= 1000) || stores.length === 0) {
    say(`Usage: npm run scale -- [--sessions ${MILLION}] [--store ${STORES.join('|')}]...`);
    return 2;
  }
  const built = spawnSync('npm', ['run', 'build', '--silent'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
  const machine = describeMachine('none');
  const findings: Finding[] = [];
  for (const store of stores) {
    findings.push(...(await measure(store, sessions)));
    await cleanUp();
  }
  console.log(table(findings));
  if (findings.some(({ what, ours }) => what.includes(NOTHING) && ours > WAIT)) {
    say(
      'others waited longer than they may while nothing was done: the machine is busy elsewhere, and these figures say little',
    );
  }
  if (sessions !== MILLION || stores.length < STORES.length) return 0;
  const date = new Date().toISOString();
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}scale.json`, `${JSON.stringify({ date, sessions, machine, findings }, null, 2)}\n`);
  const caption = `${date.slice(0, 10)}, ${machine.commit ?? 'no commit'}, ${machine.cores} cores (${machine.cpu}), load ${machine.load}, Node ${machine.node}`;
  writeFileSync(`${folder}scale.svg`, goals(findings, caption));
  return 0;
}

async function measure(store: StoreName, sessions: number): Promise<Finding[]> {
  const filling = { count: sessions, data: DATA, perUser: PER_USER, seenWithin: HOUR };
  const findings: Finding[] = [];
  const found = (...some: Finding[]) => {
    findings.push(...some);
    for (const finding of some) say(table([finding]).split('\n')[2]!);
  };
  say(`${store}: ${sessions.toLocaleString('en-US')} sessions are made`);
  const folder = temporaryFolder(bench);
  const location = store === 'embedded' ? `lmdb:${folder}` : (await startRedis(bench)).location;
  await (store === 'embedded' ? fillEmbedded(folder, filling) : fillOurs(location, filling));
  const server = await startServer(bench, { store: location });
  const { url } = server;
  const token = firstToken(await createSessions(bench, server, 8, OTHER_APP));
  const pace = await startPace(`${url}/${OTHER_APP}/get/${token}`);
  bench.after(pace.stop);
  const figure = figuresOf(store, sessions, pace);

  found(await figure.others(NOTHING, () => new Promise((resolve) => setTimeout(resolve, 3000))));
  const app = `/v1/apps/${APP}`;
  for (const [what, method, path] of [
    ['the app itself', 'GET', app],
    ['the list of apps', 'GET', '/v1/apps'],
    ['activity in a day', 'GET', `${app}/activity?within=86400`],
    ['classic activity in a day', 'GET', `/${APP}/activity?dt=86400`],
    ['how many an end would end', 'DELETE', `${app}/sessions?dryRun=true`],
    ['a page of 100', 'GET', `${app}/sessions?limit=100`],
  ] as const) {
    found(await figure.asked(what, () => ask(url + path, method)));
  }
  for (const [what, path] of [
    ['activity in the last 10 minutes', `${app}/activity?within=600`],
    ['activity in the last half hour', `${app}/activity?within=1800`],
    ['classic soapp of all', `/${APP}/soapp?dt=86400`],
  ] as const) {
    found(await figure.others(what, () => ask(url + path)));
  }
  if (store === 'embedded') found(...(await figure.backup(folder)));
  const size = store === 'embedded' ? sizeOf(folder) : 0;
  found(...(await figure.end(() => ask(`${url}${app}/sessions?confirm=${APP}`, 'DELETE'))));
  if (store === 'Redis') return findings;
  found(await figure.others('the removal behind', () => whenRemoved(folder)));
  await fillEmbedded(folder, filling);
  found(figure.one('the data file after as many again, beside that before', '×', sizeOf(folder) / size, 1.1));
  return findings;
}

function figuresOf(store: StoreName, sessions: number, pace: Pace) {
  const one = (
    what: string,
    unit: string,
    ours: number,
    most: number,
    details = {},
    spread = [ours, ours],
  ): Finding => ({
    target: store,
    what,
    unit,
    ours,
    peer: null,
    ratio: null,
    goal: { bound: 'at most', value: most },
    spread: spread as [number, number],
    note: '',
    details,
  });
  const waited = (what: string, waits: Waits, seconds: number) => {
    const { p50, p99, longest, reads } = waits;
    const during = `p99 of others during ${what} (${seconds.toFixed(seconds < 10 ? 1 : 0)} s)`;
    return one(during, 'ms', p99, WAIT, { reads, p50, longest, seconds }, [p50, longest]);
  };
  const timed = async (work: () => Promise<unknown>) => {
    await pace.take();
    const began = performance.now();
    const answer = await work();
    return { answer, seconds: (performance.now() - began) / 1000, waits: await pace.take() };
  };
  return {
    one,
    others: async (what: string, work: () => Promise<unknown>) => {
      const { waits, seconds } = await timed(work);
      return waited(what, waits, seconds);
    },
    asked: async (what: string, work: () => Promise<unknown>) => {
      const times: number[] = [];
      for (let i = 0; i < TIMES; i++) times.push(1000 * (await timed(work)).seconds);
      const own = median(times);
      return one(what, 'ms', own, WAIT, { times }, [Math.min(...times), Math.max(...times)]);
    },
    backup: async (folder: string) => {
      const file = `${folder}.backup`;
      bench.after(() => rmSync(file, { force: true }));
      const { waits, seconds } = await timed(() =>
        command({ RS_STORE: `lmdb:${folder}` }, 'backup', file, '--replace'),
      );
      const within = (BACKUP_WITHIN * sessions) / MILLION;
      return [one('a backup', 's', seconds, within), waited('a backup', waits, seconds)];
    },
    end: async (work: () => Promise<string>) => {
      const { answer, waits, seconds } = await timed(work);
      if (answer !== `{"revoked":${sessions}}`) throw new Error(`the end answered ${answer}`);
      return [
        one('the end of all, answered', 's', seconds, (END_WITHIN * sessions) / MILLION),
        waited('the end of all', waits, seconds),
      ];
    },
  };
}

/** Runs a command of ours. Errors: what it said, when it fails. */
async function command(env: Record<string, string>, ...args: string[]): Promise<void> {
  const main = fileURLToPath(new URL('../packages/server/bin/rest-sessions.js', import.meta.url));
  await promisify(execFile)(process.execPath, [main, ...args], { env: { PATH: process.env.PATH, ...env } });
}

/** Asks, and takes the answer in. Gives it; its beginning where it is long. */
async function ask(url: string, method = 'GET'): Promise<string> {
  const response = await fetch(url, { method });
  let beginning = '';
  for await (const chunk of response.body!) if (beginning.length < 100) beginning += Buffer.from(chunk).toString();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${beginning}`);
  return beginning;
}

async function cleanUp(): Promise<void> {
  for (const fn of cleanups.splice(0).reverse()) await fn();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}
process.exitCode = await main()
  .catch((error: Error) => {
    say(`scale: ${error.message}`);
    return 1;
  })
  .finally(cleanUp);

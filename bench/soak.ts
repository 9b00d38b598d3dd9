/**
 * `npm run soak`: half an hour at half of what the server can do, on each store, through HTTP with two workers: does anything grow? First
 * a minute of as much as goes, for the capacity; then half of that, at a fixed rate, whether or not it is answered: until the number
 * of sessions is steady, and then for `--minutes`. Every five seconds memory, descriptors and CPU of each process, latencies of the
 * interval, the size of the data and the sessions alive are kept; bench/results has them, and a plot.
 * Exit code 1: a figure of the last third is beyond its bound (soak/verdict.ts), or any request failed.
 *
 * `npm run file-growth` asks the same of the embedded store alone, with a million sessions in a minute.
 */
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { startServer, temporaryFolder } from './process.ts';
import { startRedis } from './redis.ts';
import { draw } from './report.ts';
import { Load } from './soak/load.ts';
import { keepSoak, type Soak, STORES, type StoreName } from './soak/results.ts';
import { type Observed, Observer, type Sample } from './soak/samples.ts';
import { type Judged, judge } from './soak/verdict.ts';
import { IDLE_TIMEOUT, VISIT, Visitors } from './soak/visitors.ts';
import { number } from './table.ts';

const CONNECTIONS = 64;
const WORKERS = 2;
/** Units: seconds. */
const GREEDY = 60;
const EVERY = 5;
/** Until sessions expire as fast as others are created, and what the minute at full speed has left is gone. Units: seconds. */
const SETTLING = 2 * (VISIT / 1000 + IDLE_TIMEOUT);

const { values } = parseArgs({
  options: {
    store: { type: 'string', multiple: true, default: [...STORES] },
    minutes: { type: 'string', default: '30' },
    /** Anything else than a run of the usual length is only told, unless this asks for it. */
    keep: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const stores = values.store.filter((store): store is StoreName => STORES.includes(store as StoreName));
if (!(minutes >= 1) || stores.length !== values.store.length) {
  process.stderr.write(`soak: --minutes must be at least 1, and --store one of ${STORES.join(', ')}\n`);
  process.exit(2);
}

const cleanups: (() => unknown)[] = [];
const bench = { after: (fn: () => unknown) => void cleanups.push(fn) };
const cleanUp = async () => {
  for (const fn of cleanups.splice(0).reverse()) await fn();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}

process.exitCode = 0;
for (const store of stores) {
  try {
    const soak = await run(store);
    tell(soak);
    if (minutes >= 30 || values.keep) keepSoak(soak);
    if (soak.judged.some(({ isWithin }) => !isWithin)) process.exitCode = 1;
  } catch (error) {
    say(`soak: ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    await cleanUp();
  }
}
if (minutes >= 30 || values.keep) draw();

async function run(store: StoreName): Promise<Soak> {
  const machine = describeMachine('none');
  const date = new Date().toISOString();
  const place = await make(store);
  const location = 'redis' in place ? place.redis.location : `lmdb:${place.folder}`;
  const server = await startServer(bench, { store: location, env: { RS_WORKERS: `${WORKERS}` } });
  const visitors = new Visitors();
  let requests = 0;
  const load = new Load(Number(new URL(server.url).port), CONNECTIONS, () => {
    requests++;
    return visitors.next();
  });
  const capacity = await load.greedy(GREEDY);
  const perSecond = Math.round(capacity / 2);
  say(`${store}: ${number(capacity)} requests a second at once, so ${number(perSecond)} from now on`);
  await load.steady(perSecond, SETTLING);
  say(`${store}: ${number(visitors.here)} visitors, for ${minutes} minutes`);
  const samples: Sample[] = [];
  const observer = new Observer({ server, load, store: place });
  const begun = requests;
  const steady = load.steady(perSecond, minutes * 60);
  const isOver = steady.then(() => true);
  for (let i = 1; !(await Promise.race([isOver, wait(EVERY)])); i++) {
    samples.push(await observer.sample());
    if (i % 12 === 0) say(line(samples.at(-1)!));
  }
  const due = Math.floor(perSecond * samples.at(-1)!.at);
  await load.end();
  const judged = judge(samples, { store, due, failed: load.failed });
  return {
    date,
    store,
    machine,
    workers: WORKERS,
    connections: CONNECTIONS,
    minutes,
    capacity: Math.round(capacity),
    perSecond,
    requests: requests - begun,
    failures: load.failures,
    judged,
    samples,
  };
}

/** The settings of Redis are those that docs/operations/redis.md asks for. */
async function make(store: StoreName): Promise<Observed['store']> {
  if (store === 'embedded') return { folder: temporaryFolder(bench) };
  return {
    redis: await startRedis(bench, ['--appendonly', 'yes', '--maxmemory', '1gb', '--maxmemory-policy', 'noeviction']),
  };
}

function wait(seconds: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), seconds * 1000));
}

function line({ at, p50, p99, sessions, failed, data, processes }: Sample): string {
  const memory = processes.map(({ name, own, descriptors }) => `${name} ${mebibytes(own)}, ${descriptors} fd`);
  return `${(at / 60).toFixed(0).padStart(4)} min: p50 ${p50?.toFixed(2)} ms, p99 ${p99?.toFixed(2)} ms, ${sessions} sessions, data ${mebibytes(data)}, ${failed} failed; ${memory.join('; ')}`;
}

function tell({ judged, failures, requests, store }: Soak): void {
  say(`${store}: ${requests.toLocaleString('en-US')} requests`);
  for (const each of judged) say(`  ${each.isWithin ? 'within' : 'BEYOND'}  ${words(each)}`);
  for (const failure of failures) say(`  ${failure}`);
}

function words({ what, unit, first, last, bound }: Judged): string {
  return `${what}: ${first === null ? '' : `${number(first)} → `}${number(last)} ${unit} (bound: ${bound})`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

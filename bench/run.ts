/**
 * `npm run bench`: builds the server, runs the workloads of design 6 one after the other, prints one table, and keeps the results in
 * bench/results: a JSON file for each day, the plots, and the tables in README.md and docs/performance.md. A few of them alone are
 * printed and not kept. What takes longer (results.ts, PARTS) is asked for by name, or by `--full`, and each of these is kept by itself.
 * Exit code 0: everything was measured, reached or not. 1: something could not be measured. 2: wrong use.
 *
 * Workloads never run at the same time: what they measure is the machine they would share.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { wrkVersion } from './load.ts';
import { describeMachine } from './machine.ts';
import { draw } from './report.ts';
import { type Candidate, type Growth, isPart, keepPart, keepResults, PARTS } from './results.ts';
import { table } from './table.ts';
import type { Bench, Finding, Outcome, Workload } from './workload.ts';
import { express } from './workloads/express.ts';
import { gateway } from './workloads/gateway.ts';
import { growth } from './workloads/growth.ts';
import { p1 } from './workloads/p1-get-redis-hot.ts';
import { p2 } from './workloads/p2-get-redis-cold.ts';
import { p3 } from './workloads/p3-get-embedded.ts';
import { p4 } from './workloads/p4-mix-redis.ts';
import { p5 } from './workloads/p5-write-embedded.ts';
import { p6 } from './workloads/p6-lists.ts';
import { p7 } from './workloads/p7-revoke-app.ts';
import { p8 } from './workloads/p8-memory-redis.ts';
import { p9 } from './workloads/p9-cluster.ts';
import { p10 } from './workloads/p10-start.ts';
import { platforms } from './workloads/platforms.ts';
import { verify } from './workloads/verify.ts';
import { workers } from './workloads/workers.ts';

const WORKLOADS: readonly Workload[] = [
  p1,
  p2,
  p3,
  p4,
  p5,
  p6,
  p7,
  p8,
  p9,
  p10,
  workers,
  verify,
  gateway,
  express,
  platforms,
  growth,
];
const TARGETS = WORKLOADS.map(({ target }) => target);
const USUAL = TARGETS.filter((target) => !isPart(target));

const SHORT = { rounds: 3, seconds: 0.5, many: 100_000 };
const FULL = { rounds: 11, seconds: 2, many: 1_000_000 };

/** Of sessions where many count: the usual size that a large one is compared with. */
const FEWEST = 10_000;

const USAGE = `Usage: npm run bench -- [--full] [--rounds N] [--many N] [--only ${TARGETS.join('|')}]... [--json] [--draw]
  (nothing) ${USUAL[0]} to ${USUAL.at(-1)}: ${SHORT.rounds} rounds of ${SHORT.seconds} s for each side, 100,000 sessions where many count; a few minutes
  --full    all: ${FULL.rounds} rounds of ${FULL.seconds} s, a million sessions; takes about an hour
  --rounds  so many rounds
  --many    so many sessions where many count
  --only    this one; may be given several times; only ${PARTS.join(', ')} are kept in bench/results
  --json    print the results as JSON instead of the table
  --draw    measure nothing: draw the plots and write the tables again, from the results that are there
`;

type Cleanups = (() => unknown)[];
let cleanups: Cleanups = [];

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  if (options.draw) {
    draw();
    return 0;
  }
  const wrk = wrkVersion();
  if (wrk === null) return fail('wrk is not installed; install it with: apt-get install wrk');
  if (!existsSync('/proc/self/stat')) return fail('CPU time is read from /proc, which this system does not have');
  build();
  const date = new Date().toISOString();
  const machine = describeMachine(wrk);
  const missing = new Set<string>();
  const miss = (line: string) => {
    if (!missing.has(line)) say(`  ${line}`);
    missing.add(line);
  };
  if (!machine.disk) miss('the temporary folder is in memory: set TMPDIR to a folder on a disk, or P5 means nothing');
  let code = 0;
  const findings: Finding[] = [];
  const candidates: Candidate[] = [];
  const growth: Growth[] = [];
  for (const workload of options.workloads) {
    const begin = performance.now();
    say(`${workload.target}: ${workload.what}`);
    try {
      const outcome = await runOne(workload, { ...options.size, say, miss });
      findings.push(...outcome.findings);
      candidates.push(...(outcome.candidates ?? []));
      growth.push(...(outcome.growth ?? []));
    } catch (error) {
      // The others are worth keeping: they took minutes.
      code = 1;
      say(inWords(error as Error));
      miss(`${workload.target} could not be measured`);
    }
    say(`  took ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  }
  const results = { date, size: options.size, machine, findings, candidates, growth, missing: [...missing] };
  console.log(options.json ? JSON.stringify(results, null, 2) : table(findings));
  for (const line of missing) say(line);
  const measured = options.workloads.map(({ target }) => target);
  const isWhole = USUAL.every((target) => measured.includes(target));
  if (isWhole) keepResults(results);
  for (const part of measured.filter(isPart)) keepPart(part, results);
  if (isWhole || measured.some(isPart)) draw();
  return code;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        full: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        many: { type: 'string' },
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
        draw: { type: 'boolean', default: false },
      },
    });
    const only = values.only ?? (values.full ? TARGETS : USUAL);
    const unknown = only.filter((target) => !TARGETS.includes(target));
    if (unknown.length > 0)
      throw new Error(`--only must be one of ${TARGETS.join(', ')}, and not ${unknown.join(', ')}`);
    const size = values.full ? FULL : SHORT;
    const rounds = Number(values.rounds ?? size.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1 on');
    const many = Number(values.many ?? size.many);
    if (!Number.isInteger(many) || many < FEWEST) throw new Error(`--many must be a whole number from ${FEWEST} on`);
    const workloads = WORKLOADS.filter(({ target }) => only.includes(target));
    return { workloads, size: { ...size, rounds, many }, json: values.json, draw: values.draw };
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${USAGE}`);
    return null;
  }
}

function build(): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build', '--silent'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);
}

async function runOne(workload: Workload, bench: Omit<Bench, 'after'>): Promise<Outcome> {
  try {
    return await workload.run({ ...bench, after: (fn) => cleanups.push(fn) });
  } finally {
    await cleanUp();
  }
}

async function cleanUp(): Promise<void> {
  const due = cleanups.reverse();
  cleanups = [];
  for (const fn of due) await fn();
}

/** Progress goes to standard error: standard output holds the results and nothing else. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function inWords({ message, cause }: Error): string {
  return cause === undefined ? message : `${message}: ${cause}`;
}

function fail(message: string): number {
  say(`bench: ${message}`);
  return 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}
const code = await main().catch((error: Error) => fail(inWords(error)));
// A driver that still waits for a server of the bench must not keep it.
process.stdout.write('', () => process.exit(code));

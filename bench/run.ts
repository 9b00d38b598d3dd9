/**
 * `npm run bench`: builds the server, runs the workloads one after the other, prints one table, and keeps the results in
 * bench/results: a JSON file for each day and the plot of the latest run. Part of a run is printed and not kept.
 * Exit code 0: everything was measured, reached or not. 1: something could not be measured. 2: wrong use.
 *
 * Workloads never run at the same time: what they measure is the machine they would share.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wrkVersion } from './load.ts';
import { describeMachine, type Machine } from './machine.ts';
import { plot } from './plot.ts';
import { table } from './table.ts';
import type { Bench, Finding, Workload } from './workload.ts';
import { p1 } from './workloads/p1-get-redis-hot.ts';
import { p2 } from './workloads/p2-get-redis-cold.ts';
import { p3 } from './workloads/p3-get-embedded.ts';
import { p4 } from './workloads/p4-mix-redis.ts';
import { p5 } from './workloads/p5-write-embedded.ts';
import { p6 } from './workloads/p6-lists-redis.ts';
import { p7 } from './workloads/p7-revoke-app-redis.ts';
import { p8 } from './workloads/p8-memory-redis.ts';
import { p9 } from './workloads/p9-cluster.ts';
import { p10 } from './workloads/p10-start.ts';

const WORKLOADS: readonly Workload[] = [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10];
const TARGETS = WORKLOADS.map(({ target }) => target);

/** The short form, the default, ends within some three minutes. */
const SHORT = { rounds: 5, seconds: 1, many: 100_000 };
const LONG = { rounds: 15, seconds: 3, many: 1_000_000 };

const USAGE = `Usage: npm run bench -- [--short | --long] [--only ${TARGETS.join('|')}]... [--json]
  --short  5 rounds of 1 s for each side, 100,000 sessions where many count (the default; all in some three minutes)
  --long   15 rounds of 3 s, a million sessions
  --only   this target; may be given several times; nothing is kept in bench/results
  --json   print the results as JSON instead of the table
`;

type Cleanups = (() => unknown)[];
let cleanups: Cleanups = [];

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) return 2;
  const wrk = wrkVersion();
  if (wrk === null) return fail('wrk is not installed; install it with: apt-get install wrk');
  if (!existsSync('/proc/self/stat')) return fail('CPU time is read from /proc, which this system does not have');
  build();
  const machine = describeMachine(wrk);
  if (!machine.disk) say('the temporary folder is in memory: set TMPDIR to a folder on a disk, or P5 means nothing');
  const findings: Finding[] = [];
  for (const workload of options.workloads) {
    say(`${workload.target}: ${workload.what}`);
    findings.push(...(await runOne(workload, options.size)));
  }
  const results = { date: new Date().toISOString(), size: options.size, machine, findings };
  console.log(options.json ? JSON.stringify(results, null, 2) : table(findings));
  if (options.workloads.length === WORKLOADS.length) keep(results);
  return 0;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        short: { type: 'boolean' },
        long: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        json: { type: 'boolean', default: false },
      },
    });
    const only = values.only ?? TARGETS;
    const unknown = only.filter((target) => !TARGETS.includes(target));
    if (unknown.length > 0) throw new Error(`unknown target: ${unknown.join(', ')}`);
    if (values.short && values.long) throw new Error('--short and --long exclude each other');
    const workloads = WORKLOADS.filter(({ target }) => only.includes(target));
    return { workloads, size: values.long ? LONG : SHORT, json: values.json };
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${USAGE}`);
    return null;
  }
}

function build(): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'build', '--silent'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);
}

async function runOne(workload: Workload, size: Pick<Bench, 'rounds' | 'seconds' | 'many'>): Promise<Finding[]> {
  try {
    return await workload.run({ ...size, say, after: (fn) => cleanups.push(fn) });
  } finally {
    await cleanUp();
  }
}

async function cleanUp(): Promise<void> {
  const due = cleanups.reverse();
  cleanups = [];
  for (const fn of due) await fn();
}

function keep(results: { date: string; machine: Machine; findings: readonly Finding[] }): void {
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  const { date, machine, findings } = results;
  const day = date.slice(0, 10);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${day}.json`, `${JSON.stringify(results, null, 2)}\n`);
  const caption = `${day}, ${machine.commit ?? 'no commit'}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, wrk with 64 connections`;
  writeFileSync(`${folder}latest.svg`, plot(findings, caption));
}

/** Progress goes to standard error: standard output holds the results and nothing else. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function fail(message: string): number {
  say(`bench: ${message}`);
  return 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
}
process.exitCode = await main().catch((error: Error) => fail(error.message));

// `npm run test:repeat`: runs the server's tests again and again on a machine that is kept busy, and tells which ones do not
// pass every time. A test that fails in one of twenty runs fails for somebody every day.
//
//   npm run test:repeat -- --runs 20 --load 4 [--nice 10] [--concurrency 4] [--no-build] [--keep] [FILE…]
//
// `load` is how many processes compute without end beside the tests, at the given niceness; this script starts them and ends
// them. It runs all runs whatever fails, and ends with a table and exit code 1 when a test failed in any run. Beside each run
// stands how busy the machine was, other work included, and on Linux what the run cost.
//
// `--keep` adds each run of all files to bench/results/repeats.json as it ends: twenty take longer than one has the machine for oneself.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg, setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpuSoFar } from './cpu.mjs';
import { install, installForTests, root, run } from './install.mjs';
import { CONCURRENCY, count, runFiles, testFiles } from './test-files.mjs';
import { installTestTools } from './test-tools.mjs';

const { values, positionals } = readArguments();
const runs = wholeNumber('runs', 1);
const load = wholeNumber('load', 0);
const nice = wholeNumber('nice', 0);
const concurrency = wholeNumber('concurrency', 1);
const files = positionals.length > 0 ? positionals : testFiles('packages/server');
const kept = values.keep && positionals.length === 0 ? join(root, 'bench/results/repeats.json') : null;

if (!values['no-build']) {
  install();
  installTestTools();
  if (positionals.length === 0) installForTests();
  run('npm', ['run', 'build', '--silent']);
}

/** It ends when this process has ended, in whatever way: then its standard input is closed. */
const BUSY = `process.stdin.on('close', () => process.exit()).resume();
(function compute() { for (const until = Date.now() + 50; Date.now() < until; ); setImmediate(compute); })();`;
for (let i = 0; i < load; i++) {
  const busy = spawn(process.execPath, ['-e', BUSY], { stdio: ['pipe', 'ignore', 'ignore'] });
  busy.on('spawn', () => setPriority(busy.pid, nice));
}

/** Tests that failed, by file and name: in which runs, and with what first error. */
const red = new Map();
/** What each file took in one run at most, in seconds: of time, and of CPU (0 where the system does not tell). */
const most = new Map();
for (let n = 1; n <= runs; n++) {
  const [date, began, cost] = [new Date().toISOString(), performance.now(), cpuSoFar()?.ended];
  const total = { passed: 0, failed: 0, skipped: 0 };
  await runFiles(files, {
    concurrency,
    onFile: ({ file, seconds, cpu, tests, output }) => {
      for (const outcome of Object.keys(total)) total[outcome] += count(tests, outcome);
      const before = most.get(file) ?? { seconds: 0, cpu: 0 };
      most.set(file, { seconds: Math.max(seconds, before.seconds), cpu: Math.max(cpu ?? 0, before.cpu) });
      const failed = tests.filter(({ outcome }) => outcome === 'failed');
      for (const { name, error } of failed) {
        const key = `${file}\n${name}`;
        if (!red.has(key)) red.set(key, { file, name, error, runs: [] });
        red.get(key).runs.push(n);
        console.log(`  red: ${file}: ${name}: ${error}`);
      }
      if (failed.length > 0) console.log(failuresOf(output).replaceAll(/^/gm, '    | '));
    },
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  const cpu = cost === undefined ? '' : `, ${(cpuSoFar().ended - cost).toFixed(0)} s of CPU`;
  const busy = loadavg().map((load) => load.toFixed(1));
  console.log(
    `run ${n} of ${runs}: ${total.passed} passed, ${total.failed} failed${skipped} (${seconds} s${cpu}, load ${busy.join(' ')})`,
  );
  if (kept !== null) {
    const failed = [...red.values()]
      .filter(({ runs: of }) => of.includes(n))
      .map(({ file, name }) => `${file}: ${name}`);
    keep({
      date,
      commit: commit(),
      node: process.version,
      load,
      nice,
      seconds: Number(seconds),
      ...total,
      red: failed,
    });
  }
}

const figure = (seconds) => `${seconds.toFixed(1).padStart(6)} s`;
console.log('\nThe dearest files, each at its dearest and at its slowest:\n       CPU      time');
for (const [file, { seconds, cpu }] of [...most]
  .sort((a, b) => b[1].cpu - a[1].cpu || b[1].seconds - a[1].seconds)
  .slice(0, 20))
  console.log(`  ${figure(cpu)}  ${figure(seconds)}  ${file}`);
if (red.size > 0) console.log('\nTests that failed:');
for (const { file, name, error, runs: of } of [...red.values()].sort((a, b) => b.runs.length - a.runs.length))
  console.log(`  ${of.length} of ${runs} (runs ${of.join(', ')})\n    ${file}\n    ${name}\n      ${error}`);
const verdict = red.size > 0 ? `${red.size} tests failed in at least one run` : '0 red';
console.log(`\n${runs} runs under a load of ${load}: ${verdict}`);
process.exit(red.size > 0 ? 1 : 0);

function keep(result) {
  const before = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [];
  writeFileSync(kept, `${JSON.stringify([...before, result], null, 1)}\n`);
}

/** Absence: null outside of a checkout. */
function commit() {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

/** Gives the part of a spec report that shows the failures; all of it where the file ended before it wrote one. */
function failuresOf(output) {
  return output.slice(Math.max(0, output.indexOf('✖ failing tests:'))).trimEnd();
}

function readArguments() {
  const text = (value) => ({ type: 'string', default: value });
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        runs: text('20'),
        load: text('4'),
        nice: text('10'),
        concurrency: text(`${CONCURRENCY}`),
        'no-build': { type: 'boolean' },
        keep: { type: 'boolean' },
      },
    });
  } catch (error) {
    return fail(error.message);
  }
}

function wholeNumber(name, least) {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < least || values[name] === '')
    fail(`--${name} must be a whole number from ${least}, not ${JSON.stringify(values[name])}`);
  return number;
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

// Finds and runs test files: each in a process of its own, several at once, the slowest first. It does what `node --test`
// does, and also tells which file a test belongs to and how long each file took; `npm test` and `npm run test:repeat` need
// both.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from './install.mjs';
import { bundle } from './test-bundles.mjs';
import { ending } from './test-ending.mjs';

/** Most files wait for other processes and for sessions to expire, so more of them than there are cores can run at once. */
export const CONCURRENCY = 4;

/** Files about the command and what it costs: theirs is the server as it is shipped, not the one that starts quickly. */
const AS_SHIPPED = /test\/(e2e\/|cost\/|cli\/long-list)/;

/** How long each file took the last time, in seconds. What it holds is only used for the order. */
const TIMES = join(root, 'node_modules', '.rest-sessions-test-times.json');

/** Gives the test files of a folder, relative to the repository. */
export function testFiles(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((path) => !path.includes('node_modules'))
    .sort();
}

/**
 * Runs test files and calls `onFile` as each ends, with
 * {file, seconds, cpu, code, tests: [{name, outcome, error?}], output}: `output` is what its spec reporter and its tests
 * printed, `cpu` the seconds of processor time that it and what it started took (null where the system does not tell).
 * A job {file, on, node?, env?} in the place of a file runs it on another runtime: `on` is its name.
 */
export async function runFiles(files, { concurrency = CONCURRENCY, onFile }) {
  const times = readTimes();
  const waiting = slowestFirst(files.map(asJob), times);
  const { scripts, server } = await bundle([...new Set(waiting.map(({ file }) => file))]);
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const result = await runFile(job, scripts.get(job.file), server);
      times[nameOf(job)] = Math.round(result.seconds * 10) / 10;
      onFile(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  writeFileSync(TIMES, JSON.stringify(times, null, 1));
}

/** Counts the tests of a result by outcome. */
export function count(tests, outcome) {
  return tests.filter((test) => test.outcome === outcome).length;
}

function asJob(file) {
  return typeof file === 'string' ? { file } : file;
}

function nameOf({ file, on }) {
  return on === undefined ? file : `${file} on ${on}`;
}

async function runFile(job, script, server) {
  const { node = process.execPath } = job;
  const folder = mkdtempSync(join(tmpdir(), 'rest-sessions-events-'));
  const [events, left] = [join(folder, 'events'), join(folder, 'left')];
  const reporters = [
    ['spec', 'stdout'],
    ['./scripts/test-events.mjs', events],
  ].flatMap(([reporter, destination]) => [`--test-reporter=${reporter}`, `--test-reporter-destination=${destination}`]);
  const { NODE_TEST_CONTEXT: _, ...env } = { ...process.env, ...job.env, RS_TEST_LEFT: left };
  if (!AS_SHIPPED.test(job.file)) env.RS_TEST_SERVER = server;
  const began = performance.now();
  // In a process group of its own, so that what a file started ends with it.
  const child = spawn(node, ['--enable-source-maps', ...reporters, script], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
    });
  }
  const { code, failure, remark } = await ending(child, {
    isComplete: () => readEvents(events).isComplete,
    left,
    kill: () => endGroup(child, 'SIGKILL'),
  });
  // What it started and left behind.
  endGroup(child, 'SIGKILL');
  running.delete(child);
  const { tests, cpu } = readEvents(events);
  rmSync(folder, { recursive: true, force: true });
  if (remark !== null) console.log(`!! ${nameOf(job)}: ${remark}`);
  if (failure !== null) tests.push({ name: '(the file itself)', outcome: 'failed', error: failure });
  // For example an error between two tests.
  else if (code !== 0 && remark === null && count(tests, 'failed') === 0)
    tests.push({ name: '(the file itself)', outcome: 'failed', error: `it ended with ${code}` });
  return { file: nameOf(job), seconds: (performance.now() - began) / 1000, cpu, code, tests, output };
}

const running = new Set();

function endGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    for (const child of running) endGroup(child, 'SIGTERM');
    await delay(500);
    for (const child of running) endGroup(child, 'SIGKILL');
    process.exit(1);
  });
}

function readEvents(path) {
  // What stands behind the last line break is not written to its end yet.
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  const events = lines.map((line) => JSON.parse(line));
  return {
    tests: events.filter(({ outcome }) => outcome !== undefined),
    cpu: events.find(({ cpu }) => cpu)?.cpu ?? null,
    isComplete: events.length > 0 && events.at(-1).outcome === undefined,
  };
}

function readTimes() {
  try {
    return JSON.parse(readFileSync(TIMES, 'utf8'));
  } catch {
    return {};
  }
}

/** Where nothing ran before, as in CI, these go first; all others stand between the slow and the quick ones. */
const SLOW =
  /\/(docs-page|kit|polyglot|polyglot-native|races|redis-[a-z]+|lmdb-(crash|races)|v02-quota|r19-[a-z-]+|platform)\.test\.ts/;

function slowestFirst(jobs, times) {
  const time = (job) => times[nameOf(job)] ?? (SLOW.test(nameOf(job)) ? 60 : 10);
  return [...jobs].sort((a, b) => time(b) - time(a) || (nameOf(a) < nameOf(b) ? -1 : 1));
}

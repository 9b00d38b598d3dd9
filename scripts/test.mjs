// `npm test`: installs, checks types, lint and generated files, builds, and runs every test.
// `npm test -- FILE…` runs only those files; `npm run test:server` runs the server's tests without the checks;
// `npm run test:runtimes` runs what has to be right on other versions of Node, Redis and Valkey, too;
// `npm run test:races` runs the races and crashes with all rounds that the guarantees name: `npm test` runs a part of them.
// `npm run test:workers` runs the suites of the API and the races through servers of four workers: `npm test` runs a part of them.
// `npm run test:next` builds and tries an application of Next.js, which is too large for every run;
// The last line is a count: `N passed, N failed`.
import { install, installForTests, installIn, run } from './install.mjs';
import { otherRuntimes } from './runtimes.mjs';
import { count, runFiles, testFiles } from './test-files.mjs';
import { installTestTools } from './test-tools.mjs';

const RACES = [
  ...['v1/races', 'v1/lock-races', 'v1/walk', 'stores/redis-races', 'stores/lmdb-races', 'stores/lmdb-crash'],
  ...['stores/journal-races', 'stores/lmdb-journal'],
];
/** What a server of several workers must be right in, too. */
const WORTH_ITS_TIME = ['v1/lmdb', 'v1/races'];
const SHARED = [
  ...['v1/redis', 'v1/lock-races', 'v1/strict-apps', 'stores/lmdb-races', 'stores/redis-races'],
  ...['e2e/stop', 'e2e/secrets', 'e2e/secrets-v1', 'e2e/policy', 'e2e/keys', 'e2e/tls', 'e2e/kit'],
  ...[
    'stores/redis-faults',
    'cases/r02-folder-gone',
    'cases/r13-full-disk',
    'cases/r11-long-subjects',
    'cases/v02-quota',
  ],
  ...['http/raw-socket', 'cases/s12-framing', 'cases/pipelined', 'http/rate-limits', 'cases/s11-wrong-keys'],
];
const PARTS = {
  '--server': () => [...testFiles('packages/server'), ...withoutLane(), ...throughWorkers(WORTH_ITS_TIME)],
  '--workers': () => throughWorkers([...WORTH_ITS_TIME, ...SHARED]),
  '--runtimes': otherRuntimes,
  '--next': () => (installIn('packages/client/test/next', 'Next.js') ? 'packages/client/test/next/application.ts' : []),
  '--races': () =>
    RACES.map((name) => ({ file: `packages/server/test/${name}.test.ts`, env: { RS_TEST_ROUNDS: 'all' } })),
};
const given = process.argv.slice(2);
install();
installTestTools();
if (given.length === 0 || given.includes('--server')) installForTests();
if (given.length === 0) run('node', ['scripts/check.mjs']);
run('npm', ['run', 'build', '--silent']);

const began = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };
const red = [];
const parts = given.flatMap((path) => PARTS[path]?.() ?? path);
await runFiles(
  given.length > 0
    ? parts
    : [
        ...testFiles('packages'),
        ...testFiles('adapters'),
        ...withoutLane(),
        ...throughWorkers(WORTH_ITS_TIME),
        ...otherRuntimes(),
      ],
  {
    onFile: ({ file, seconds, tests, output }) => {
      for (const outcome of Object.keys(total)) total[outcome] += count(tests, outcome);
      red.push(...tests.filter(({ outcome }) => outcome === 'failed').map((test) => ({ file, ...test })));
      console.log(`${file} (${seconds.toFixed(1)} s)\n${withoutSummary(output)}`);
    },
  },
);
// A suite that cannot start cancels all of its tests: its own error says why, and theirs say nothing.
const told = red.filter(({ error }) => !/did not finish before its parent/.test(error));
if (red.length > 0) console.log('Failed:');
for (const { file, name, error } of told) console.log(`  ${file}\n    ${name}\n      ${error}`);
if (told.length < red.length) console.log(`  and ${red.length - told.length} tests that these kept from running`);
console.log(`tests ran for ${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed > 0 ? 1 : 0);

/** What must be right on the ordinary way, too: it has no other tests of reads, because the fast lane is on by default. */
function withoutLane() {
  const files = ['http/raw-socket', 'cases/s12-framing', 'cases/s06-rebinding', 'cases/r12-headers-twice', 'v1/memory'];
  return files.map((name) => ({
    file: `packages/server/test/${name}.test.ts`,
    on: 'the ordinary way',
    env: { RS_FAST_LANE: 'off' },
  }));
}

/** The same tests, with four workers in each server. */
function throughWorkers(names) {
  return names.map((name) => ({
    file: `packages/server/test/${name}.test.ts`,
    on: 'four workers',
    env: { RS_TEST_WORKERS: '4' },
  }));
}

/** Takes the counts of one file away: those of all files come at the end. */
function withoutSummary(output) {
  return output.replaceAll(/^ℹ (?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*\n/gm, '').trimEnd();
}

/** The commands that run the tests: what they tell of tests that fail now and then, and of programs that are missing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Runs Node in the repository, as if no test runner were around it. */
function node(args: string[], env: Record<string, string | undefined> = {}) {
  const { NODE_TEST_CONTEXT: _, CI: __, RS_TEST_INSTALL: ___, ...own } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...own, ...env },
  });
  return { status, stdout, stderr };
}

describe('N2: test:repeat', () => {
  test('N2: a test that fails in one run of three is named, with file, run and count (kind: a test that flakes)', (t) => {
    const folder = temporaryFolder(t);
    const [flaky, steady] = [join(folder, 'flaky.test.ts'), join(folder, 'steady.test.ts')];
    writeFileSync(join(folder, 'runs'), '');
    writeFileSync(
      flaky,
      `import { appendFileSync, readFileSync } from 'node:fs';
      import { describe, test } from 'node:test';
      describe('a suite', () => {
        test('fails the second time', () => {
          appendFileSync(${JSON.stringify(join(folder, 'runs'))}, '.');
          if (readFileSync(${JSON.stringify(join(folder, 'runs'))}, 'utf8') === '..') throw new Error('red for once');
        });
      });`,
    );
    writeFileSync(steady, `import { test } from 'node:test'; test('passes', () => {});`);
    const args = ['scripts/repeat-tests.mjs', '--no-build', '--runs', '3', '--load', '1', flaky, steady];
    const { status, stdout } = node(args);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /run 1 of 3: 2 passed, 0 failed/);
    assert.match(stdout, /run 2 of 3: 1 passed, 1 failed/);
    assert.match(stdout, /run 3 of 3: 2 passed, 0 failed/, 'it goes on after a red run');
    const table = stdout.slice(stdout.indexOf('Tests that failed:'));
    assert.ok(table.includes(`1 of 3 (runs 2)\n    ${flaky}\n    a suite > fails the second time`), table);
    assert.ok(!table.includes(steady), table);
    assert.ok(table.endsWith('3 runs under a load of 1: 1 tests failed in at least one run\n'), table);
  });

  test('N2: a file that ends without a failed test, but not with 0, is red (kind: what no test reports)', (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, 'ends.test.ts');
    writeFileSync(file, `import { test } from 'node:test'; test('passes', () => {}); process.exitCode = 7;`);
    const { status, stdout } = node(['scripts/repeat-tests.mjs', '--no-build', '--runs', '1', '--load', '0', file]);
    assert.equal(status, 1, stdout);
    assert.match(stdout, /ends\.test\.ts\n {4}\(the file itself\)\n {6}it ended with 7/);
  });
});

/** A PATH that has only the programs named; its `apt-get` writes down that it was called. */
function machine(cleanup: Cleanup, programs: readonly string[]) {
  const folder = temporaryFolder(cleanup);
  const calls = join(folder, 'calls');
  writeFileSync(calls, '');
  const script = (name: string, text: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  for (const program of programs) script(program, 'exit 0');
  script('sh', 'exec /bin/sh "$@"');
  script('apt-get', `[ "$1" = --version ] || { echo "apt-get was called"; echo "$@" >>'${calls}'; }`);
  const run = (env: Record<string, string>) =>
    node(['-e', `import('${root}scripts/test-tools.mjs').then((tools) => tools.installTestTools())`], {
      ...env,
      PATH: folder,
    });
  return { run, calls: () => readFileSync(calls, 'utf8') };
}

const keys = 'Object.keys({ ...tools.TOOLS, ...tools.OPTIONAL })';
const asked = node(['-e', `import('${root}scripts/test-tools.mjs').then((tools) => console.log(...${keys}))`]);
const ALL = asked.stdout.trim().split(' ');
const without = (...names: string[]) => ALL.filter((name) => !names.includes(name));

describe('N2: programs that the tests start', () => {
  test('N2: with all of them there, nothing is said', (t) => {
    const { status, stdout, stderr } = machine(t, without()).run({});
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  test('N2: RS_TEST_INSTALL=no: nothing is installed, and one line says what to install', (t) => {
    const { run, calls } = machine(t, without('redis-server'));
    const { status, stderr } = run({ RS_TEST_INSTALL: 'no' });
    assert.equal(status, 1);
    assert.equal(
      stderr,
      'The tests need redis-server, which is not here. On Debian or Ubuntu: apt-get install redis-server\n',
    );
    assert.equal(calls(), '');
  });

  test('N2: root is told what is installed and why, before it is', (t) => {
    const { run, calls } = machine(t, without('chromium', 'php'));
    const { status, stdout } = run({});
    assert.equal(status, 0);
    if (process.getuid?.() !== 0) return assert.equal(calls(), '', 'another account installs nothing');
    assert.match(
      stdout,
      /^The tests start these programs, which are not here: chromium, php, php-curl, php-redis, php-igbinary\. .*\napt-get was called\n/,
    );
    assert.match(stdout, /RS_TEST_INSTALL=no/);
    assert.match(calls(), /install .* chromium php-cli php-curl php-redis php-igbinary\n/);
  });

  test('N2: of a missing language one line tells that its tests are skipped, and with CI=true that they fail', (t) => {
    const { run } = machine(t, without('ruby', 'perl'));
    const told = (consequence: string) =>
      `TESTS THAT NEED ruby, perl, ruby-webrick ${consequence}. On Debian or Ubuntu: apt-get install ruby perl ruby-webrick\n`;
    assert.equal(run({ RS_TEST_INSTALL: 'no' }).stderr, told('ARE SKIPPED'));
    assert.equal(run({ RS_TEST_INSTALL: 'no', CI: 'true' }).stderr, told('FAIL, because CI=true'));
  });
});

test('N2: a Redis that says that it runs before it listens is waited for (kind: a suite that fails before its tests)', (t) => {
  const folder = temporaryFolder(t);
  const [slow, file] = [join(folder, 'redis-server'), join(folder, 'redis.test.ts')];
  writeFileSync(slow, '#!/bin/sh\necho Running mode=sentinel\nsleep 1\nexec redis-server "$@"\n');
  chmodSync(slow, 0o755);
  const support = join(root, 'packages/server/test/support/redis.ts');
  writeFileSync(
    file,
    `import { test } from 'node:test';
    import { startRedis } from ${JSON.stringify(support)};
    test('starts', async (t) => void (await (await startRedis(t)).admin.ping()));`,
  );
  const args = ['scripts/repeat-tests.mjs', '--no-build', '--runs', '1', '--load', '0', file];
  const { status, stdout } = node(args, { RS_TEST_REDIS: slow });
  assert.equal(status, 0, stdout);
});

/** The runner of the tests: what it makes of files whose tests all ended, and whose process did not. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Runs test files once, as `npm run test:repeat` does. Gives what it printed, and its exit code. */
function runFiles(names: string[], env: Record<string, string>): Promise<{ code: number; output: string }> {
  const files = names.map((name) => `packages/server/test/fixtures/files/${name}.ts`);
  const command = ['scripts/repeat-tests.mjs', '--no-build', '--runs', '1', '--load', '0', ...files];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      command,
      { cwd: root, env: { ...process.env, ...env } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

test('what a file leaves open is a failure, and is told by name', async () => {
  const { code, output } = await runFiles(['leaves-a-timer', 'leaves-a-process'], { RS_TEST_LATE: '500' });
  assert.equal(code, 1, output);
  assert.match(output, /2 passed, 2 failed/);
  const timer =
    /red: \S+leaves-a-timer\.ts: \(the file itself\): it did not end after its last test\. Still open: (.*)/;
  const [, open] = timer.exec(output) ?? assert.fail(output);
  assert.match(open!, /1 Timeout/);
  assert.match(open!, /Server at 127\.0\.0\.1:\d+/);
  assert.match(output, /ran: timer: askAgain/);
  assert.match(output, /ran: Timeout begun by .*askAgain \(.*leaves-a-timer\.ts:\d+/);
  assert.match(output, /leaves-a-process\.ts: \(the file itself\): something that it started still has its output/);
});

test('a process that stands still inside Node after its results is ended, and its results count', async () => {
  const { output } = await runFiles(['stands-still'], { RS_TEST_SILENT: '1000' });
  assert.match(output, /^!! \S+stands-still\.ts: all of its results were there.*nodejs\/node#54918/m);
  assert.match(output, /1 passed, 1 failed/);
  assert.match(output, /red: \S+stands-still\.ts: a suite > fails: as it has to/);
  assert.doesNotMatch(output, /the file itself/);
});

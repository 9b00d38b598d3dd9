/** Lines about requests are written by a way of their own: in a process whose standard error is a pipe, as under a supervisor. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const LOG = new URL('../../src/log/log.ts', import.meta.url).href;
const LINES = [
  { method: 'GET', route: '/:app/get/:token', status: 200, duration: 0.123, session: 'ab', key: undefined },
  { method: 'A"\\\n\u007f\u00e9\u2028😀', route: '', status: 499, duration: 12, key: 'k', error: 'internal_error' },
  {},
];

test('a line about a request is written as any other line of the log', () => {
  const program = `
    const { createLog, flatLines } = await import(${JSON.stringify(LOG)});
    for (const level of ['info', 'debug']) {
      const log = createLog({ logLevel: level });
      const lines = ${JSON.stringify(LINES)};
      for (const words of ['debug', 'info']) {
        for (const line of lines) {
          log[words](line, 'request');
          flatLines(log, words, 'request')(line);
        }
      }
    }`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const written = stderr.trimEnd().split('\n');
  // A log of level info writes none of level debug.
  assert.equal(written.length, 2 * 3 * LINES.length);
  const plain = written.map((line) => line.replace(/"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/, '"time":""'));
  for (let i = 0; i < plain.length; i += 2) {
    assert.equal(plain[i + 1], plain[i]);
    assert.match(plain[i]!, /^\{"level":"(?:info|debug)","time":"",.*"msg":"request"\}$/s);
  }
});

test('it is written by its own way also where the level was another one when the way was made, as in workers that start', () => {
  const program = `
    const { createLog, flatLines } = await import(${JSON.stringify(LOG)});
    const log = createLog({ logLevel: 'info' });
    log.level = 'error';
    const write = flatLines(log, 'info', 'request');
    write({ status: 1 });
    log.level = 'info';
    log.info = () => log.error('by the way of all others');
    write({ status: 2 });
    log.level = 'error';
    write({ status: 3 });`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ msg, status }) => [msg, status]),
    [['request', 2]],
  );
});

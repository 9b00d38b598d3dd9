/** What all verbs of the command do alike: lists, questions, signals, exit codes; as programs, on terminals and in pipes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { NEEDS_TERMINAL, onTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';

const VERBS = [
  process.execPath,
  '--import',
  import.meta.resolve('tsx'),
  fileURLToPath(new URL('verbs.ts', import.meta.url)),
];

/** Starts a verb with its streams in pipes. */
function start(...words: string[]) {
  const [program, ...others] = [...VERBS, ...words];
  const child = spawn(program!, others, { timeout: 60_000, env: { PATH: process.env.PATH } });
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', (chunk) => (said.stderr += chunk));
  child.stdin.end();
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, said, ended };
}

async function run(...words: string[]) {
  const { child, said, ended } = start(...words);
  child.stdout.on('data', (chunk) => (said.stdout += chunk));
  const closed = once(child, 'close');
  const [status] = await ended;
  await closed;
  return { status, ...said };
}

describe('a list', () => {
  test('is whole in a pipe, without colours, and with --json an object a line', async () => {
    const table = await run('list', '450');
    const lines = table.stdout.trimEnd().split('\n');
    assert.deepEqual([table.status, table.stderr, lines.length], [0, '', 451]);
    assert.equal(lines[450], 's450  Firefox on a \\u001b[2Jtelephone of somebody  2026-01-31T08:00:00Z');
    const json = await run('list', '450', '--json');
    const rows = json.stdout.trimEnd().split('\n');
    assert.deepEqual([rows.length, JSON.parse(rows[449]!).id], [450, 's450']);
    assert.ok(!json.stdout.includes('\x1b'));
  });

  test('that is empty has no head, and says so where it is no result', async () => {
    const { status, stdout, stderr } = await run('list', '0');
    assert.deepEqual([status, stdout, stderr], [0, '', 'rest-sessions: there are none\n']);
  });

  test('ends quietly with 0 when its reader has gone, as with | head -1', async () => {
    const { child, said, ended } = start('list', '--json');
    await once(child.stdout, 'data');
    child.stdout.destroy();
    assert.deepEqual([(await ended)[0], said.stderr], [0, '']);
  });

  test('ends by Ctrl-C also while nobody reads what it writes, and says how far it was', async () => {
    const { child, said, ended } = start('list', '--json');
    // What the pipe takes without a reader is bounded, so it waits for one.
    await once(child.stdout, 'readable');
    child.kill('SIGINT');
    const [status, signal] = await ended;
    assert.ok(status === 130 || signal === 'SIGINT', `${status} ${signal}`);
    assert.match(said.stderr, /^rest-sessions: ended by a signal: \d+ were listed\n$/);
  });

  test('fits its terminal, with relative instants and colours there', { skip: NEEDS_TERMINAL }, async () => {
    const terminal = onTerminal([...VERBS, 'list', '2'], { columns: 40 });
    assert.equal(await terminal.ended, 0);
    const lines = terminal.shown().trimEnd().split('\r\n');
    assert.equal(lines.length, 3);
    assert.ok(lines[1]!.includes('\x1b[31mFirefox'), lines[1]);
    const bare = lines.map(stripVTControlCharacters);
    assert.ok(
      bare.every((line) => line.length <= 40),
      bare.join('\n'),
    );
    assert.match(bare[1]!, /^s1 {2}Firefox.*… {2}(\d+ d ago|in \d+ d|\d{4}-\d\d-\d\d)$/);
    const quiet = onTerminal([...VERBS, 'list', '2'], { columns: 40, env: { NO_COLOR: '1' } });
    await quiet.ended;
    assert.ok(!quiet.shown().includes('\x1b'));
  });
});

describe('what is destructive', () => {
  test('is not done without a terminal and without --yes: 2, and what it would have done', async () => {
    const { status, stdout, stderr } = await run('end');
    assert.deepEqual([status, stdout], [2, '']);
    assert.equal(
      stderr,
      'rest-sessions: this ends all 3 sessions of u1 in shop; there is no terminal to ask on, so it needs --yes\n',
    );
    assert.deepEqual((await run('end', '--yes')).stderr, 'rest-sessions: 3 were ended\n');
  });

  test('is asked for on a terminal, and done after y alone', { skip: NEEDS_TERMINAL }, async () => {
    for (const [typed, status, said] of [
      ['y\n', 0, '3 were ended'],
      ['n\n', 1, 'nothing was done'],
      ['\n', 1, 'nothing was done'],
      ['\x04', 1, 'nothing was done'],
    ] as const) {
      const terminal = onTerminal([...VERBS, 'end']);
      await terminal.shows(/this ends all 3 sessions of u1 in shop\.\r\nGo on\? \[y\/N\] $/);
      terminal.type(typed);
      assert.equal(await terminal.ended, status, terminal.shown());
      assert.ok(terminal.shown().includes(said), terminal.shown());
    }
  });

  test('may want a name typed', { skip: NEEDS_TERMINAL }, async () => {
    for (const [typed, status] of [
      ['y\n', 1],
      ['shop\n', 0],
    ] as const) {
      const terminal = onTerminal([...VERBS, 'end-all']);
      await terminal.shows('Type shop to go on: ');
      terminal.type(typed);
      assert.equal(await terminal.ended, status);
    }
  });

  test('is ended by Ctrl-C at the question', { skip: NEEDS_TERMINAL }, async () => {
    const terminal = onTerminal([...VERBS, 'end']);
    await terminal.shows('Go on?');
    terminal.type('\x03');
    assert.equal(await terminal.ended, 130);
    assert.doesNotMatch(terminal.shown(), /were ended/);
  });
});

test('Ctrl-C ends what waits for a server, and says what was done so far', async () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const { child, said, ended } = start('wait');
    await until(() => said.stderr.includes('waiting'));
    child.kill(signal);
    assert.equal((await ended)[0], code);
    assert.equal(said.stderr, 'rest-sessions: waiting\nrest-sessions: ended by a signal: 2 of 3 sessions are ended\n');
  }
});

test('what a server refuses is told by its code, with an exit code for what scripts ask', async () => {
  for (const [status, code] of [
    ['401', 4],
    ['403', 4],
    ['404', 3],
    ['400', 2],
    ['409', 1],
    ['503', 1],
  ] as const) {
    const { status: exit, stdout, stderr } = await run('refused', status);
    assert.deepEqual(
      [exit, stdout, stderr],
      [code, '', 'rest-sessions: some_code: it has\\u001b[2J a reason\n'],
      status,
    );
  }
});

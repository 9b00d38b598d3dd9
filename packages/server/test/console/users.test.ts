/** `rest-sessions keys create-user`: an entry that a server reads, from a password that no other user of the machine sees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { MAIN } from '../support/server.ts';
import { NEEDS_TERMINAL, onTerminal } from '../support/terminal.ts';
import { startDesk } from './kit.ts';

const WORDS = ['keys', 'create-user', '--name', 'anna', '--apps', 'shop,blog', '--scopes', 'read,revoke'];
const ENTRY = /^anna:scrypt:15\.8\.1\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}:shop,blog:read,revoke(?::\S+)?\r?\n$/;

test('an entry from standard input lets its user log in, and two of one password differ', async (t) => {
  const input = 'a long password\n';
  const [first, second] = [await runCommand(WORDS, { input }), await runCommand(WORDS, { input })];
  assert.equal(first.status, 0, first.stderr);
  assert.match(first.stdout, ENTRY);
  assert.notEqual(first.stdout, second.stdout);
  for (const text of [first.stdout, first.stderr]) assert.doesNotMatch(text, /a long password/);
  const desk = await startDesk(t, null, { RS_CONSOLE_USERS: first.stdout });
  const { json } = await desk.visitor().login({ name: 'anna', password: 'a long password' });
  assert.deepEqual([json.name, json.apps, json.scopes], ['anna', ['blog', 'shop'], ['read', 'revoke']]);
});

test('what cannot be an entry is said, and prints none', async () => {
  for (const [args, input, status] of [
    [WORDS, 'too short', 1],
    [WORDS, 'two lines\nof a password', 1],
    [WORDS, '', 1],
    [WORDS.slice(0, -2), 'a long password', 2],
    [WORDS.with(7, 'reed'), 'a long password', 2],
    [[...WORDS, '--expires', 'tomorrow'], 'a long password', 2],
  ] as const) {
    const ran = await runCommand(args, { input });
    assert.deepEqual([ran.status, ran.stdout], [status, ''], ran.stderr);
    assert.doesNotMatch(ran.stderr, /a long password|too short'/);
  }
});

test('on a terminal it asks twice and shows nothing of what is typed', { skip: NEEDS_TERMINAL }, async () => {
  const ask = async (second: string) => {
    const terminal = onTerminal([process.execPath, MAIN, ...WORDS]);
    await terminal.shows('password: ');
    terminal.type('a long passwort\u007fd\r');
    await terminal.shows('once more: ');
    terminal.type(second);
    return { status: await terminal.ended, shown: terminal.shown() };
  };
  const made = await ask('a long password\r');
  assert.equal(made.status, 0, made.shown);
  assert.match(made.shown, /anna:scrypt:15/);
  assert.doesNotMatch(made.shown, /a long/);
  assert.equal((await ask('another password\r')).status, 1);
  assert.equal((await ask('\u0003')).status, 130);
});

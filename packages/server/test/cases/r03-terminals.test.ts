/** The end of a server whose terminal is held or gone. `script` gives it a terminal. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Client } from '../support/client.ts';
import { NEEDS_ROOT, STRANGER } from '../support/command.ts';
import { type Cleanup, isAlive, MAIN, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

/** Runs a shell's words on a terminal until a server there listens. The words print `pid=…` of the server first. */
async function onTerminal(cleanup: Cleanup, words: string) {
  const script = spawn('script', ['-qfc', words, '/dev/null'], {
    env: {
      PATH: process.env.PATH,
      SHELL: '/bin/sh',
      NODE: process.execPath,
      MAIN,
      RS_PORT: '0',
      RS_STORE: 'memory:',
      RS_LOGLEVEL: 'combined',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let output = '';
  script.stdout.on('data', (chunk) => (output += chunk));
  const url = () => /listens on (http:\S+)/.exec(output)?.[1];
  await until(
    () => url() !== undefined,
    () => output,
  );
  const pid = Number(/pid=(\d+)/.exec(output)![1]);
  cleanup.after(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
  cleanup.after(() => script.kill('SIGKILL'));
  const client = new Client(url()!);
  cleanup.after(() => client.close());
  return { script, pid, client };
}

describe('R3: the terminal of a server', () => {
  test('R3: belongs to another account and its output is held: the server serves, and ends on SIGTERM (kind: a write that the system does not come back from)', {
    skip: NEEDS_ROOT,
  }, async (t) => {
    const as = `setpriv --reuid ${STRANGER.uid} --regid ${STRANGER.gid} --clear-groups`;
    const { script, pid, client } = await onTerminal(t, `exec ${as} sh -c 'echo pid=$$; exec "$NODE" "$MAIN"'`);
    // Ctrl-S.
    script.stdin.write('\x13');
    for (let i = 0; i < 300; i++) assert.equal((await client.send('GET', '/ping')).text, 'PONG');
    process.kill(pid, 'SIGTERM');
    await until(() => !isAlive(pid), 'it ends');
  });

  test('R3: is gone: the server serves, and ends with 0 on SIGTERM (kind: Node puts the terminal back into its old state)', async (t) => {
    const folder = temporaryFolder(t);
    const code = join(folder, 'code');
    const inside = `"$NODE" "$MAIN" & echo pid=$!; trap "" HUP; wait $!; echo $? > ${code}`;
    // In a session of its own it gets no SIGHUP.
    const { script, pid, client } = await onTerminal(t, `exec setsid -w sh -c '${inside}'`);
    script.kill('SIGKILL');
    for (let i = 0; i < 20; i++) assert.equal((await client.send('GET', '/ping')).text, 'PONG');
    process.kill(pid, 'SIGTERM');
    await until(() => existsSync(code) && readFileSync(code, 'utf8') !== '', 'it ends');
    assert.equal(readFileSync(code, 'utf8'), '0\n');
  });
});

/** docs/moving.md in a shell, as printed: on a store with two sessions, and a server that uses it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from '../support/client.ts';
import { assertShown, readPage, runPage } from '../support/page.ts';
import { type Cleanup, lastFirst, startServer, temporaryFolder } from '../support/server.ts';

const HAS_GPG = spawnSync('gpg', ['--version']).status === 0;

/** A key pair without a passphrase, in a home of its own. Its agent ends with the test. */
function makeKey(t: Cleanup, home: string): void {
  const env = { PATH: process.env.PATH, HOME: home };
  const words = [
    '--batch',
    '--quiet',
    '--passphrase',
    '',
    '--quick-generate-key',
    'backup@example.org',
    'future-default',
  ];
  const { status, stderr } = spawnSync('gpg', [...words, 'default', 'never'], { env, encoding: 'utf8' });
  t.after(() => spawnSync('gpgconf', ['--kill', 'gpg-agent'], { env }));
  assert.equal(status, 0, stderr);
}

test('docs/moving.md: every command prints what the page shows', async (t) => {
  const cleanup = lastFirst(t);
  const home = temporaryFolder(cleanup);
  mkdirSync(join(home, 'work'));
  const server = await startServer(cleanup, { RS_STORE: `lmdb:${join(home, 'work/data')}` });
  const client = new Client(server.url);
  cleanup.after(() => client.close());
  for (const user of ['ann', 'bob']) await client.create('shop', user);
  const steps = readPage('docs/moving.md').filter(({ section }) => HAS_GPG || section !== 'Encrypted');
  if (HAS_GPG) makeKey(cleanup, home);
  else t.diagnostic('gpg is not installed here: the section “Encrypted” is not run');
  assert.ok(steps.length >= 8);
  const printed = await runPage(cleanup, server, steps, { home });
  for (const [i, step] of steps.entries()) assertShown(step, printed[i]!);
});

/** docs/webhooks.md as printed: its policies are taken, its receiver is run, and its commands print what the page shows. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { assertShown, readPage, runPage } from '../support/page.ts';
import { freePorts } from '../support/ports.mjs';
import { type Cleanup, lastFirst, startServer, temporaryFolder } from '../support/server.ts';
import { until } from '../support/until.ts';
import { SECRET } from '../webhooks/receiver.ts';

const PAGE = 'docs/webhooks.md';
const root = new URL('../../../../', import.meta.url);
const text = readFileSync(new URL(PAGE, root), 'utf8');

/** Gives the blocks of a language. */
const blocksOf = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]+?)^\`\`\`$`, 'gm'))].map(([, block]) => block!);

async function startShownReceiver(cleanup: Cleanup, port: number): Promise<{ output: () => string }> {
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', blocksOf('js')[0]!], {
    cwd: fileURLToPath(root),
    env: { PATH: process.env.PATH, PORT: `${port}`, MAIL_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let output = '';
  child.stdout!.on('data', (chunk) => (output += chunk));
  await until(async () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status === 401,
      () => false,
    ),
  );
  return { output: () => output };
}

test('docs/webhooks.md: its policies are good ones, once what they name is there', (t) => {
  const folder = temporaryFolder(t);
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, 'logout.pem'), key);
  writeFileSync(join(folder, 'mail.secret'), SECRET);
  const outside = { variable: () => undefined, pathOf: (name: string) => join(folder, name) };
  const policies = blocksOf('json');
  assert.equal(policies.length, 2);
  for (const policy of policies) {
    const resolved = resolvePolicy(JSON.parse(policy), outside);
    assert.ok('policyOf' in resolved, JSON.stringify(resolved));
  }
});

test('docs/webhooks.md: its receiver takes what is sent, and every command prints what the page shows', async (t) => {
  const cleanup = lastFirst(t);
  const folder = temporaryFolder(cleanup);
  const [port = 0] = await freePorts(1);
  const receiver = await startShownReceiver(cleanup, port);
  const policy = JSON.parse(blocksOf('json')[0]!);
  policy.apps.shop.webhooks[0].url = `http://127.0.0.1:${port}/`;
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
  writeFileSync(join(folder, 'mail.secret'), SECRET);
  const listed = { RS_WEBHOOK_NETWORKS: '127.0.0.1' };
  const server = await startServer(cleanup, { RS_STORE: 'memory:', RS_CONFIG: join(folder, 'policy.json'), ...listed });
  const steps = readPage(PAGE);
  assert.ok(steps.length >= 8);
  const printed = await runPage(cleanup, server, steps, { env: { RS_PORT: `${server.port}` } });
  for (const [i, step] of steps.entries()) assertShown(step, printed[i]!);
  await until(
    () =>
      ['webhook.test', 'session.created', 'session.ended'].every((type) =>
        receiver.output().includes(`received ${type}`),
      ),
    () => receiver.output(),
  );
});

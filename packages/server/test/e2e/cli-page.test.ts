/** docs/cli.md in a shell, as printed: the support case is a transcript, with a key as support staff have it. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { keyListEntry } from '../../src/keys/entry.ts';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { assertShown, readPage, runPage } from '../support/page.ts';
import { lastFirst, startServer, temporaryFolder } from '../support/server.ts';

const PAGE = 'docs/cli.md';
const SESSIONS = [
  { subject: 'ann' },
  {
    subject: 'user123',
    label: 'Laptop',
    ip: '203.0.113.9',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
  },
  {
    subject: 'user123',
    label: 'Peter’s phone',
    ip: '198.51.100.7',
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1',
  },
];

test('docs/cli.md: a support case from search to end, and every command prints what the page shows', async (t) => {
  const cleanup = lastFirst(t);
  const folder = temporaryFolder(cleanup);
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { events: true, history: { days: 1 } } }));
  const [support, web] = [newKey(), newKey()];
  const entries = [
    keyListEntry({ name: 'support', hash: hashKey(support), apps: ['shop'], scopes: ['read', 'revoke'] }),
    keyListEntry({ name: 'web', hash: hashKey(web), apps: ['shop'], scopes: ['write'] }),
  ];
  const env = { RS_STORE: 'memory:', RS_CONFIG: policy, RS_API_KEYS: entries.join(';') };
  const server = await startServer(cleanup, env);
  for (const session of SESSIONS) {
    const { status } = await fetch(`${server.url}/v1/apps/shop/sessions`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${web}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(session),
    });
    assert.equal(status, 201);
  }
  const file = join(folder, 'support.key');
  writeFileSync(file, `${support}\n`);
  const steps = readPage(PAGE);
  assert.ok(steps.length >= 12);
  const printed = await runPage(cleanup, server, steps, { env: { RS_URL: server.url, RS_KEY_FILE: file } });
  for (const [i, step] of steps.entries()) assertShown(step, printed[i]!);
});

test('docs/cli.md names every exit code', () => {
  const text = readFileSync(new URL(`../../../../${PAGE}`, import.meta.url), 'utf8');
  for (const code of Object.keys(EXIT_CODES)) assert.match(text, new RegExp(`^\\| ${code} \\| \\w`, 'm'));
});

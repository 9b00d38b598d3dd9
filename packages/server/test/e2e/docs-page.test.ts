/** /docs in a real browser: a session is made and read from that page, which asks nobody but this server for anything. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { chromium, type Page } from 'playwright-core';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Client } from '../support/client.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';

/** Debian's. Absence: undefined where it is not installed. */
const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
const skip =
  executablePath === undefined && process.env.CI !== 'true' && 'SKIPPED: needs chromium (apt-get install chromium)';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** Opens /docs in a new browser. `seen` fills with the hosts that were asked, `complaints` with what the console says. */
async function openDocs(cleanup: Cleanup, url: string) {
  const context = await chromium.launchPersistentContext(join(temporaryFolder(cleanup), 'profile'), {
    headless: true,
    args: FLAGS,
    viewport: { width: 1200, height: 1000 },
    ...(executablePath !== undefined && { executablePath }),
  });
  cleanup.after(() => context.close());
  const page = await context.newPage();
  const hosts = new Set<string>();
  const complaints: string[] = [];
  context.on('request', (request) => void hosts.add(new URL(request.url()).host));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => void complaints.push(String(error)));
  await page.goto(`${url}/docs`);
  await page.locator('#operations-Session_of_a_token-createSession').waitFor();
  return { page, hosts, complaints };
}

/** Opens an operation, fills it in and sends it. Gives the status and body that the page shows. */
async function tryOut(page: Page, id: string, fill: Record<string, string> = {}, body?: string) {
  const block = page.locator(`[id$="-${id}"].opblock`);
  if (!(await block.getAttribute('class'))?.includes('is-open')) await block.locator('.opblock-summary').click();
  for (const [name, value] of Object.entries(fill)) {
    await block.locator(`tr[data-param-name="${name}"] input`).fill(value);
  }
  if (body !== undefined) await block.locator('textarea.body-param__text').fill(body);
  await block.getByRole('button', { name: 'Execute' }).click();
  const shown = block.locator('.live-responses-table');
  await shown.waitFor();
  const status = await shown.locator('.response .response-col_status').first().innerText();
  return { status: Number.parseInt(status, 10), text: await shown.locator('.response pre').first().innerText() };
}

describe('/docs in Chromium', { skip }, () => {
  test('makes a session and reads it, asks only this server, and the console stays silent', async (t) => {
    const server = await startServer(t, { RS_STORE: 'memory:' });
    const { page, hosts, complaints } = await openDocs(t, server.url);
    const created = await tryOut(page, 'createSession', {}, '{"subject":"user123","data":{"cart":["book"]}}');
    assert.equal(created.status, 201, created.text);
    const { token, session } = JSON.parse(created.text);
    const read = await tryOut(page, 'getSession', { 'Session-Token': token, fields: 'id,subject,data.cart' });
    assert.deepEqual(
      [read.status, JSON.parse(read.text)],
      [200, { id: session.id, subject: 'user123', data: { cart: ['book'] } }],
    );
    await page.screenshot({ path: process.env.SCREENSHOT ?? join(temporaryFolder(t), 'docs.png') });
    assert.deepEqual([[...hosts], complaints], [[new URL(server.url).host], []]);
  });

  test('sends the API key that was given to Authorize, where the server has keys', async (t) => {
    const keysFile = join(temporaryFolder(t), 'keys.json');
    const key = newKey();
    const entry = { name: 'docs', hash: hashKey(key), apps: ['shop'], scopes: ['write', 'verify'] };
    writeFileSync(keysFile, JSON.stringify({ keys: [entry] }), { mode: 0o600 });
    const server = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: keysFile });
    const { page, complaints } = await openDocs(t, server.url);
    assert.deepEqual(complaints, [], 'the page itself needs no key');
    const refused = await tryOut(page, 'createSession', {}, '{}');
    assert.deepEqual([refused.status, JSON.parse(refused.text).code], [401, 'unauthorized']);
    await page.locator('.auth-wrapper .btn.authorize').click();
    await page.locator('.modal-ux input').fill(key);
    await page.locator('.modal-ux .btn.modal-btn.authorize').click();
    await page.locator('.modal-ux .btn-done').click();
    assert.equal((await tryOut(page, 'getActivity')).status, 403, 'a scope that the key does not have');
    const { json } = await clientOf(t, server.url).send(
      'POST',
      '/v1/apps/shop/sessions',
      {},
      { Authorization: `Bearer ${key}` },
    );
    assert.equal((await tryOut(page, 'getSession', { 'Session-Token': json.token })).status, 200);
  });
});

describe('the files of /docs', () => {
  test('are given compressed and plain, may be kept, and the page lets in nothing from elsewhere', async (t) => {
    const server = await startServer(t, { RS_STORE: 'memory:' });
    const client = clientOf(t, server.url);
    const page = await client.send('GET', '/docs/');
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe|http|\*/);
    const files = [...page.text.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => path!);
    assert.equal(files.length, 3);
    for (const path of files) {
      const plain = await client.send('GET', path);
      assert.deepEqual([plain.status, plain.headers['cache-control']], [200, 'public, max-age=86400'], path);
      assert.match(String(plain.headers['content-type']), /^text\/(?:javascript|css); charset=utf-8$/);
      const zipped = await fetch(`${server.url}${path}`, { headers: { 'Accept-Encoding': 'gzip' } });
      assert.equal(await zipped.text(), plain.text, path);
      if (!path.includes('page.js')) assert.equal(zipped.headers.get('content-encoding'), 'gzip');
    }
  });

  test('are in the package with their licences, and bring no dependency', () => {
    const folder = new URL('../../', import.meta.url);
    const { files, dependencies } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
    assert.ok(files.includes('dist'));
    assert.doesNotMatch(JSON.stringify(dependencies), /swagger|scarf/);
    for (const name of ['LICENSE', 'NOTICE', 'swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui-bundle.js.gz']) {
      assert.ok(existsSync(new URL(`dist/docs-page/${name}`, folder)), name);
    }
  });

  test('leave the classic app of the name docs alone', async (t) => {
    const client = clientOf(t, (await startServer(t, { RS_STORE: 'memory:' })).url);
    const token = await client.create('docs', 'joe');
    assert.equal((await client.send('GET', `/docs/get/${token}`)).json.id, 'joe');
    assert.deepEqual((await client.send('GET', '/docs/activity?dt=60')).json, { activity: 1 });
  });
});

function clientOf(cleanup: Cleanup, url: string): Client {
  const client = new Client(url);
  cleanup.after(() => client.close());
  return client;
}

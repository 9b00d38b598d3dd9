/** /docs in a real browser: read, searched, tried, by everyone. It asks nobody but this server for anything. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { assertNoFindings, SIGHTS } from '../support/axe.ts';
import { launchChromium, noChromium } from '../support/chromium.ts';
import { Client } from '../support/client.ts';
import { forAllTests } from '../support/redis.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';

const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

/** Opens /docs in a new context of the browser. `hosts` fills with the hosts that were asked, `complaints` with what the console says. */
async function openDocs(cleanup: Cleanup, browser: Browser, url = server().url) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  cleanup.after(() => page.close());
  const hosts = new Set<string>();
  const complaints: string[] = [];
  page.on('request', (request) => void hosts.add(new URL(request.url()).host));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => void complaints.push(String(error)));
  await page.goto(`${url}/docs`);
  await page.locator('#createSession').waitFor();
  return { page, hosts, complaints };
}

/** Opens the form of an operation, fills it in and sends it. Gives the status and the blocks that the page shows. */
async function tryOut(page: Page, id: string, fill: Record<string, string> = {}, body?: string) {
  const form = page.locator(`#${id} .try`);
  if ((await form.getAttribute('open')) === null) await form.locator('summary').click();
  for (const [name, value] of Object.entries(fill)) await form.locator(`input[name="${name}"]`).fill(value);
  if (body !== undefined) await form.locator('textarea').fill(body);
  await form.locator('.result').evaluate((result) => result.replaceChildren());
  await form.getByRole('button').click();
  await form.locator('.status').waitFor();
  const blocks = await form.locator('.result pre').allInnerTexts();
  return { status: Number.parseInt(await form.locator('.status').innerText(), 10), call: blocks[0]!, text: blocks[2]! };
}

describe('/docs in Chromium', { skip: noChromium }, () => {
  // One for all tests: what a page keeps, it keeps in a context of its own.
  const browser = forAllTests(launchChromium);

  test('a session is made, read with the token that was filled in, and seen by the classic routes', async (t) => {
    const { page, hosts, complaints } = await openDocs(t, browser());
    const created = await tryOut(page, 'createSession', {}, '{"subject":"user123","data":{"cart":["book"]}}');
    assert.equal(created.status, 201, created.text);
    const { session } = JSON.parse(created.text);
    const read = await tryOut(page, 'getSessionFields', { fields: 'id,subject,data.cart' });
    assert.deepEqual(
      [read.status, JSON.parse(read.text)],
      [200, { id: session.id, subject: 'user123', data: { cart: ['book'] } }],
    );
    assert.match(read.call, /^curl -X GET 'http:\/\/127\.0\.0\.1:\d+\/v1\/apps\/shop\/session\/fields\?fields=/);
    const listed = await tryOut(page, 'classicSoid');
    assert.equal(JSON.parse(listed.text).sessions[0].id, 'user123', 'the app and the id are those of the examples');
    await page.screenshot({ path: process.env.SCREENSHOT ?? join(temporaryFolder(t), 'docs.png') });
    assert.deepEqual([[...hosts], complaints], [[new URL(server().url).host], []]);
  });

  test('the media type of a body is what is sent', async (t) => {
    const { page } = await openDocs(t, browser());
    await tryOut(page, 'createSession', {}, '{"data":{"cart":["book"],"theme":"light"}}');
    const patched = await tryOut(page, 'patchSessionData');
    assert.equal(patched.status, 200, patched.text);
    assert.match(patched.call, /Content-Type: application\/merge-patch\+json/);
    assert.deepEqual(JSON.parse(patched.text).data, { theme: 'dark' });
  });

  test('the API key that was given is sent, and the line for a shell does not show it', async (t) => {
    const keysFile = join(temporaryFolder(t), 'keys.json');
    const key = newKey();
    const entry = { name: 'docs', hash: hashKey(key), apps: ['shop'], scopes: ['write', 'verify'] };
    writeFileSync(keysFile, JSON.stringify({ keys: [entry] }), { mode: 0o600 });
    const { url } = await startServer(t, { RS_STORE: 'memory:', RS_KEYS_FILE: keysFile });
    const { page, complaints } = await openDocs(t, browser(), url);
    assert.deepEqual(complaints, [], 'the page itself needs no key');
    const refused = await tryOut(page, 'createSession', {}, '{}');
    assert.deepEqual([refused.status, JSON.parse(refused.text).code], [401, 'unauthorized']);
    await page.getByLabel(/^API key/).fill(key);
    assert.equal((await tryOut(page, 'getActivity')).status, 403, 'a scope that the key does not have');
    const created = await tryOut(page, 'createSession', {}, '{}');
    assert.equal(created.status, 201);
    assert.match(created.call, /Authorization: Bearer KEY/);
  });

  test('N15: a route is found by its words, and one click leads to it', async (t) => {
    const { page } = await openDocs(t, browser());
    await page.getByLabel('Find a route').fill('RFC 7662');
    await page.getByText(/^1 route$/).waitFor();
    assert.deepEqual(await page.locator('.operation:visible').evaluateAll((all) => all.map(({ id }) => id)), [
      'introspect',
    ]);
    await page.getByLabel('Find a route').fill('');
    assert.ok((await page.locator('.operation:visible').count()) > 20, 'all are back');
  });

  test('N15: the reference has nothing for axe-core to find (WCAG 2.2 AA) with everything opened, light and dark, 320 and 1440 px wide', async (t) => {
    const { page } = await openDocs(t, browser());
    await tryOut(page, 'createSession');
    await page.locator('details').evaluateAll((all) => {
      for (const one of all) (one as unknown as { open: boolean }).open = true;
    });
    for (const sight of SIGHTS) await look(page, sight);
  });

  test('N15: no guide has anything for axe-core to find, light and dark, 320 and 1440 px wide', async (t) => {
    const { page } = await openDocs(t, browser());
    const guides = page.getByRole('navigation', { name: 'Guides' }).locator('a[href^="/docs/guides/"]');
    const paths = await guides.evaluateAll((all) =>
      all.map((one) => (one as unknown as { pathname: string }).pathname),
    );
    assert.ok(paths.length > 15, paths.join());
    for (const path of paths) {
      await page.goto(`${server().url}${path}`);
      for (const sight of SIGHTS) await look(page, sight);
    }
  });
});

/** Looks at the page that is open, at one width and in one scheme. */
async function look(page: Page, { colorScheme, width }: (typeof SIGHTS)[number]) {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  await assertNoFindings(page, `${new URL(page.url()).pathname}, ${colorScheme}, ${width} px`);
}

describe('the files of /docs', () => {
  test('may be kept, and the page lets in nothing from elsewhere', async (t) => {
    const client = clientOf(t, server().url);
    const page = await client.send('GET', '/docs/');
    assert.deepEqual([page.status, page.headers['content-type']], [200, 'text/html; charset=utf-8']);
    const policy = String(page.headers['content-security-policy']);
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /unsafe|http|\*/);
    const files = [...page.text.matchAll(/(?:src|href)="(\/docs\/page[^"]+)"/g)].map(([, path]) => path!);
    assert.equal(files.length, 2);
    for (const path of files) {
      const file = await client.send('GET', path);
      assert.deepEqual([file.status, file.headers['cache-control']], [200, 'public, max-age=86400'], path);
      assert.match(String(file.headers['content-type']), /^text\/(?:javascript|css); charset=utf-8$/);
      const head = await client.send('HEAD', path);
      assert.equal(head.headers['content-length'], file.headers['content-length'], path);
    }
  });

  test('N15: every guide is there, and every link within reference and guides leads somewhere', async (t) => {
    const client = clientOf(t, server().url);
    const seen = new Map<string, string>();
    const read = async (path: string): Promise<string> => {
      const known = seen.get(path);
      if (known !== undefined) return known;
      const { status, text } = await client.send('GET', path);
      assert.equal(status, 200, path);
      seen.set(path, text);
      return text;
    };
    const follow = async (from: string): Promise<void> => {
      for (const [, href] of (await read(from)).matchAll(/<a [^>]*href="([^"]*)"/g)) {
        const [path, anchor] = href!.split('#') as [string, string | undefined];
        if (/^https?:/.test(path)) continue;
        const target = path === '' ? from : path;
        const isNew = !seen.has(target);
        const text = await read(target);
        const id = decodeURIComponent(anchor ?? '');
        assert.ok(id === '' || text.includes(`id="${id}"`), `${href} on ${from}`);
        if (isNew && target.startsWith('/docs')) await follow(target);
      }
    };
    await follow('/docs');
    assert.ok(seen.size >= 9, [...seen.keys()].join());
    assert.equal((await client.send('GET', '/docs/guides/..%2Fpackage.json')).status, 404);
  });

  test('N15: every route but those of the page itself is on the page, the classic ones too', async (t) => {
    const client = clientOf(t, server().url);
    const page = (await client.send('GET', '/docs')).text;
    for (const path of ['/{app}/create/{id}', '/{app}/killall', '/v1/introspect', '/v1/apps/{app}/session']) {
      assert.ok(page.includes(`<code>${path}</code>`), path);
    }
    const document = (await client.send('GET', '/openapi.json')).json;
    for (const methods of Object.values(document.paths) as Record<string, { operationId: string }>[]) {
      for (const { operationId } of Object.values(methods))
        assert.ok(page.includes(`id="${operationId}"`), operationId);
    }
  });

  test('N15: every operation has a description that begins with what it does, before its details (kind: all of the document)', async (t) => {
    const client = clientOf(t, server().url);
    const document = (await client.send('GET', '/openapi.json')).json;
    type Described = { operationId: string; summary: string; description?: string };
    for (const methods of Object.values(document.paths) as Record<string, Described>[]) {
      for (const { operationId, summary, description = '' } of Object.values(methods)) {
        // First a verb that says what the call does. Names in code, conditions and consequences come later.
        assert.match(description, /^[A-Z][a-z]+s [^`.]{15,}/, `${operationId}: ${description}`);
        assert.ok(!description.startsWith(summary), `${operationId} says more than its title`);
      }
    }
  });

  test('are in the package', () => {
    const folder = new URL('../../', import.meta.url);
    const { files } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
    assert.ok(files.includes('dist'));
    for (const name of ['page.js', 'page.css', 'guides.json', 'guides/api.html']) {
      assert.ok(existsSync(new URL(`dist/docs-page/${name}`, folder)), name);
    }
  });

  test('leave the classic app of the name docs alone', async (t) => {
    const client = clientOf(t, server().url);
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

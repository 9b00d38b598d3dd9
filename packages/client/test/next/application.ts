/**
 * `/next` in a real application: examples/next and the start of docs/platforms/next.md are built by Next.js, with the package as npm
 * packs it, and asked over HTTP. Run by `npm run test:next`: Next.js is too large for every run of the tests.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { forAllTests, freePorts } from '../../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../../server/test/support/server.ts';
import { until } from '../../../server/test/support/until.ts';
import { SessionClient } from '../../src/index.ts';
import { Browser, startGate } from '../support.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const HERE = fileURLToPath(new URL('./', import.meta.url));
/** Below the folder where Next.js is installed: it looks for packages upwards, and follows no link that leads elsewhere. */
const APPLICATION = join(HERE, '.application');
const NEXT = join(HERE, 'node_modules/next/dist/bin/next');
const ENV = {
  PATH: process.env.PATH!,
  HOME: process.env.HOME!,
  NEXT_TELEMETRY_DISABLED: '1',
  NODE_ENV: 'production' as const,
};

/** Builds the application. */
function build(): void {
  rmSync(APPLICATION, { recursive: true, force: true });
  cpSync(join(ROOT, 'examples/next'), APPLICATION, { recursive: true });
  const [start] = /(?<=^```js\n).*?(?=^```)/ms.exec(readFileSync(join(ROOT, 'docs/platforms/next.md'), 'utf8'))!;
  assert.ok(start.trimEnd().split('\n').length <= 10, 'the start is ten lines at most');
  mkdirSync(join(APPLICATION, 'app/visits'));
  // As printed, but for where the server is: that is known when the application is started.
  writeFileSync(
    join(APPLICATION, 'app/visits/route.js'),
    start.replace("'http://127.0.0.1:3000'", 'process.env.SESSIONS_URL'),
  );
  writeFileSync(
    join(APPLICATION, 'next.config.js'),
    `export default { turbopack: { root: ${JSON.stringify(HERE)} } };`,
  );
  const installed = join(APPLICATION, 'node_modules/rest-sessions-client');
  mkdirSync(installed, { recursive: true });
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', APPLICATION];
  const packed = execFileSync('npm', pack, { cwd: join(ROOT, 'packages/client'), encoding: 'utf8' }).trim();
  execFileSync('tar', ['xzf', join(APPLICATION, packed), '-C', installed, '--strip-components', '1']);
  execFileSync(process.execPath, [NEXT, 'build'], {
    cwd: APPLICATION,
    env: ENV,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Starts what was built. Gives its URL. */
async function startApplication(cleanup: Cleanup, sessionsUrl: string): Promise<string> {
  const [port] = (await freePorts(1)) as [number];
  const args = [NEXT, 'start', '--hostname', '127.0.0.1', '--port', String(port)];
  const child = spawn(process.execPath, args, { cwd: APPLICATION, env: { ...ENV, SESSIONS_URL: sessionsUrl } });
  cleanup.after(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await until(() => fetch(`${url}/api/cart`).then(Boolean, () => false), 'the application answers');
  return url;
}

describe('an application of Next.js', () => {
  const started = forAllTests(async (cleanup) => {
    build();
    const { url: sessionsUrl } = await startServer(cleanup, { RS_STORE: 'memory:' });
    const requests: string[] = [];
    const gate = await startGate(cleanup, sessionsUrl, (_near, request, pass) => {
      if (/^[A-Z]+ \//.test(request)) requests.push(request.slice(0, request.indexOf(' HTTP')));
      pass();
    });
    const url = await startApplication(cleanup, gate.url);
    return { url, requests, client: new SessionClient({ url: sessionsUrl, app: 'next-shop' }) };
  });

  test('what an author writes compiles in strict mode, without a cast', () => {
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
    execFileSync(process.execPath, [compiler, '-p', join(HERE, 'types.json')], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  });

  test('the start of the page counts visits', async () => {
    const browser = new Browser(started().url);
    await browser.get('/visits');
    assert.deepEqual((await browser.get('/visits')).json, { visits: 2 });
  });

  test('a page whose layout and parts ask for the session costs one request, a changed one two, a visitor none', async () => {
    const { url, requests, client } = started();
    const browser = new Browser(url);
    const sent = async (visit: Promise<unknown>) => {
      requests.length = 0;
      await visit;
      return requests.map((request) => request.split(/[ ?]/)[0]);
    };
    assert.deepEqual(await sent(browser.get('/')), []);
    assert.deepEqual(await sent(post(browser, '/api/cart', 'lamp')), ['POST']);
    assert.match(browser.cookies.get('session')!, /^rs\w{38}$/);
    assert.deepEqual(await sent(browser.get('/')), ['GET']);
    assert.deepEqual(await sent(post(browser, '/api/cart', 'pen')), ['GET', 'PATCH']);
    assert.match((await browser.get('/')).text, /lamp: 1.*pen: 1/);
    const [session] = (await client.list()).sessions;
    assert.equal(session!.userAgent, 'node', 'the device is known');
  });

  test('twenty requests at once that each add an item keep all twenty', async () => {
    const browser = new Browser(started().url);
    await post(browser, '/api/cart', 'first');
    const items = Array.from({ length: 20 }, (_, i) => `item${i}`);
    await Promise.all(items.map((item) => post(browser, '/api/cart', item)));
    assert.equal(Object.keys((await browser.get('/api/cart')).json).length, 21);
  });

  test('forms and actions: a guest fills a cart, logs in with a new token, sees devices, and logs out everywhere', async () => {
    const { url, client } = started();
    const [laptop, phone] = [new Browser(url), new Browser(url)];
    await submit(laptop, '/', 'Add', { item: 'lamp' });
    const guest = laptop.cookies.get('session')!;
    assert.equal((await laptop.get('/account')).status, 303, 'the proxy sends who has not logged in away');
    await submit(laptop, '/', 'Log in', { user: 'Ann' });
    const token = laptop.cookies.get('session')!;
    assert.notEqual(token, guest);
    assert.equal(await client.find(guest), null);
    const { subject, data } = await client.get(token);
    assert.deepEqual([subject, data], ['Ann', { 'item:lamp': 1 }]);
    await submit(phone, '/', 'Log in', { user: 'Ann' });
    assert.match((await laptop.get('/account')).text, /Hello Ann.*last seen.*last seen/s);
    await submit(phone, '/account', 'Log out everywhere', {});
    assert.equal(phone.cookies.has('session'), false);
    assert.equal((await laptop.get('/account')).status, 303);
    assert.match((await laptop.get('/')).text, /Nobody is logged in/);
    assert.ok(laptop.cookies.has('session'), 'a page cannot take the cookie away');
    await laptop.get('/api/cart');
    assert.equal(
      laptop.cookies.has('session'),
      false,
      'a route handler can, because the server said that there is no session',
    );
  });

  test('a log out ends the session; what can be no token costs no request', async () => {
    const { url, client, requests } = started();
    const browser = new Browser(url);
    await post(browser, '/api/cart', 'lamp');
    const token = browser.cookies.get('session')!;
    await fetch(`${url}/api/cart`, { method: 'DELETE', headers: { Cookie: `session=${token}` } });
    assert.equal(await client.find(token), null);
    requests.length = 0;
    for (const odd of ['', 'a b', 'x'.repeat(300), '%00', '"q"']) {
      browser.cookies.set('session', odd);
      const { status, setCookie } = await browser.get('/account');
      assert.deepEqual([status, setCookie], [303, []]);
    }
    assert.deepEqual(requests, []);
  });

  test('a lost server is an error of the page, of the proxy and of a route handler, and the cookie stays', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const browser = new Browser(await startApplication(t, `http://127.0.0.1:${port}`));
    browser.cookies.set('session', `rs00${'a'.repeat(36)}`);
    for (const path of ['/', '/account', '/api/cart']) {
      const { status, setCookie } = await browser.get(path);
      assert.deepEqual([status, setCookie], [500, []], path);
    }
  });
});

/** Adds to the cart as a program does. Keeps the cookie. */
async function post(browser: Browser, path: string, item: string): Promise<void> {
  await browser.post(path, JSON.stringify({ item }));
}

/** Sends a form of a page, as a browser without scripts does: Next.js puts into the form what names the action. */
async function submit(browser: Browser, path: string, button: string, fields: Record<string, string>): Promise<void> {
  const forms = (await browser.get(path)).text.match(/<form.*?<\/form>/gs)!;
  const form = forms.find((text) => text.includes(`>${button}</button>`))!;
  const body = new FormData();
  for (const [, name, value] of form.matchAll(/<input type="hidden" name="([^"]*)"(?: value="([^"]*)")?/g))
    body.set(name!, value ?? '');
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  const { status } = await browser.post(path, body);
  assert.equal(status, 303);
}

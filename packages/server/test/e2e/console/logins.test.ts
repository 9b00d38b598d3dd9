/** Who is logged in to the console, in a real browser: roles, guessing, a cookie that somebody planted, the ways out, and what stays behind. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { hashPassword } from '../../../src/keys/password.ts';
import { launchChromium, noChromium } from '../../support/chromium.ts';
import { create, ROLES, type Role, startConsole } from '../../support/console.ts';
import { assertQuiet, logIn, settled, visit } from '../../support/console-browser.ts';
import { forAllTests } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const PASSWORD = 'correct horse battery';

/** Asks the server from within the page, with its cookie. Gives the status. */
function ask(page: Page, method: string, path: string, body?: unknown): Promise<number> {
  return page.evaluate(
    async ([method, path, body]) => {
      const { status } = await fetch(`/console${path}`, {
        method,
        ...(body !== null && { body, headers: { 'Content-Type': 'application/json' } }),
      });
      return status;
    },
    [method, path, body === undefined ? null : JSON.stringify(body)] as const,
  );
}

async function cookieOf(page: Page): Promise<string> {
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, httpOnly, sameSite, path }) => [name, httpOnly, sameSite, path]),
    [['rs-console', true, 'Strict', '/']],
  );
  return cookies[0]!.value;
}

describe('logins of the console in Chromium', { skip: noChromium }, () => {
  const browser = forAllTests(launchChromium);
  const users = `anna:${hashPassword(PASSWORD)}:shop:read,revoke`;
  const shared = forAllTests((cleanup) => startConsole(cleanup, { env: { RS_CONSOLE_USERS: users } }));

  test('a name and a password open it, and a wrong one says so without saying which of both is wrong', async (t) => {
    const { page } = await visit(t, browser(), shared());
    const log = async (name: string, password: string) => {
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.keyboard.press('Enter');
    };
    const texts: string[] = [];
    for (const [name, password] of [
      ['anna', 'not the password'],
      ['nobody', PASSWORD],
    ] as const) {
      const answered = page.waitForResponse(
        (response) => response.url().endsWith('/console/login') && response.request().method() === 'POST',
      );
      await log(name, password);
      assert.equal((await answered).status(), 401);
      const told = page.getByText('That is not known here');
      await told.waitFor();
      texts.push(await told.innerText());
    }
    assert.equal(texts[0], texts[1]);
    await log('anna', PASSWORD);
    await page.getByRole('button', { name: 'Account and display' }).waitFor();
    assert.match(await page.getByRole('button', { name: 'Account and display' }).innerText(), /anna/);
  });

  for (const role of Object.keys(ROLES) as Role[]) {
    test(`what ${role} may not do is not offered, and the server refuses it all the same`, async (t) => {
      const server = shared();
      const { id } = await create(server, { subject: `of-${role}`, data: { cart: ['a secret'] } });
      const visitor = await visit(t, browser(), server, { role, path: '/console/apps/shop' });
      const { page } = visitor;
      await settled(page);
      const may = new Set<string>(ROLES[role].scopes);
      const views = page.getByRole('navigation', { name: 'Views' });
      for (const name of ['Keys', 'Audit']) {
        const isOpen = may.has('admin') && (name === 'Keys' || ROLES[role].apps === '*');
        const link = views.getByRole('link', { name });
        assert.equal(/Not for your role/.test(await link.innerText()), !isOpen, `${name} for ${role}`);
        await link.click();
        await page.getByRole('heading', { level: 1, name }).waitFor();
        await settled(page);
        assert.equal((await page.getByRole('heading', { name: 'Not for your role' }).count()) > 0, !isOpen);
      }
      assert.equal(await ask(page, 'GET', '/api/v1/keys'), may.has('admin') ? 200 : 403);
      assert.equal(await ask(page, 'GET', '/api/v1/audit'), may.has('admin') && ROLES[role].apps === '*' ? 200 : 403);

      await page.goto(`${server.url}/console/apps/shop/subjects/of-${role}`);
      const end = page.getByRole('button', { name: 'End', exact: true });
      await end.waitFor();
      assert.equal((await end.getAttribute('aria-disabled')) === 'true', !may.has('revoke'));
      if (!may.has('revoke')) {
        await end.click({ force: true });
        assert.equal(await page.getByRole('dialog').count(), 0);
        assert.equal(await ask(page, 'DELETE', `/api/v1/apps/shop/sessions/${id}`), 403);
      }
      if (ROLES[role].apps !== '*') assert.equal(await ask(page, 'GET', '/api/v1/apps/others/sessions'), 403);
      if (!may.has('admin')) assert.equal(await ask(page, 'DELETE', '/api/v1/apps/shop/sessions?confirm=shop'), 403);

      const shown = await page.evaluate(async (id) => {
        const answer = await fetch(`/console/api/v1/apps/shop/sessions/${id}`);
        return answer.text();
      }, id);
      assert.equal(shown.includes('a secret'), may.has('data'), 'data of sessions needs a scope of its own');
      assert.equal((await server.call('GET', `/apps/shop/sessions/${id}`)).status, 200, 'nothing has ended');
      assertQuiet(visitor);
    });
  }

  test('who guesses passwords is slowed down, and the right one does not help while that lasts', async (t) => {
    const server = await startConsole(t, { env: { RS_CONSOLE_USERS: users } });
    const { page } = await visit(t, browser(), server);
    const tried = async (password: string) => {
      const answered = page.waitForResponse(
        (response) => response.url().endsWith('/console/login') && response.request().method() === 'POST',
      );
      await page.getByLabel('Name', { exact: true }).fill('anna');
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Log in' }).click();
      return answered;
    };
    let refused = await tried('guess number 0');
    let tries = 1;
    for (; refused.status() === 401 && tries < 60; tries++) refused = await tried(`guess number ${tries}`);
    assert.equal(refused.status(), 429, `after ${tries} tries`);
    assert.ok(Number(refused.headers()['retry-after']) >= 1);
    await page.getByText(/^Too many tries/).waitFor();
    assert.equal((await tried(PASSWORD)).status(), 429);
    assert.deepEqual(await page.context().cookies(), []);
    assert.match(server.auditLog(), /anna/, 'it is audited');
    assert.doesNotMatch(server.auditLog(), /guess number/, 'and what was typed is not');
  });

  test('a cookie that somebody has planted is worth nothing after the login, and neither is the one before', async (t) => {
    const server = shared();
    const attacker = await visit(t, browser(), server, { role: 'viewer' });
    const planted = await cookieOf(attacker.page);
    for (const value of [planted, 'A'.repeat(64)]) {
      const victim = await visit(t, browser(), server, { path: '/healthz' });
      await victim.context.addCookies([
        { name: 'rs-console', value, url: server.url, httpOnly: true, sameSite: 'Strict' },
      ]);
      // Whoever is logged in already sees so; the login is sent all the same, as from a form that was open.
      await victim.page.goto(`${server.url}/console`);
      await victim.page.waitForLoadState('networkidle');
      assert.equal(await ask(victim.page, 'POST', '/login', { key: server.keys.admin }), 200);
      const own = await cookieOf(victim.page);
      assert.notEqual(own, value);
      await victim.page.reload();
      assert.match(await victim.page.getByRole('button', { name: 'Account and display' }).innerText(), /admin/);
    }
    // The session that was planted ended with the victim's login: it never became theirs.
    assert.equal(await ask(attacker.page, 'GET', '/me'), 401);
  });

  test('logging out everywhere ends the other browser, too, and that shows it with its next request', async (t) => {
    const server = shared();
    const [one, other] = [
      await visit(t, browser(), server, { role: 'support' }),
      await visit(t, browser(), server, { role: 'support' }),
    ];
    const bystander = await visit(t, browser(), server, { role: 'viewer' });
    const before = await cookieOf(other.page);
    await one.page.getByRole('button', { name: 'Account and display' }).click();
    await one.page.getByRole('button', { name: 'Log out everywhere' }).click();
    await one.page.getByText(/^Logged out, \d+ logins ended/).waitFor();
    await one.page.getByRole('heading', { name: 'Log in' }).waitFor();
    await other.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Policy' }).click();
    await other.page.getByText('Your login has ended').waitFor();
    assert.equal(await other.page.getByRole('navigation', { name: 'Views' }).count(), 0, 'nothing of before is shown');
    await other.context.addCookies([{ name: 'rs-console', value: before, url: server.url }]);
    assert.equal(await ask(other.page, 'GET', '/me'), 401, 'the cookie from before opens nothing');
    assert.equal(await ask(bystander.page, 'GET', '/me'), 200);
    // After the next login one is where one was.
    await logIn(other.page, server.keys.support);
    assert.match(other.page.url(), /\/policy/);
  });

  test('a key that is revoked while its console is open ends what is open: the next click, and the events that run', async (t) => {
    const server = await startConsole(t);
    await create(server, { subject: 'u1' });
    const clicking = await visit(t, browser(), server, { role: 'support', path: '/console/apps/shop' });
    const watching = await visit(t, browser(), server, { role: 'support', path: '/console/apps/shop/events' });
    const other = await visit(t, browser(), server, { role: 'admin', path: '/console/apps/shop/events' });
    for (const { page } of [clicking, watching, other]) await settled(page);
    server.keepKeys(['admin', 'viewer']);
    await watching.page.getByText('Your login has ended').waitFor({ timeout: 60_000 });
    await clicking.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Policy' }).click();
    await clicking.page.getByText('Your login has ended').waitFor();
    assert.equal(await ask(other.page, 'GET', '/me'), 200);
  });

  test('nothing of it stays in the browser but the cookie, which no script can read', async (t) => {
    const server = shared();
    await create(server, { subject: 'u1' });
    const visitor = await visit(t, browser(), server, { role: 'admin', path: '/console/apps/shop' });
    const { page } = visitor;
    await settled(page);
    await page.getByRole('searchbox').fill('u1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/subjects\/u1/);
    await settled(page);
    const kept = await page.evaluate(`(async () => ({
      local: localStorage.length,
      session: sessionStorage.length,
      databases: (await indexedDB.databases()).length,
      caches: (await caches.keys()).length,
      workers: (await navigator.serviceWorker.getRegistrations()).length,
      cookie: document.cookie,
    }))()`);
    assert.deepEqual(kept, { local: 0, session: 0, databases: 0, caches: 0, workers: 0, cookie: '' });
    await cookieOf(page);
    assertQuiet(visitor);
  });

  test('a token that is searched for opens its session, and is in no address, no history, no referrer and no log', async (t) => {
    const server = await startConsole(t, { env: { RS_LOGLEVEL: 'debug' } });
    const { id, token } = await create(server, { subject: 'u1' });
    const before = await server.call('GET', `/apps/shop/sessions/${id}`);
    const visitor = await visit(t, browser(), server, { role: 'support', path: '/console/apps/shop' });
    const { page, requests } = visitor;
    await settled(page);
    await page.keyboard.press('/');
    await page.keyboard.insertText(token);
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`sessions/${id}|subjects/u1`));
    await settled(page);
    assert.equal(await page.getByRole('searchbox').inputValue(), '');
    for (const { url, referrer = '' } of requests) assert.ok(!`${url}${referrer}`.includes(token), url);
    assert.ok(requests.every(({ url }) => new URL(url).host === new URL(server.url).host));
    const traces = await page.evaluate<string>(
      'JSON.stringify([history.state, location.href, document.referrer, document.title, document.documentElement.outerHTML])',
    );
    assert.ok(!traces.includes(token));
    await page.reload();
    await settled(page);
    await page.goBack();
    assert.ok(!page.url().includes(token));
    await until(() => server.output().includes('/console/search'));
    assert.ok(!server.output().includes(token));
    assert.ok(!server.auditLog().includes(token));
    const after = await server.call('GET', `/apps/shop/sessions/${id}`);
    assert.deepEqual(
      [after.json.reads, after.json.lastSeenAt],
      [before.json.reads, before.json.lastSeenAt],
      'looking is no use of it',
    );
    assertQuiet(visitor);
  });

  test('who looks on and moves the mouse is active, once a minute at most; who left the page is not', async (t) => {
    const { page } = await visit(t, browser(), shared(), { role: 'admin', path: '/console/apps/shop/events' });
    await page
      .getByText(/events? in the last minute/)
      .first()
      .waitFor();
    const told: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/console/me')) told.push(request.method());
    });
    const deadline = async () =>
      Date.parse((await (await page.request.get(`${shared().url}/console/me`)).json()).expiresAt);
    const first = await deadline();
    await page.clock.install();
    const pass = async (seconds: number, mouse: boolean) => {
      await page.clock.runFor(seconds * 1000);
      if (mouse) await page.mouse.move(300 + seconds, 300);
      await settled(page);
      return told.splice(0);
    };
    await pass(61, true);
    assert.deepEqual(await pass(30, true), [], 'half a minute later');
    assert.deepEqual(await pass(31, true), ['POST'], 'after a minute');
    assert.deepEqual(await pass(300, false), [], 'nobody is there');
    assert.deepEqual(await pass(1, true), ['POST'], 'somebody is back');
    await until(async () => (await deadline()) > first);
    assert.equal(new URL(page.url()).pathname, '/console/apps/shop/events');
  });
});

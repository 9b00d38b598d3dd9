/** A search and what it leads to, in a real browser: never what is old, of somebody else, or not wanted any more. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { launchChromium, noChromium } from '../../support/chromium.ts';
import { create, type Role, startConsole } from '../../support/console.ts';
import { assertQuiet, logIn, settled, visit } from '../../support/console-browser.ts';
import { forAllTests } from '../../support/redis.ts';
import type { Cleanup } from '../../support/server.ts';

const SEARCH = '**/console/search';
/** Of one subject, as a list asks for it first. */
const listOf = (subject: string) => `**/subjects/${subject}/sessions?limit=*`;

/** Holds the first answer to an address back: the server has answered, and the browser has not heard it yet. */
async function holdFirst(page: Page, address: string): Promise<{ held: Promise<void>; letGo: () => Promise<void> }> {
  let tell = () => {};
  const held = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let waiting: (() => Promise<void>) | null = null;
  await page.route(
    address,
    async (route: Route) => {
      const answer = await route.fetch();
      waiting = () => route.fulfill({ response: answer });
      tell();
    },
    { times: 1 },
  );
  return {
    held,
    letGo: async () => {
      const heard = page.waitForResponse(address);
      await waiting!();
      await (await heard).finished();
    },
  };
}

/** Two frames: what an answer leads to has been drawn by then. */
const drawn = (page: Page) =>
  page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))');

const pathOf = (page: Page) => new URL(page.url()).pathname;

describe('a search of the console in Chromium', { skip: noChromium }, () => {
  const browser = forAllTests(launchChromium);
  const shared = forAllTests((cleanup) => startConsole(cleanup));
  const enter = async (t: Cleanup, role: Role = 'admin', path = '/console/apps/shop/policy') => {
    const visitor = await visit(t, browser(), shared(), { role, path });
    await settled(visitor.page);
    return visitor;
  };
  const search = async (page: Page, text: string) => {
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('searchbox').press('Enter');
  };
  const rows = (page: Page) => page.getByRole('grid').getByRole('row');

  test('for who is on the screen shows what is true now, whatever filter was set', async (t) => {
    const visitor = await enter(t);
    const { page } = visitor;
    const { id } = await create(shared(), { subject: 'twice', label: 'the first' });
    await search(page, 'twice');
    await rows(page).filter({ hasText: 'the first' }).waitFor();
    await shared().call('DELETE', `/apps/shop/sessions/${id}`);
    await create(shared(), { subject: 'twice', label: 'the second' });
    await search(page, 'twice');
    await rows(page).filter({ hasText: 'the second' }).waitFor();
    assert.equal(await rows(page).filter({ hasText: 'the first' }).count(), 0);
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'H1');

    await page.getByRole('radio', { name: 'Last hour' }).check({ force: true });
    await page.waitForURL(/active=hour/);
    await create(shared(), { subject: 'twice', label: 'the third' });
    await search(page, 'twice');
    await rows(page).filter({ hasText: 'the third' }).waitFor();
    assert.doesNotMatch(page.url(), /active/);
    assert.ok(await page.getByRole('radio', { name: 'All', exact: true }).isChecked());
    await page.goBack();
    await page.getByRole('radio', { name: 'Last hour', checked: true }).waitFor();
    await page.goForward();
    await page.getByRole('radio', { name: 'All', exact: true, checked: true }).waitFor();
    await settled(page);
    assert.equal(await rows(page).count(), 3, 'two sessions under a head');
    assertQuiet(visitor);
  });

  test('that was asked first and answered last is forgotten, and Enter twice is one search', async (t) => {
    const visitor = await enter(t);
    const { page } = visitor;
    for (const subject of ['slow', 'quick']) await create(shared(), { subject, label: `of ${subject}` });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/console/search')) asked.push(request.postData()!);
    });
    const first = await holdFirst(page, SEARCH);
    await search(page, 'slow');
    await page.getByRole('searchbox').press('Enter');
    await first.held;
    await search(page, 'quick');
    await rows(page).filter({ hasText: 'of quick' }).waitFor();
    await first.letGo();
    await drawn(page);
    assert.equal(pathOf(page), '/console/apps/shop/subjects/quick');
    assert.equal(await page.getByText('of slow').count(), 0);
    assert.deepEqual(asked, ['{"app":"shop","text":"slow"}', '{"app":"shop","text":"quick"}']);
    assertQuiet(visitor);
  });

  for (const address of [SEARCH, listOf('left')]) {
    test(`leads nobody away from the app that was chosen meanwhile (${address})`, async (t) => {
      for (const app of ['shop', 'blog']) await create(shared(), { subject: 'left' }, app);
      const visitor = await enter(t);
      const { page } = visitor;
      const answer = await holdFirst(page, address);
      // A search waits for what it asks ahead for no longer than a moment: that does not pass here.
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 60_000);
      await search(page, 'left');
      await answer.held;
      await page.getByRole('combobox', { name: 'App' }).selectOption('blog');
      await page.waitForURL(/apps\/blog/);
      await page.clock.resume();
      await answer.letGo();
      await drawn(page);
      assert.equal(pathOf(page), '/console/apps/blog/policy');
      assertQuiet(visitor);
    });
  }

  for (const address of [SEARCH, listOf('private')]) {
    test(`shows the next one who logs in nothing of it (${address})`, async (t) => {
      const { page } = await enter(t);
      await create(shared(), { subject: 'private', label: 'not for others' });
      const answer = await holdFirst(page, address);
      await search(page, 'private');
      await answer.held;
      await page.evaluate(`document.querySelector('#account-menu').showPopover()`);
      await page.getByRole('button', { name: 'Log out', exact: true }).click();
      await page.getByRole('heading', { name: 'Log in' }).waitFor();
      await answer.letGo();
      await drawn(page);
      assert.equal(pathOf(page), '/console/login');
      const asked: string[] = [];
      page.on('request', (request) => void asked.push(request.url()));
      await logIn(page, shared().keys.support);
      await settled(page);
      assert.equal(pathOf(page), '/console/apps/shop');
      assert.equal(await page.getByText('private').count(), 0);
      assert.deepEqual(
        asked.filter((url) => url.includes('private')),
        [],
      );
    });
  }

  test('whose answer comes when somebody else has logged in does not log that one out', async (t) => {
    const visitor = await enter(t);
    const { page } = visitor;
    let answer = async () => {};
    let tell = () => {};
    const held = new Promise<void>((resolve) => {
      tell = resolve;
    });
    await page.route(SEARCH, (route) => {
      // As it is answered to a login that has ended.
      answer = () => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status":401}' });
      tell();
    });
    await search(page, 'anybody');
    await held;
    await page.getByRole('button', { name: 'Account and display' }).click();
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await logIn(page, shared().keys.support);
    await settled(page);
    const heard = page.waitForResponse(SEARCH);
    await answer();
    await heard;
    await drawn(page);
    assert.equal(await page.getByRole('button', { name: 'Account and display' }).count(), 1);
    assert.equal(pathOf(page), '/console/apps/shop');
    assertQuiet(visitor);
  });

  test('whose devices cannot be had says so, and has them when it is asked again', async (t) => {
    const visitor = await enter(t);
    const { page } = visitor;
    await create(shared(), { subject: 'later', label: 'there at last' });
    await page.route(
      listOf('later'),
      (route) =>
        route.fulfill({
          status: 500,
          contentType: 'application/problem+json',
          body: '{"status":500,"code":"internal"}',
        }),
      { times: 1 },
    );
    await search(page, 'later');
    await page.getByRole('heading', { level: 1, name: 'later' }).waitFor();
    const again = page.getByRole('region', { name: /later/ }).getByRole('button', { name: 'Try again' });
    await again.click();
    await rows(page).filter({ hasText: 'there at last' }).waitFor();

    // The server goes away between the search and what it asks ahead for.
    await page.getByRole('link', { name: 'Policy' }).click();
    await settled(page);
    await page.route(listOf('later'), (route) => route.abort(), { times: 1 });
    await search(page, 'later');
    await page.getByText('The server does not answer.').first().waitFor();
    await rows(page).filter({ hasText: 'there at last' }).waitFor();
    assert.equal(await page.getByText('The server does not answer.').count(), 0);

    // And a login that has ended at this moment.
    await page.getByRole('link', { name: 'Policy' }).click();
    await settled(page);
    await page.route(
      listOf('later'),
      (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status":401}' }),
      { times: 1 },
    );
    await search(page, 'later');
    await page.getByText('Your login has ended').waitFor();
    await logIn(page, shared().keys.support);
    await settled(page);
    await search(page, 'later');
    await rows(page).filter({ hasText: 'there at last' }).waitFor();
    assertQuiet(visitor);
  });
});

describe('a list of the console in Chromium', { skip: noChromium }, () => {
  const browser = forAllTests(launchChromium);
  const shared = forAllTests((cleanup) => startConsole(cleanup));

  test('does not show as the last hour what is not, when the server is away', async (t) => {
    await create(shared(), { subject: 'away', label: 'of any time' });
    const { page } = await visit(t, browser(), shared(), { role: 'admin', path: '/console/apps/shop/subjects/away' });
    await page.getByText('of any time').waitFor();
    await page.route('**/console/**', (route) => route.abort());
    await page.getByRole('radio', { name: 'Last hour' }).check({ force: true });
    await page.getByText('The server does not answer.').first().waitFor();
    await page.getByText('of any time').waitFor({ state: 'detached' });
    await page.unrouteAll();
    await page.getByText('of any time').waitFor();
  });

  test('is of an app that the next one who logs in may see', async (t) => {
    await create(shared(), { subject: 'any' });
    const { page } = await visit(t, browser(), shared(), { role: 'admin', path: '/console/apps/blog' });
    await settled(page);
    await page.getByRole('button', { name: 'Account and display' }).click();
    await page.getByRole('button', { name: 'Log out', exact: true }).click();
    await logIn(page, shared().keys.support);
    await settled(page);
    assert.equal(pathOf(page), '/console/apps/shop');
  });
});

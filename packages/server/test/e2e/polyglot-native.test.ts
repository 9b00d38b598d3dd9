/** examples/polyglot/native in a real browser: applications that know nothing but the session API of their framework are one site. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';
import { Browser } from '../support/browser.ts';
import { launchChromium, noChromium } from '../support/chromium.ts';
import { forAllTests } from '../support/redis.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const RUN = fileURLToPath(new URL('../../../../examples/polyglot/native/run.mjs', import.meta.url));
const PATH = `${process.env.PATH}:/usr/sbin`;
const noNginx =
  spawnSync('nginx', ['-v'], { env: { PATH } }).error !== undefined &&
  process.env.CI !== 'true' &&
  'SKIPPED: needs nginx (apt-get install nginx-light)';
const AT_ONCE = 20;

/** Starts the example as its README says. Gives where it is, which pages it has, and what ends it. */
async function startExample(cleanup: Cleanup) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [RUN], { env: { ...env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  cleanup.after(() => end('SIGTERM'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /open the others: (http\S+)/.exec(output)?.[1];
      if (found !== undefined && output.includes('Ctrl-C')) resolve(found);
    });
    void ended.then((code) => reject(new Error(`the example ended with ${code}: ${output}`)));
  });
  const leftOut = output.split('\n').filter((line) => line.includes('left out'));
  for (const line of leftOut) console.log(`!!! NOT TESTED: ${line}`);
  if (process.env.CI === 'true') assert.deepEqual(leftOut, []);
  const { pages } = (await (await fetch(`${url}pages.json`)).json()) as { pages: string[] };
  return { url, pages, end, output: () => output };
}

describe('the native session APIs behind one nginx, in Chromium', { skip: noNginx || noChromium }, () => {
  const example = forAllTests(startExample);
  const browser = forAllTests(launchChromium);
  const at = (page: string) => `${example().url}${page.toLowerCase()}/`;

  async function newDevice(cleanup: Cleanup): Promise<BrowserContext> {
    const device = await browser().newContext({ viewport: { width: 960, height: 720 } });
    cleanup.after(() => device.close());
    return device;
  }

  async function logIn(device: BrowserContext, name: string, user: string): Promise<Page> {
    const page = await device.newPage();
    await page.goto(at(name));
    await page.getByLabel('Name').fill(user);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.locator('#user').waitFor();
    return page;
  }

  function cartOf(page: Page): Promise<string[]> {
    return page.locator('#cart li').evaluateAll((items) => items.map((item) => `${item.textContent}`).sort());
  }

  /** Opens every page anew in the tabs of a device, and gives the text of its paragraph. */
  function states(tabs: readonly Page[]): Promise<string[]> {
    return Promise.all(
      tabs.map(async (tab) => {
        await tab.reload();
        return tab.locator('main > p').innerText();
      }),
    );
  }

  test('one login is known to all, what all add at once is on each, and one ends it everywhere', async (t) => {
    const { pages } = example();
    const [laptop, phone] = [await newDevice(t), await newDevice(t)];
    const complaints: string[] = [];
    laptop.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    laptop.on('weberror', (error) => complaints.push(String(error.error())));

    const first = await logIn(laptop, pages[0]!, 'Ann & <Bob>');
    const others = pages.slice(1).map(async (name) => {
      const tab = await laptop.newPage();
      await tab.goto(at(name));
      return tab;
    });
    const tabs = [first, ...(await Promise.all(others))];
    assert.deepEqual(
      await states(tabs),
      pages.map(() => 'Logged in as Ann & <Bob>'),
    );

    await Promise.all(
      tabs.map(async (tab) => {
        await tab.locator('#add-many').click();
        await tab.locator(`#cart li:nth-child(${AT_ONCE})`).waitFor();
      }),
    );
    const all = pages.flatMap((name) => Array.from({ length: AT_ONCE }, (_, i) => `${name} ${i + 1}`)).sort();
    for (const [i, tab] of tabs.entries()) {
      await tab.reload();
      assert.deepEqual(await cartOf(tab), all, `${pages[i]} has it all`);
    }
    await tabs[1]!.screenshot({
      fullPage: true,
      path: process.env.SCREENSHOT ?? join(temporaryFolder(t), 'pages.png'),
    });

    // The other device has a session of its own, of the same user.
    const elsewhere = await logIn(phone, pages.at(-1)!, 'Ann & <Bob>');
    assert.deepEqual(await cartOf(elsewhere), []);
    await tabs[2]!.getByRole('button', { name: 'Log out everywhere' }).click();
    await tabs[2]!.getByRole('button', { name: 'Log in' }).waitFor();
    for (const state of await states([...tabs, elsewhere])) assert.equal(state, 'Nobody is logged in.');
    assert.deepEqual(complaints, []);
  });

  test(`of ${AT_ONCE} additions to each, all sent at the same moment, none is lost`, async () => {
    // A browser has six connections to a host, and no more.
    const { pages } = example();
    const browser = new Browser('Tablet');
    await browser.submit(`${at('Go')}login`, { user: 'Eve' });
    const items = pages.flatMap((name) => Array.from({ length: AT_ONCE }, (_, i) => [name, `${name}-${i}`] as const));
    await Promise.all(items.map(([name, item]) => browser.submit(`${at(name)}add`, { item })));
    const { text } = await browser.open(at('PHP'));
    const cart = [...text.matchAll(/<li data-page="\w+">([\w-]+)<\/li>/g)].map(([, item]) => item);
    assert.deepEqual(cart.sort(), items.map(([, item]) => item).sort());
  });

  test('a login on each is known to all others, and each adds to it', async () => {
    const { pages } = example();
    for (const name of pages) {
      const browser = new Browser('Tablet');
      const { status, setCookies } = await browser.submit(`${at(name)}login`, { user: `user of ${name}` });
      assert.equal(status, 303, name);
      const [, ...attributes] = setCookies[0]!.toLowerCase().split(/; */);
      assert.deepEqual(attributes.sort(), ['httponly', 'path=/', 'samesite=lax'], name);
      const added = await Promise.all(
        pages.map(async (other) => (await browser.submit(`${at(other)}add`, { item: `${other} & <b>` })).status),
      );
      assert.deepEqual(
        added,
        pages.map(() => 303),
        `to the session of ${name}`,
      );
      const shown = await Promise.all(pages.map(async (other) => (await browser.open(at(other))).text));
      for (const [i, text] of shown.entries()) {
        const user = /id="user">([^<]*)</.exec(text)?.[1];
        assert.equal(user, `user of ${name}`, `${name} as ${pages[i]} has it`);
        const cart = [...text.matchAll(/<li data-page="(\w+)">(\w+) &(?:amp|#38); &(?:lt|#60);b&(?:gt|#62);<\/li>/g)];
        assert.deepEqual(cart.map(([, by]) => by).sort(), [...pages].sort(), `${name} on ${pages[i]}: ${text}`);
      }
    }
  });

  test('Ctrl-C ends all of it', async () => {
    const { url, end, output } = example();
    const folder = /log is in (\S+)\./.exec(output())![1]!;
    assert.ok(existsSync(folder));
    assert.equal(await end('SIGINT'), 0, output());
    await assert.rejects(fetch(url));
    assert.equal(existsSync(folder), false, 'and leaves nothing behind');
    const { stdout } = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    assert.doesNotMatch(stdout, new RegExp(folder), 'nor a program of it');
  });
});

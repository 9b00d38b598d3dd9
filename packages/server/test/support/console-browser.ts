/** Somebody in front of the console: a browser of their own, logged in by the form, with all that the page complains about. */
import assert from 'node:assert/strict';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { ConsoleServer, Role } from './console.ts';
import type { Cleanup } from './server.ts';

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser's console says, errors of scripts, and violations of the page's policy. Empty on a good page. */
  readonly complaints: string[];
  /** Addresses that were asked for, with what the request said of where it came from. */
  readonly requests: { readonly url: string; readonly referrer: string | undefined }[];
  /** Dialogs that opened: alert, confirm, prompt. A page of ours has none. */
  readonly dialogs: string[];
}

export interface VisitOptions extends BrowserContextOptions {
  /** Who logs in. Absence: nobody, and the login is shown. */
  readonly role?: Role | undefined;
  /** Below the server's address. */
  readonly path?: string;
}

export async function visit(
  cleanup: Cleanup,
  browser: Browser,
  server: Pick<ConsoleServer, 'url' | 'keys'>,
  { role, path = '/console', ...options }: VisitOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    ...options,
  });
  cleanup.after(() => context.close());
  const page = await context.newPage();
  const visitor: Visitor = { page, context, complaints: [], requests: [], dialogs: [] };
  page.on('console', (message) => {
    // An answer 401 or 429 to a login that is refused is on the page, and the browser says it, too.
    if (['error', 'warning'].includes(message.type()) && !/Failed to load resource/.test(message.text()))
      visitor.complaints.push(message.text());
  });
  page.on('pageerror', (error) => void visitor.complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    visitor.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    visitor.requests.push({ url: request.url(), referrer: request.headers().referer });
  });
  await page.goto(`${server.url}${path}`);
  if (role !== undefined) await logIn(page, server.keys[role]);
  return visitor;
}

/** Logs in by the form, with an API key. */
export async function logIn(page: Page, key: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'API key' });
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  const way = page.getByRole('radio', { name: 'API key' });
  if ((await way.count()) > 0) await way.check({ force: true });
  await field.fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Account and display' }).waitFor();
}

/** Opens another address of the console without loading the page anew where that is possible: as a link of its own would. */
export async function open(page: Page, path: string): Promise<void> {
  await page.evaluate(
    `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`,
  );
  await settled(page);
}

/** Waits until a view is there: its heading, and no skeletons any more. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await page
    .locator('main .skeleton, main .skeleton-rows, main [aria-busy="true"]')
    .first()
    .waitFor({ state: 'detached' });
}

/** Asks that the page has had nothing to complain about, and that no dialog of the browser has opened. */
export function assertQuiet({ complaints, dialogs }: Visitor): void {
  assert.deepEqual([complaints, dialogs], [[], []]);
}

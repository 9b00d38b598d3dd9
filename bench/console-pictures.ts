/**
 * `npm run console-pictures`: pictures of each main view of the console for docs/console, light and dark, 1440 and 320 px wide, of a server
 * that looks as after days of use. Each takes 150 kB at most.
 * Exit code 0: all are there. 1: one is too large, or could not be taken.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../packages/server/test/support/chromium.ts';
import { open, settled, visit } from '../packages/server/test/support/console-browser.ts';
import { SUBJECT, startLife } from '../packages/server/test/support/console-life.ts';
import { withPalette } from './console/palette.ts';

const FOLDER = fileURLToPath(new URL('../docs/console/', import.meta.url));
/** Units: bytes. */
const MOST = 150_000;
const HEIGHT = { 1440: 900, 320: 640 } as const;

const ends: (() => unknown)[] = [];
const cleanup = { after: (end: () => unknown) => void ends.unshift(end) };

async function main(): Promise<number> {
  mkdirSync(FOLDER, { recursive: true });
  const server = await startLife(cleanup);
  const browser = await launchChromium(cleanup);
  const subject = `/apps/shop/subjects/${encodeURIComponent(SUBJECT)}`;
  const views = {
    overview: '/apps/shop?period=day',
    devices: subject,
    history: `${subject}?tab=history`,
    session: `/apps/shop/sessions/${server.own.at(-1)!.id}?subject=${encodeURIComponent(SUBJECT)}`,
    sessions: '/apps/shop/search',
    events: '/apps/shop/events',
    bulk: '/apps/shop/bulk?ua=Firefox',
    policy: '/apps/shop/policy',
    webhooks: '/apps/shop/webhooks?letters=mail',
    keys: '/keys',
    audit: '/audit',
  };
  const large: string[] = [];
  // What is made to be seen live would be in the plots: it is taken when all else is there.
  const { events, ...others } = views;
  for (const shown of [others, { events }]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1440, 320] as const) {
        const viewport = { width, height: HEIGHT[width] };
        const { page, context } = await visit(cleanup, browser, server, {
          viewport,
          colorScheme,
          reducedMotion: 'reduce',
        });
        await page.getByRole('button', { name: 'Log in' }).waitFor();
        const take = async (name: string) => {
          const file = `${FOLDER}${name}-${colorScheme}-${width}.png`;
          await page.mouse.move(0, 0);
          writeFileSync(file, withPalette(await page.screenshot()));
          if (statSync(file).size > MOST) large.push(`${file}: ${statSync(file).size} bytes`);
        };
        if (shown === others) await take('login');
        // Logged in by the page's own request: the form is in the picture before.
        await page.evaluate(
          `fetch('/console/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: ${JSON.stringify(JSON.stringify({ key: server.keys.admin }))} })`,
        );
        await page.goto(`${server.url}/console/apps/shop`);
        for (const [name, path] of Object.entries(shown)) {
          await open(page, `/console${path}`);
          if (name === 'events') {
            for (let i = 0; i < 16; i++) {
              const person = ['maya.patel', 'noah.fischer', 'grace.lee', 'hugo.silva'][i % 4];
              const agent = `Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0`;
              const session = {
                subject: `${person}@example.com`,
                userAgent: agent,
                ip: `198.51.100.${10 + i}`,
                label: 'Work laptop',
              };
              const { json } = await server.call('POST', '/apps/shop/sessions', session);
              if (i % 3 === 2)
                await server.send(
                  'DELETE',
                  `/v1/apps/shop/sessions/${json.session.id}?reason=shared%20computer`,
                  'support',
                );
            }
            await page.getByText('“shared computer”').first().waitFor();
          }
          if (name === 'bulk') {
            await page.getByRole('button', { name: 'Look what that is' }).click();
            await page.getByRole('button', { name: /^End .* …$/ }).waitFor();
          }
          await settled(page);
          await take(name);
          if (name === 'devices') {
            await page.getByRole('button', { name: 'End all …' }).click();
            await page
              .getByRole('dialog')
              .getByRole('textbox', { name: 'Reason' })
              .fill('account taken over, ticket 4711');
            await page.getByRole('dialog').getByText('Sessions afterwards').waitFor();
            await take('end');
            await page.keyboard.press('Escape');
          }
        }
        await context.close();
      }
    }
  }
  for (const line of large) console.error(`too large: ${line}`);
  return large.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} finally {
  for (const end of ends) await end();
}

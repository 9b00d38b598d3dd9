/** The console for everyone: nothing for axe-core to find in any view, keys for everything, a focus that is where one looks for it. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { de } from '../../../../console/src/messages/de.ts';
import { en } from '../../../../console/src/messages/en.ts';
import { assertNoFindings, SIGHTS } from '../../support/axe.ts';
import { launchChromium, noChromium } from '../../support/chromium.ts';
import { assertQuiet, open, settled, visit } from '../../support/console-browser.ts';
import { type Life, SUBJECT, startLife } from '../../support/console-life.ts';
import { forAllTests } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

/** All views, as they are after days of use; `ready`: what else must be there before one looks. */
function views({ own }: Pick<Life, 'own'>): Record<string, string> {
  const subject = `/apps/shop/subjects/${encodeURIComponent(SUBJECT)}`;
  return {
    overview: '/apps/shop?period=day',
    sessions: '/apps/shop/search',
    'nothing found': '/apps/shop/search?q=nobody-of-this-name',
    devices: subject,
    'ended sessions': `${subject}?tab=history`,
    'no devices': '/apps/shop/subjects/pavel.novak@example.com',
    session: `/apps/shop/sessions/${own.at(-1)!.id}?subject=${encodeURIComponent(SUBJECT)}`,
    'a session that is gone': '/apps/shop/sessions/AAAAAAAAAAAAAAAA',
    'live events': '/apps/shop/events',
    'end many': '/apps/shop/bulk',
    policy: '/apps/shop/policy',
    webhooks: '/apps/shop/webhooks',
    keys: '/keys',
    audit: '/audit',
    'no such page': '/nowhere/at/all',
  };
}

async function unfold(page: Page): Promise<void> {
  await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
}

/** Gives what has the focus, as a screen reader would call it: its role in short, and its name. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const one = document.activeElement;
    const name = one.getAttribute('aria-label') ?? one.labels?.[0]?.textContent ?? one.textContent;
    return one.tagName.toLowerCase() + ' ' + name.trim().replaceAll(/\\s+/g, ' ').slice(0, 60);
  })()`);
}

describe('the console for everyone, in Chromium', { skip: noChromium }, () => {
  const browser = forAllTests(launchChromium);
  const life = forAllTests(startLife);

  test('no view has anything for axe-core to find (WCAG 2.2 AA), light and dark, 320 and 1440 px wide', async (t) => {
    const visitor = await visit(t, browser(), life(), { role: 'admin', path: '/console/apps/shop' });
    const { page } = visitor;
    const faults: string[] = [];
    for (const [name, path] of Object.entries(views(life()))) {
      await open(page, `/console${path}`);
      if (name === 'live events') await life().call('POST', '/apps/shop/sessions', { subject: 'seen live' });
      if (name === 'live events') await page.getByText('seen live').first().waitFor();
      await unfold(page);
      await lookAll(t, page, name, faults);
    }
    assert.deepEqual(faults, []);
    assertQuiet(visitor);
  });

  test('neither have the login, what a role may not see, the menu and the dialogs', async (t) => {
    const faults: string[] = [];
    const outside = await visit(t, browser(), life());
    await outside.page.getByRole('button', { name: 'Log in' }).waitFor();
    await lookAll(t, outside.page, 'login', faults);
    const { page } = await visit(t, browser(), life(), { role: 'viewer', path: '/console/audit' });
    await settled(page);
    await lookAll(t, page, 'not for the role', faults);
    const visitor = await visit(t, browser(), life(), { role: 'admin', path: `/console${views(life()).devices}` });
    await settled(visitor.page);
    for (const [name, show] of Object.entries({
      menu: () => visitor.page.getByRole('button', { name: 'Account and display' }).click(),
      keys: () => visitor.page.keyboard.press('?'),
      'the question before an end': () => visitor.page.getByRole('button', { name: 'End all …' }).click(),
    })) {
      await show();
      await lookAll(t, visitor.page, name, faults);
      await visitor.page.setViewportSize({ width: 1440, height: 900 });
      await visitor.page.keyboard.press('Escape');
    }
    assert.deepEqual(faults, []);
  });

  test('Tab goes through the page as it is read: past what repeats, the header, the views, the view', async (t) => {
    const { page } = await visit(t, browser(), life(), { role: 'admin', path: `/console${views(life()).devices}` });
    await settled(page);
    await page.evaluate('document.activeElement.blur()');
    const order: string[] = [];
    for (let i = 0; i < 18; i++) {
      await page.keyboard.press('Tab');
      order.push(await focused(page));
    }
    assert.match(order[0]!, /^a Skip to the content/);
    const expected = [
      'Skip to',
      'App',
      'Search',
      'Account',
      'Overview',
      'Sessions',
      'Live',
      'End many',
      'Policy',
      'Webhooks',
      'Keys',
      'Audit',
    ];
    assert.deepEqual(
      order.slice(0, expected.length).map((one, i) => one.includes(expected[i]!)),
      expected.map(() => true),
      order.join('\n'),
    );
    // What has the focus is seen to have it.
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate<{ style: string; width: number; isInView: boolean }>(`(() => {
        const one = document.activeElement;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
        const at = one.getBoundingClientRect();
        return { style: outlineStyle === 'none' ? boxShadow : outlineStyle, width: parseFloat(outlineWidth), isInView: at.bottom > 0 && at.top < innerHeight };
      })()`);
      const where = await focused(page);
      // Behind the last control the browser goes to its own bar, and begins anew.
      if (where.startsWith('body')) continue;
      assert.ok(outline.style !== 'none' && outline.isInView, `${where}: ${JSON.stringify(outline)}`);
    }
    // The link at the top leads past all of that.
    await page.reload();
    await settled(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.ok(
      await page.evaluate<boolean>("document.querySelector('main').contains(document.activeElement)"),
      await focused(page),
    );
  });

  test('a dialog takes the focus, keeps it, and gives it back', async (t) => {
    const { page } = await visit(t, browser(), life(), { role: 'admin', path: `/console${views(life()).devices}` });
    await settled(page);
    const opener = page.getByRole('button', { name: 'End all …' });
    await opener.focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'End all sessions?' });
    await dialog.waitFor();
    assert.match(await focused(page), /^input Reason/);
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      // From the last control of a dialog the browser itself goes to its own bar, and back; the page behind is inert.
      assert.ok(
        await page.evaluate<boolean>(
          "document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)",
        ),
        await focused(page),
      );
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.match(await focused(page), /End all …/);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  test('keys lead everywhere, the focus goes along, and who does not want them switches them off', async (t) => {
    const { page } = await visit(t, browser(), life(), { role: 'admin', path: '/console/apps/shop' });
    await settled(page);
    for (const [key, heading] of [
      ['s', en['view.search']],
      ['e', en['view.events']],
      ['b', en['view.bulk']],
      ['p', en['view.policy']],
      ['w', en['view.webhooks']],
      ['k', en['view.keys']],
      ['a', en['view.audit']],
      ['o', en['view.overview']],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await until(() => page.evaluate<boolean>("document.activeElement?.tagName === 'H1'"));
      assert.match(await page.title(), new RegExp(`^${heading}`));
    }
    await page.keyboard.press('/');
    assert.match(await focused(page), /^input Search/);
    await page.keyboard.press('Escape');
    await open(page, '/console/apps/shop?keys=off');
    await page.keyboard.press('/');
    assert.doesNotMatch(await focused(page), /^input Search/);
  });

  test('at 200 % zoom, and in the narrowest window, nothing must be scrolled to the side, in either language', async (t) => {
    const faults: string[] = [];
    for (const [width, scale] of [
      [720, 2],
      [320, 1],
      [2560, 1],
    ] as const) {
      const { page } = await visit(t, browser(), life(), {
        role: 'admin',
        path: '/console/apps/shop',
        viewport: { width, height: 450 },
        deviceScaleFactor: scale,
      });
      for (const language of ['en', 'de']) {
        for (const [name, path] of Object.entries(views(life()))) {
          await open(page, `/console${path}${path.includes('?') ? '&' : '?'}lang=${language}`);
          const [wide, shown] = await page.evaluate<[number, number]>(
            '[document.documentElement.scrollWidth, innerWidth]',
          );
          if (wide > shown) faults.push(`${name}, ${language}: ${wide} px wide where ${shown} px are shown`);
        }
      }
    }
    assert.deepEqual(faults, []);
  });

  test('who asks for less motion gets none', async (t) => {
    const { page } = await visit(t, browser(), life(), {
      role: 'admin',
      path: '/console/apps/shop',
      reducedMotion: 'reduce',
    });
    for (const path of Object.values(views(life()))) {
      await open(page, `/console${path}`);
      const moving = await page.evaluate<string[]>(`[...document.querySelectorAll('*')].filter((one) => {
        const { animationName, animationDuration, animationIterationCount, transitionDuration } = getComputedStyle(one);
        const longest = (text) => Math.max(...text.split(',').map((part) => parseFloat(part) * (part.includes('ms') ? 1 : 1000)));
        return (animationName !== 'none' && longest(animationDuration) > 1) || longest(transitionDuration) > 1;
      }).map((one) => one.outerHTML.slice(0, 120))`);
      assert.deepEqual(moving, [], path);
    }
  });

  test('all of it speaks German, too, to who has that in the browser, and axe-core finds nothing either', async (t) => {
    const { page } = await visit(t, browser(), life(), { path: '/console/apps/shop', locale: 'de-DE' });
    await page.getByRole('textbox', { name: de['login.key'] }).fill(life().keys.admin);
    await page.getByRole('button', { name: de['login.submit'] }).click();
    await page.getByRole('button', { name: de['menu.account'] }).waitFor();
    for (const [name, path] of Object.entries(views(life()))) {
      await open(page, `/console${path}`);
      assert.equal(await page.evaluate('document.documentElement.lang'), 'de');
      await assertNoFindings(page, `${name}, German`);
      const text = await page.locator('body').innerText();
      for (const [key, english] of Object.entries(en)) {
        const german = (de as Record<string, unknown>)[key];
        // Long enough to be a sentence of ours, and not a word that both have.
        if (typeof english !== 'string' || english.length < 16 || english === german) continue;
        assert.ok(!text.includes(english), `${name}: ${english}`);
      }
    }
  });
});

/** Looks at a view in each sight, and adds a line to the table. What is found is told when all has been looked at. */
async function lookAll(t: TestContext, page: Page, name: string, faults: string[]): Promise<void> {
  const row: string[] = [];
  for (const { colorScheme, width } of SIGHTS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const where = `${name}, ${colorScheme}, ${width} px`;
    try {
      row.push(`${colorScheme} ${width} px: 0 of ${await assertNoFindings(page, where)}`);
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  t.diagnostic(`axe-core, ${name}: ${row.join('; ')}`);
}

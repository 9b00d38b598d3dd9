/** What the console is for, all twelve, in a real browser on real servers: by mouse on the embedded store, by keys alone on Redis. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { launchChromium, noChromium } from '../../support/chromium.ts';
import { AGENTS, type ConsoleServer, create, startConsole } from '../../support/console.ts';
import { assertQuiet, open, settled, visit } from '../../support/console-browser.ts';
import { drivenClock } from '../../support/driven-clock.ts';
import { HANDS, type Hands } from '../../support/hands.ts';
import { forAllTests, PATIENT, startRedis } from '../../support/redis.ts';
import type { Cleanup } from '../../support/server.ts';
import { until } from '../../support/until.ts';

const DAY = 86_400_000;

const STORES: Readonly<Record<string, (cleanup: Cleanup) => Promise<Record<string, string>>>> = {
  'the embedded store': async () => ({}),
  Redis: async (cleanup) => ({ RS_STORE: `redis://127.0.0.1:${(await startRedis(cleanup)).port}`, ...PATIENT }),
};

const ofShop = async ({ call }: ConsoleServer, path: string) => (await call('GET', `/apps/shop${path}`)).json;
const idsOf = async (server: ConsoleServer, subject: string): Promise<string[]> =>
  (await ofShop(server, `/subjects/${subject}/sessions`)).sessions.map(({ id }: { id: string }) => id);

/** Gives the lines of a download that a press begins. */
async function downloaded(page: Page, hands: Hands): Promise<Record<string, unknown>[]> {
  const download = page.waitForEvent('download');
  await hands.press(page, page.getByRole('button', { name: 'Download what is shown' }).first());
  const text = readFileSync(await (await download).path(), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const viewLink = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name });

for (const [i, [store, start]] of Object.entries(STORES).entries()) {
  const hands = HANDS[i]!;
  describe(`the console with ${hands.name}, on ${store}`, { skip: noChromium }, () => {
    const browser = forAllTests(launchChromium);
    const shared = forAllTests(async (cleanup) => startConsole(cleanup, { env: await start(cleanup) }));
    const enter = async (t: Cleanup, path = '/apps/shop') => {
      const visitor = await visit(t, browser(), shared(), { role: 'admin', path: `/console${path}` });
      await settled(visitor.page);
      return { ...visitor, visitor, server: shared() };
    };
    const search = async (page: Page, text: string) => {
      await hands.fill(page, page.getByRole('searchbox'), text);
      await page.keyboard.press('Enter');
    };

    test('1: one box finds a subject, a session by its id, and one by a token', async (t) => {
      const { page, visitor, server } = await enter(t);
      const { id, token } = await create(server, { subject: 'searched', label: 'the one', userAgent: AGENTS.firefox });
      const asked: string[] = [];
      page.on('request', (request) => {
        if (/\/searched\/sessions\?/.test(request.url())) asked.push(request.url());
      });
      await search(page, 'searched');
      await page.getByRole('heading', { level: 1, name: 'searched' }).waitFor();
      await page.getByRole('grid').getByText('the one').waitFor();
      assert.equal(asked.length, 1, `asked for ahead, and not again: ${asked}`);
      for (const text of [id, token]) {
        await search(page, text);
        await page.waitForURL(new RegExp(`/sessions/${id}`));
        await page.getByText('the one').first().waitFor();
        await hands.press(page, viewLink(page, 'Overview'));
        await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      }
      await search(page, 'nobody at all');
      await page.getByText('Nothing in shop has this subject, session id or token.').waitFor();
      assertQuiet(visitor);
    });

    test('2: the devices of a subject, the latest first, with all that one asks for', async (t) => {
      const { page, visitor, server } = await enter(t);
      await create(server, { subject: 'devices', userAgent: AGENTS.firefox, label: 'Work laptop', ip: '192.0.2.1' });
      await create(server, { subject: 'devices', userAgent: AGENTS.safari, ip: '2001:db8::7' });
      await search(page, 'devices');
      const rows = page.getByRole('grid').getByRole('row');
      await rows.nth(2).waitFor();
      const [phone, laptop] = [rows.nth(1), rows.nth(2)];
      assert.match(await phone.innerText(), /Safari 19[\s\S]*iOS 19[\s\S]*2001:db8::7/);
      assert.match(await laptop.innerText(), /Firefox 145[\s\S]*Windows[\s\S]*Work laptop[\s\S]*192\.0\.2\.1/);
      const times = await laptop
        .locator('time')
        .evaluateAll((all) => all.map((one) => [one.getAttribute('title'), one.getAttribute('datetime')]));
      assert.equal(times.length, 2);
      for (const [title, at] of times) assert.ok(title!.includes(at!), 'the exact instant on hover');
      assert.match(await laptop.innerText(), /29 min|30 min/, 'idle deadline of 30 minutes');
      assert.match(await laptop.innerText(), /13 d|14 d/, 'absolute deadline of 14 days');
      const lines = await downloaded(page, hands);
      assert.deepEqual(
        lines.map(({ ip }) => ip),
        ['2001:db8::7', '192.0.2.1'],
      );
      assertQuiet(visitor);
    });

    test('3: one is ended, with a reason, and the list then tells the truth', async (t) => {
      const { page, visitor, server } = await enter(t);
      const keep = await create(server, { subject: 'one', label: 'keep' });
      const end = await create(server, { subject: 'one', label: 'lost phone' });
      await search(page, 'one');
      const row = page.getByRole('row').filter({ hasText: 'lost phone' });
      await hands.choose(page, row);
      await hands.press(page, row.getByRole('button', { name: 'End', exact: true }));
      const dialog = page.getByRole('dialog', { name: 'End this session?' });
      await dialog.waitFor();
      await hands.fill(page, dialog.getByRole('textbox', { name: 'Reason' }), 'ticket 4711');
      await hands.press(page, dialog.getByRole('button', { name: 'End 1 session' }));
      await page.getByText('1 session ended.').waitFor();
      await page.getByText('Before: 2, now: 1.').waitFor();
      await row.waitFor({ state: 'detached' });
      assert.deepEqual(await idsOf(server, 'one'), [keep.id]);
      const [entry] = (await ofShop(server, '/subjects/one/history')).history;
      assert.deepEqual([entry.id, entry.by, entry.note], [end.id, 'admin', 'ticket 4711']);
      assertQuiet(visitor);
    });

    test('4: all but one are ended, and then all', async (t) => {
      const { page, visitor, server } = await enter(t);
      const made = [];
      // No label is a word that a time may have, as in “11 seconds ago”.
      for (const label of ['laptop', 'tablet', 'phone']) made.push(await create(server, { subject: 'all', label }));
      await search(page, 'all');
      const row = page.getByRole('row').filter({ hasText: 'tablet' });
      await hands.choose(page, row);
      await hands.press(page, row.getByRole('button', { name: 'End others' }));
      const others = page.getByRole('dialog', { name: 'End all other sessions?' });
      await hands.press(page, others.getByRole('button', { name: 'End 2 sessions' }));
      await page.getByText('Before: 3, now: 1.').waitFor();
      assert.deepEqual(await idsOf(server, 'all'), [made[1]!.id]);
      await hands.press(page, page.getByRole('button', { name: 'End all …' }));
      const all = page.getByRole('dialog', { name: 'End all sessions?' });
      await hands.press(page, all.getByRole('button', { name: 'End 1 session' }));
      await page.getByText('Not logged in on any device').waitFor();
      assert.deepEqual(await idsOf(server, 'all'), []);
      assertQuiet(visitor);
    });

    test('5: what has ended: when, why, by whom and what was said', async (t) => {
      const { page, visitor, server } = await enter(t);
      const { id } = await create(server, { subject: 'history', label: 'Old laptop' });
      await server.send('DELETE', `/v1/apps/shop/sessions/${id}?reason=stolen`, 'support');
      await search(page, 'history');
      await hands.press(page, page.getByRole('link', { name: 'Ended sessions' }));
      const row = page.getByRole('row').filter({ hasText: 'Old laptop' });
      await row.waitFor();
      assert.match(await row.innerText(), /Ended by someone[\s\S]*support[\s\S]*stolen/);
      const [line] = await downloaded(page, hands);
      assert.equal(line!.note, 'stolen');
      assertQuiet(visitor);
    });

    test('6: the timeline of one session', async (t) => {
      const { page, visitor, server } = await enter(t);
      const { id, token } = await create(server, { subject: 'timeline', label: 'Tablet' });
      const rotated = await server.send('POST', '/v1/apps/shop/session/rotate', 'admin', { 'Session-Token': token });
      assert.equal(rotated.status, 200, rotated.text);
      await search(page, id);
      const moments = page.getByRole('region', { name: 'Timeline' }).getByRole('listitem');
      await moments.nth(1).waitFor();
      assert.match(await moments.nth(0).innerText(), /^Got a new token/);
      assert.match(await moments.nth(1).innerText(), /^Began[\s\S]*Tablet/);
      assertQuiet(visitor);
    });

    test('7: the overview counts, and says in words what its plots draw', async (t) => {
      const { page, visitor, server } = await enter(t, '/apps/blog');
      await page.getByRole('img', { name: 'No session began in this time.' }).waitFor();
      for (const subject of ['a', 'a', 'b']) await create(server, { subject }, 'blog');
      await page.reload();
      await settled(page);
      const tile = (name: string) => page.locator('dl > div').filter({ has: page.getByText(name, { exact: true }) });
      assert.match(await tile('Sessions').innerText(), /\b3\b/);
      assert.match(await tile('Subjects').innerText(), /\b2\b/);
      await page.getByRole('img', { name: /^3 sessions began/ }).waitFor();
      await hands.press(page, page.getByText('The same in numbers'));
      await page.getByRole('table').waitFor();
      const [line] = await downloaded(page, hands);
      assert.equal(line!.created, 3);
      await page.getByRole('radio', { name: 'Last day' }).focus();
      await page.keyboard.press('Space');
      await page.waitForURL(/period=day/);
      await page.getByRole('img', { name: /^3 sessions began/ }).waitFor();
      assertQuiet(visitor);
    });

    test('8: events as they happen, filtered, held and let go', async (t) => {
      const { page, visitor, server } = await enter(t);
      await hands.press(page, viewLink(page, 'Live events'));
      await page
        .getByText(/^Live\b.*events? in the last minute/)
        .first()
        .waitFor();
      const list = page.getByRole('region', { name: 'Events, the newest first' });
      const { id } = await create(server, { subject: 'live-one', userAgent: AGENTS.edge });
      await list.getByText('live-one').waitFor();
      await hands.press(page, page.getByRole('button', { name: 'Pause' }));
      await create(server, { subject: 'live-two' });
      await page.getByRole('button', { name: '1 new' }).waitFor();
      assert.equal(await list.getByText('live-two').count(), 0);
      await hands.press(page, page.getByRole('button', { name: 'Go on' }));
      await list.getByText('live-two').waitFor();
      await hands.press(page, page.getByRole('button', { name: 'Ended', exact: true }));
      await hands.fill(page, page.getByRole('textbox', { name: 'Only of this subject' }), 'live-one');
      await page.waitForURL(/types=session\.ended&subject=live-one|subject=live-one&types=session\.ended/);
      await create(server, { subject: 'live-one', label: 'not asked for' });
      await server.send('DELETE', `/v1/apps/shop/sessions/${id}?reason=seen`, 'support');
      await list.getByText(/by support.*“seen”/).waitFor();
      assert.equal(await list.getByText('not asked for').count(), 0);
      const lines = await downloaded(page, hands);
      assert.ok(lines.length >= 1);
      assertQuiet(visitor);
    });

    test('8: the list begins with the last events, also where many are kept and nothing happens now', async (t) => {
      const clock = drivenClock(t, -DAY / 4);
      const server = await startConsole(t, { env: { ...(await start(t)), ...clock.env } });
      for (let i = 0; i < 220; i++) await create(server, { subject: `past-${i}` });
      await clock.set(0);
      const visitor = await visit(t, browser(), server, { role: 'admin', path: '/console/apps/shop/events' });
      const { page } = visitor;
      const list = page.getByRole('region', { name: 'Events, the newest first' });
      await list.getByText('past-219').waitFor();
      await page.getByText(/^Live\b.*0 events in the last minute/).waitFor();
      await create(server, { subject: 'now' });
      await list.getByText('now', { exact: true }).waitFor();
      await list.getByText('past-219').waitFor();
      assertQuiet(visitor);
    });

    test('9: the policy in force, where each value is from, and what the last reload changed', async (t) => {
      const { page, visitor, server } = await enter(t);
      await hands.press(page, viewLink(page, 'Policy'));
      await page.getByRole('heading', { level: 1, name: 'Policy' }).waitFor();
      const value = (name: string) =>
        page.getByText(name, { exact: true }).first().locator('xpath=ancestor::*[.//*[contains(@class, "badge")]][1]');
      assert.match(await value('idleTimeout').innerText(), /30 min[\s\S]*1,800 s[\s\S]*App/);
      assert.match(await value('absoluteTimeout').innerText(), /14 d[\s\S]*All apps/);
      assert.match(await value('minIdleTimeout').innerText(), /10 s[\s\S]*Built in/);
      const policy = JSON.parse(readFileSync(server.policyFile, 'utf8'));
      policy.apps.shop.maxSessionsPerSubject = 50;
      writeFileSync(server.policyFile, JSON.stringify(policy));
      server.child.kill('SIGHUP');
      await until(() => server.output().includes('maxSessionsPerSubject'));
      await page.reload();
      await page.getByText('50 sessions').first().waitFor();
      await page.getByRole('heading', { name: /Last reload/ }).waitFor();
      assert.equal(await page.getByText('whsec_').count(), 0);
      assertQuiet(visitor);
    });

    test('10: keys: what they may do, when they were used, and never a secret', async (t) => {
      const { page, visitor, server } = await enter(t);
      await server.send('GET', '/v1/apps/shop/sessions', 'viewer');
      await hands.press(page, viewLink(page, 'Keys'));
      await page.getByText('viewer', { exact: true }).waitFor();
      const text = await page.locator('main').innerText();
      for (const name of ['admin', 'operator', 'support', 'viewer']) assert.ok(text.includes(name), name);
      const source = await page.content();
      const lines = JSON.stringify(await downloaded(page, hands));
      for (const key of Object.values(server.keys)) assert.ok(!source.includes(key) && !lines.includes(key));
      assert.doesNotMatch(`${source}${lines}`, /sha256:/);
      assertQuiet(visitor);
    });

    test('11: many are ended after a look, and all only for who types the name of the app', async (t) => {
      const { page, visitor, server } = await enter(t, '/apps/shop/bulk');
      for (let i = 0; i < 5; i++)
        await create(server, { subject: `bulk-${i}`, ip: i < 3 ? '203.0.113.9' : '192.0.2.9' });
      await hands.fill(page, page.getByRole('textbox', { name: 'Address' }), '203.0.113.9');
      await hands.press(page, page.getByRole('button', { name: 'Look what that is' }));
      await page.getByRole('button', { name: 'End 3 sessions …' }).waitFor();
      assert.equal((await idsOf(server, 'bulk-0')).length, 1, 'a look ends nothing');
      await hands.press(page, page.getByRole('button', { name: 'End 3 sessions …' }));
      const dialog = page.getByRole('dialog', { name: 'End 3 sessions?' });
      await hands.fill(page, dialog.getByRole('textbox', { name: 'Reason' }), 'botnet');
      await hands.press(page, dialog.getByRole('button', { name: 'End 3 sessions' }));
      await page.getByText('3 sessions were ended').first().waitFor();
      assert.deepEqual([(await idsOf(server, 'bulk-0')).length, (await idsOf(server, 'bulk-4')).length], [0, 1]);

      await create(server, { subject: 'other app' }, 'blog');
      await open(page, '/console/apps/blog/bulk');
      await hands.press(page, page.getByRole('button', { name: 'Look what that is' }));
      const all = page.getByRole('button', { name: /^End .* sessions? …$/ });
      await hands.press(page, all);
      const last = page.getByRole('dialog', { name: 'End all sessions of blog?' });
      await hands.press(page, last.getByRole('button', { name: /^End \d+ sessions?$/ }));
      await last.getByText('This must be blog.').waitFor();
      await hands.fill(page, last.getByRole('textbox', { name: 'Type blog to confirm' }), 'blog');
      await hands.press(page, last.getByRole('button', { name: /^End \d+ sessions?$/ }));
      await page
        .getByText(/sessions? (was|were) ended/)
        .first()
        .waitFor();
      assert.deepEqual((await server.call('GET', '/apps/blog/sessions')).json.sessions, []);
      assertQuiet(visitor);
    });

    test('12: the audit log has every act, with who and why', async (t) => {
      const { page, visitor, server } = await enter(t);
      const { id } = await create(server, { subject: 'audited' });
      await server.send('DELETE', `/v1/apps/shop/sessions/${id}?reason=for-the-audit`, 'support');
      await hands.press(page, viewLink(page, 'Audit'));
      const entry = page.getByRole('listitem').filter({ hasText: 'for-the-audit' });
      await entry.waitFor();
      assert.match(await entry.innerText(), /support[\s\S]*Ended a session[\s\S]*shop/);
      await page.getByRole('listitem').filter({ hasText: 'Logged in to the console' }).first().waitFor();
      await hands.fill(page, page.getByRole('textbox', { name: 'Who' }), 'nobody-of-this-name');
      await page.getByText('Nothing that matches').waitFor();
      assertQuiet(visitor);
    });

    test('webhooks: how they stand, and a test of one', async (t) => {
      const { page, visitor } = await enter(t);
      await hands.press(page, viewLink(page, 'Webhooks'));
      await page.getByRole('heading', { name: /mail/ }).waitFor();
      await hands.press(page, page.getByRole('button', { name: 'Test' }));
      await page.getByText('the receiver answered 200').waitFor();
      assertQuiet(visitor);
    });

    test('all views are as wide as each other, and the facts of a webhook fill one row or one column', async (t) => {
      const { page } = await enter(t);
      for (const width of [320, 1440, 2560]) {
        await page.setViewportSize({ width, height: 900 });
        const widths: number[] = [];
        for (const view of ['search', 'events', 'bulk', 'webhooks']) {
          await open(page, `/console/apps/shop/${view}`);
          widths.push((await page.locator('main .card').first().boundingBox())!.width);
        }
        assert.equal(new Set(widths).size, 1, `${widths} at ${width}`);
        const facts = await page.locator('.webhook-facts > div').all();
        const boxes = await Promise.all(facts.map((fact) => fact.boundingBox()));
        const [rows, columns] = (['y', 'x'] as const).map((side) => new Set(boxes.map((box) => box![side])).size);
        assert.deepEqual([rows, columns], width === 320 ? [5, 1] : [1, 5]);
      }
    });

    test('webhooks: what was given up is sent again, one and then all, and the list tells the truth', async (t) => {
      const clock = drivenClock(t, -9 * DAY);
      let refuses = true;
      const got: { id: string; isTaken: boolean }[] = [];
      const server = await startConsole(t, {
        env: { ...(await start(t)), ...clock.env },
        answering: ({ id, body }) => {
          got.push({ id, isTaken: !refuses || body.includes('later-') });
          return got.at(-1)!.isTaken ? 200 : 503;
        },
        shop: { idleTimeout: 14 * 86_400 },
      });
      const letters = async () => (await ofShop(server, '/webhooks/mail/dead-letters')).deadLetters;
      for (const subject of ['ann', 'bob', 'cleo']) await create(server, { subject });
      await until(() => new Set(got.map(({ id }) => id)).size === 3);
      const refused = () => got.filter(({ isTaken }) => !isTaken).length;
      // Longer than the longest pause between two attempts: all three are due each time.
      for (let ago = 7.8; (await letters()).length < 3; ago -= 1.2) {
        assert.ok(ago > 0);
        const before = refused();
        await clock.set(-ago * DAY);
        // What happens makes the server look at what is due.
        await create(server, { subject: `later-${ago}` });
        await until(async () => refused() >= before + 3 || (await letters()).length === 3);
      }
      await clock.set(0);
      await until(async () => {
        const [{ behind, waiting }] = (await ofShop(server, '/webhooks')).webhooks;
        return behind === 0 && waiting === 0;
      });
      // Three, unless one was told of twice: a jump of the clock looks like a process that was away for so long.
      const idsOf = async (): Promise<string[]> =>
        (await letters()).map(({ event }: { event: { id: string } }) => event.id);
      const ids = await idsOf();
      const all = ids.length;
      assert.equal(new Set(ids).size, 3);
      const isTaken = (id: string) => got.some((one) => one.id === id && one.isTaken);

      const visitor = await visit(t, browser(), server, { role: 'admin', path: '/console/apps/shop/webhooks' });
      const { page } = visitor;
      await settled(page);
      const rows = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: 'Send again' }) });
      const count = page.locator('dl > div').filter({ hasText: 'Dead letters' }).getByRole('definition');
      await hands.press(page, page.getByRole('button', { name: `${all} dead letters` }));
      await rows.nth(all - 1).waitFor();
      assert.match(await rows.nth(0).innerText(), /^Begun[\s\S]*it answered 503 · \d+ attempts/);
      const again = rows.nth(1).getByRole('button', { name: 'Send again' });

      await hands.press(page, again);
      await page.getByText('It was not taken: it answered 503').waitFor();
      assert.deepEqual([await rows.count(), await count.innerText()], [all, `${all}`]);
      await hands.press(page, page.getByRole('button', { name: `Send all ${all} again` }));
      await page.getByText(`${all} are left: the receiver refused one`).waitFor();
      assert.deepEqual([await rows.count(), ids.filter(isTaken)], [all, []]);

      refuses = false;
      await hands.press(page, again);
      await page.getByText('1 was sent and taken.').waitFor();
      await page.getByRole('button', { name: `${all - 1} dead letters` }).waitFor();
      await count.filter({ hasText: new RegExp(`^${all - 1}$`) }).waitFor();
      await rows.nth(all - 1).waitFor({ state: 'detached' });
      // Which were sent is not told by the receiver: after a jump of the clock it may be told of an event anew.
      assert.ok(isTaken(ids[1]!));
      assert.deepEqual(await idsOf(), ids.toSpliced(1, 1));
      // The focus stays where the button was.
      await until(() =>
        page.evaluate<boolean>("document.querySelector('.webhook-letters').contains(document.activeElement)"),
      );
      const download = page.waitForEvent('download');
      await hands.press(page, page.getByRole('button', { name: 'Download what is shown' }).last());
      const lines = readFileSync(await (await download).path(), 'utf8')
        .trimEnd()
        .split('\n');
      assert.equal(lines.length, all - 1);
      await hands.press(page, page.getByRole('button', { name: `Send all ${all - 1} again` }));
      await page.getByText(`${all - 1} were sent and taken.`).waitFor();
      await page.getByText('There are no dead letters any more.').waitFor();
      await count.filter({ hasText: /^0$/ }).waitFor();
      assert.deepEqual([ids.every(isTaken), await letters()], [true, []]);
      await page.reload();
      await page.getByText('There are no dead letters any more.').waitFor();
      assertQuiet(visitor);
    });

    test('a server that is away is told of, nothing typed is lost, and the page goes on when it is back', async (t) => {
      const server = await startConsole(t, { env: await start(t) });
      await create(server, { subject: 'patient', label: 'Still here' });
      const { page } = await visit(t, browser(), server, {
        role: 'admin',
        path: '/console/apps/shop/subjects/patient',
      });
      await page.getByText('Still here').waitFor();
      const box = page.getByRole('searchbox');
      await hands.fill(page, box, 'half a name');
      await server.end('SIGKILL');
      await hands.press(page, page.getByRole('button', { name: 'Load again' }).first());
      const banner = page.getByText('The server does not answer.').first();
      await banner.waitFor();
      assert.equal(await page.getByText('Still here').count(), 1, 'what was there stays');
      await server.again();
      await banner.waitFor({ state: 'detached' });
      assert.equal(await box.inputValue(), 'half a name');
      await settled(page);
      await page.getByText('Still here').waitFor();
    });
  });
}

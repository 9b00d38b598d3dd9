/** Attacks on the console in a real browser: text of sessions that is a script, pages of others that call it, frame it and open it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { hostHere, launchChromium, noChromium } from '../../support/chromium.ts';
import { type ConsoleServer, create, startConsole } from '../../support/console.ts';
import { assertQuiet, open, settled, visit } from '../../support/console-browser.ts';
import { forAllTests } from '../../support/redis.ts';
import type { Cleanup } from '../../support/server.ts';
import { until } from '../../support/until.ts';

const FOREIGN = 'evil.example';

/** Each tells that it ran by a mark on the window, and asks another server for a picture. */
const SCRIPTS = [
  `"><img src=x onerror="window.ran='img'">`,
  `<script>window.ran='script'</script>`,
  `</title></textarea><svg onload="window.ran='svg'">`,
  `javascript:window.ran='link'`,
  `<iframe srcdoc="<script>parent.ran='frame'</script>"></iframe>`,
  `<style>@import '//${FOREIGN}/style'</style><a href="javascript:window.ran='a'" autofocus onfocus="window.ran='focus'">x</a>`,
] as const;

/** What must be nowhere in the page, whatever the text of sessions says. */
const PROBES = `({
  ran: window.ran ?? null,
  handlers: [...document.querySelectorAll('*')].flatMap((one) => one.getAttributeNames().filter((name) => name.startsWith('on'))),
  links: [...document.querySelectorAll('[href]')].map((one) => one.getAttribute('href')).filter((to) => /^\\s*(javascript|data|vbscript):/i.test(to) && !to.startsWith('data:,') && !to.startsWith('data:image/')),
  elements: document.querySelectorAll('img, iframe, object, embed, base, main style, main script, script:not([src])').length,
  violations: window.violations ?? null,
})`;

async function probe(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(PROBES);
  assert.deepEqual(found, { ran: null, handlers: [], links: [], elements: 0, violations: [] }, where);
}

/** Starts a page of others: on a port of its own, and under another name, too. It keeps what its scripts report. */
async function startForeign(cleanup: Cleanup, html: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.setHeader('Content-Type', 'text/html').end(html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, urls: { 'another port': `http://127.0.0.1:${port}/`, 'another site': `http://${FOREIGN}:${port}/` } };
}

const sessionsOf = async ({ call }: ConsoleServer) => {
  const { json } = await call('GET', '/apps/shop/sessions');
  return json.sessions.map(({ id, version }: { id: string; version: number }) => [id, version]);
};

describe('attacks on the console in Chromium', { skip: noChromium }, () => {
  const browser = forAllTests((cleanup) => launchChromium(cleanup, [hostHere(FOREIGN)]));

  test('sessions whose every text is a script are shown as text, in every view, and nothing of it runs', async (t) => {
    const server = await startConsole(t, { answering: () => 410 });
    const foreign = await startForeign(t, 'a style');
    const subject = SCRIPTS[0];
    const made = await Promise.all(
      SCRIPTS.map((text, i) =>
        create(server, {
          subject,
          label: text,
          userAgent: SCRIPTS[(i + 1) % SCRIPTS.length],
          ip: SCRIPTS[(i + 2) % SCRIPTS.length]!.slice(0, 45),
          data: { [text]: text, nested: [{ [text]: [text] }] },
        }),
      ),
    );
    const own = await Promise.all(SCRIPTS.map((text) => create(server, { subject: text, label: text })));
    for (const [i, { id }] of own.slice(0, 3).entries())
      assert.equal(
        (
          await server.call(
            'DELETE',
            `/apps/shop/sessions/${id}?reason=${encodeURIComponent(SCRIPTS[i]!.slice(0, 100))}`,
          )
        ).status,
        200,
      );
    const visitor = await visit(t, browser(), server, { role: 'admin', path: '/console/apps/shop' });
    const { page, requests } = visitor;
    await settled(page);
    await page.evaluate(
      "window.violations = []; addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => violations.push([violatedDirective, blockedURI]))",
    );
    const ended = SCRIPTS[1];
    const views = [
      '/apps/shop',
      '/apps/shop/search',
      `/apps/shop/subjects/${encodeURIComponent(subject)}`,
      `/apps/shop/subjects/${encodeURIComponent(subject)}?tab=history`,
      `/apps/shop/subjects/${encodeURIComponent(ended)}?tab=history`,
      ...made.map(({ id }) => `/apps/shop/sessions/${id}`),
      `/apps/shop/sessions/${own[0]!.id}?subject=${encodeURIComponent(SCRIPTS[0])}`,
      ...['events', 'bulk', 'policy', 'webhooks'].map((view) => `/apps/shop/${view}`),
      ...['/keys', '/audit'],
      // Addresses are text of strangers, too: whoever sends a link.
      ...SCRIPTS.map(
        (text) =>
          `/apps/${encodeURIComponent(text)}/events?theme=${encodeURIComponent(text)}&lang=${encodeURIComponent(text)}`,
      ),
      ...SCRIPTS.map(
        (text) =>
          `/apps/shop/sessions/${encodeURIComponent(text)}?tab=${encodeURIComponent(text)}&subject=${encodeURIComponent(text)}`,
      ),
    ];
    for (const view of views) {
      await open(page, `/console${view}`);
      await probe(page, view);
    }
    await open(page, `/console/apps/shop/subjects/${encodeURIComponent(subject)}`);
    // It is there, to the letter.
    await page.getByText(SCRIPTS[1], { exact: true }).first().waitFor();
    // What a person does with it: hover, select, ask, end with such a reason.
    await page.getByRole('button', { name: 'End', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: /reason/i }).fill(SCRIPTS[1]);
    await probe(page, 'the dialog');
    await dialog.getByRole('button', { name: /^End/ }).click();
    await dialog.waitFor({ state: 'detached' });
    await probe(page, 'after an end');
    for (const text of SCRIPTS) {
      await page.getByRole('searchbox').fill(text);
      await page.keyboard.press('Enter');
      await settled(page);
      await probe(page, `a search for ${text}`);
    }
    assertQuiet(visitor);
    assert.deepEqual(foreign.asked, []);
    for (const { url } of requests) assert.equal(new URL(url).host, new URL(server.url).host);
  });

  test('the policy of the page holds: it refuses scripts in the page, markup out of text, and every other server', async (t) => {
    const server = await startConsole(t);
    const { page } = await visit(t, browser(), server, { role: 'admin' });
    const outcome = await page.evaluate(`(async () => {
      const tried = {};
      const attempt = async (name, run) => {
        try { await run(); tried[name] = 'went through'; } catch (error) { tried[name] = error.name; }
      };
      await attempt('innerHTML', () => { document.createElement('div').innerHTML = '<b>x</b>'; });
      await attempt('a policy of its own', () => trustedTypes.createPolicy('default', { createHTML: (text) => text }));
      await attempt('another server', () => fetch('http://${FOREIGN}:1/'));
      await attempt('a script in the page', () => new Promise((resolve, reject) => {
        const script = document.createElement('script');
        addEventListener('securitypolicyviolation', () => reject(new TypeError('refused')), { once: true });
        try { script.text = 'window.ran = 1'; document.body.append(script); } catch (error) { reject(error); }
        if (window.ran) resolve();
      }));
      return { ...tried, ran: window.ran ?? null };
    })()`);
    assert.deepEqual(outcome, {
      innerHTML: 'TypeError',
      'a policy of its own': 'TypeError',
      'another server': 'TypeError',
      'a script in the page': 'TypeError',
      ran: null,
    });
  });

  for (const place of ['another port', 'another site'] as const) {
    test(`a page on ${place} that posts forms, fetches, frames and opens windows changes nothing and sees nothing`, async (t) => {
      const server = await startConsole(t);
      const { id } = await create(server, { subject: 'u1', label: 'a secret label' });
      const visitor = await visit(t, browser(), server, { role: 'admin', path: '/console/apps/shop' });
      const { context, page: own } = visitor;
      await settled(own);
      const before = [await sessionsOf(server), doneIn(server.auditLog())];
      const foreign = await startForeign(t, ATTACK(server.url, id));
      const page = await context.newPage();
      await page.goto(foreign.urls[place]);
      await until(() => page.evaluate<boolean>('window.isDone === true'));
      const { seen, opened } = await page.evaluate<{ seen: Record<string, string>; opened: Record<string, unknown> }>(
        '({ seen, opened })',
      );
      for (const [what, came] of Object.entries(seen)) {
        assert.match(came, /^(refused|opaque|error|nothing)$/, `${what}: ${came}`);
      }
      assert.ok(Object.keys(seen).length > 10, JSON.stringify(seen));
      assert.deepEqual(
        opened,
        { location: 'refused', document: 'refused', closed: true },
        'a window of it is out of reach',
      );
      // A frame of it shows the refusal of the browser, and none of ours.
      const frames = page.frames().slice(1);
      assert.ok(frames.length > 0);
      for (const frame of frames) {
        const text = await frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '');
        assert.doesNotMatch(text, /secret|REST-Sessions|Overview|shop/, frame.url());
      }
      // Forms that lead somewhere: each in a tab of its own, as a click of the person would.
      for (const form of await page.locator('form[target=_blank]').all()) {
        const tab = context.waitForEvent('page');
        await form.evaluate((one) => (one as unknown as { submit: () => void }).submit());
        const shown = await tab;
        await shown.waitForLoadState();
        const text = await shown.locator('body').innerText();
        assert.match(text, /forbidden|unauthorized/, text);
        await shown.close();
      }
      assert.deepEqual([await sessionsOf(server), doneIn(server.auditLog())], before);
      await own.reload();
      await settled(own);
      assert.match(
        await own.getByRole('button', { name: 'Account and display' }).innerText(),
        /admin/,
        'and nobody was logged out, or in as another',
      );
    });
  }
});

/** Gives the lines of an audit log but for those of what was refused. */
function doneIn(log: string): string[] {
  const lines = log.split('\n').filter((line) => line !== '');
  return lines.filter((line) => (JSON.parse(line) as { outcome: string }).outcome !== 'refused');
}

/** The page of an attacker who knows all addresses. `seen`: what it got of each attempt; `opaque` and `refused` tell it nothing. */
function ATTACK(url: string, id: string): string {
  const api = `${url}/console/api/v1/apps/shop`;
  return `<!doctype html><title>win a prize</title><body>
<form target=_blank method=post action="${url}/console/logout"></form>
<form target=_blank method=post action="${url}/console/logout-everywhere" enctype="text/plain"><input name='{"a":"' value='"}'></form>
<form target=_blank method=post action="${url}/console/login" enctype="text/plain"><input name='{"key":"x","a":"' value='"}'></form>
<form target=_blank method=post action="${api}/sessions" enctype="text/plain"><input name='{"subject":"' value='planted"}'></form>
<form target=_blank method=post action="${api}/webhooks/mail/resend" enctype="multipart/form-data"><input name=a value=b></form>
<form target=_blank method=get action="${api}/sessions/${id}"></form>
<iframe name=framed src="${url}/console/apps/shop"></iframe>
<iframe name=again src="${url}/console/login"></iframe>
<script>
window.seen = {};
window.opened = {};
const tell = (name, what) => { seen[name] = what; };
const ask = (name, path, options) => fetch('${url}' + path, { credentials: 'include', ...options })
  .then(async (answer) => tell(name, answer.type === 'opaque' ? 'opaque' : answer.status + ' ' + await answer.text()), () => tell(name, 'refused'));
const element = (name, tag, attribute, path) => new Promise((resolve) => {
  const one = document.createElement(tag);
  one.onload = () => { tell(name, 'loaded'); resolve(); };
  one.onerror = () => { tell(name, 'error'); resolve(); };
  if (tag === 'link') one.rel = 'stylesheet';
  one[attribute] = '${url}' + path;
  document.body.append(one);
});
const api = '/console/api/v1/apps/shop';
(async () => {
  await ask('read', api + '/sessions/${id}');
  await ask('read blindly', api + '/sessions/${id}', { mode: 'no-cors' });
  await ask('who is it', '/console/me');
  await ask('end', api + '/sessions/${id}', { method: 'DELETE' });
  await ask('end all', api + '/sessions?confirm=shop', { method: 'DELETE' });
  await ask('create', api + '/sessions', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"subject":"planted"}' });
  await ask('create blindly', api + '/sessions', { method: 'POST', mode: 'no-cors', headers: { 'Content-Type': 'text/plain' }, body: '{"subject":"planted"}' });
  await ask('create without a type', api + '/sessions', { method: 'POST', mode: 'no-cors', body: new Blob(['{"subject":"planted"}']) });
  await ask('end as a post', api + '/sessions/${id}', { method: 'POST', mode: 'no-cors', headers: { 'X-HTTP-Method-Override': 'DELETE' } });
  await ask('log out', '/console/logout', { method: 'POST', mode: 'no-cors', body: '{}' });
  await ask('log out everywhere', '/console/logout-everywhere', { method: 'POST', mode: 'no-cors', body: '{}' });
  await ask('log in as me', '/console/login', { method: 'POST', mode: 'no-cors', body: '{"key":"x"}' });
  await ask('search', '/console/search', { method: 'POST', mode: 'no-cors', body: '{"app":"shop","text":"u1"}' });
  navigator.sendBeacon('${url}/console/logout', '{}');
  await element('as a script', 'script', 'src', api + '/sessions/${id}');
  await element('as a picture', 'img', 'src', api + '/sessions/${id}');
  await element('as a style', 'link', 'href', api + '/sessions/${id}');
  await element('its own script', 'script', 'src', '/console/me');
  await new Promise((resolve) => {
    const events = new EventSource('${url}' + api + '/events', { withCredentials: true });
    events.onmessage = events.onopen = () => { tell('events', 'heard'); events.close(); resolve(); };
    events.onerror = () => { tell('events', 'error'); events.close(); resolve(); };
  });
  const other = window.open('${url}/console/apps/shop');
  const reach = (name, run) => { try { const got = run(); opened[name] = name === 'closed' ? got : String(got); } catch { opened[name] = 'refused'; } };
  if (other !== null) {
    // The policy of its opener cuts the tie once it is there.
    for (let i = 0; i < 600 && !other.closed; i++) await new Promise((resolve) => setTimeout(resolve, 50));
    reach('closed', () => other.closed);
    reach('location', () => other.location.href);
    reach('document', () => other.document.title);
  }
  window.isDone = true;
})();
</script>`;
}

/** examples/polyglot: pages in five languages share one login session, and no fault of ours or theirs logs anyone out. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { Browser } from '../support/browser.ts';
import { freePorts } from '../support/redis.ts';
import { type Cleanup, type ServerProcess, startServer, temporaryFolder } from '../support/server.ts';

const FOLDER = fileURLToPath(new URL('../../../../examples/polyglot/', import.meta.url));
const LANGUAGES = ['PHP', 'Python', 'Ruby', 'Perl', 'Node'] as const;
type Pages = Record<(typeof LANGUAGES)[number], string>;

const missing = ['php', 'python3', 'ruby', 'perl'].filter((program) => spawnSync(program, ['--version']).error);
if (missing.length > 0) console.error(`NOT TESTED: examples/polyglot, for want of ${missing.join(', ')}`);
const skip = missing.length > 0 && process.env.CI !== 'true' && `there is no ${missing.join(', ')}`;

/** Starts the example as its README says, and resolves with the addresses of the pages. */
async function startPages(cleanup: Cleanup, env: Record<string, string>) {
  assert.deepEqual(missing, [], 'every language is there');
  const child = spawn(process.execPath, [join(FOLDER, 'run.mjs')], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended;
  };
  cleanup.after(() => end('SIGTERM'));
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const pages = await new Promise<Pages>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const urls = LANGUAGES.map((language) => new RegExp(`^${language}: (http.+/)$`, 'm').exec(output)?.[1]);
      if (!urls.includes(undefined)) resolve(Object.fromEntries(LANGUAGES.map((name, i) => [name, urls[i]])) as Pages);
    });
    void ended.then((code) => reject(new Error(`the example ended with ${code}: ${output}`)));
  });
  return { pages, end, output: () => output };
}

/** Gives what RS_API_KEYS says of a key that may do all that the pages do. */
function keyEntry(key: string): string {
  return `pages:${hashKey(key)}:shop:verify,read,write,revoke`;
}

/** Gives what all languages say of their cookie, whatever order and case they say it in. */
function attributes(setCookie: string | undefined): string[] {
  return (setCookie ?? '')
    .split(/; */)
    .slice(1)
    .map((attribute) => attribute.toLowerCase())
    .sort();
}

function assertTryAgain(language: string, { status, text, headers, setCookies }: Awaited<ReturnType<Browser['open']>>) {
  assert.equal(status, 503, language);
  assert.match(text, /try again/, language);
  assert.doesNotMatch(text, /log/i, language);
  assert.ok(Number(headers.get('retry-after')) > 0, language);
  assert.deepEqual(setCookies, [], `${language} leaves the cookie alone`);
}

test('each page is of at most 60 lines', () => {
  for (const file of ['page.php', 'page.py', 'page.rb', 'page.pl', 'page.mjs']) {
    const lines = readFileSync(join(FOLDER, file), 'utf8').trimEnd().split('\n');
    assert.ok(lines.length <= 60, `${file} has ${lines.length}`);
    for (const line of lines) assert.ok(line.length <= 120, `${file}: ${line}`);
  }
});

describe('five languages, one session', { skip }, () => {
  const user = "Zoë O'Brien <李> 50%/2";
  const shownUser = 'Zoë O&#39;Brien &lt;李&gt; 50%/2';
  let server: ServerProcess;
  let pages: Pages;
  let store: string;
  const ends: (() => unknown)[] = [];
  const cleanup: Cleanup = { after: (end) => ends.unshift(end) };
  const asShown = (text: string) =>
    text
      .replaceAll('&#039;', '&#39;')
      .replaceAll('&#x27;', '&#39;')
      .replaceAll('&#60;', '&lt;')
      .replaceAll('&#62;', '&gt;');

  before(async () => {
    store = `lmdb:${temporaryFolder(cleanup)}`;
    // A port that the system gives to nobody else while the server is away: it comes back at the same one.
    const [port] = await freePorts(1);
    server = await startServer(cleanup, { RS_STORE: store, RS_PORT: `${port}` });
    ({ pages } = await startPages(cleanup, { SESSIONS_URL: server.url }));
  });

  after(async () => {
    for (const end of ends) await end();
  });

  async function sessionOf(browser: Browser): Promise<{ data: unknown; version: number }> {
    const headers = { 'Session-Token': browser.cookies.get('session') ?? '' };
    return (await fetch(`${server.url}/v1/apps/shop/session`, { headers })).json() as Promise<never>;
  }

  test('PHP creates it, the others read it and add to it, one lists it, one ends it everywhere, all refuse it', async () => {
    const phone = new Browser('Phone/1.0 <b>');
    const laptop = new Browser('Laptop/2.0');
    const login = await phone.submit(`${pages.PHP}login`, { user });
    assert.deepEqual([login.status, login.headers.get('location')], [303, '/']);
    assert.match(phone.cookies.get('session') ?? '', /^[A-Za-z0-9]{40}$/);

    for (const language of ['Python', 'Ruby', 'Perl', 'Node'] as const) {
      const shown = await phone.open(pages[language]);
      assert.equal(shown.status, 200, language);
      assert.ok(asShown(shown.text).includes(`Hello ${shownUser}`), `${language} knows the user: ${shown.text}`);
      const added = await phone.submit(`${pages[language]}add`, { item: `Öl & <b>${language}</b> + 1%` });
      assert.equal(added.status, 303, language);
    }
    const cart = Object.fromEntries(['Python', 'Ruby', 'Perl', 'Node'].map((l) => [`Öl & <b>${l}</b> + 1%`, l]));
    assert.deepEqual((await sessionOf(phone)).data, { cart });
    for (const language of LANGUAGES) {
      const text = asShown((await phone.open(pages[language])).text).replaceAll('&#38;', '&amp;');
      for (const other of Object.values(cart)) {
        assert.ok(
          text.includes(`Öl &amp; &lt;b&gt;${other}&lt;/b&gt; + 1% (${other})`),
          `${language} shows ${other}: ${text}`,
        );
      }
    }

    await laptop.submit(`${pages.Ruby}login`, { user });
    const devices = (await laptop.open(pages.Perl)).text;
    for (const name of ['Phone/1.0 &#60;b&#62;', 'Laptop/2.0'])
      assert.ok(devices.includes(`<li>${name}, 127.0.0.1`), devices);

    const ended = await laptop.submit(`${pages.Python}logout-everywhere`);
    assert.equal(ended.status, 303);
    assert.equal(laptop.cookies.has('session'), false, 'its own cookie is cleared');
    const token = phone.cookies.get('session')!;
    for (const language of LANGUAGES) {
      for (const path of ['', 'add', 'logout-everywhere']) {
        phone.cookies.set('session', token);
        const url = `${pages[language]}${path}`;
        const refused = path === '' ? await phone.open(url) : await phone.submit(url, { item: 'late' });
        assert.equal(refused.status, 403, url);
        assert.match(refused.text, /Logged out/, url);
        assert.equal(phone.cookies.has('session'), false, `${language} clears the cookie`);
      }
    }
  });

  test('every language begins a session that all others know, with the same cookie', async () => {
    for (const language of LANGUAGES) {
      const browser = new Browser(`Tablet/${language}`);
      const { setCookies } = await browser.submit(`${pages[language]}login`, { user: `joe/${language}` });
      assert.equal(setCookies.length, 1, language);
      assert.match(setCookies[0]!, /^session=/, language);
      assert.deepEqual(attributes(setCookies[0]), ['httponly', 'path=/', 'samesite=lax'], language);
      for (const other of LANGUAGES) {
        const { text } = await browser.open(pages[other]);
        assert.ok(text.includes(`Hello joe/${language}`), `${other} knows who logged in on the page in ${language}`);
      }
    }
  });

  test('of items added by all five at once none is lost', async () => {
    const browser = new Browser('Desktop');
    await browser.submit(`${pages.Node}login`, { user: 'ann' });
    // Numbers as names: in some languages a list, if one does not take care.
    const items = Array.from({ length: 100 }, (_, i) => [String(i), LANGUAGES[i % 5]!] as const);
    await Promise.all(items.map(([item, language]) => browser.submit(`${pages[language]}add`, { item })));
    const { data, version } = await sessionOf(browser);
    assert.deepEqual(data, { cart: Object.fromEntries(items) });
    assert.equal(version, 101);
  });

  test('a visitor without a session is asked to log in; other cookies and empty forms do no harm', async () => {
    const browser = new Browser('Desktop');
    browser.cookies.set('other', 'session=x').set('mysession', 'y').set('strange', '"a{}');
    for (const language of LANGUAGES) {
      const opened = await browser.open(pages[language]);
      const submitted = await browser.submit(`${pages[language]}login`, { user: '' });
      for (const { status, setCookies, text } of [opened, submitted]) {
        assert.deepEqual([status, setCookies], [200, []], language);
        assert.match(text, /Please log in/, language);
      }
    }
  });

  test('a browser with a strange name, or none, can log in', async () => {
    for (const name of ['', 'Zo\u00eb', 'x'.repeat(2000)]) {
      for (const language of LANGUAGES) {
        const browser = new Browser(name);
        assert.equal(
          (await browser.submit(`${pages[language]}login`, { user: 'bob' })).status,
          303,
          `${language} ${name}`,
        );
        assert.match((await browser.open(pages[language])).text, /Hello bob/, language);
      }
    }
  });

  test('while REST-Sessions is away or misconfigured, no page says logged out or clears the cookie', async () => {
    const browser = new Browser('Desktop');
    await browser.submit(`${pages.Perl}login`, { user: 'eve' });
    const everyPage = async (check: (language: string, shown: Awaited<ReturnType<Browser['open']>>) => void) => {
      for (const language of LANGUAGES) {
        check(language, await browser.open(pages[language]));
        check(language, await browser.submit(`${pages[language]}add`, { item: 'late' }));
        check(language, await browser.submit(`${pages[language]}logout-everywhere`));
      }
    };
    await server.end();
    await everyPage(assertTryAgain);

    const policy = join(temporaryFolder(cleanup), 'policy.json');
    writeFileSync(policy, '{"strictApps": true, "apps": {"other": {}}}');
    const port = { RS_PORT: String(server.port), RS_STORE: store };
    // 404 app_not_found, and 401: the pages have no key.
    for (const fault of [{ RS_CONFIG: policy }, { RS_API_KEYS: keyEntry(newKey()) }]) {
      const misconfigured = await startServer(cleanup, { ...port, ...fault });
      await everyPage(assertTryAgain);
      await misconfigured.end();
    }

    server = await startServer(cleanup, port);
    for (const language of LANGUAGES) assert.match((await browser.open(pages[language])).text, /Hello eve/, language);
  });
});

describe('the example', { skip }, () => {
  test('does all it does with an API key', async (t) => {
    const key = newKey();
    const server = await startServer(t, { RS_STORE: 'memory:', RS_API_KEYS: keyEntry(key) });
    const { pages } = await startPages(t, { SESSIONS_URL: server.url, SESSIONS_KEY: key });
    for (const language of LANGUAGES) {
      const browser = new Browser('Desktop');
      assert.equal((await browser.submit(`${pages[language]}login`, { user: 'joe' })).status, 303, language);
      await browser.submit(`${pages[language]}add`, { item: 'book' });
      assert.match((await browser.open(pages[language])).text, /book \(/, language);
      await browser.submit(`${pages[language]}logout-everywhere`);
      assert.equal(browser.cookies.has('session'), false, language);
    }
  });

  test('takes the 404 of something else for no answer', async (t) => {
    const stranger = createServer((_, response) => {
      response.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>Not Found</h1>');
    }).listen(0, '127.0.0.1');
    t.after(() => stranger.close());
    await once(stranger, 'listening');
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const { pages } = await startPages(t, { SESSIONS_URL: url });
    const browser = new Browser('Desktop');
    browser.cookies.set('session', 'x'.repeat(40));
    for (const language of LANGUAGES) assertTryAgain(language, await browser.open(pages[language]));
  });

  test('starts with one command, says Secure where it is not told of plain HTTP, and ends whole', async (t) => {
    const { pages, end, output } = await startPages(t, { PLAIN_HTTP: '' });
    for (const language of LANGUAGES) {
      const { setCookies } = await new Browser('Desktop').submit(`${pages[language]}login`, { user: 'joe' });
      assert.deepEqual(attributes(setCookies[0]), ['httponly', 'path=/', 'samesite=lax', 'secure'], language);
    }
    assert.equal(await end('SIGINT'), 0);
    const sessions = /^REST-Sessions: (.+)$/m.exec(output())![1]!;
    for (const url of [sessions, ...Object.values(pages)]) await assert.rejects(fetch(url), `${url} has ended`);
  });
});

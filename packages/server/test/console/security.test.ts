/** Who tries to get in, or to have somebody else's browser do something: each line of defence is attacked for itself. */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Answer } from '../support/client.ts';
import type { Cleanup } from '../support/server.ts';
import { type Desk, OWN, outcome, startDesk, testKey, type Visitor } from './kit.ts';
import { createConsolePage } from './page.ts';

const cleanups: (() => unknown)[] = [];
const suite: Cleanup = { after: (fn) => void cleanups.push(fn) };
after(async () => {
  for (const end of cleanups.reverse()) await end();
});

const SUPPORT = testKey('support', ['verify', 'read', 'write', 'revoke', 'admin']);
let desk: Desk;
let anna: Visitor;

before(async () => {
  desk = await startDesk(suite, [SUPPORT]);
  anna = desk.visitor();
  await anna.login({ key: SUPPORT.key });
});

/** Gives the headers of a request by name; an empty one is not sent. */
const from = (site: string, origin = '') => ({ 'Sec-Fetch-Site': site, Origin: origin });
const host = () => new URL(desk.server.url).host;

async function create(subject: string): Promise<string> {
  return (await desk.api(SUPPORT.key, 'POST', '/v1/apps/shop/sessions', { subject })).json.session.id;
}

describe('a request of another page', () => {
  const foreign = (): Record<string, Record<string, string>> => ({
    'another site': from('cross-site', 'https://evil.example'),
    'a neighbour under the same domain': from('same-site', 'http://evil.localhost'),
    'a page that has no origin': from('cross-site', 'null'),
    'no page at all': from('none'),
    'an older browser, of another site': from('', 'https://evil.example'),
    'an older browser, of another port': from('', 'http://127.0.0.1:1'),
    'an older browser, without an origin': from('', 'null'),
    'a program that says nothing of where it is': from(''),
    'another site that has written our host into its own name': from('', `https://${host()}.evil.example`),
  });

  test('changes nothing: no login, no logout, no search, no end of a session', async () => {
    const id = await create('attacked');
    for (const [who, headers] of Object.entries(foreign())) {
      for (const [method, path, body] of [
        ['POST', '/console/login', { key: SUPPORT.key }],
        ['POST', '/console/logout', {}],
        ['POST', '/console/me', {}],
        ['POST', '/console/logout-everywhere', {}],
        ['POST', '/console/search', { app: 'shop', text: 'attacked' }],
        ['DELETE', `/console/api/v1/apps/shop/sessions/${id}`, undefined],
        ['POST', '/console/api/v1/apps/shop/sessions', { subject: 'joe' }],
        ['PATCH', '/console/api/v1/apps/shop/session', {}],
      ] as const) {
        const answer = await anna.send(method, path, body, headers);
        assert.deepEqual(outcome(answer), [403, 'forbidden'], `${method} ${path} from ${who}`);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
    }
    assert.equal((await anna.get('/console/me')).status, 200);
    assert.equal((await anna.v1('GET', `/apps/shop/sessions/${id}`)).status, 200);
  });

  test('reads nothing: neither who is logged in nor the API', async () => {
    for (const site of ['cross-site', 'same-site']) {
      for (const path of ['/console/me', '/console/api/v1/apps', '/console/api/v1/events']) {
        assert.deepEqual(outcome(await anna.get(path, from(site))), [403, 'forbidden'], `${path} ${site}`);
        const navigation = { ...from(site), 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' };
        assert.deepEqual(outcome(await anna.get(path, navigation)), [403, 'forbidden'], `${path} ${site}`);
      }
    }
  });

  test('is told from one of our own by Origin where a browser says nothing else', async () => {
    const own = await anna.post('/console/search', { app: 'shop', text: 'x' }, from('', `http://${host()}`));
    assert.equal(own.status, 200);
  });

  test('gets no leave by CORS, and asks in vain', async () => {
    const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'DELETE', 'Sec-Fetch-Site': '' };
    for (const path of ['/console/api/v1/apps', '/console/login', '/console/me']) {
      const answer = await anna.send('OPTIONS', path, undefined, headers);
      assert.equal(answer.status, 204);
      assert.deepEqual(
        Object.keys(answer.headers).filter((name) => name.startsWith('access-control')),
        [],
      );
    }
  });
});

describe('what a form can send', () => {
  test('is refused, whatever it says it is, and so is a body that says nothing', async () => {
    const id = await create('formed');
    const types = [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'text/json',
      ' ',
    ];
    for (const type of [...types, 'application/jsonp', 'application/json, text/plain']) {
      const sent = { 'Content-Type': type };
      assert.deepEqual(
        outcome(await anna.post('/console/login', { key: SUPPORT.key }, sent)),
        [403, 'forbidden'],
        type,
      );
      assert.deepEqual(outcome(await anna.post('/console/logout', {}, sent)), [403, 'forbidden'], type);
      const deleted = await anna.send('DELETE', `/console/api/v1/apps/shop/sessions/${id}`, '{}', sent);
      assert.deepEqual(outcome(deleted), [403, 'forbidden'], type);
    }
    const introspection = await anna.v1('POST', '/introspect', 'token=x', {
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    assert.deepEqual(outcome(introspection), [403, 'forbidden']);
    assert.equal((await anna.get('/console/me')).status, 200);
  });

  test('JSON in another writing is JSON, and a DELETE without a body needs no type', async () => {
    const search = { app: 'shop', text: 'x' };
    const spoken = await anna.post('/console/search', search, { 'Content-Type': 'Application/JSON; charset=utf-8' });
    assert.equal(spoken.status, 200);
    const id = await create('ended');
    assert.equal((await anna.v1('DELETE', `/apps/shop/sessions/${id}`)).status, 200);
  });
});

describe('a body', () => {
  test('that is too long, no JSON or of another shape is refused, and never quoted', async () => {
    const secret = 'hunter2hunter2hunter2';
    const login = (body: unknown) => desk.visitor().post('/console/login', body);
    const cases: [unknown, number][] = [
      [{ key: secret.repeat(300) }, 413],
      [{ key: secret.repeat(20) }, 400],
      [`{"key":"${secret}"`, 400],
      [`"${secret}"`, 400],
      [`[{"key":"${secret}"}]`, 400],
      ['null', 400],
      [{ key: secret, name: 'x' }, 400],
      [{ key: 7 }, 400],
      [{ key: '' }, 400],
      [{ name: secret }, 400],
      [{ name: 'x', password: null }, 400],
      [{ name: 'x', password: secret, more: secret }, 400],
      [{ __proto__x: secret }, 400],
    ];
    for (const [body, status] of cases) {
      const answer = await login(body);
      assert.equal(answer.status, status, JSON.stringify(body).slice(0, 60));
      assert.doesNotMatch(answer.text, /hunter2/);
    }
    const search = await anna.post('/console/search', { app: 'shop', text: secret.repeat(20) });
    assert.deepEqual([search.status, search.text.includes('hunter2')], [400, false]);
  });
});

describe('a cookie', () => {
  const shows = async (cookie: string) => {
    const visitor = desk.visitor();
    visitor.cookie = cookie;
    return (await visitor.get('/console/me')).status;
  };

  test('that was chosen before the login is not the one after it, and opens nothing', async () => {
    const planted = `rs-console=${'A'.repeat(64)}`;
    const victim = desk.visitor();
    victim.cookie = planted;
    await victim.login({ key: SUPPORT.key });
    assert.notEqual(victim.cookie, planted);
    assert.equal(await shows(planted), 401);
  });

  test('of another server opens nothing, nor does the token of a session of an app', async (t) => {
    const other = await startDesk(t, [SUPPORT]);
    const there = other.visitor();
    await there.login({ key: SUPPORT.key });
    assert.equal(await shows(there.cookie), 401);
    const { json } = await desk.api(SUPPORT.key, 'POST', '/v1/apps/shop/sessions', { subject: 'key:support' });
    assert.equal(await shows(`rs-console=${json.token}`), 401);
    const classic = await desk.api(SUPPORT.key, 'PUT', '/shop/create/key:support?ip=1.1.1.1');
    assert.equal(await shows(`rs-console=${classic.json.token}`), 401);
  });

  test('of its session is no token elsewhere, and its name no app', async () => {
    const token = anna.cookie.slice('rs-console='.length);
    for (const app of ['_console', 'shop', '%5Fconsole']) {
      const got = await desk.api(SUPPORT.key, 'GET', `/v1/apps/${app}/session`, undefined, { 'Session-Token': token });
      assert.ok([400, 404].includes(got.status), `${app}: ${got.status}`);
      const classic = await desk.api(SUPPORT.key, 'GET', `/${app}/get/${token}`);
      assert.ok(classic.status === 400 || classic.text === '{}', `${app}: ${classic.text}`);
      const verified = await desk.api(SUPPORT.key, 'POST', `/v1/apps/${app}/sessions:verify`, { tokens: [token] });
      assert.doesNotMatch(verified.text, /"active":true/);
    }
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const asked = await desk.api(SUPPORT.key, 'POST', '/v1/introspect', `token=${token}`, headers);
    assert.equal(asked.text, '{"active":false}');
  });

  test('of the name for HTTPS does not open a session of plain HTTP, nor the other way, nor two that differ', async () => {
    const token = anna.cookie.slice('rs-console='.length);
    assert.equal(await shows(`__Host-rs-console=${token}`), 401);
    assert.equal(await shows(`rs-console=${token}; rs-console=${'B'.repeat(64)}`), 401);
    assert.equal(await shows(`rs-console=${token}; rs-console=${token}`), 200);
    // A proxy has spoken HTTPS with the browser.
    const behind = desk.visitor();
    const https = { 'Sec-Fetch-Site': 'same-origin', Origin: 'https://console.example' };
    const { headers } = await behind.send('POST', '/console/login', { key: SUPPORT.key }, https);
    const attributes = /^__Host-rs-console=[A-Za-z0-9]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/;
    assert.match(headers['set-cookie']![0]!, attributes);
    const secure = behind.cookie.slice('__Host-rs-console='.length);
    assert.equal(await shows(`rs-console=${secure}`), 401);
    assert.equal(await shows(behind.cookie), 200);
  });

  test('is not given to a browser that came over plain HTTP from elsewhere', async () => {
    const headers = { Host: 'console.example', Origin: 'http://console.example' };
    const answer = await desk.visitor().post('/console/login', { key: SUPPORT.key }, headers);
    assert.deepEqual(outcome(answer), [403, 'forbidden']);
    assert.match(answer.json.detail, /HTTPS/);
    assert.equal(answer.headers['set-cookie'], undefined);
    const token = anna.cookie;
    const visitor = desk.visitor();
    visitor.cookie = token;
    assert.equal((await visitor.get('/console/me', { Host: 'console.example' })).status, 401);
  });

  test('is the only way in: a key in Authorization counts for v1, and not here', async () => {
    const headers = { Authorization: `Bearer ${SUPPORT.key}` };
    assert.equal((await desk.visitor().v1('GET', '/apps', undefined, headers)).status, 401);
    const stays = await anna.v1('GET', '/apps', undefined, { Authorization: 'Bearer nonsense' });
    assert.equal(stays.status, 200);
    const cookie = { Cookie: anna.cookie };
    assert.equal((await desk.api('x', 'GET', '/v1/apps', undefined, cookie)).status, 401, 'and a cookie not for v1');
  });
});

describe('every answer', () => {
  const holds = ({ headers, status }: Answer, what: string) => {
    assert.equal(headers['x-frame-options'], 'DENY', `${what} ${status}`);
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin', what);
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin', what);
    assert.equal(headers['referrer-policy'], 'no-referrer', what);
    assert.equal(headers['x-content-type-options'], 'nosniff', what);
    assert.equal(headers['cache-control'], 'no-store', what);
    assert.equal(headers['access-control-allow-origin'], undefined, what);
  };

  test('can be shown in no frame and kept in no cache, errors too', async () => {
    for (const [method, path, status] of [
      ['GET', '/console/login', 200],
      ['GET', '/console/me', 200],
      ['HEAD', '/console/me', 200],
      ['GET', '/console/api/v1/apps', 200],
      ['GET', '/console/api/v1/apps/shop/sessions', 200],
      ['GET', '/console/api/v1/apps/x/sessions', 400],
      ['GET', '/console/api/v1/nothing', 404],
      ['GET', '/console/api/nothing', 404],
      ['GET', '/console/api/v1/apps/shop/sessions/', 404],
      ['GET', '/console/assets/nothing.js', 404],
      ['DELETE', '/console/api/v1/apps', 405],
      ['POST', '/console/me', 200],
      ['DELETE', '/console/me', 405],
      ['OPTIONS', '/console/me', 204],
    ] as const) {
      const answer = await anna.send(method, path, method === 'POST' ? {} : undefined);
      assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
      holds(answer, `${method} ${path}`);
      if (status >= 400) assert.equal(answer.headers['content-type'], 'application/problem+json');
    }
    holds(await desk.visitor().get('/console/me'), '401');
    holds(await anna.post('/console/login', {}, from('cross-site')), '403');
  });

  test('says which methods there are', async () => {
    const cases: [string, string, string][] = [
      ['PUT', '/console/login', 'GET, HEAD, POST'],
      ['GET', '/console/logout', 'POST'],
      ['GET', '/console/search', 'POST'],
      ['DELETE', '/console/me', 'GET, HEAD, POST'],
      ['POST', '/console/some/page', 'GET, HEAD'],
      ['GET', '/console/api/v1/apps/shop/session/rotate', 'POST'],
      ['PUT', '/console/api/v1/apps', 'GET, HEAD'],
    ];
    for (const [method, path, allow] of cases) {
      const answer = await anna.send(method, path, method === 'POST' || method === 'PUT' ? {} : undefined);
      assert.deepEqual(
        [...outcome(answer), answer.headers.allow],
        [405, 'method_not_allowed', allow],
        `${method} ${path}`,
      );
      const asked = await anna.send('OPTIONS', path);
      assert.deepEqual([asked.status, asked.headers.allow], [204, allow]);
    }
  });

  test('is never that of the route for proxies, which would take the cookie of the browser for that of a visitor', async () => {
    assert.equal((await anna.v1('GET', '/apps/shop/gateway')).status, 404);
  });

  test('of an empty id is not that of all sessions', async () => {
    await create('stays');
    const answer = await anna.send('DELETE', '/console/api/v1/apps/shop/sessions/?confirm=shop');
    assert.equal(answer.status, 404);
    assert.equal((await anna.v1('GET', '/apps/shop/subjects/stays/sessions')).json.sessions.length, 1);
  });
});

describe('the files of the page', () => {
  /** Where a build puts them; this is no build, and leaves one that is there alone. */
  const folder = fileURLToPath(new URL('../../dist/console/', import.meta.url));
  const asset = `test-${process.pid}.js`;
  before(() => {
    mkdirSync(`${folder}assets`, { recursive: true });
    writeFileSync(`${folder}assets/${asset}`, `// ${'x'.repeat(2000)}\n`);
  });
  after(() => rmSync(`${folder}assets/${asset}`, { force: true }));

  test('are kept by browsers for good, smaller where they take that', async () => {
    const visitor = desk.visitor();
    const plain = await visitor.get(`/console/assets/${asset}`);
    assert.equal(plain.status, 200);
    assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(plain.headers.vary, 'Accept-Encoding');
    assert.equal(plain.text.length, 2004);
    const packed = await visitor.get(`/console/assets/${asset}`, { 'Accept-Encoding': 'br, gzip;q=0.9' });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.ok(Number(packed.headers['content-length']) < 200);
    for (const encoding of ['identity', 'gzip;q=0', 'br', 'xgzip']) {
      const answer = await visitor.get(`/console/assets/${asset}`, { 'Accept-Encoding': encoding });
      assert.equal(answer.headers['content-encoding'], undefined, encoding);
    }
    const head = await visitor.send('HEAD', `/console/assets/${asset}`);
    assert.deepEqual([head.status, head.headers['content-length'], head.text], [200, '2004', '']);
  });

  test('are all that is ever read: no step, no other folder, no name in another writing', async () => {
    for (const path of [
      '/console/assets/../index.html',
      '/console/assets/..%2findex.html',
      '/console/assets/%2e%2e/%2e%2e/package.json',
      '/console/assets/..%5c..%5cpackage.json',
      '/console/assets/../../../package.json',
      '/console/assets//etc/passwd',
      `/console/assets/./${asset}`,
      `/console/assets/${asset}%00`,
      `/console/assets/%74est-${process.pid}.js`,
      '/console/assets/',
      '/console/assets',
      '/console/assets/.htaccess',
      '/console/assets/index',
      '/console/assets/a.ts',
      `/console/assets/${'a'.repeat(5000)}.js`,
    ]) {
      const answer = await desk.visitor().get(path);
      assert.equal(answer.status, 404, `${path}: ${answer.text.slice(0, 80)}`);
    }
  });

  test('come to the page itself, and to no other', async () => {
    assert.equal((await desk.visitor().get(`/console/assets/${asset}`, from('same-origin'))).status, 200);
    assert.deepEqual(outcome(await desk.visitor().get(`/console/assets/${asset}`, from('cross-site'))), [
      403,
      'forbidden',
    ]);
  });
});

test('headers of the page itself: nothing from elsewhere, no frame, no script but its own', async () => {
  const page = await createConsolePage();
  for (const path of ['/console', '/console/', '/console/apps/shop/search?q=x', '/console/login', '/console/a.b']) {
    const navigation = { 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html', ...from('cross-site') };
    const { status, headers, text } = await page(path, navigation);
    assert.deepEqual([status, text], [200, '<!doctype html><title>Console</title>'], path);
    assert.equal(
      headers.get('content-security-policy'),
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types",
    );
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('cache-control'), 'no-store');
  }
  const asked = await page('/console/login', { ...OWN, 'Sec-Fetch-Mode': 'cors', Accept: '*/*' });
  assert.equal(asked.headers.get('content-type'), 'application/json; charset=utf-8');
});

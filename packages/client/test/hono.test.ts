/** The middleware in a real Hono application, against a real server. */
// biome-ignore-all lint/suspicious/noExplicitAny: contexts of a framework whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import { type RestSessionsOptions, restSessions } from '../src/hono/index.ts';
import { SessionClient } from '../src/index.ts';
import { frameworkModule, skip } from './frameworks.ts';
import { counting, gate } from './support.ts';

describe('the middleware for Hono', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  /** Someone with a cookie, at a shop of a few pages. No socket: the application takes a Request and gives a Response. */
  async function startShop(app: string, options: Partial<RestSessionsOptions> = {}, origin = 'https://shop.example') {
    const { Hono } = await frameworkModule('hono');
    const { fetch, requests } = counting();
    const shop = new Hono();
    const [arrived, released] = [gate(), gate()];
    shop.use(restSessions({ url: server().url, app, fetch, ...options }) as any);
    shop.get('/:what/:name?', async (c: any) => {
      const session = c.get('session');
      const { what, name } = c.req.param();
      if (what === 'add') session.data[name] = 1;
      if (what === 'twice') {
        const { data } = session;
        data.first = 1;
        const saves = [session.save(), session.save()];
        await Promise.all(saves);
        data.second = 2;
        await session.login('ann');
        data.third = 3;
      }
      if (what === 'drop') delete session.data[name];
      if (what === 'login') await session.login(name, { label: 'laptop', data: { greeted: true } });
      if (what === 'logout') await session.logout();
      if (what === 'everywhere') await session.logoutEverywhere();
      if (what === 'slow') {
        session.data.late = 1;
        arrived.open();
        await released.wait;
      }
      return c.json({ subject: session.subject, id: session.id, data: session.data });
    });
    shop.onError((error: any, c: any) => c.json({ code: error.code }, 503));
    let cookie: string | undefined;
    const get = async (path: string) => {
      const response = await shop.request(origin + path, { headers: cookie === undefined ? {} : { Cookie: cookie } });
      const setCookie = response.headers.get('Set-Cookie');
      if (setCookie !== null) cookie = /Max-Age=0/.test(setCookie) ? undefined : setCookie.split(';')[0];
      return { status: response.status, json: (await response.json()) as any, setCookie };
    };
    const token = () => cookie?.split('=')[1];
    const present = (value: string) => {
      cookie = value;
    };
    return { get, requests, token, present, arrived, released, client: new SessionClient({ url: server().url, app }) };
  }

  test('a page may save and log in as often as it likes, and go on with the data that it has', async () => {
    const { get, token, client } = await startShop('twice');
    await get('/twice');
    assert.deepEqual((await client.get(token())).data, { first: 1, second: 2, third: 3 });
    assert.equal(await client.count(), 1);
  });

  test('an unchanged page costs one request, a changed one two, and a visitor without a session none', async () => {
    const { get, requests, token } = await startShop('views');
    assert.equal((await get('/view')).setCookie, null);
    assert.equal(requests.length, 0);
    const { setCookie } = await get('/add/lamp');
    assert.equal(setCookie, `__Host-session=${token()}; Path=/; HttpOnly; Secure; SameSite=Lax`);
    assert.deepEqual(
      requests.splice(0).map(({ method }) => method),
      ['POST'],
    );
    assert.deepEqual((await get('/view')).json.data, { lamp: 1 });
    assert.deepEqual(
      requests.splice(0).map(({ method }) => method),
      ['GET'],
    );
    await get('/add/pen');
    await get('/drop/lamp');
    assert.deepEqual(
      requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body),
      [{ set: { pen: 1 } }, { unset: ['lamp'] }],
    );
  });

  test('twenty requests at once that each add an item keep all twenty', async () => {
    const { get } = await startShop('parallel');
    await get('/add/first');
    await Promise.all(Array.from({ length: 20 }, (_, i) => get(`/add/item${i}`)));
    assert.equal(Object.keys((await get('/view')).json.data).length, 21);
  });

  test('a login takes the guest along under a new token and in one request, and a log out ends it', async () => {
    const { get, token, requests, client } = await startShop('login');
    await get('/add/lamp');
    const planted = token();
    requests.length = 0;
    const { json } = await get('/login/ann');
    assert.deepEqual(
      requests.map(({ method, path }) => [method, path]),
      [
        ['GET', '/v1/apps/login/session'],
        ['POST', '/v1/apps/login/session/rotate'],
      ],
    );
    assert.deepEqual([json.subject, json.data], ['ann', { lamp: 1, greeted: true }]);
    assert.equal(await client.find(planted), null);
    assert.equal((await client.get(token())).label, 'laptop');
    const ended = token();
    const { setCookie } = await get('/logout');
    assert.match(setCookie!, /^__Host-session=; Path=\/; HttpOnly; Secure; SameSite=Lax; Max-Age=0$/);
    assert.equal(await client.find(ended), null);
    await get('/login/ann');
    await client.create({ subject: 'ann' });
    await get('/everywhere');
    assert.equal(await client.count(), 0);
  });

  test('the cookie is taken away when the server says that there is no session, and only then', async () => {
    const { get, present, requests } = await startShop('gone');
    present(`__Host-session=rs00${'a'.repeat(36)}`);
    assert.match((await get('/view')).setCookie!, /Max-Age=0/);
    requests.length = 0;
    for (const odd of ['', 'ä', 'a b', 'x'.repeat(300), '"quoted"']) {
      present(`__Host-session=${odd}`);
      assert.equal((await get('/view')).setCookie, null);
    }
    assert.equal(requests.length, 0, 'what can be no token costs no request');
    present(`__Host-session=rs00${'a'.repeat(36)}`);
    const { setCookie } = await get('/add/lamp');
    assert.match(setCookie!, /^__Host-session=rs(?!00a)/, 'a token that opens nothing is never adopted');
  });

  test('a lost server is an error of the page, and the cookie stays', async () => {
    const [port] = (await freePorts(1)) as [number];
    const { get, present } = await startShop('lost', { url: `http://127.0.0.1:${port}` });
    present(`__Host-session=rs00${'a'.repeat(36)}`);
    assert.deepEqual(await get('/view'), { status: 503, json: { code: 'unreachable' }, setCookie: null });
  });

  test('a session that was ended while a page ran is not brought back, and the page is told', async () => {
    const { get, token, client, arrived, released } = await startShop('revival');
    await get('/login/ann');
    const page = get('/slow');
    await arrived.wait;
    await client.revokeSubject('ann');
    released.open();
    assert.deepEqual((await page).json, { code: 'session_not_found' });
    assert.equal(await client.find(token()), null);
  });

  test('a persistent cookie lives as long as the session, and is set again when someone is there', async () => {
    const cookie = { name: 'sid', domain: 'shop.example', sameSite: 'Strict', persistent: true } as const;
    const { get } = await startShop('persistent', { cookie, touchInterval: 0 }, 'http://shop.example');
    const attributes = '; Path=/; Domain=shop.example; HttpOnly; SameSite=Strict; Max-Age=7200';
    for (const path of ['/add/lamp', '/view'])
      assert.match((await get(path)).setCookie!, new RegExp(`^sid=\\w+${attributes}$`));
  });

  test('a cookie that browsers would drop is refused when the application starts', () => {
    const refused: [RestSessionsOptions['cookie'], RegExp][] = [
      [{ name: 'a b' }, /^cookie\.name must be/],
      [{ name: '__Host-s', secure: false }, /^cookie\.secure must be true for the name __Host-s$/],
      [{ domain: 'shop.example' }, /^cookie\.domain must not be there for the name __Host-session$/],
      [{ name: 's', domain: 'a; b' }, /^cookie\.domain must be/],
      [{ name: 's', sameSite: 'None', secure: false }, /^cookie\.secure must be true for sameSite None$/],
    ];
    for (const [cookie, message] of refused) {
      assert.throws(() => restSessions({ url: server().url, app: 'shop', cookie }), { name: 'TypeError', message });
    }
  });
});

/** The store in real Express and Fastify applications, against a real server. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../server/test/support/server.ts';
import { RestSessionStore } from '../src/express/index.ts';
import { framework, signed, skip } from './frameworks.ts';
import { Browser, counting, gate, listening } from './support.ts';

const LONG = 'a-token-that-a-test-chose-0123456789';
const FIRST = `first-${LONG}`;
const SECOND = `second-${LONG}`;

describe('the store of express-session', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const storeOf = (app: string, more: object = {}) => new RestSessionStore({ url: server().url, app, ...more });

  /** A shop of a few pages. Gives its URL, what it sends to the server, and its store. */
  async function startShop(cleanup: Cleanup, app: string, options: object = {}, storeOptions: object = {}) {
    const [express, session] = [await framework('express'), await framework('express-session')];
    const { fetch, requests } = counting();
    const store = storeOf(app, { fetch, subject: ({ user }: { user?: string }) => user ?? null, ...storeOptions });
    const shop = express();
    shop.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false, ...options }));
    shop.get('/view', (req: any, res: any) => res.json(req.session));
    shop.get('/add/:item', (req: any, res: any) => {
      req.session[req.params.item] = 1;
      res.json({ added: req.params.item });
    });
    shop.get('/drop/:item', (req: any, res: any) => {
      delete req.session[req.params.item];
      res.end();
    });
    shop.get('/login/:user', (req: any, res: any, next: any) => {
      const { cart } = req.session;
      req.session.regenerate((error: unknown) => {
        if (error) return next(error);
        Object.assign(req.session, { user: req.params.user, ...(cart && { cart }) });
        res.end();
      });
    });
    shop.get('/logout', (req: any, res: any, next: any) =>
      req.session.destroy((e: unknown) => (e ? next(e) : res.end())),
    );
    shop.get('/remember', (req: any, res: any) => {
      req.session.cookie.maxAge = 30 * 86_400_000;
      res.end();
    });
    shop.get('/slow', async (req: any, res: any) => {
      arrived.open();
      await released.wait;
      req.session.late = true;
      req.session.save((error: any) => res.status(error ? 410 : 200).json({ code: error?.code }));
    });
    shop.use(
      (error: any, _req: any, res: any, _next: any) => void res.status(error.status ?? 500).json({ code: error.code }),
    );
    const [arrived, released] = [gate(), gate()];
    const url = await listening(cleanup, shop);
    return { url, requests, store, arrived, released };
  }

  test('an unchanged page view costs one request, a changed one two, and a visitor without a cookie none', async (t) => {
    const { url, requests } = await startShop(t, 'page-views');
    const browser = new Browser(url);
    await browser.get('/view');
    assert.equal(requests.length, 0, 'nothing to keep');
    await browser.get('/add/lamp');
    assert.deepEqual(
      requests.splice(0).map(({ method, headers }) => [method, headers['if-none-match']]),
      [['PUT', '*']],
    );
    await browser.get('/view');
    assert.deepEqual(
      requests.splice(0).map(({ method }) => method),
      ['GET'],
    );
    await browser.get('/add/pen');
    const sent = requests.splice(0);
    assert.deepEqual(
      sent.map(({ method }) => method),
      ['GET', 'PATCH'],
    );
    assert.deepEqual(sent[1]!.body, { set: { pen: 1 } });
    await browser.get('/drop/pen');
    assert.deepEqual(requests.splice(0)[1]!.body, { unset: ['pen'] });
  });

  test('twenty requests at once that each add an item keep all twenty', async (t) => {
    const { url } = await startShop(t, 'parallel');
    const browser = new Browser(url);
    await browser.get('/add/first');
    const items = Array.from({ length: 20 }, (_, i) => `item${i}`);
    await Promise.all(items.map((item) => browser.get(`/add/${item}`)));
    const { cookie: _, ...kept } = (await browser.get('/view')).json;
    assert.deepEqual(Object.keys(kept).sort(), ['first', ...items].sort());
  });

  test('what one framework keeps is there for all others, and for those the key of Express is left alone', async (t) => {
    const { url, store } = await startShop(t, 'shared');
    const browser = new Browser(url);
    await browser.get('/login/ann');
    const token = browser.token('connect.sid');
    const { subject, data } = await store.client.get(token);
    assert.deepEqual([subject, data.user, Object.keys(data)], ['ann', 'ann', ['user', '_express']]);
    await store.client.patch(token, { set: { cart: { book: 1 }, save: 'a method of the session', cookie: 'sweet' } });
    assert.deepEqual((await browser.get('/view')).json.cart, { book: 1 });
    await browser.get('/add/lamp');
    const after = (await store.client.get(token)).data;
    assert.deepEqual([after.lamp, after.save, after.cookie], [1, 'a method of the session', 'sweet']);
    assert.deepEqual(after._express, data._express);
  });

  test('a login gets a new token, keeps what the application carries over, and the old token opens nothing', async (t) => {
    const { url, store } = await startShop(t, 'fixation');
    const browser = new Browser(url);
    await browser.get('/add/cart');
    const planted = browser.token('connect.sid');
    await browser.get('/login/ann');
    const token = browser.token('connect.sid');
    assert.notEqual(token, planted);
    assert.equal(await store.client.find(planted), null);
    const { subject, data } = await store.client.get(token);
    assert.deepEqual([subject, data.cart], ['ann', 1]);
    assert.deepEqual(await store.ids('ann'), [(await store.client.get(token)).id]);
    assert.equal(await store.destroySubject('ann'), 1);
    assert.equal((await browser.get('/view')).json.user, undefined);
    await browser.get('/add/x');
    assert.notEqual(browser.token('connect.sid'), token, 'a token that opens nothing is never adopted');
  });

  test('a session that was ended while a page ran is not brought back, and the page is told', async (t) => {
    const { url, store, arrived, released } = await startShop(t, 'revival');
    const browser = new Browser(url);
    await browser.get('/login/ann');
    const token = browser.token('connect.sid');
    const page = browser.get('/slow');
    await arrived.wait;
    await store.destroySubject('ann');
    released.open();
    const { status, json } = await page;
    assert.deepEqual([status, json.code], [410, 'session_not_found']);
    assert.equal(await store.client.find(token), null);
  });

  test('a longer cookie lengthens the session, once', async (t) => {
    const { url, store, requests } = await startShop(t, 'remember');
    const browser = new Browser(url);
    await browser.get('/login/ann');
    assert.equal((await store.client.get(browser.token('connect.sid'))).idleTimeout, 7200);
    await browser.get('/remember');
    // express-session counts what is left of the time, which may be a millisecond less.
    assert.equal(Math.round((await store.client.get(browser.token('connect.sid'))).idleTimeout!), 30 * 86_400);
    requests.length = 0;
    await browser.get('/view');
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['GET'],
    );
  });

  test('a lost server is an error of the page, not an empty session, and the cookie stays', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const { url } = await startShop(t, 'lost', {}, { url: `http://127.0.0.1:${port}` });
    const browser = new Browser(url);
    browser.cookies.set('connect.sid', signed('a secret', LONG));
    const { status, json, setCookie } = await browser.get('/view');
    assert.deepEqual([status, json.code, setCookie], [500, 'unreachable', []]);
  });

  test('cookies that are no token cost no request and begin a new session', async (t) => {
    const { url, requests } = await startShop(t, 'garbage');
    for (const token of ['', 'ä', 'a b', 'x'.repeat(300), '\u0007', '%00', '../..']) {
      const browser = new Browser(url);
      browser.cookies.set('connect.sid', signed('a secret', token));
      assert.equal((await browser.get('/view')).status, 200);
    }
    assert.equal(requests.length, 0);
  });

  test('the contract of the store holds without a framework, with callbacks and promises', async () => {
    const store = storeOf('contract', { url: server().url });
    const sess = { foo: 'bar', cookie: { originalMaxAge: null } };
    await store.set(FIRST, sess);
    assert.deepEqual(await store.get(FIRST), sess);
    const expires = new Date(Date.now() + 60_000);
    await store.set(SECOND, { cookie: { originalMaxAge: null, expires } });
    assert.deepEqual(await store.get(SECOND), { cookie: { originalMaxAge: null, expires: expires.toISOString() } });
    await store.touch(SECOND, { cookie: { originalMaxAge: null, expires: new Date(Date.now() + 90_000) } });
    const left = Date.parse((await store.client.get(SECOND)).expiresAt!) - Date.now();
    assert.ok(left > 60_000 && left <= 91_000, `${left}`);
    assert.equal(await store.length(), 2);
    assert.deepEqual((await store.all()).map(({ id: _, ...session }) => session.foo).sort(), ['bar', undefined]);
    assert.equal((await store.ids()).length, 2);
    await store.set(SECOND, { cookie: { originalMaxAge: null, expires: new Date(Date.now() - 1) } });
    assert.equal(await store.get(SECOND), null);
    await store.touch(LONG, { cookie: {} });
    await store.destroy(LONG);
    const got = await new Promise((resolve, reject) => void store.get(FIRST, (e, s) => (e ? reject(e) : resolve(s))));
    assert.deepEqual(got, sess);
    await store.clear();
    assert.equal(await store.length(), 0);
  });

  test('the same store serves @fastify/session: deltas, no revival, a new token at regenerate', async (t) => {
    const { fetch, requests } = counting();
    const store = storeOf('fastify', { fetch });
    const fastify = (await framework('fastify'))();
    await fastify.register(await framework('@fastify/cookie'));
    await fastify.register(await framework('@fastify/session'), {
      store,
      secret: 's'.repeat(32),
      cookie: { secure: false },
      rolling: false,
      saveUninitialized: false,
    });
    fastify.get('/view', async (request: any) => JSON.parse(JSON.stringify(request.session)));
    fastify.get('/add/:item', async (request: any) => {
      request.session[request.params.item] = 1;
      return {};
    });
    fastify.get('/login', async (request: any) => {
      await request.session.regenerate(['lamp']);
      request.session.user = 'ann';
      return {};
    });
    t.after(() => fastify.close());
    const browser = new Browser(await fastify.listen({ host: '127.0.0.1', port: 0 }));
    await browser.get('/add/lamp');
    assert.deepEqual(
      requests.splice(0).map(({ method, headers }) => [method, headers['if-none-match']]),
      [['PUT', '*']],
    );
    await browser.get('/view');
    assert.deepEqual(
      requests.splice(0).map(({ method }) => method),
      ['GET'],
    );
    const items = Array.from({ length: 20 }, (_, i) => `item${i}`);
    await Promise.all(items.map((item) => browser.get(`/add/${item}`)));
    assert.deepEqual(
      requests
        .splice(0)
        .filter(({ method }) => method === 'PATCH')
        .map(({ body }) => Object.keys(body)),
      items.map(() => ['set']),
    );
    assert.deepEqual(
      Object.keys((await browser.get('/view')).json)
        .filter((key) => key !== 'cookie')
        .sort(),
      ['lamp', ...items].sort(),
    );
    const before = await store.ids();
    await browser.get('/login');
    const { json } = await browser.get('/view');
    assert.deepEqual([json.lamp, json.user, json.item0], [1, 'ann', undefined]);
    assert.notDeepEqual(await store.ids(), before);
  });
});

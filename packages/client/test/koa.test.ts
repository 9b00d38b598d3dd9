/** The store in a real Koa application, against a real server. */
// biome-ignore-all lint/suspicious/noExplicitAny: contexts of a framework whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../server/test/support/server.ts';
import { RestKoaSessionStore } from '../src/koa/index.ts';
import { framework, skip } from './frameworks.ts';
import { Browser, counting, gate, listening } from './support.ts';

describe('the store of koa-session', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  async function startShop(cleanup: Cleanup, app: string, options: object = {}, storeOptions: object = {}) {
    const [Koa, session] = [await framework('koa'), await framework('koa-session')];
    const { fetch, requests } = counting();
    const subject = ({ user }: { user?: string }) => user ?? null;
    const store = new RestKoaSessionStore({ url: server().url, app, fetch, subject, ...storeOptions } as any);
    const shop = new Koa();
    shop.silent = true;
    shop.use((session.createSession ?? session)({ store, signed: false, ...options }, shop));
    const released = gate();
    const arrived = gate();
    shop.use(async (ctx: any) => {
      const [, what, name] = ctx.path.split('/');
      if (what === 'add') ctx.session[name] = 1;
      if (what === 'drop') delete ctx.session[name];
      if (what === 'logout') ctx.session = null;
      if (what === 'remember') ctx.session.maxAge = 30 * 86_400_000;
      if (what === 'login') {
        ctx.session.user = name;
        await ctx.session.regenerate();
      }
      if (what === 'slow') {
        ctx.session.late = 1;
        arrived.open();
        await released.wait;
      }
      ctx.body = ctx.session?.toJSON() ?? {};
    });
    return { url: await listening(cleanup, shop.callback()), store, requests, arrived, released };
  }

  for (const rolling of [false, true]) {
    test(`an unchanged page costs one request, a changed one two (rolling: ${rolling})`, async (t) => {
      const { url, requests } = await startShop(t, `views-${rolling}`, { rolling });
      const browser = new Browser(url);
      await browser.get('/view');
      assert.equal(requests.length, 0);
      await browser.get('/add/lamp');
      assert.deepEqual(
        requests.splice(0).map(({ method, headers }) => [method, headers['if-none-match']]),
        [['PUT', '*']],
      );
      const { setCookie } = await browser.get('/view');
      assert.deepEqual([requests.splice(0).map(({ method }) => method), setCookie.length], [['GET'], rolling ? 1 : 0]);
      await browser.get('/add/pen');
      const [read, write] = requests.splice(0);
      assert.deepEqual(
        [read!.method, write!.method, write!.body.set.pen, Object.keys(write!.body.set).sort()],
        ['GET', 'PATCH', 1, ['_koa', 'pen']],
      );
      await browser.get('/drop/pen');
      assert.deepEqual(requests.splice(0)[1]!.body.unset, ['pen']);
    });
  }

  test('twenty requests at once that each add an item keep all twenty, and keys of other stacks stay as they are', async (t) => {
    const { url, store } = await startShop(t, 'parallel');
    const browser = new Browser(url);
    await browser.get('/add/first');
    const token = browser.cookies.get('koa.sess')!;
    await store.client.patch(token, { set: { maxAge: 5, _express: { cookie: {} }, length: 3, cart: { book: 1 } } });
    const items = Array.from({ length: 20 }, (_, i) => `item${i}`);
    await Promise.all(items.map((item) => browser.get(`/add/${item}`)));
    assert.deepEqual(Object.keys((await browser.get('/view')).json).sort(), ['cart', 'first', ...items].sort());
    const { data } = await store.client.get(token);
    assert.deepEqual([data.maxAge, data._express, data.length], [5, { cookie: {} }, 3]);
  });

  test('a login gets a new token, a log out ends the session, a longer maxAge lengthens it', async (t) => {
    const { url, store } = await startShop(t, 'login');
    const browser = new Browser(url);
    await browser.get('/add/lamp');
    const planted = browser.cookies.get('koa.sess')!;
    await browser.get('/login/ann');
    const token = browser.cookies.get('koa.sess')!;
    assert.equal(await store.client.find(planted), null);
    const { subject, data, idleTimeout } = await store.client.get(token);
    assert.deepEqual([subject, data.lamp, idleTimeout], ['ann', 1, 86_410]);
    await browser.get('/remember');
    assert.equal((await store.client.get(token)).idleTimeout, 30 * 86_400 + 10);
    await browser.get('/logout');
    assert.equal(await store.client.find(token), null);
    assert.equal(await store.destroySubject('ann'), 0);
  });

  test('a session that was ended while a page ran is not brought back, and the page is told', async (t) => {
    const { url, store, arrived, released } = await startShop(t, 'revival');
    const browser = new Browser(url);
    await browser.get('/login/ann');
    const token = browser.cookies.get('koa.sess')!;
    const page = browser.get('/slow');
    await arrived.wait;
    await store.destroySubject('ann');
    released.open();
    assert.equal((await page).status, 404);
    assert.equal(await store.client.find(token), null);
  });

  test('a lost server is an error of the page, not an empty session, and the cookie stays', async (t) => {
    const [port] = (await freePorts(1)) as [number];
    const { url } = await startShop(t, 'lost', {}, { url: `http://127.0.0.1:${port}` });
    const browser = new Browser(url);
    browser.cookies.set('koa.sess', 'a-token-that-a-test-chose-0123456789');
    const { status, setCookie } = await browser.get('/view');
    assert.deepEqual([status, setCookie], [500, []]);
  });

  test('the contract of the store holds without a context', async () => {
    const store = new RestKoaSessionStore({ url: server().url, app: 'contract' });
    const token = 'a-token-that-a-test-chose-0123456789';
    assert.equal(await store.get(token), undefined);
    assert.equal(await store.get('not a token'), undefined);
    const kept = { user: 'ann', _expire: 7, _maxAge: 60_000 };
    await store.set(token, kept, 70_000);
    assert.deepEqual(await store.get(token), kept);
    assert.equal((await store.client.get(token)).idleTimeout, 70);
    await store.set(token, { other: 1 }, 'session');
    assert.deepEqual(await store.get(token), { other: 1 });
    await store.destroy(token);
    await store.destroy(token);
    assert.equal(await store.get(token), undefined);
  });
});

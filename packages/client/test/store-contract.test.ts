/** What the suites of express-session, connect-redis, @fastify/session and koa-session ask of a store, in their frameworks. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { RestSessionStore } from '../src/express/index.ts';
import { RestKoaSessionStore } from '../src/koa/index.ts';
import { framework, skip } from './frameworks.ts';
import { Browser, counting, gate, listening } from './support.ts';

const TOKEN = 'a-token-that-a-test-chose-0123456789';
const MINUTE = 60_000;

describe('the contract of stores', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const storeOf = (app: string, more: object = {}) => new RestSessionStore({ url: server().url, app, ...more });

  async function startExpress(
    cleanup: Cleanup,
    store: RestSessionStore,
    page: (req: any, res: any) => unknown,
    options: object = {},
  ) {
    const session = await framework('express-session');
    const handle = session({ store, secret: 'a secret', resave: false, saveUninitialized: false, ...options });
    const errors: any[] = [];
    const url = await listening(cleanup, (req, res) => {
      handle(req, res, (error: any) => {
        if (error === undefined) return void page(req, res);
        errors.push(error);
        if (!res.headersSent) res.writeHead(500).end(error.message);
      });
    });
    return Object.assign(new Browser(url), { errors });
  }

  async function startFastify(cleanup: Cleanup, store: RestSessionStore, page: (request: any) => Promise<unknown>) {
    const fastify = (await framework('fastify'))();
    await fastify.register(await framework('@fastify/cookie'));
    const cookie = { secure: false };
    await fastify.register(await framework('@fastify/session'), { store, secret: 's'.repeat(32), cookie });
    fastify.get('/*', page);
    cleanup.after(() => fastify.close());
    return new Browser(await fastify.listen({ host: '127.0.0.1', port: 0 }));
  }

  test('every method calls back once, never before it returns, and gives the same as a promise', async () => {
    const store = storeOf('callbacks', { subject: ({ user }: any) => user ?? null });
    const session = { user: 'ann', cookie: { originalMaxAge: MINUTE } };
    const one: [string, (callback?: any) => Promise<unknown>, unknown][] = [
      ['set', (callback) => store.set(TOKEN, session, callback), undefined],
      ['get', (callback) => store.get(TOKEN, callback), 'ann'],
      ['touch', (callback) => store.touch(TOKEN, session, callback), undefined],
      ['all', (callback) => store.all(callback), 1],
      ['length', (callback) => store.length(callback), 1],
      ['ids', (callback) => store.ids(callback), 1],
      ['ids of a subject', (callback) => store.ids('ann', callback), 1],
      ['ids of another', (callback) => store.ids('bob', callback), 0],
      ['destroySubject', (callback) => store.destroySubject('bob', {}, callback), 0],
      ['destroy', (callback) => store.destroy(TOKEN, callback), undefined],
      ['get of none', (callback) => store.get(TOKEN, callback), null],
      ['destroy of none', (callback) => store.destroy(TOKEN, callback), undefined],
      ['touch of none', (callback) => store.touch(TOKEN, session, callback), undefined],
      ['clear', (callback) => store.clear(callback), undefined],
    ];
    const brief = (found: any) => found?.user ?? (Array.isArray(found) ? found.length : found);
    for (const [name, call, wanted] of one) {
      const calls: unknown[][] = [];
      let hasReturned = false;
      await call((...args: unknown[]) => calls.push([hasReturned, ...args]) && undefined);
      hasReturned = true;
      await until(() => calls.length > 0, name);
      assert.deepEqual(
        calls.map(([, error, result]) => [error, brief(result)]),
        [[null, wanted]],
        name,
      );
      // The verbs that change something have been done: again they find nothing, or do the same.
      if (!/destroy$|^clear/.test(name)) assert.deepEqual(brief(await call()), wanted, name);
    }
    let isSync = true;
    const called = new Promise<boolean>((resolve) => void store.get('not a token', () => resolve(isSync)));
    isSync = false;
    assert.equal(await called, false);
  });

  test('what was saved by hand comes back as it was, with a cookie or without', async () => {
    const store = storeOf('by-hand');
    await store.set(TOKEN, { foo: 'bar' });
    assert.deepEqual(await store.get(TOKEN), { foo: 'bar' });
    const cookie = { expires: new Date(Date.now() + MINUTE).toISOString() };
    await store.set(TOKEN, { cookie });
    await store.touch(TOKEN, { cookie: { expires: new Date(Date.now() + 2 * MINUTE).toISOString() } });
    assert.deepEqual(await store.get(TOKEN), { cookie });
    assert.deepEqual(
      (await store.all()).map(({ id: _, ...session }) => session),
      [{ cookie }],
    );
  });

  test('a session that was saved by hand without a cookie is the error of express-session that it is with its own store', async (t) => {
    const store = storeOf('no-cookie');
    const browser = await startExpress(t, store, ({ session }, res) => {
      session.active = true;
      res.end();
    });
    await browser.get('/');
    await store.set(browser.token('connect.sid'), { foo: 'bar' });
    const { status, text } = await browser.get('/');
    assert.equal(status, 500);
    assert.match(text, /^Cannot read prop/);
  });

  test('@fastify/session goes on with a session that was saved by hand without a cookie, and writes what changed', async (t) => {
    const store = storeOf('fastify-by-hand');
    const browser = await startFastify(t, store, async ({ session }) => {
      session.n = (session.n ?? 0) + 1;
      return {};
    });
    await browser.get('/');
    const token = browser.token('sessionId');
    await store.set(token, { by: 'hand' });
    assert.deepEqual(Object.keys((await store.get(token))!), ['by']);
    await store.client.patch(token, { set: { other: 'stack' } });
    assert.equal((await browser.get('/')).status, 200);
    const { data } = await store.client.get(token);
    assert.deepEqual([data.by, data.other, data.n], ['hand', 'stack', 1]);
  });

  test('the cookie of a session that is seen again expires later, though nothing was written', async (t) => {
    const { fetch, requests } = counting();
    const store = storeOf('expires', { fetch });
    const options = { cookie: { maxAge: MINUTE } };
    const browser = await startExpress(
      t,
      store,
      ({ session, url }, res) => {
        if (url === '/begin') session.hit = true;
        session.touch();
        res.end(String(session.cookie.originalMaxAge));
      },
      options,
    );
    await browser.get('/begin');
    const token = browser.token('connect.sid');
    const expires = async () => Date.parse((await store.get(token))!.cookie.expires);
    const first = await expires();
    assert.ok(Math.abs(first - Date.now() - MINUTE) < 30_000);
    await until(() => Date.now() > first - MINUTE + 5, 'a moment has gone');
    requests.length = 0;
    assert.equal((await browser.get('/')).text, '60000');
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['GET'],
    );
    assert.ok((await expires()) > first);
  });

  test('a cookie ends with the session where that has an absolute end', async () => {
    const store = storeOf('absolute');
    const session = { cookie: { originalMaxAge: 20 * MINUTE } };
    await store.set(TOKEN, session);
    await store.client.patch(TOKEN, { absoluteTimeout: 600 });
    const { absoluteExpiresAt } = await store.client.get(TOKEN);
    assert.equal((await store.get(TOKEN))!.cookie.expires, new Date(absoluteExpiresAt!).toISOString());
  });

  test('resave and rolling save an unchanged session at no cost; saveUninitialized begins one', async (t) => {
    const { fetch, requests } = counting();
    const store = storeOf('options', { fetch });
    const options = { resave: true, rolling: true, saveUninitialized: true, cookie: { maxAge: MINUTE } };
    const browser = await startExpress(t, store, (_req, res) => res.end(), options);
    assert.equal((await browser.get('/')).setCookie.length, 1);
    const { setCookie } = await browser.get('/');
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['PUT', 'GET'],
    );
    assert.match(setCookie[0]!, /Expires=/);
  });

  test('maxAge may be very short or very long, and unset: destroy ends the session', async (t) => {
    const store = storeOf('max-age');
    const browser = await startExpress(
      t,
      store,
      (req, res) => {
        const { session, url } = req;
        if (url === '/short') session.cookie.maxAge = 5;
        if (url === '/long') session.cookie.maxAge = 3_000_000_000;
        if (url === '/past') session.cookie.expires = new Date(0);
        session.n = (session.n ?? 0) + 1;
        res.write(String(session.n));
        if (url === '/unset') req.session = null;
        res.end();
      },
      { unset: 'destroy' },
    );
    assert.equal((await browser.get('/long')).text, '1');
    assert.equal(Math.round((await store.client.get(browser.token('connect.sid'))).idleTimeout!), 3_000_000);
    assert.equal((await browser.get('/unset')).text, '2');
    assert.equal(await store.length(), 0);
    assert.equal((await browser.get('/short')).text, '1');
    await until(async () => (await store.all()).length === 0, 'it has expired');
    assert.equal((await browser.get('/short')).text, '1', 'a new one');
    await store.clear();
    await browser.get('/past');
    assert.deepEqual([await store.length(), browser.errors], [0, []]);
  });

  test('a session that is saved and ended at once, without waiting, is not there afterwards', async (t) => {
    const [passed, held] = [gate(), gate()];
    const slow: typeof fetch = async (input, init) => {
      if (init?.method === 'PUT') {
        held.open();
        await passed.wait;
      }
      return fetch(input, init);
    };
    const store = storeOf('hurried-end', { fetch: slow });
    const ended = gate();
    const browser = await startExpress(t, store, (req, res) => {
      req.session.n = 1;
      req.session.save(() => {});
      req.session.destroy(() => {
        ended.open();
        res.end();
      });
    });
    const page = browser.get('/');
    await held.wait;
    setImmediate(passed.open);
    await Promise.all([page, ended.wait]);
    assert.equal(await store.client.count(), 0);
  });

  test('a session that was ended here is not begun again under its token by a page that still runs', async (t) => {
    const store = storeOf('ended-here');
    const [arrived, released] = [gate(), gate()];
    const page = async (request: any) => {
      if (request.url === '/begin') request.session.n = 1;
      if (request.url === '/end') await request.session.destroy();
      if (request.url === '/slow') {
        arrived.open();
        await released.wait;
        await request.session.reload();
        request.session.late = true;
      }
      return {};
    };
    const browser = await startFastify(t, store, page);
    await browser.get('/begin');
    const late = browser.get('/slow');
    await arrived.wait;
    await browser.get('/end');
    released.open();
    assert.equal((await late).json.code, 'session_not_found');
    assert.equal(await store.client.count(), 0);
  });

  test('@fastify/session may read a session that is not saved yet, save, and read again', async (t) => {
    const seen: unknown[] = [];
    const page = async (request: any) => {
      request.session.some = 'data';
      await request.session.reload();
      seen.push(request.session.some);
      request.session.some = 'more';
      await request.session.save();
      await request.session.reload();
      seen.push(request.session.some);
      return {};
    };
    const browser = await startFastify(t, storeOf('reload-new'), page);
    assert.equal((await browser.get('/')).status, 200);
    assert.deepEqual(seen, [undefined, 'more']);
  });

  test('koa-session: a store for each context, ids of the application, its own way to carry them, renew', async (t) => {
    const [Koa, session] = [await framework('koa'), await framework('koa-session')];
    const { fetch, requests } = counting();
    const shared = new RestKoaSessionStore({ url: server().url, app: 'koa-contract', fetch });
    let made = 0;
    const carriers = {
      get: (ctx: any) => ctx.get('X-Session'),
      set: (ctx: any, value: string) => ctx.set('X-Session', value),
    };
    const shop = async (options: object) => {
      const app = new Koa();
      app.keys = ['a', 'b'];
      app.use((session.createSession ?? session)({ maxAge: MINUTE, ...options }, app));
      app.use(async (ctx: any) => {
        if (ctx.path === '/replace') ctx.session = { replaced: true };
        if (ctx.path === '/again') {
          ctx.session = null;
          ctx.session = { again: true };
        }
        if (ctx.path === '/add') ctx.session.n = (ctx.session.n ?? 0) + 1;
        ctx.body = ctx.session.toJSON();
      });
      return listening(t, app.callback());
    };
    // One object for each request, as ContextStore has it: what was read is kept by the context.
    class ContextStore {
      get(...args: Parameters<RestKoaSessionStore['get']>) {
        return shared.get(...args);
      }
      set(...args: Parameters<RestKoaSessionStore['set']>) {
        return shared.set(...args);
      }
      destroy(token: string) {
        return shared.destroy(token);
      }
    }
    const genid = () => `id-of-the-application:${++made}`;
    const browser = new Browser(await shop({ ContextStore, genid }));
    await browser.get('/add');
    assert.equal(browser.cookies.get('koa.sess'), 'id-of-the-application:1');
    assert.deepEqual((await browser.get('/add')).json, { n: 2 });
    assert.deepEqual((await browser.get('/replace')).json, { replaced: true });
    assert.deepEqual((await browser.get('/again')).json, { again: true });
    const { data } = await shared.client.get('id-of-the-application:1');
    assert.deepEqual(Object.keys(data).sort(), ['_koa', 'again']);

    const prefixed = new Browser(await shop({ store: shared, prefix: 'shop:' }));
    await prefixed.get('/add');
    assert.match(prefixed.cookies.get('koa.sess')!, /^shop:/);
    assert.deepEqual((await prefixed.get('/view')).json, { n: 1 });

    const url = await shop({ store: shared, externalKey: carriers });
    const id = (await fetch(`${url}/add`)).headers.get('X-Session')!;
    assert.deepEqual(await (await fetch(`${url}/add`, { headers: { 'X-Session': id } })).json(), { n: 2 });

    const renewing = new Browser(await shop({ store: shared, renew: true, maxAge: 20 * MINUTE }));
    await renewing.get('/add');
    const token = renewing.cookies.get('koa.sess')!;
    const kept: any = (await shared.client.get(token)).data._koa;
    await shared.client.patch(token, { set: { _koa: { ...kept, _expire: Date.now() + MINUTE } } });
    requests.length = 0;
    const { setCookie } = await renewing.get('/view');
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['GET', 'PATCH'],
    );
    assert.ok(setCookie.length > 0, 'the cookie is set again');
    assert.ok((await shared.client.get(token)).data._koa);
  });
});

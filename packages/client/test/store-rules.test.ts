/** What frameworks and applications do to a store that its page does not show: odd keys, hurried saves, ends at a bad moment. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../server/test/support/server.ts';
import { RestSessionStore } from '../src/express/index.ts';
import { TouchTimes } from '../src/framework/touch-times.ts';
import { framework, signed, skip } from './frameworks.ts';
import { Browser, counting, listening, startStranger } from './support.ts';

/** Names of members of a session, of objects, and of what express-session puts beside the data. */
const ODD = JSON.parse(
  '{"__proto__":{"admin":true},"constructor":"c","toJSON":"t","id":1,"req":2,"save":3,"get":4,"set":5,"options":6,"isModified":7}',
);

describe('a store in a framework', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const storeOf = (app: string, more: object = {}) => new RestSessionStore({ url: server().url, app, ...more });

  async function startExpress(cleanup: Cleanup, store: RestSessionStore, page: (req: any, res: any) => unknown) {
    const [express, session] = [await framework('express'), await framework('express-session')];
    const shop = express();
    shop.use(session({ store, secret: 'a secret', resave: false, saveUninitialized: false }));
    shop.get('/begin', (req: any, res: any) => {
      req.session.begun = true;
      res.end();
    });
    shop.get('/page', page);
    return new Browser(await listening(cleanup, shop));
  }

  async function startFastify(cleanup: Cleanup, store: RestSessionStore, page: (request: any) => Promise<unknown>) {
    const fastify = (await framework('fastify'))();
    await fastify.register(await framework('@fastify/cookie'));
    const options = { store, secret: 's'.repeat(32), cookie: { secure: false }, saveUninitialized: false };
    await fastify.register(await framework('@fastify/session'), options);
    fastify.get('/begin', async (request: any) => {
      request.session.begun = true;
      return {};
    });
    fastify.get('/page', page);
    cleanup.after(() => fastify.close());
    return new Browser(await fastify.listen({ host: '127.0.0.1', port: 0 }));
  }

  test('@fastify/session keeps its methods, whatever keys another stack has put into the session', async (t) => {
    const store = storeOf('fastify-keys');
    const browser = await startFastify(t, store, async ({ session }) => {
      session.seen = [session.constructor, session.admin ?? null, session.isModified()];
      return session.seen;
    });
    await browser.get('/begin');
    const token = browser.token('sessionId');
    await store.client.patch(token, { set: ODD });
    const { status, json } = await browser.get('/page');
    assert.deepEqual([status, json], [200, ['c', null, false]]);
    const { data, ip } = await store.client.get(token);
    assert.deepEqual([data.seen, data.begun], [['c', null, false], true]);
    for (const [key, value] of Object.entries(ODD))
      assert.deepEqual(Object.getOwnPropertyDescriptor(data, key)?.value, value, key);
    assert.equal(ip, '127.0.0.1', 'the device is known');
  });

  test('express-session shows the keys that are free, and leaves the others as they are', async (t) => {
    const store = storeOf('express-keys');
    const browser = await startExpress(t, store, ({ session }, res) => {
      session.options++;
      delete session.get;
      res.json([session.toJSON, session.options, session.admin ?? null]);
    });
    await browser.get('/begin');
    const token = browser.token('connect.sid');
    await store.client.patch(token, { set: ODD });
    assert.deepEqual((await browser.get('/page')).json, ['t', 7, null]);
    const { data } = await store.client.get(token);
    const { get: _, ...left } = ODD;
    for (const [key, value] of Object.entries({ ...left, options: 7 }))
      assert.deepEqual(Object.getOwnPropertyDescriptor(data, key)?.value, value, key);
    assert.ok(!('get' in data));
  });

  test('a session that was ended before a reload is not begun again under its old token', async (t) => {
    const store = storeOf('reload');
    const browser = await startFastify(t, store, async (request) => {
      await store.client.revoke(request.session.sessionId);
      await request.session.reload();
      request.session.late = true;
      return {};
    });
    await browser.get('/begin');
    const token = browser.token('sessionId');
    assert.equal((await browser.get('/page')).json.code, 'session_not_found');
    assert.equal(await store.client.find(token), null);
  });

  test('saves of one page that wait for none are done one after the other', async (t) => {
    const store = storeOf('hurried');
    const browser = await startExpress(t, store, async (req, res) => {
      const saves = [1, 2, 3].map((n) => {
        req.session.n = n;
        return new Promise((resolve) => req.session.save((error: any) => resolve(error?.code ?? null)));
      });
      res.json(await Promise.all(saves));
    });
    assert.deepEqual((await browser.get('/page')).json, [null, null, null]);
    assert.equal((await store.client.get(browser.token('connect.sid'))).data.n, 3);
  });

  test('pages of one turn read in one request, and two of one session have each their own', async () => {
    const { fetch, requests } = counting();
    const store = storeOf('turn', { fetch });
    const ids = ['one', 'other'].map((name) => `${name}-token-0123456789-abcdef`);
    for (const id of ids) await store.set(id, { cookie: {}, cart: { pens: 1 } });
    requests.length = 0;
    const [one, same, other] = (await Promise.all([ids[0]!, ids[0]!, ids[1]!].map((id) => store.get(id)))) as any[];
    assert.deepEqual(
      requests.map(({ path, body }) => [path, body.tokens]),
      [['/v1/apps/turn/sessions:verify', ids]],
    );
    one.cart.pens = 2;
    assert.deepEqual([same.cart, other.cart], [{ pens: 1 }, { pens: 1 }]);
  });

  test('an API key that is not taken, or has had its requests, is a fault of the application and not of its visitor', async (t) => {
    for (const [status, code, page] of [
      [401, 'unauthorized', 500],
      [403, 'forbidden', 500],
      [404, 'app_not_found', 500],
      [429, 'rate_limited', 503],
    ] as const) {
      const url = await startStranger(t, (_request, response) => {
        response.writeHead(status, { 'Content-Type': 'application/problem+json', 'Retry-After': '7' });
        response.end(JSON.stringify({ code, detail: code }));
      });
      const store = storeOf('no-key', { url });
      const express = await startExpress(t, store, (_req, res) => res.end());
      const fastify = await startFastify(t, store, async () => ({}));
      express.cookies.set('connect.sid', signed('a secret', 'a-token-0123456789'));
      for (const browser of [express, fastify]) {
        const { status: answered, setCookie } = await browser.get('/begin');
        assert.deepEqual([answered, setCookie], [page, []], code);
      }
    }
  });

  test('what JSON has no form for is an error that names the key, told once', async () => {
    const store = storeOf('no-json');
    const told: any[] = [];
    await store.set('a-token-0123456789', { cookie: {}, total: { cents: 1n } }, (error) => told.push(error));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(told.length, 1);
    assert.equal(told[0].code, 'invalid_request');
    assert.match(told[0].message, /^cents cannot be sent as JSON: .*BigInt/);
    await assert.rejects(store.client.create({ data: { n: 1n } }), { code: 'invalid_request', message: /^n cannot/ });
  });
});

test('a session with a short idle timeout is touched in time, whatever the interval', () => {
  const touches = new TouchTimes(30);
  touches.note('short', 10, 0);
  touches.note('long', 7200, 0);
  touches.note('endless', null, 0);
  const due = (now: number) => ['short', 'long', 'endless'].filter((token) => touches.isDue(token, now));
  assert.deepEqual(
    [due(4999), due(5000), due(29_999), due(30_000)],
    [[], ['short'], ['short'], ['short', 'long', 'endless']],
  );
  for (const interval of [-1, Number.NaN, '30' as never])
    assert.throws(() => new TouchTimes(interval), /touchInterval must be/);
});

/** The ids that frameworks make, of any length and form, and options that are known from connect-redis. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { type Cleanup, startServer } from '../../server/test/support/server.ts';
import { until } from '../../server/test/support/until.ts';
import { RestSessionStore } from '../src/express/index.ts';
import { RestKoaSessionStore } from '../src/koa/index.ts';
import { framework, signed, skip } from './frameworks.ts';
import { Browser, counting, listening } from './support.ts';

const STRONG = 'a-strong-id-of-a-framework-0123456789';
const MINUTE = 60_000;
const SECRET = 'a secret';

describe('the ids of frameworks', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const storeOf = (app: string, more: object = {}) => new RestSessionStore({ url: server().url, app, ...more });

  async function startExpress(cleanup: Cleanup, store: RestSessionStore, options: object = {}) {
    const session = await framework('express-session');
    const handle = session({ store, secret: SECRET, resave: false, saveUninitialized: false, ...options });
    const url = await listening(cleanup, (req: any, res: any) => {
      handle(req, res, (error: any) => {
        if (error) return void res.writeHead(500).end(error.message);
        if (req.url !== '/view') req.session.visits = (req.session.visits ?? 0) + 1;
        res.end(`${req.session.visits}`);
      });
    });
    return new Browser(url);
  }

  test('short ids live as long ones do, and are listed as the framework made them', async () => {
    const store = storeOf('short-ids');
    const basket = { basket: ['tea'], cookie: { originalMaxAge: null } };
    const expires = new Date(Date.now() + MINUTE);
    await store.set('7', basket);
    await store.set('8', { cookie: { originalMaxAge: null, expires } });
    // Another process, or this one after a restart.
    const other = storeOf('short-ids');
    assert.deepEqual(await other.get('7'), basket);
    assert.deepEqual([await other.get('9'), await other.length()], [null, 2]);
    assert.deepEqual((await other.ids()).sort(), ['7', '8']);
    assert.deepEqual(
      (await other.all()).sort((a, b) => a.id - b.id),
      [
        { id: '7', ...basket },
        { id: '8', cookie: { originalMaxAge: null, expires: expires.toISOString() } },
      ],
    );
    await other.touch('8', { cookie: { originalMaxAge: null, expires: new Date(Date.now() + 10 * MINUTE) } });
    const { expiresAt, data } = await store.client.get(store.tokenOf('8'));
    assert.ok(Date.parse(expiresAt!) - Date.now() > 5 * MINUTE);
    assert.deepEqual(Object.keys(data), ['_express']);
    await other.destroy('7');
    assert.deepEqual([await store.get('7'), await store.ids()], [null, ['8']]);
    await store.set('8', { cookie: { originalMaxAge: null, expires: new Date(Date.now() - 1) } });
    assert.equal(await store.length(), 0);
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.set(`s${i}`, { cookie: { originalMaxAge: MINUTE } })));
    assert.deepEqual([(await store.ids()).length, new Set(await store.ids()).size], [50, 50]);
    await store.clear();
    assert.equal(await store.length(), 0);
  });

  test('a token that opens a session is never listed; what is listed in its place ends the session and opens nothing', async () => {
    const store = storeOf('listed-ids', { subject: ({ user }: any) => user });
    await store.set(STRONG, { user: 'ann', cookie: {} });
    const [id] = (await store.ids('ann')) as [string];
    assert.equal(id, (await store.client.get(STRONG)).id);
    assert.ok(!JSON.stringify(await store.all()).includes(STRONG));
    assert.equal(store.tokenOf(STRONG), STRONG);
    assert.equal(await store.get(id), null);
    await store.destroy(id);
    assert.equal(await store.get(STRONG), null);
  });

  test('genid of express-session may give any text, and its sessions are there after a restart', async (t) => {
    const ways: Record<string, (req: any) => unknown> = {
      short: () => 'apple',
      sign: () => '%',
      'with-slashes': () => 'sess/0123456789-abcdefghijkl',
      'of-the-request': (req) => `of ${req.headers.host}`,
      'of-letters': () => 'Zoë 🦊',
      long: () => 'x-'.repeat(300),
    };
    for (const [name, genid] of Object.entries(ways)) {
      const browser = await startExpress(t, storeOf(name), { genid });
      assert.equal((await browser.get('/')).text, '1', name);
      const again = await startExpress(t, storeOf(name), { genid });
      for (const [cookie, value] of browser.cookies) again.cookies.set(cookie, value);
      assert.equal((await again.get('/')).text, '2', name);
      assert.equal((await again.get('/view')).text, '2', name);
      assert.equal((await storeOf(name).ids()).length, 1);
    }
  });

  test('genid is not called for each session that is read', async (t) => {
    let made = 0;
    const browser = await startExpress(t, storeOf('genid-calls'), { genid: () => `${STRONG}-${++made}` });
    await browser.get('/');
    for (let n = 2; n < 6; n++) assert.equal((await browser.get('/')).text, `${n}`);
    // Once for the session, and once for the classes of express-session.
    assert.equal(made, 2);
  });

  test('a store asks for no malformed id where the framework makes none, and refuses one where it cannot know', async (t) => {
    const { fetch, requests } = counting();
    const store = storeOf('no-odd-ids', { fetch });
    const browser = await startExpress(t, store);
    for (const id of ['%', 'sess/0123456789-abcdefgh', 'x'.repeat(300)]) {
      browser.cookies.set('connect.sid', signed(SECRET, id));
      assert.equal((await browser.get('/view')).text, 'undefined');
      const koa = new RestKoaSessionStore({ url: server().url, app: 'no-odd-ids', fetch });
      assert.equal(await koa.get(id), undefined);
      await koa.destroy(id);
      const refused = { code: 'invalid_format', message: /^token must be 22 to 256 characters of A-Z, a-z/ };
      await assert.rejects(koa.set(id, { n: 1 }), refused);
      await assert.rejects(storeOf('no-odd-ids', { fetch }).set(id, { n: 1 }), refused);
    }
    assert.deepEqual(requests, []);
  });

  test('@fastify/session and koa-session may make short ids', async (t) => {
    const fastify = (await framework('fastify'))();
    await fastify.register(await framework('@fastify/cookie'));
    const cookie = { secure: false };
    const options = { store: storeOf('fastify-ids'), secret: 's'.repeat(32), cookie, idGenerator: () => 'custom-1' };
    await fastify.register(await framework('@fastify/session'), options);
    const visit = async ({ session }: any) => {
      session.visits = (session.visits ?? 0) + 1;
      return `${session.visits}`;
    };
    fastify.get('/', visit);
    t.after(() => fastify.close());
    const [Koa, session] = [await framework('koa'), await framework('koa-session')];
    const app = new Koa();
    const store = new RestKoaSessionStore({ url: server().url, app: 'koa-ids' });
    app.use((session.createSession ?? session)({ store, signed: false, genid: () => '1_suffix' }, app));
    app.use(async (ctx: any) => {
      ctx.body = await visit(ctx);
    });
    for (const url of [await fastify.listen({ host: '127.0.0.1', port: 0 }), await listening(t, app.callback())]) {
      const browser = new Browser(url);
      assert.deepEqual([(await browser.get('/')).text, (await browser.get('/')).text], ['1', '2']);
    }
    assert.deepEqual((await store.client.get(store.tokenOf('1_suffix'))).data.visits, 2);
  });

  test('the operator is warned once of ids that can be guessed, unless a secret goes into their tokens', async (t) => {
    const warnings: any[] = [];
    const note = (warning: any) => warning.code === 'REST_SESSIONS_WEAK_ID' && warnings.push(warning.message);
    process.on('warning', note);
    t.after(() => process.off('warning', note));
    const [plain, keyed, again] = [undefined, 'a', 'a'].map((idSecret) => storeOf('weak-ids', { idSecret }));
    await keyed!.set('1', { n: 1, cookie: {} });
    assert.deepEqual([(await again!.get('1'))?.n, await plain!.get('1')], [1, null]);
    await plain!.set(STRONG, { cookie: {} });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(warnings.length, 0);
    await plain!.set('1', { cookie: {} });
    await plain!.set('2', { cookie: {} });
    await until(() => warnings.length > 0, 'the warning');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0],
      /^a session has an id of 1 characters, which may be guessed: .* or give the store an idSecret$/,
    );
    assert.throws(() => storeOf('weak-ids', { idSecret: '' }), /^TypeError: idSecret must be text that is not empty$/);
  });
});

describe('options that are known from connect-redis', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const storeOf = (more: object) => new RestSessionStore({ url: server().url, app: 'redis-options', ...more });
  const idleTimeout = async (store: RestSessionStore, id: string) =>
    (await store.client.get(store.tokenOf(id))).idleTimeout;

  test('ttl is for cookies without an end; as a function it has the last word, also when it changes its mind', async () => {
    const store = storeOf({ ttl: 900 });
    await store.set('ttl-1', { cookie: { originalMaxAge: null } });
    await store.set('ttl-2', { cookie: { originalMaxAge: 2 * MINUTE } });
    await store.set('ttl-3', {});
    const all = await Promise.all(['ttl-1', 'ttl-2', 'ttl-3'].map((id) => idleTimeout(store, id)));
    assert.deepEqual(all, [900, 120, 900]);
    const own = storeOf({ ttl: ({ remember }: any) => (remember === undefined ? 60 : remember) });
    await own.set('ttl-4', { cookie: { originalMaxAge: 2 * MINUTE } });
    assert.equal(await idleTimeout(own, 'ttl-4'), 60);
    const read = (await own.get('ttl-4'))!;
    read.remember = 3600;
    await own.set('ttl-4', read);
    assert.equal(await idleTimeout(own, 'ttl-4'), 3600);
    read.remember = 0;
    await own.set('ttl-4', read);
    assert.equal(await own.get('ttl-4'), null);
  });

  test('with disableTouch a read and a touch move no deadline', async () => {
    const { fetch, requests } = counting();
    const store = storeOf({ disableTouch: true, fetch });
    const session = { cookie: { originalMaxAge: MINUTE } };
    await store.set('untouched', session);
    const { expiresAt } = await store.client.get(store.tokenOf('untouched'));
    requests.length = 0;
    await store.get('untouched');
    await store.touch('untouched', { cookie: { originalMaxAge: 5 * MINUTE } });
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['GET'],
    );
    assert.equal((await store.client.get(store.tokenOf('untouched'))).expiresAt, expiresAt);
  });

  test('what has no meaning here is refused, with what to do instead', () => {
    for (const [name, value] of Object.entries({
      client: {},
      prefix: 'sess:',
      scanCount: 100,
      serializer: JSON,
      disableTTL: true,
    })) {
      assert.throws(() => storeOf({ [name]: value }), {
        name: 'TypeError',
        message: new RegExp(`^RestSessionStore has no option ${name}: `),
      });
    }
    assert.ok(storeOf({ prefix: undefined, disableTTL: false }));
    for (const ttl of [0, -1, Number.NaN, '900'])
      assert.throws(() => storeOf({ ttl }), /^TypeError: ttl must be a number of seconds above 0/);
  });
});

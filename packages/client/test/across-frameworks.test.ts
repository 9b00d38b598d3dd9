/** One session, one cookie: what an application of one framework keeps is there in all others, and for curl, by its key. */
// biome-ignore-all lint/suspicious/noExplicitAny: requests and answers of frameworks whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startServer } from '../../server/test/support/server.ts';
import { RestSessionStore, rawCookie } from '../src/express/index.ts';
import { restSessions } from '../src/hono/index.ts';
import { RestKoaSessionStore } from '../src/koa/index.ts';
import { createNextSessions } from '../src/next/index.ts';
import { createRestSessionStorage } from '../src/react-router/index.ts';
import { framework, frameworkModule, skip } from './frameworks.ts';
import { listening } from './support.ts';

const run = promisify(execFile);

test('req.session.cart of Express is data.cart for Koa, Hono, React Router, Next.js and curl, and back', {
  skip,
}, async (t) => {
  const { url } = await startServer(t, { RS_STORE: 'memory:' });
  const options = { url, app: 'shop' };
  const secret = 'a secret';
  /** What each page does: it adds a key of its own, and shows what all have added. */
  const pages: Record<string, (token: string) => Promise<Record<string, unknown>>> = {};

  const [express, session] = [await framework('express'), await framework('express-session')];
  const shop = express();
  shop.use(rawCookie({ name: 'session', secret }));
  const store = new RestSessionStore(options);
  shop.use(session({ store, name: 'session', secret, resave: false, saveUninitialized: false }));
  shop.get('/', (req: any, res: any) => {
    req.session.express = { cart: 1 };
    res.json(req.session);
  });
  const expressUrl = await listening(t, shop);
  const fetched = async (from: string, token?: string) => {
    const response = await fetch(from, token === undefined ? {} : { headers: { Cookie: `session=${token}` } });
    return { json: (await response.json()) as Record<string, unknown>, setCookie: response.headers.getSetCookie() };
  };

  const [Koa, koaSession] = [await framework('koa'), await framework('koa-session')];
  const koa = new Koa();
  koa.use(
    (koaSession.createSession ?? koaSession)(
      { store: new RestKoaSessionStore(options), key: 'session', signed: false },
      koa,
    ),
  );
  koa.use((ctx: any) => {
    ctx.session.koa = { cart: 1 };
    ctx.body = ctx.session.toJSON();
  });
  const koaUrl = await listening(t, koa.callback());

  const { Hono } = await frameworkModule('hono');
  const hono = new Hono();
  hono.use(restSessions(options) as any);
  hono.get('/', (c: any) => {
    c.get('session').data.hono = { cart: 1 };
    return c.json(c.get('session').data);
  });

  pages.express = async (token) => (await fetched(expressUrl, token)).json;
  pages.koa = async (token) => (await fetched(koaUrl, token)).json;
  pages.hono = async (token) => (await hono.request('http://x/', { headers: { Cookie: `session=${token}` } })).json();
  const storage = createRestSessionStorage({ ...options, cookie: { secure: false } });
  pages['react-router'] = async (token) => {
    const opened = await storage.getSession(`session=${token}`);
    opened.set('react-router', { cart: 1 });
    await storage.commitSession(opened);
    return opened.data;
  };
  pages.next = async (token) => {
    const jar = { get: () => ({ value: token }), set: () => {} };
    const opened = await createNextSessions({ ...options, cookies: () => jar }).getSession();
    opened.data.next = { cart: 1 };
    await opened.save();
    return opened.data;
  };
  const own = [`${url}/v1/apps/shop/session`, '--silent', '--show-error', '-H'];
  pages.curl = async (token) => {
    const body = ['-H', 'Content-Type: application/json', '-d', '{"set":{"curl":{"cart":1}}}'];
    const { stdout } = await run('curl', [...own, `Session-Token: ${token}`, '-X', 'PATCH', ...body]);
    return JSON.parse(stdout).data;
  };

  const { setCookie } = await fetched(expressUrl);
  const token = /^session=([\w-]{32})(?:;|$)/.exec(setCookie[0]!)![1]!;
  // Twice, so that each sees what all others have written.
  for (const names of [Object.keys(pages), Object.keys(pages)]) for (const name of names) await pages[name]!(token);
  for (const [name, page] of Object.entries(pages)) {
    const seen = await page(token);
    for (const key of Object.keys(pages)) assert.deepEqual(seen[key], { cart: 1 }, `${key} in ${name}`);
  }
  const { data } = await store.client.get(token);
  assert.deepEqual(Object.keys(data).sort(), [...Object.keys(pages), '_express', '_koa'].sort());
});

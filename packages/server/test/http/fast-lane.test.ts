/** What the fast lane takes, and what it leaves to the ordinary way: by the head of a request alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { checkApp } from '../../src/core/validate.ts';
import { guardedRoutes } from '../../src/http/app.ts';
import { FastLane } from '../../src/http/hot/fast-lane.ts';
import type { Reply } from '../../src/http/message/route.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

const onFault = (error: unknown) => assert.fail(`${error}`);
const sessions = new Sessions(new MemoryStore(), () => DEFAULT_POLICY);
const routes = guardedRoutes({ sessions, clock: Date.now, isStopping: () => false, onFault });
const lane = new FastLane(routes, onFault);
const CLASSIC = `/shop/get/${'A'.repeat(64)}`;
const V1 = '/v1/apps/shop/session';
const GATEWAY = '/v1/apps/shop/gateway';
const routeOf = (url: string, headers: Record<string, string | undefined> = {}, method = 'GET') =>
  lane.routeOf({ method, url, headers: { host: 'localhost:3000', ...headers } })?.path ?? null;

test('the lane takes plain reads of a session, whatever else a proxy adds to them', () => {
  assert.equal(routeOf(CLASSIC), '/:app/get/:token');
  assert.equal(routeOf(`/shop/get/${'A'.repeat(40)}`), '/:app/get/:token');
  for (const url of [V1, `${V1}?touch=true`, `${V1}?touch=true&fields=subject,data.cart`]) {
    assert.equal(routeOf(url, { 'session-token': 'x' }), '/v1/apps/:app/session');
  }
  for (const url of [GATEWAY, `${GATEWAY}?touch=true`]) {
    assert.equal(routeOf(url, { cookie: 'session=x' }), '/v1/apps/:app/gateway/*');
  }
  const fields = `${V1}/fields?touch=true&fields=subject,data.cart`;
  assert.equal(routeOf(fields, { 'session-token': 'x' }), '/v1/apps/:app/session/fields');
  const more = {
    authorization: 'Bearer x',
    cookie: 'a=b',
    'x-forwarded-for': '::1',
    connection: 'close',
    accept: '*/*',
  };
  assert.notEqual(routeOf(CLASSIC, more), null);
  for (const host of ['localhost', '127.0.0.1:8080', 'sessions.shop.svc', 'a_b:9999']) {
    assert.notEqual(routeOf(CLASSIC, { host }), null, host);
  }
});

test('the lane takes no other method, target or head', () => {
  for (const method of ['HEAD', 'POST', 'get', '']) assert.equal(routeOf(CLASSIC, {}, method), null, method);
  const targets = [
    ...[
      `${CLASSIC}?a`,
      `${CLASSIC}/`,
      `${CLASSIC}#`,
      `/${CLASSIC}`,
      `http://localhost${CLASSIC}`,
      `${CLASSIC}%41`,
      '*',
      '',
    ],
    ...[
      CLASSIC.replace('get', 'GET'),
      CLASSIC.replace('shop', 'sh%6fp'),
      CLASSIC.replace('get', 'set'),
      '/shop/get/x',
      '/ping',
    ],
    ...[
      `${GATEWAY}/`,
      `${GATEWAY}/a`,
      `${GATEWAY}x`,
      `${V1}/`,
      `${V1}/data`,
      `${V1}s`,
      `${V1}?`,
      `${V1}?touch=%74rue`,
      `${V1}?a b`,
      `${V1}\n`,
      `${CLASSIC}\n`,
      V1.toUpperCase(),
    ],
  ];
  for (const url of targets) assert.equal(routeOf(url), null, JSON.stringify(url));
  for (const name of ['content-length', 'transfer-encoding', 'expect', 'upgrade']) {
    assert.equal(routeOf(CLASSIC, { [name]: '0' }), null, name);
  }
  for (const host of ['LOCALHOST', '[::1]', 'a b', 'a,b', 'localhost:1', 'localhost:61000', 'x/y', '', undefined]) {
    assert.equal(routeOf(CLASSIC, { host }), null, host);
  }
});

test('all routes of the lane are in the table of the server, behind a scope', () => {
  for (const path of ['/:app/get/:token', V1.replace('shop', ':app'), '/v1/apps/:app/gateway/*']) {
    const found = routes.filter((route) => ['GET', 'ALL'].includes(route.method) && route.path === path);
    assert.deepEqual(
      found.map(({ scope }) => scope),
      ['verify'],
    );
  }
});

test('no read on the lane has the web’s Request made, which costs more than the read itself', async (t) => {
  const { Request } = globalThis;
  let made = 0;
  globalThis.Request = new Proxy(Request, {
    construct(_, args) {
      made++;
      return new Request(...(args as [string, RequestInit]));
    },
  });
  t.after(() => {
    globalThis.Request = Request;
  });
  const { token } = await sessions.create(
    {
      ...{ app: checkApp('shop'), subject: null, data: '{}', tokenKind: 'classic' },
      ...{ idleTimeout: 60_000, absoluteTimeout: null },
    },
    Date.now(),
  );
  for (const url of [
    `/shop/get/${token}`,
    V1,
    `${V1}?touch=true`,
    `${V1}?fields=subject`,
    GATEWAY,
    `${GATEWAY}?touch=true`,
    `${V1}/fields?fields=subject`,
  ]) {
    const incoming = { method: 'GET', url, headers: { host: 'localhost:3000', 'session-token': token } };
    const { status } = await new Promise<Reply>((write) => lane.answer(lane.routeOf(incoming)!, { incoming }, write));
    assert.equal(status, url.startsWith(GATEWAY) ? 204 : 200, url);
  }
  assert.equal(made, 0);
});

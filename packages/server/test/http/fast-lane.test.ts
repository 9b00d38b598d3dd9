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

test('the lane takes the plain writes, and none whose body is unusual in any way', () => {
  const json = { 'content-type': 'application/json', 'content-length': '7' };
  const set = CLASSIC.replace('get', 'set');
  assert.equal(routeOf('/shop/create/ada?ip=10.0.0.1&ttl=60', {}, 'PUT'), '/:app/create/:id');
  assert.equal(routeOf('/shop/create/ada?ip=10.0.0.1', { 'content-length': '0' }, 'PUT'), '/:app/create/:id');
  assert.equal(routeOf(set, json, 'POST'), '/:app/set/:token');
  assert.equal(routeOf(V1, json, 'PATCH'), '/v1/apps/:app/session');
  assert.equal(routeOf(`${V1}s`, json, 'POST'), '/v1/apps/:app/sessions');
  const kill = CLASSIC.replace('get', 'kill');
  for (const [method, url, path] of [
    ['DELETE', kill, '/:app/kill/:token'],
    ['DELETE', V1, '/v1/apps/:app/session'],
    ['POST', `${V1}/touch`, '/v1/apps/:app/session/touch'],
  ] as const) {
    assert.equal(routeOf(url, {}, method), path);
    assert.equal(routeOf(url, { 'content-length': '0' }, method), path);
    for (const odd of [{ 'content-length': '2' }, { 'transfer-encoding': 'chunked' }, { expect: '100-continue' }])
      assert.equal(routeOf(url, odd, method), null, `${method} ${JSON.stringify(odd)}`);
    assert.equal(routeOf(`${url}?a`, {}, method), null, url);
  }
  assert.equal(routeOf(kill, {}, 'POST'), null);
  assert.equal(routeOf('/shop/killall', {}, 'DELETE'), null);
  assert.equal(routeOf('/shop/killsoid/ada', {}, 'DELETE'), null);
  for (const url of [
    'create/ada',
    'create/..?ip=1',
    'create/a%20b?ip=1',
    'create/a/b?ip=1',
    'create/ada?ip=%31',
    'CREATE/a?ip=1',
  ]) {
    assert.equal(routeOf(`/shop/${url}`, {}, 'PUT'), null, url);
  }
  for (const [name, value] of Object.entries({
    'content-length': '2',
    'transfer-encoding': 'chunked',
    expect: '100-continue',
  })) {
    assert.equal(routeOf('/shop/create/ada?ip=1', { [name]: value }, 'PUT'), null, name);
  }
  const unusual = [
    ...[
      { 'content-length': undefined },
      { 'content-length': '0' },
      { 'content-length': '07' },
      { 'content-length': '10000' },
    ],
    ...[
      { 'content-type': undefined },
      { 'content-type': 'application/json; charset=utf-8' },
      { 'content-type': 'text/plain' },
    ],
    ...[
      { 'content-encoding': 'gzip' },
      { 'transfer-encoding': 'chunked' },
      { expect: '100-continue' },
      { host: 'LOCALHOST' },
    ],
  ];
  for (const headers of unusual) {
    assert.equal(routeOf(set, { ...json, ...headers }, 'POST'), null, JSON.stringify(headers));
    assert.equal(routeOf(V1, { ...json, ...headers }, 'PATCH'), null, JSON.stringify(headers));
  }
  const mergePatch = { ...json, 'content-type': 'application/merge-patch+json' };
  assert.equal(routeOf(V1, mergePatch, 'PATCH'), null);
  for (const url of [`${V1}?release=true`, `${V1}/data`, `${V1}/`, GATEWAY])
    assert.equal(routeOf(url, json, 'PATCH'), null, url);
  for (const url of [`${set}?a=b`, `${set}/`, CLASSIC]) assert.equal(routeOf(url, json, 'POST'), null, url);
  assert.equal(routeOf(set, json, 'PUT'), null);
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
  const create = { method: 'PUT', url: '/shop/create/ada?ip=10.0.0.1', headers: { host: 'localhost:3000' } };
  const reply = await new Promise<Reply>((write) => lane.answer(lane.routeOf(create)!, { incoming: create }, write));
  assert.match(reply.body!, /^\{"token":"\w{64}"\}$/);
  assert.equal(made, 0);
});

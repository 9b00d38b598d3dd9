/** Limits as a caller meets them, without a socket and with a clock that the test turns. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { SCOPES } from '../../src/core/principal.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { newSessionId, newToken } from '../../src/core/token.ts';
import { createApp, routeTable } from '../../src/http/app.ts';
import type { RateLimits } from '../../src/http/guards/rate-limits.ts';
import type { App } from '../../src/http/message/route.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

let now: number;
let suspicious: string[];

beforeEach(() => {
  now = 1_800_000_000_000;
  suspicious = [];
});

const optionsWith = (limits: Partial<RateLimits>) => ({
  sessions: new Sessions(new MemoryStore(), () => DEFAULT_POLICY),
  clock: () => now,
  isStopping: () => false,
  authenticate: ({ key }: { key: string | null }) =>
    key === null ? null : { name: key, apps: '*' as const, scopes: new Set(SCOPES) },
  rateLimits: { key: null, app: null, misses: null, onMisses: (key: string) => void suspicious.push(key), ...limits },
  onFault: () => {},
});

async function send(app: App, path: string, key = 'a', method = 'GET') {
  const answer = await app.request(path, { method, headers: { Authorization: `Bearer ${key}` } }, {});
  const header = (name: string) => answer.headers.get(name);
  return { status: answer.status, text: await answer.text(), header };
}

describe('requests', () => {
  test('are counted by key: each answer says what is left, and the one too many when to come back', async () => {
    const app = createApp(optionsWith({ key: new RateLimiter({ perSecond: 2, burst: 10 }) }));
    const first = await send(app, '/shop/activity?dt=60');
    assert.equal(first.status, 200);
    assert.equal(first.header('ratelimit-policy'), '"key";q=10;w=5');
    assert.equal(first.header('ratelimit'), '"key";r=9;t=1');
    assert.equal(first.header('content-type'), 'application/json; charset=utf-8');
    for (let i = 0; i < 9; i++) await send(app, '/shop/activity?dt=60');
    const refused = await send(app, '/blog/soapp?dt=60');
    assert.equal(refused.status, 429);
    assert.equal(refused.text, '{"name":"rateLimited","message":"this key has had its requests for now"}');
    assert.equal(refused.header('retry-after'), '1');
    assert.equal(refused.header('ratelimit'), '"key";r=0;t=5');
    assert.equal((await send(app, '/shop/activity?dt=60', 'b')).status, 200, 'another key has its own');
    now += 500;
    assert.equal((await send(app, '/shop/activity?dt=60')).status, 200);
  });

  test('are counted by app, whoever asks; both limits are told side by side', async () => {
    const app = createApp(
      optionsWith({
        key: new RateLimiter({ perSecond: 100, burst: 100 }),
        app: new RateLimiter({ perSecond: 1, burst: 2 }),
      }),
    );
    const first = await send(app, '/shop/activity?dt=60', 'a');
    assert.equal(first.header('ratelimit-policy'), '"key";q=100;w=1, "app";q=2;w=2');
    assert.equal(first.header('ratelimit'), '"key";r=99;t=1, "app";r=1;t=1');
    assert.equal((await send(app, '/s%68op/activity?dt=60', 'b')).status, 200, 'the same app, encoded');
    assert.equal((await send(app, '/shop/activity?dt=60', 'c')).status, 429);
    assert.equal((await send(app, '/blog/activity?dt=60', 'a')).status, 200);
  });

  test('a key over its limit takes nothing from the other keys of the app', async () => {
    const app = createApp(
      optionsWith({
        key: new RateLimiter({ perSecond: 1, burst: 2 }),
        app: new RateLimiter({ perSecond: 1, burst: 3 }),
      }),
    );
    for (let i = 0; i < 2; i++) assert.equal((await send(app, '/shop/activity?dt=60', 'a')).status, 200);
    for (let i = 0; i < 5; i++) {
      const refused = await send(app, '/shop/activity?dt=60', 'a');
      assert.deepEqual([refused.status, refused.header('ratelimit')], [429, '"key";r=0;t=2, "app";r=1;t=2']);
    }
    assert.equal((await send(app, '/shop/activity?dt=60', 'b')).status, 200);
    assert.equal((await send(app, '/shop/activity?dt=60', 'c')).status, 429, 'now the app has had its own');
  });

  test('of every guarded route are counted, of the open ones none; a refused key uses up nothing', async () => {
    const limits = { key: new RateLimiter({ perSecond: 1, burst: 1 }) };
    const options = optionsWith(limits);
    const app = createApp(options);
    await send(app, '/shop/activity?dt=60');
    for (const { method, path, scope } of routeTable(options)) {
      const target = path
        .replace(':app', 'shop')
        .replace(/:token/, 'A'.repeat(64))
        .replace(/\/:\w+/g, '/joe');
      const { status } = await send(app, target, 'a', method);
      assert.equal(status === 429, scope !== null, `${method} ${path}`);
    }
    assert.equal((await app.request('/shop/activity?dt=60', {}, {})).status, 401);
    assert.equal(limits.key.size, 1);
  });
});

describe('tokens that open nothing', () => {
  test('are counted by key; past the limit only requests with a token are refused, and it is told', async () => {
    const app = createApp(optionsWith({ misses: new RateLimiter({ perSecond: 1, burst: 5 }) }));
    const { text } = await send(app, '/shop/create/joe?ip=1.1.1.1', 'a', 'PUT');
    const { token } = JSON.parse(text);
    const guess = 'A'.repeat(64);
    for (let i = 0; i < 20; i++) assert.match((await send(app, `/shop/get/${token}`)).text, /joe/);
    for (let i = 0; i < 3; i++) assert.equal((await send(app, `/shop/get/${guess}`)).text, '{}');
    assert.equal((await send(app, `/shop/set/${guess}`, 'a', 'POST')).status, 400, 'not even a guess');
    assert.equal((await send(app, `/shop/kill/${guess}`, 'a', 'DELETE')).text, '{"kill":0}');
    assert.equal((await send(app, `/shop/get/${guess}`)).text, '{}');
    assert.deepEqual(suspicious, []);
    const refused = await send(app, `/shop/get/${token}`);
    assert.deepEqual([refused.status, refused.header('retry-after')], [429, '1']);
    assert.deepEqual(suspicious, ['a']);
    assert.equal((await send(app, '/shop/soid/joe')).status, 200);
    assert.match((await send(app, `/shop/get/${token}`, 'b')).text, /joe/, 'another key is not concerned');
    now += 1000;
    assert.match((await send(app, `/shop/get/${token}`)).text, /joe/);
  });

  test('are counted in v1 too: in a header, in a form and in a list', async () => {
    const post = (app: App, path: string, type: string, body: string) =>
      app.request(
        path,
        {
          method: 'POST',
          body,
          headers: { Authorization: 'Bearer a', 'Content-Type': type, 'Content-Length': `${body.length}` },
        },
        {},
      );
    const guess = 'A'.repeat(40);
    const ways: ((app: App) => Response | Promise<Response>)[] = [
      (app) =>
        app.request('/v1/apps/shop/session', { headers: { Authorization: 'Bearer a', 'Session-Token': guess } }, {}),
      (app) => post(app, '/v1/introspect', 'application/x-www-form-urlencoded', `token=${guess}&app=shop`),
      (app) => post(app, '/v1/apps/shop/sessions:verify', 'application/json', JSON.stringify({ tokens: [guess] })),
    ];
    for (const ask of ways) {
      const app = createApp(optionsWith({ misses: new RateLimiter({ perSecond: 1, burst: 2 }) }));
      const statuses = [];
      for (let i = 0; i < 3; i++) statuses.push((await ask(app)).status);
      assert.equal(statuses.at(-1), 429, String(ask));
      assert.ok(statuses[0] !== 429 && statuses[1] !== 429, String(ask));
    }
    const app = createApp(optionsWith({ misses: new RateLimiter({ perSecond: 1, burst: 100 }) }));
    const many = JSON.stringify({ tokens: Array(100).fill(guess) });
    assert.equal((await post(app, '/v1/apps/shop/sessions:verify', 'application/json', many)).status, 200);
    assert.equal((await send(app, `/shop/get/${'A'.repeat(64)}`)).status, 429, 'a list of guesses counts each');
  });

  test('are counted where a change or a lock tells so, and not where a token is chosen for a new session', async () => {
    const own = newToken(newSessionId('joe'), 'standard').token;
    const chosen = () => `chosen-by-the-caller-${++names}`;
    let names = 0;
    const ask = async (app: App, method: string, path: string, token: string, more: Record<string, string> = {}) => {
      const headers = { Authorization: 'Bearer a', 'Session-Token': token, 'Content-Length': '2', ...more };
      const type = { 'Content-Type': 'application/json' };
      const sent = { method, headers: { ...type, ...headers }, body: '{}' };
      return (await app.request(`/v1/apps/shop/session${path}`, sent, {})).status;
    };
    const counted: [number, (app: App) => Promise<number>][] = [
      [412, (app) => ask(app, 'PUT', '', chosen(), { 'If-Match': '*' })],
      [412, (app) => ask(app, 'PUT', '', chosen(), { 'If-Match': '"1"' })],
      [404, (app) => ask(app, 'POST', '/lock', own)],
    ];
    for (const [status, guess] of counted) {
      const app = createApp(optionsWith({ misses: new RateLimiter({ perSecond: 1, burst: 2 }) }));
      assert.deepEqual([await guess(app), await guess(app), await guess(app)], [status, status, 429], String(guess));
    }
    const app = createApp(optionsWith({ misses: new RateLimiter({ perSecond: 1, burst: 1 }) }));
    for (let i = 0; i < 3; i++) {
      const token = chosen();
      assert.equal(await ask(app, 'POST', '/lock', token), 200);
      assert.equal(await ask(app, 'PUT', '', token), 201);
      assert.equal(await ask(app, 'PUT', '', token, { 'If-Match': '"7"' }), 412, 'it opens one of another version');
      assert.equal(await ask(app, 'PUT', '', token, { 'If-None-Match': '*' }), 412, 'it opens one');
    }
  });
});

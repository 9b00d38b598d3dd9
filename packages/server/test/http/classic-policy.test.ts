/** How the classic routes act under the policy of an app: whom they serve, and which ttl they take and give. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_POLICY, type Policy, type PolicySource } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { createApp } from '../../src/http/app.ts';
import { resolvePolicy } from '../../src/policy/resolve.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

type Send = (
  method: string,
  path: string,
  headers?: Record<string, string>,
) => Promise<{ status: number; text: string }>;

function under(source: PolicySource, clock = () => 1_800_000_000_000): Send {
  const sessions = new Sessions(new MemoryStore(), source);
  const app = createApp({
    sessions,
    clock,
    isStopping: () => false,
    onFault: (error) => assert.fail(`${error}`),
  });
  return async (method, path, headers = {}) => {
    const answer = await app.request(path, { method, headers }, {});
    return { status: answer.status, text: await answer.text() };
  };
}

const shop = (policy: Partial<Policy>) => under(() => ({ ...DEFAULT_POLICY, ...policy }));

const TOKEN = 'a'.repeat(64);
const ROUTES = [
  ['PUT', 'create/joe?ip=1.1.1.1'],
  ['GET', `get/${TOKEN}`],
  ['POST', `set/${TOKEN}`],
  ['GET', 'activity?dt=60'],
  ['GET', 'soapp?dt=60'],
  ['GET', 'soid/joe'],
  ['DELETE', `kill/${TOKEN}`],
  ['DELETE', 'killsoid/joe'],
  ['DELETE', 'killall'],
] as const;

describe('the classic routes', () => {
  test('answer 404 for an app they do not serve, each of them, before they look at anything else', async () => {
    const document = { strictApps: true, apps: { shop: {}, v1only: { classic: false } } };
    const resolved = resolvePolicy(document);
    assert.ok('policyOf' in resolved);
    const send = under(resolved.policyOf);
    for (const [method, path] of ROUTES) {
      assert.deepEqual(await send(method, `/v1only/${path}`), {
        status: 404,
        text: '{"name":"appNotFound","message":"the classic routes do not serve this app"}',
      });
      assert.deepEqual(await send(method, `/unknown/${path}`), {
        status: 404,
        text: '{"name":"appNotFound","message":"this server does not serve this app"}',
      });
      assert.notEqual((await send(method, `/shop/${path}`)).status, 404, path);
      assert.equal((await send(method, `/x/${path}`)).status, 400, 'a name that no app can have');
    }
  });

  test('give the idle timeout of the policy, and take a ttl within its bounds', async () => {
    const send = shop({ idleTimeout: 60_500, minIdleTimeout: 60_000, maxIdleTimeout: 90_000 });
    const { text } = await send('PUT', '/shop/create/joe?ip=1.1.1.1');
    assert.match((await send('GET', `/shop/get/${JSON.parse(text).token}`)).text, /"ttl":60,/);
    for (const [ttl, message] of [
      [59, 'ttl must be a positive integer >= 10 and >= 60'],
      [91, 'ttl must be a positive integer >= 10 and <= 90'],
    ]) {
      const refused = await send('PUT', `/shop/create/joe?ip=1.1.1.1&ttl=${ttl}`);
      assert.deepEqual([refused.status, JSON.parse(refused.text)], [400, { name: 'invalidValue', message }]);
    }
    for (const ttl of [60, 90]) assert.equal((await send('PUT', `/shop/create/j?ip=1.1.1.1&ttl=${ttl}`)).status, 200);
  });

  test('show a ttl of null for a session without an idle timeout', async () => {
    const send = shop({ idleTimeout: null, classicAbsoluteTimeout: 60_000 });
    const { text } = await send('PUT', '/shop/create/joe?ip=1.1.1.1');
    assert.match((await send('GET', `/shop/get/${JSON.parse(text).token}`)).text, /"ttl":null,"idle":0/);
  });

  test('give a session the absolute end that the policy file sets', async () => {
    let now = 1_800_000_000_000;
    const send = under(
      () => ({ ...DEFAULT_POLICY, classicAbsoluteTimeout: 60_000 }),
      () => now,
    );
    const { token } = JSON.parse((await send('PUT', '/shop/create/joe?ip=1.1.1.1')).text);
    now += 59_999;
    assert.match((await send('GET', `/shop/get/${token}`)).text, /"id":"joe"/);
    now += 1;
    assert.equal((await send('GET', `/shop/get/${token}`)).text, '{}');
  });

  test('end a session of no_resave by its ttl, however much it is used, and tell what is left of it', async () => {
    const begin = 1_800_000_000_000;
    let now = begin;
    const send = under(
      () => DEFAULT_POLICY,
      () => now,
    );
    const create = async (query: string, headers?: Record<string, string>) =>
      JSON.parse((await send('PUT', `/shop/create/${query}`, headers)).text).token;
    const fixed = await create('joe?ip=1.1.1.1&ttl=100', { 'Session-No-Resave': 'true' });
    for (const [at, r, ttl, idle] of [
      [0, 1, 100, 0],
      [1, 2, 100, 0],
      [40_000, 3, 60, 39],
      [40_000, 4, 60, 0],
      [99_999, 5, 1, 59],
    ] as const) {
      now = begin + at;
      const told = `{"id":"joe","r":${r},"w":1,"ttl":${ttl},"idle":${idle},"ip":"1.1.1.1","no_resave":true}`;
      assert.equal((await send('GET', `/shop/get/${fixed}`)).text, told);
    }
    const listed = `{"sessions":[{"id":"joe","r":6,"w":1,"ttl":1,"idle":0,"ip":"1.1.1.1","no_resave":true}]}`;
    assert.equal((await send('GET', '/shop/soid/joe')).text, listed);
    assert.equal((await send('GET', '/shop/soapp?dt=10')).text, listed);
    now += 1;
    assert.equal((await send('GET', `/shop/get/${fixed}`)).text, '{}');
    // As in redis-sessions, nothing but true is yes.
    for (const no of ['', '1', 'false', 'TRUE']) {
      const slides = await create('ann?ip=1.1.1.1&ttl=100', { 'Session-No-Resave': no });
      assert.doesNotMatch((await send('GET', `/shop/get/${slides}`)).text, /no_resave/, no);
    }
    // The query of 2.x never took it.
    const slides = await create('ann?ip=1.1.1.1&ttl=100&no_resave=true');
    assert.doesNotMatch((await send('GET', `/shop/get/${slides}`)).text, /no_resave/);
  });

  test('let no_resave make a session no longer than the absolute end of the policy', async () => {
    let now = 1_800_000_000_000;
    const send = under(
      () => ({ ...DEFAULT_POLICY, classicAbsoluteTimeout: 60_000 }),
      () => now,
    );
    const created = await send('PUT', '/shop/create/joe?ip=1.1.1.1&ttl=100', { 'Session-No-Resave': 'true' });
    const { token } = JSON.parse(created.text);
    now += 59_999;
    assert.match((await send('GET', `/shop/get/${token}`)).text, /"ttl":1,.*"no_resave":true/);
    now += 1;
    assert.equal((await send('GET', `/shop/get/${token}`)).text, '{}');
  });
});

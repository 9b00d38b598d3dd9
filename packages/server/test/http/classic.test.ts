/** The classic routes without a socket and with a clock that the test turns: what the kit cannot wait for. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { createApp } from '../../src/http/app.ts';
import type { App } from '../../src/http/message/route.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

let now: number;
let app: App;
let faults: unknown[];

beforeEach(() => {
  now = 1_800_000_000_000;
  app = appOn(new MemoryStore());
});

function appOn(store: SessionStore): App {
  faults = [];
  const sessions = new Sessions(store, () => DEFAULT_POLICY);
  return createApp({ sessions, clock: () => now, isStopping: () => false, onFault: (error) => faults.push(error) });
}

async function send(method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}) {
  const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const length: Record<string, string> = body === undefined ? {} : { 'Content-Length': `${Buffer.byteLength(body)}` };
  const init = { method, headers: { ...type, ...length, ...headers }, ...(body === undefined ? {} : { body }) };
  const answer = await app.request(path, init as RequestInit, {});
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function create(query = '?ip=1.1.1.1', body?: string): Promise<string> {
  const { status, text } = await send('PUT', `/shop/create/joe${query}`, body);
  assert.equal(status, 200, text);
  return JSON.parse(text).token;
}

describe('classic routes', () => {
  test('idle counts whole seconds, and a session ends exactly at its ttl', async () => {
    const token = await create('?ip=1.1.1.1&ttl=10', '{"a":1}');
    now += 9_999;
    assert.equal(
      (await send('GET', `/shop/get/${token}`)).text,
      '{"id":"joe","r":1,"w":1,"ttl":10,"idle":9,"ip":"1.1.1.1","d":{"a":1}}',
    );
    now += 9_999;
    assert.equal(
      (await send('POST', `/shop/set/${token}`, '{"a":2}')).text,
      '{"id":"joe","r":2,"w":2,"ttl":10,"idle":9,"ip":"1.1.1.1","d":{"a":2}}',
    );
    now += 10_000;
    assert.equal((await send('GET', `/shop/get/${token}`)).text, '{}');
    assert.equal((await send('GET', '/shop/activity?dt=600')).text, '{"activity":0}');
    assert.equal((await send('DELETE', '/shop/killall')).text, '{"kill":0}');
  });

  test('data may have 1,000 keys, also over several sets; one too many leaves the session as it was', async () => {
    const keys = (from: number, to: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: to - from }, (_, i) => [`k${from + i}`, 0])));
    const rule = '{"name":"invalidValue","message":"data must not have more than 1000 keys, all objects counted"}';
    const token = await create(undefined, keys(0, 600));
    assert.equal((await send('POST', `/shop/set/${token}`, keys(600, 1000))).status, 200);
    const refused = await send('POST', `/shop/set/${token}`, keys(1000, 1001));
    assert.deepEqual([refused.status, refused.text], [400, rule]);
    assert.equal((await send('PUT', '/shop/create/joe?ip=1.1.1.1', keys(0, 1001))).text, rule);
    assert.equal(Object.keys(JSON.parse((await send('GET', `/shop/get/${token}`)).text).d).length, 1000);
    assert.equal((await send('POST', `/shop/set/${token}`, '{"k0":null,"x":1}')).status, 200);
  });

  test('a session of years lives for years: classic sessions have no absolute timeout', async () => {
    const token = await create('?ip=1.1.1.1&ttl=2147483647');
    now += 2_147_483_646_000;
    assert.match((await send('GET', `/shop/get/${token}`)).text, /^\{"id":"joe"/);
  });

  test('checks come in the order app, id or token, ip, ttl, d', async () => {
    const message = async (method: string, path: string, body?: string) =>
      JSON.parse((await send(method, path, body)).text).message;
    assert.equal(await message('PUT', '/a/create/x%0A?ttl=1', '[1]'), 'Invalid app format');
    assert.equal(await message('PUT', '/shop/create/x%0A?ttl=1', '[1]'), 'Invalid id format');
    assert.equal(await message('PUT', '/shop/create/x?ttl=1', '[1]'), 'No ip supplied');
    assert.equal(
      await message('PUT', '/shop/create/x?ip=1.1.1.1&ttl=1', '[1]'),
      'ttl must be a positive integer >= 10',
    );
    assert.equal(await message('PUT', '/shop/create/x?ip=1.1.1.1', '[1]'), 'd must be an object');
    assert.equal(await message('POST', '/a/set/x', '{}'), 'Invalid app format');
    assert.equal(await message('POST', '/shop/set/x', '{}'), 'Invalid token format');
    assert.equal(await message('POST', `/shop/set/${'x'.repeat(64)}`, '{}'), 'd must containt at least one key.');
    assert.equal(await message('GET', '/a/activity?dt=1'), 'Invalid app format');
  });

  test('ttl and dt are whole numbers, once, and nothing else', async () => {
    for (const ttl of [
      '7200abc',
      '10.9',
      '10&ttl=20',
      '1e20',
      '%FF',
      '+20',
      '-20',
      '0x20',
      '٢٠٠',
      '9007199254740993',
    ]) {
      const answer = await send('PUT', `/shop/create/x?ip=1.1.1.1&ttl=${ttl}`);
      assert.equal(answer.status, 400, ttl);
      assert.match(answer.text, /^\{"name":"invalidValue","message":"ttl must be a positive integer >= 10/, ttl);
      const listed = await send('GET', `/shop/soapp?dt=${ttl.replace('&ttl', '&dt')}`);
      assert.equal(listed.text, '{"name":"invalidValue","message":"ttl must be a positive integer >= 10"}', ttl);
    }
    const tooLong = await send('PUT', '/shop/create/x?ip=1.1.1.1&ttl=2147483648');
    assert.equal(JSON.parse(tooLong.text).message, 'ttl must be a positive integer >= 10 and <= 2147483647');
  });

  test('a wrong method is 405 with Allow, an unknown route 404, both JSON without the path', async () => {
    const allow = async (method: string, path: string) => {
      const { status, headers, text } = await send(method, path);
      assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
      assert.ok(!text.includes('secret'), text);
      return [status, headers.get('allow')];
    };
    assert.deepEqual(await allow('POST', '/shop/get/secret'), [405, 'GET, HEAD']);
    assert.deepEqual(await allow('GET', '/shop/kill/secret'), [405, 'DELETE']);
    assert.deepEqual(await allow('PATCH', '/shop/create/secret'), [405, 'PUT']);
    assert.deepEqual(await allow('DELETE', '/ping'), [405, 'GET, HEAD']);
    for (const path of [
      '/',
      '/secret',
      '/shop/secret',
      '/shop/get',
      '/shop/get/',
      '/shop/get//',
      '/shop/get/a/secret',
      '//get/secret',
    ]) {
      assert.deepEqual(await allow('GET', path), [404, null], path);
    }
    const options = await send('OPTIONS', '/shop/get/x');
    assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD']);
  });

  test('HEAD answers as GET does, with its length and without its body', async () => {
    const token = await create();
    const head = await send('HEAD', `/shop/get/${token}`);
    assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '59']);
    assert.equal(JSON.parse((await send('GET', `/shop/get/${token}`)).text).r, 2, 'a HEAD of get is a read');
  });

  test('no answer may be cached, none has an ETag', async () => {
    const token = await create();
    for (const path of [`/shop/get/${token}`, '/shop/soapp?dt=60', '/ping', '/nope', '/shop/get/x']) {
      const { headers } = await send('GET', path);
      assert.deepEqual([headers.get('cache-control'), headers.get('etag')], ['no-store', null]);
    }
  });

  test('data that grows past 64 KiB over several sets is 413 and the session is unchanged', async () => {
    const token = await create();
    const big = (key: string, length: number) => JSON.stringify({ [key]: 'x'.repeat(length) });
    assert.equal((await send('POST', `/shop/set/${token}`, big('a', 50_000))).status, 200);
    const refused = await send('POST', `/shop/set/${token}`, big('b', 20_000));
    assert.deepEqual([refused.status, JSON.parse(refused.text).name], [413, 'dataTooLarge']);
    const session = JSON.parse((await send('GET', `/shop/get/${token}`)).text);
    assert.deepEqual([session.w, Object.keys(session.d)], [2, ['a']]);
    assert.equal((await send('POST', `/shop/set/${token}`, '{"a":"small"}')).status, 200);
  });

  test('bodies that are not what they say are refused with their own status', async () => {
    const token = await create();
    const cases: [string | Uint8Array, Record<string, string>, number][] = [
      ['{"a":1}', { 'Content-Type': 'text/plain' }, 415],
      ['{"a":1}', { 'Content-Type': '' }, 415],
      ['{"a":1}', { 'Content-Type': 'application/json; charset=latin1' }, 415],
      ['{"a":1}', { 'Content-Encoding': 'br' }, 415],
      ['{"a":1}', { 'Content-Encoding': 'gzip' }, 400],
      [gzipSync(`{"a":"${'x'.repeat(1_000_000)}"}`), { 'Content-Encoding': 'gzip' }, 413],
      [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), {}, 400],
      ['{"a":1e400}', {}, 400],
      ['{"a":"\\ud800"}', {}, 400],
      ['{"a":1', {}, 400],
    ];
    for (const [body, headers, status] of cases) {
      const answer = await send('PUT', '/shop/create/x?ip=1.1.1.1', body, headers);
      assert.equal(answer.status, status, `${JSON.stringify(headers)} ${answer.text}`);
      assert.deepEqual(Object.keys(JSON.parse(answer.text)), ['name', 'message']);
    }
    const notJson = await send('POST', `/shop/set/${token}`, 'a=1', {
      'Content-Type': 'application/x-www-form-urlencoded',
    });
    assert.deepEqual([notJson.status, JSON.parse(notJson.text).message], [400, 'd must containt at least one key.']);
    assert.equal(
      (await send('PUT', '/shop/create/x?ip=1.1.1.1', '\uFEFF{"a":1}')).status,
      200,
      'a byte order mark is passed over',
    );
  });

  test('numbers, key order and nested values come back to the letter', async () => {
    const data = '{"2":1.0,"1":12345678901234567890,"a":[],"b":{"x":null}}';
    const token = await create('?ip=1.1.1.1', data);
    assert.ok((await send('GET', `/shop/get/${token}`)).text.endsWith(`"d":${data}}`));
    const { text } = await send('POST', `/shop/set/${token}`, '{"c":1e2}');
    assert.ok(text.endsWith(`"d":${data.slice(0, -1)},"c":1e2}}`), text);
  });

  test('text that is not UTF-8 is refused where it is used and passed over elsewhere', async () => {
    assert.equal(JSON.parse((await send('PUT', '/shop/create/%FF?ip=1.1.1.1')).text).message, 'Invalid id format');
    assert.equal(JSON.parse((await send('PUT', '/shop/create/x?ip=%C3%28')).text).message, 'Invalid ip format');
    assert.equal((await send('PUT', '/shop/create/x?ip=1.1.1.1&%FF=%FF&a[__proto__]=1')).status, 200);
  });
});

describe('a store that fails', () => {
  test('is 503 with Retry-After, never an empty answer, and the operator is told', async () => {
    const store = new MemoryStore();
    app = appOn(store);
    const token = await create();
    await store.close();
    const requests: [string, string, string?][] = [
      ['GET', `/shop/get/${token}`],
      ['POST', `/shop/set/${token}`, '{"a":1}'],
      ['PUT', '/shop/create/x?ip=1.1.1.1'],
      ['DELETE', `/shop/kill/${token}`],
      ['GET', '/shop/soid/joe'],
      ['GET', '/shop/activity?dt=60'],
      ['GET', '/readyz'],
    ];
    for (const [method, path, body] of requests) {
      const { status, headers, text } = await send(method, path, body);
      assert.deepEqual([status, headers.get('retry-after')], [503, '1'], path);
      assert.equal(JSON.parse(text).name, 'storeUnavailable');
    }
    assert.equal(faults.length, requests.length);
    assert.equal((await send('GET', '/ping')).text, 'PONG');
    assert.equal((await send('GET', '/livez')).status, 200);
  });

  test('a fault of ours is 500 without a word about what it was', async () => {
    const broken = new MemoryStore();
    broken.find = broken.get = () => Promise.reject(new Error('secret detail at /some/path.ts:1'));
    app = appOn(broken);
    const answer = await send('GET', `/shop/get/${'x'.repeat(64)}`);
    assert.deepEqual([answer.status, answer.text], [500, '{"name":"internalError","message":"internal error"}']);
    assert.equal(faults.length, 1);
  });
});

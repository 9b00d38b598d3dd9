import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Play, sequences, startFakeServer, vectors } from '../fake-server.mjs';

const KINDS = ['read', 'create', 'write', 'rotate', 'end'];
const DEEDS: Record<string, number> = { see: 2, set: 2, 'set-inside': 3, unset: 1, login: 1, logout: 0 };

describe('the vectors', () => {
  test('have a name of their own, a sentence, and only words that README explains', () => {
    const names = vectors().map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.length >= 30);
    for (const { name, title, rule, session, pages } of vectors()) {
      assert.match(title, /^[a-z0-9].{20,}[^.]$/, name);
      assert.ok(rule >= 1 && rule <= 8 && session !== undefined, name);
      for (const page of pages) {
        assert.ok(['well', 'error', 'told', 'well or error'].includes(page.ends), name);
        assert.ok(['new', 'none', 'none or cleared', 'any'].includes(page.setCookie), name);
        for (const [deed, ...rest] of page.does) assert.equal(rest.length, DEEDS[deed], `${name}: ${deed}`);
        for (const request of sequences(page.requests).flat()) assert.ok(KINDS.includes(request.is), name);
      }
    }
  });
});

describe('the fake server', () => {
  let server: Awaited<ReturnType<typeof startFakeServer>>;
  before(async () => {
    server = await startFakeServer();
  });
  after(() => server.close());

  async function begin(vector: string) {
    const response = await fetch(`${server.url}/contract/plays`, { method: 'POST', body: JSON.stringify({ vector }) });
    assert.equal(response.status, 201);
    const play = (await response.json()) as Play;
    const send = async (method: string, path: string, headers: Record<string, string> = {}, body?: object) => {
      const init = { method, headers: { 'Session-Token': play.token, ...headers }, body: JSON.stringify(body) };
      const answer = await fetch(`${server.url}/v1/apps/${play.app}${path}`, init);
      // biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
      const json: any = await answer.json().catch(() => null);
      return { status: answer.status, body: json };
    };
    const report = async () =>
      (await (await fetch(`${server.url}/contract/plays/${play.app}`)).json()) as {
        faults: string[];
        requests: string[];
      };
    return { play, send, report };
  }
  const JSON_TYPE = { 'Content-Type': 'application/json' };

  test('plays a vector, and finds nothing wrong with an adapter that keeps the rules', async () => {
    const { play, send, report } = await begin('changed-page-costs-two-requests');
    assert.equal(play.pages[0]!.cookie, play.token);
    const read = await send('GET', '/session?touch=true');
    assert.deepEqual([read.status, read.body.data.theme], [200, 'dark']);
    const set = { cart: { lamp: 2 }, _own: 1 };
    assert.equal((await send('PATCH', '/session', JSON_TYPE, { set })).body.version, 2);
    assert.deepEqual(await report(), { faults: [], requests: ['GET /session', 'PATCH /session'] });
  });

  test('says what is wrong: a key too many, a request too many, a request that is missing, one without its key', async () => {
    const whole = await begin('changed-page-costs-two-requests');
    await whole.send('GET', '/session?touch=true');
    const set = { cart: { lamp: 2 }, theme: 'dark' };
    assert.equal((await whole.send('PATCH', '/session', JSON_TYPE, { set })).status, 500);
    assert.match((await whole.report()).faults.join(), /set must be .*"lamp":2}}, and is .*"theme"/);
    const late = await begin('unchanged-page-costs-one-request');
    assert.match((await late.report()).faults.join(), /missing: read/);
    for (const touch of [true, false, false]) await late.send('GET', `/session${touch ? '?touch=true' : ''}`);
    assert.match((await late.report()).faults.join(), /no further request/);
    const bare = await begin('first-value-begins-the-session');
    assert.equal((await bare.send('POST', '/sessions', JSON_TYPE, { data: { theme: 'dark' } })).status, 500);
    assert.match((await bare.report()).faults.join(), /Idempotency-Key must be there/);
  });

  test('takes a session of either making, and a create that is sent again only with its key', async () => {
    const keyed = (key: string) => ({ ...JSON_TYPE, 'Idempotency-Key': key });
    const data = { theme: 'dark' };
    for (const key of ['one', 'other']) {
      const { send, report } = await begin('create-that-was-cut-off');
      await assert.rejects(send('POST', '/sessions', keyed('one'), { data }));
      await send('POST', '/sessions', keyed(key), { data });
      const { faults } = await report();
      if (key === 'one') assert.deepEqual(faults, []);
      else assert.match(faults.join(), /another Idempotency-Key/);
    }
    const own = { ...JSON_TYPE, 'Session-Token': 'a-token-of-the-framework', 'If-None-Match': '*' };
    const { send, report } = await begin('unknown-token-is-not-adopted');
    assert.equal((await send('GET', '/session?touch=true')).body.code, 'session_not_found');
    assert.equal((await send('PUT', '/session', own, { data: { cart: { lamp: 1 } } })).status, 201);
    assert.deepEqual((await report()).faults, []);
  });
});

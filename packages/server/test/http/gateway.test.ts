/** The gateway where time passes, where the proxy's own key is wrong, where it asks too often, and where the store is lost. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { checkApp, checkSubject } from '../../src/core/validate.ts';
import { type AppOptions, createApp } from '../../src/http/app.ts';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { Client } from '../support/client.ts';
import { startRedis } from '../support/redis.ts';
import { lastFirst, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const BEGIN = 1_800_000_000_000;
const SHOP = checkApp('shop');
const NOBODY = ['', '', ''];

/** An app whose clock is set by hand. */
function appWith(more: Partial<AppOptions> = {}) {
  let now = BEGIN;
  const sessions = new Sessions(new MemoryStore(), () => DEFAULT_POLICY);
  const app = createApp({ sessions, clock: () => now, isStopping: () => false, onFault: assert.fail, ...more });
  return {
    create: async (idleTimeout: number) => {
      const timeouts = { idleTimeout, absoluteTimeout: null };
      const draft = {
        app: SHOP,
        subject: checkSubject('ann'),
        ...timeouts,
        data: '{}',
        tokenKind: 'standard',
      } as const;
      return (await sessions.create(draft, now)).token;
    },
    ask: async (token: string, query = '', headers: Record<string, string> = {}) => {
      const path = `/v1/apps/shop/gateway${query}`;
      const { status, headers: told } = await app.request(
        path,
        { headers: { 'Session-Token': token, ...headers } },
        {},
      );
      return {
        status,
        told: ['Session-Id', 'Session-Subject', 'Session-Expires'].map((name) => told.get(name)),
        headers: told,
      };
    },
    readsOf: async (token: string) => (await sessions.get(SHOP, token, 'look', now))?.session.reads,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
  };
}

describe('a visit that is to count', () => {
  test('counts once in 30 seconds, whoever has touched the session before', async () => {
    const { create, ask, readsOf, pass } = appWith();
    const token = await create(3_600_000);
    const deadlines: unknown[] = [];
    for (const seconds of [29, 1, 29.999, 0.001]) {
      pass(seconds);
      for (let i = 0; i < 3; i++) deadlines.push((await ask(token, '?touch=true')).told[2]);
    }
    assert.equal(await readsOf(token), 3);
    assert.equal(new Set(deadlines).size, 3);
    pass(1000);
    assert.equal((await ask(token)).status, 204);
    assert.equal(await readsOf(token), 3, 'without touch=true it only looks');
  });

  test('counts after half of an idle timeout that is shorter than that, so that nobody is logged out while there', async () => {
    const { create, ask, readsOf, pass } = appWith();
    const token = await create(10_000);
    for (let i = 0; i < 20; i++) {
      pass(4);
      assert.equal((await ask(token, '?touch=true')).status, 204);
    }
    assert.equal(await readsOf(token), 11);
    pass(10);
    assert.equal((await ask(token, '?touch=true')).status, 401);
  });
});

describe('a gateway with API keys', () => {
  const right = newKey();
  const keys = `proxy:${hashKey(right)}:shop:verify,write`;

  test('answers what is wrong with the key of the proxy with 403, never with 401, and as often as it comes', async (t) => {
    const env = { RS_STORE: 'memory:', RS_API_KEYS: keys, RS_RATE_WRONG_KEYS: '1' };
    const client = new Client((await startServer(t, env)).url);
    t.after(() => client.close());
    const bearer = { Authorization: `Bearer ${right}` };
    const made = await client.send('POST', '/v1/apps/shop/sessions', {}, bearer);
    const visitor = { 'Session-Token': made.json.token };
    const ask = (app: string, headers: Record<string, string>) =>
      client.send('GET', `/v1/apps/${app}/gateway`, undefined, { ...visitor, ...headers });
    const wrong = [{}, { Authorization: 'Bearer wrong' }, { Authorization: `Basic ${right}` }, { Authorization: 'x' }];
    for (const headers of [...wrong, ...wrong]) {
      const { status, json, headers: told } = await ask('shop', headers as Record<string, string>);
      assert.deepEqual([status, json.code], [403, 'forbidden'], JSON.stringify(headers));
      assert.equal(told['www-authenticate'], undefined);
      assert.deepEqual([told['session-id'], told['session-subject'], told['session-expires']], NOBODY);
    }
    assert.equal((await ask('blog', bearer)).status, 403);
    assert.equal((await ask('shop', bearer)).status, 204);
    assert.equal((await ask('shop', { ...bearer, 'Session-Token': 'none' })).status, 401);
    assert.equal(
      (await client.send('GET', '/v1/apps/shop/session', undefined, visitor)).status,
      401,
      'as everywhere else',
    );
  });

  test('counts tokens that open nothing, and not visitors without one', async (t) => {
    const env = { RS_STORE: 'memory:', RS_API_KEYS: keys, RS_RATE_MISSES: '2' };
    const client = new Client((await startServer(t, env)).url);
    t.after(() => client.close());
    const ask = async (headers: Record<string, string>) => {
      const all = { Authorization: `Bearer ${right}`, ...headers };
      return (await client.send('GET', '/v1/apps/shop/gateway', undefined, all)).status;
    };
    for (let i = 0; i < 20; i++) assert.equal(await ask({}), 401);
    await until(async () => (await ask({ 'Session-Token': 'guess' })) === 429, 'the guesses are too many');
  });
});

test('a lost store is 503 with headers that say nothing, and nobody is sent to log in', async (t) => {
  const cleanup = lastFirst(t);
  const redis = await startRedis(cleanup);
  const env = { RS_STORE: `redis://127.0.0.1:${redis.port}` };
  const client = new Client((await startServer(cleanup, env)).url);
  cleanup.after(() => client.close());
  const { json } = await client.send('POST', '/v1/apps/shop/sessions', {});
  const ask = (headers: Record<string, string>) => client.send('GET', '/v1/apps/shop/gateway', undefined, headers);
  assert.equal((await ask({ 'Session-Token': json.token })).status, 204);
  await redis.end();
  const { status, headers } = await ask({ 'Session-Token': json.token });
  assert.equal(status, 503);
  assert.deepEqual([headers['session-id'], headers['session-subject'], headers['session-expires']], NOBODY);
  assert.equal((await ask({})).status, 401, 'who shows no token has no session, whatever the store says');
});

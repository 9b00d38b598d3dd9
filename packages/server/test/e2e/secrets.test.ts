/**
 * G9: drives every route with known tokens, well and badly, with everything logged, and looks for each token in the log,
 * in every answer but the one that created it, in every key and value of the store, and in what Redis was sent.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Redis } from 'ioredis';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { DescribedClient } from '../support/described-client.ts';
import { dumpRedis, linesOf } from '../support/redis-dump.ts';
import { type Cleanup, startServer, temporaryFolder } from '../support/server.ts';
import { TOPOLOGIES } from '../support/topologies.ts';

type Request = [method: string, target: string, body?: unknown, headers?: Record<string, string>];

/** Every route, and every place of a request where a token may be by right or by mistake. A new route adds its lines. */
const REQUESTS = (token: string): Request[] => [
  ['GET', `/shop/get/${token}`],
  ['GET', `/shop/get/${token}/`],
  ['GET', `/shop/get/${token}x`],
  ['GET', `/shop/nope/${token}`],
  ['GET', `/${token}`],
  ['POST', `/shop/get/${token}`],
  ['PUT', `/shop/create/joe?ip=${token}`],
  ['PUT', `/shop/create/joe?ip=1.1.1.1&ttl=${token}`],
  ['GET', `/shop/activity?dt=${token}`],
  ['POST', `/shop/set/${token}`, { b: 2 }],
  ['POST', `/shop/set/${token}`, '{"b":'],
  ['POST', `/shop/set/${token}`, `{"${token}`],
  ['POST', `/shop/set/${token}`, 'x', { 'Content-Type': `text/${token}`, 'Content-Encoding': token }],
  ['GET', '/shop/soid/u1'],
  ['GET', '/shop/soapp?dt=600'],
  ['GET', '/shop/activity?dt=600'],
  ['GET', '/ping', undefined, { Authorization: `Bearer ${token}`, Cookie: `s=${token}` }],
  ['GET', '/readyz'],
  ...V1_REQUESTS(token),
];

/** The routes of v1, where the token travels in a header or a body. */
function V1_REQUESTS(token: string): Request[] {
  const own = { 'Session-Token': token };
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return [
    ['GET', '/v1/apps/shop/session', undefined, own],
    ['GET', '/v1/apps/shop/session?touch=true&fields=data', undefined, own],
    ['GET', `/v1/apps/shop/session?token=${token}`],
    ['PATCH', '/v1/apps/shop/session', { set: { c: 3 } }, own],
    ['PUT', '/v1/apps/shop/session/data', { d: 4 }, own],
    ['PATCH', '/v1/apps/shop/session/data', { e: 5 }, own],
    ['GET', '/v1/apps/shop/session/fields?fields=id', undefined, own],
    ['GET', `/v1/apps/shop/session/fields?fields=${token}`, undefined, own],
    ['GET', `/v1/apps/shop/sessions:ids?cursor=${token}`],
    ['POST', '/v1/apps/shop/session/touch', undefined, own],
    ['PUT', '/v1/apps/shop/session', { subject: 'put', data: {} }, { 'Session-Token': `${token}-chosen` }],
    ['POST', '/v1/apps/shop/sessions:verify', { tokens: [token, `${token}x`] }],
    ['POST', '/v1/introspect', `token=${token}`, form],
    ['GET', `/v1/apps/shop/sessions/${token}`],
    ['DELETE', `/v1/apps/shop/sessions/${token}`],
    ['GET', `/v1/apps/shop/sessions?cursor=${token}`],
    ['GET', '/v1/apps/shop/sessions', undefined, { 'If-Match': `"${token}"`, Authorization: `Bearer ${token}` }],
    ['GET', '/v1/apps/shop/subjects/u1/sessions'],
    ['DELETE', `/v1/apps/shop/subjects/nobody/sessions?except=${token}`],
    ['GET', `/v1/${token}`],
  ];
}

/** The requests that end sessions, once all others were made. */
const ENDINGS = (tokens: readonly string[]): Request[] => [
  ['DELETE', `/shop/kill/${tokens[0]}`],
  ['DELETE', `/shop/kill/${tokens[0]}`],
  ['DELETE', '/shop/killsoid/u1'],
];

interface Place {
  readonly env: Record<string, string>;
  /** All that the store holds, and was told, as text. */
  readonly stored: () => Promise<string>;
}

const PLACES: Record<string, (cleanup: Cleanup) => Promise<Place>> = {
  'the embedded store': async (cleanup) => {
    const path = temporaryFolder(cleanup);
    const stored = async () => {
      const store = new LmdbStore({ path, namespace: 'drs', onError: (error) => assert.fail(String(error)) });
      const dump = store.dump().map((entry) => JSON.stringify(entry));
      await store.close();
      return dump.join('\n');
    };
    return { env: { RS_STORE: `lmdb:${path}` }, stored };
  },
  'one Redis server': onRedis('one Redis server'),
  'Redis Cluster': onRedis('Redis Cluster'),
};

function onRedis(name: string): (cleanup: Cleanup) => Promise<Place> {
  return async (cleanup) => {
    const { env, masters } = await TOPOLOGIES[name]!(cleanup);
    const servers = await masters();
    // Redis logs every command as a slow one, so that arguments that are not stored are seen, too.
    for (const server of servers) {
      await server.config('SET', 'slowlog-log-slower-than', 0);
      await server.config('SET', 'slowlog-max-len', 100_000);
    }
    const sent = async (server: Redis) => JSON.stringify(await server.call('SLOWLOG', 'GET', -1));
    return {
      env,
      stored: async () => [...(await Promise.all(servers.map(sent))), ...linesOf(await dumpRedis(servers))].join('\n'),
    };
  };
}

describe('secrets', () => {
  for (const [name, open] of Object.entries(PLACES)) {
    test(`a token appears in the answer that created it and nowhere else, on ${name} (G9)`, async (t) => {
      const { env, stored: read } = await open(t);
      const server = await startServer(t, { ...env, RS_LOGLEVEL: 'trace' });
      const client = new DescribedClient(server.url);
      t.after(() => client.close());
      const tokens: string[] = [];
      for (let i = 0; i < 6; i++) tokens.push(await client.create('shop', `u${i}`, { a: i }));
      const foreign = 'Z'.repeat(64);
      const answers: string[] = [];
      for (const request of [...[...tokens, foreign].flatMap(REQUESTS), ...ENDINGS(tokens)]) {
        const { text, headers } = await client.send(...request);
        answers.push(text, JSON.stringify(headers));
      }
      await server.end();
      const [stored, log] = [await read(), server.output()];

      assert.ok(log.includes('"route":"/:app/get/:token"') && log.includes('"status":200'), 'requests were logged');
      const id = tokens[5]!.slice(2, 18);
      assert.ok(log.includes(`"session":"${id}"`), 'by the public id');
      assert.ok(stored.includes(id), 'the store was read');
      for (const token of [...tokens, foreign]) {
        const secret = token === foreign ? token : token.slice(18);
        assert.ok(!log.includes(secret), `in the log: ${log.split('\n').find((line) => line.includes(secret))}`);
        const kept = stored.indexOf(secret);
        assert.ok(kept === -1, `in the store: ${stored.slice(Math.max(0, kept - 200), kept + 100)}`);
        assert.deepEqual(
          answers.filter((text) => text.includes(secret)),
          [],
          'in an answer',
        );
      }
    });
  }
});

/** RS_ADOPT: sessions that redis-sessions made go on here, and everything that is done to them covers both sides. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NOT_INSTALLED, type OldLibrary, oldLibrary, VERSIONS } from '../support/old-library.ts';
import { forAllTests, PATIENT, startRedis } from '../support/redis.ts';
import { type Cleanup, startServer } from '../support/server.ts';

const old = forAllTests((cleanup) => startRedis(cleanup));
const own = forAllTests((cleanup) => startRedis(cleanup));

const STORES = {
  memory: () => 'memory:',
  lmdb: () => undefined,
  redis: () => `redis://127.0.0.1:${own().port}/1`,
} as const;

let last = 0;

// biome-ignore lint/suspicious/noExplicitAny: what it is, each test says
type Body = any;

interface Sides {
  readonly app: string;
  readonly theirs: OldLibrary;
  /** Sends a request to our server and gives status, body and headers. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    more?: Record<string, string>,
  ) => Promise<{ status: number; body: Body; headers: Headers }>;
}

/** Starts a server that takes over what an old library writes. Each has an app of its own. */
async function bothSides(
  t: Cleanup,
  version: (typeof VERSIONS)[number] = 4,
  store: keyof typeof STORES = 'lmdb',
): Promise<Sides> {
  const theirs = oldLibrary(t, version, old().port);
  const url = STORES[store]();
  const server = await startServer(t, {
    ...PATIENT,
    RS_ADOPT: `redis://127.0.0.1:${old().port}/0?namespace=rs`,
    ...(url && { RS_STORE: url }),
  });
  const call: Sides['call'] = async (method, path, body, more = {}) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...type, ...more },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
  };
  return { app: `app${process.pid % 1000}x${++last}`, theirs, call };
}

describe('a session of redis-sessions', { skip: NOT_INSTALLED }, () => {
  for (const store of Object.keys(STORES) as (keyof typeof STORES)[]) {
    for (const version of VERSIONS) {
      test(`of version ${version} opens here, with its user, counters and data, in the store ${store}`, async (t) => {
        const { app, theirs, call } = await bothSides(t, version, store);
        const token = await theirs.create(app, 'ann', { ttl: 3600, d: { cart: 3, name: 'Ånn' } });
        await theirs.set(app, token, { seen: true });
        const { status, body } = await call('GET', `/${app}/get/${token}`);
        assert.equal(status, 200);
        assert.equal(body.id, 'ann');
        assert.equal(body.ttl, 3600);
        assert.deepEqual(body.d, { cart: 3, name: 'Ånn', seen: true });
        assert.equal(body.w, 2);
        assert.equal(await theirs.get(app, token), null);
        assert.equal((await call('GET', `/${app}/get/${token}`)).status, 200);
        const keys = await old().admin.keys(`rs:*${token}*`);
        assert.deepEqual(keys.length <= 1, true, `${keys}`);
      });
    }
  }

  test('that the gateway is asked for first is taken over then, and told as one of ours', async (t) => {
    const { app, theirs, call } = await bothSides(t);
    const token = await theirs.create(app, 'ann', { ttl: 3600 });
    const killed = await theirs.create(app, 'ann', { ttl: 3600 });
    await theirs.kill(app, killed);
    const ask = (headers: Record<string, string>) =>
      call('GET', `/v1/apps/${app}/gateway/any/page`, undefined, headers);
    const told = await ask({ Cookie: `session=${token}` });
    assert.deepEqual([told.status, told.headers.get('session-subject')], [204, 'ann']);
    assert.equal(await theirs.get(app, token), null);
    const { body } = await call('GET', `/v1/apps/${app}/session`, undefined, { 'Session-Token': token });
    assert.equal(told.headers.get('session-id'), body.id);
    assert.equal(told.headers.get('session-expires'), body.expiresAt);
    assert.equal((await ask({ 'Session-Token': killed })).status, 401);
  });

  test('that is locked first is taken over by one of those who come at once; the others wait their turn', async (t) => {
    const { app, theirs, call } = await bothSides(t);
    const token = await theirs.create(app, 'ann', { ttl: 3600, d: { n: 0 } });
    const path = `/v1/apps/${app}/session`;
    const page = async () => {
      const locked = await call('POST', `${path}/lock`, { lease: 60, wait: 30 }, { 'Session-Token': token });
      assert.equal(locked.status, 200, JSON.stringify(locked.body));
      const { lock, session } = locked.body;
      const of = { 'Session-Token': token, 'Session-Lock': lock };
      const written = await call('PATCH', `${path}?release=true`, { set: { n: session.data.n + 1 } }, of);
      assert.equal(written.status, 200, JSON.stringify(written.body));
    };
    await Promise.all(Array.from({ length: 20 }, page));
    const { body } = await call('GET', path, undefined, { 'Session-Token': token });
    assert.deepEqual([body.subject, body.data], ['ann', { n: 20 }]);
    assert.equal(await theirs.get(app, token), null);
  });
});

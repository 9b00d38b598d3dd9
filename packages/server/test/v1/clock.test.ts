/** What v1 does as time goes by, without waiting: the app on a store, with the clock as an argument. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts';
import { Sessions } from '../../src/core/sessions.ts';
import type { SessionStore } from '../../src/core/store.ts';
import { createApp } from '../../src/http/app.ts';
import { LmdbStore } from '../../src/stores/lmdb/lmdb-store.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { type Cleanup, temporaryFolder } from '../support/server.ts';

const START = 1_800_000_000_000;

const STORES: Record<string, (cleanup: Cleanup) => SessionStore> = {
  'the memory store': () => new MemoryStore(),
  'the embedded store': (cleanup) => {
    const store = new LmdbStore({
      path: temporaryFolder(cleanup),
      namespace: 'test',
      onError: (error) => assert.fail(`${error}`),
    });
    cleanup.after(() => store.close());
    return store;
  },
};

/** An app with a clock to set and a policy to change. Tokens go into Session-Token. */
function open(store: SessionStore) {
  const world = { now: START, policy: DEFAULT_POLICY as Policy };
  const app = createApp({
    sessions: new Sessions(store, () => world.policy),
    clock: () => world.now,
    isStopping: () => false,
    onFault: (error) => assert.fail(`${error}`),
  });
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': `${text.length}` };
    const request = { method, headers: { ...type, ...headers }, ...(text !== undefined && { body: text }) };
    const answer = await app.request(`/v1/apps/shop${path}`, request, {});
    const received = await answer.text();
    return { status: answer.status, json: received === '' ? undefined : JSON.parse(received) };
  };
  const by = (token: string, headers: Record<string, string> = {}) => ({ 'Session-Token': token, ...headers });
  return { world, send, by };
}

for (const [name, make] of Object.entries(STORES)) {
  describe(`time in v1 on ${name}`, () => {
    test('a session ends at its idle deadline unless it is touched; looking does not slide it', async (t) => {
      const { world, send, by } = open(make(t));
      const { json } = await send('POST', '/sessions', { idleTimeout: 100 });
      world.now += 99_999;
      assert.equal((await send('GET', '/session', undefined, by(json.token))).status, 200);
      await send('GET', '/session?touch=true', undefined, by(json.token));
      world.now += 99_999;
      assert.equal((await send('POST', '/session/touch', undefined, by(json.token))).status, 200);
      world.now += 99_999;
      for (const look of ['/session', `/sessions/${json.session.id}`, '/sessions?view=ids']) {
        assert.equal((await send('GET', look, undefined, by(json.token))).status, 200);
      }
      world.now += 1;
      assert.equal((await send('GET', '/session?touch=true', undefined, by(json.token))).status, 404);
      assert.equal((await send('GET', `/sessions/${json.session.id}`)).status, 404);
      assert.deepEqual((await send('GET', '/sessions')).json.sessions, []);
    });

    test('nothing but a login carries a session past its absolute deadline', async (t) => {
      const { world, send, by } = open(make(t));
      const token = 'chosen-by-the-caller-0001';
      await send('PUT', '/session', { idleTimeout: 60, absoluteTimeout: 100 }, by(token));
      world.now += 50_000;
      const body = { idleTimeout: 1000, absoluteTimeout: 100 };
      const { json } = await send('PUT', '/session', body, by(token));
      assert.equal(json.expiresAt, json.absoluteExpiresAt);
      assert.equal(Date.parse(json.absoluteExpiresAt), START + 100_000);
      const login = (await send('PUT', '/session', { ...body, subject: 'ann' }, by(token))).json;
      assert.equal(Date.parse(login.absoluteExpiresAt), START + 150_000);
      const again = (await send('PUT', '/session', { ...body, subject: 'ann', absoluteTimeout: 60 }, by(token))).json;
      assert.equal(Date.parse(again.absoluteExpiresAt), START + 110_000, 'counted from the login');
      world.now += 59_999;
      assert.equal((await send('POST', '/session/touch', { idleTimeout: 1000 }, by(token))).status, 200);
      const rotated = await send('POST', '/session/rotate', { subject: 'ann', label: 'x' }, by(token));
      assert.deepEqual([rotated.status, rotated.json.session.absoluteExpiresAt], [200, again.absoluteExpiresAt]);
      world.now += 1;
      assert.equal((await send('GET', '/session', undefined, by(rotated.json.token))).status, 404);
      assert.equal((await send('PUT', '/session', {}, by(token, { 'If-Match': '*' }))).status, 412);
    });

    test('the old token reads until the last millisecond of its grace, and its grace is not prolonged by use', async (t) => {
      const { world, send, by } = open(make(t));
      const { json } = await send('POST', '/sessions');
      await send('POST', '/session/rotate', undefined, by(json.token));
      for (const step of [0, 5000, 4999]) {
        world.now += step;
        assert.equal((await send('GET', '/session?touch=true', undefined, by(json.token))).status, 200);
      }
      world.now += 1;
      assert.equal((await send('GET', '/session', undefined, by(json.token))).status, 404);
    });

    test('a rotation sent again with its key gives its token long after the grace; after ten minutes it is a new request', async (t) => {
      const { world, send, by } = open(make(t));
      const { json } = await send('POST', '/sessions');
      const rotate = () => send('POST', '/session/rotate', { grace: 1 }, by(json.token, { 'Idempotency-Key': 'k' }));
      const first = await rotate();
      for (const step of [500, 500, 598_999]) {
        world.now += step;
        assert.equal((await rotate()).json.token, first.json.token);
      }
      world.now += 1;
      assert.equal((await rotate()).status, 404, 'the old token opens nothing any more');
      assert.equal((await send('GET', '/session', undefined, by(first.json.token))).status, 200);
    });

    test('an Idempotency-Key of a create is free after ten minutes, to the millisecond', async (t) => {
      const { world, send } = open(make(t));
      const create = (subject: string) => send('POST', '/sessions', { subject }, { 'Idempotency-Key': 'k' });
      const first = await create('a');
      world.now += 599_999;
      assert.equal((await create('a')).json.token, first.json.token);
      assert.equal((await create('b')).status, 422);
      world.now += 1;
      const second = await create('b');
      assert.equal(second.status, 201);
      assert.notEqual(second.json.token, first.json.token);
      assert.equal((await create('a')).status, 422);
      assert.equal((await send('GET', '/sessions?view=count')).json.sessions, 2);
    });

    test('a create sent again after its session has ended is 404, and makes no other one', async (t) => {
      const { world, send, by } = open(make(t));
      const create = () => send('POST', '/sessions', { idleTimeout: 60 }, { 'Idempotency-Key': 'k' });
      const { json } = await create();
      await send('DELETE', '/session', undefined, by(json.token));
      assert.equal((await create()).status, 404);
      world.now += 60_000;
      assert.equal((await create()).status, 404);
      assert.deepEqual((await send('GET', '/sessions')).json.sessions, []);
    });

    test('lists, counts and activity cut at their window, guests are sessions and no subjects', async (t) => {
      const { world, send } = open(make(t));
      await send('POST', '/sessions', { subject: 'a' });
      world.now += 60_000;
      await send('POST', '/sessions', { subject: 'b' });
      await send('POST', '/sessions');
      world.now += 500;
      const sessions = async (query: string) => (await send('GET', `/sessions?view=count${query}`)).json.sessions;
      assert.deepEqual(
        [await sessions(''), await sessions('&activeWithin=60'), await sessions('&activeWithin=0.5')],
        [3, 2, 2],
      );
      assert.deepEqual([await sessions('&activeWithin=0.499'), await sessions('&activeWithin=60.5')], [0, 3]);
      assert.deepEqual([await sessions('&subject=a&activeWithin=60'), await sessions('&subject=a')], [0, 1]);
      assert.deepEqual((await send('GET', '/activity?within=60')).json, { subjects: 1, sessions: 2 });
      assert.equal((await send('GET', '/sessions?activeWithin=60')).json.sessions.length, 2);
    });

    test('a session keeps the timeouts an older policy gave it; its touch is not refused because of them', async (t) => {
      const { world, send, by } = open(make(t));
      const { json: long } = await send('POST', '/sessions', { absoluteTimeout: 9000, idleTimeout: 500 });
      const { json: none } = await send('POST', '/sessions', { absoluteTimeout: null });
      world.policy = {
        ...DEFAULT_POLICY,
        maxIdleTimeout: 100_000,
        absoluteTimeout: 1_000_000,
        maxAbsoluteTimeout: 1_000_000,
      };
      for (const { token, session } of [long, none]) {
        const { status, json } = await send('POST', '/session/touch', { idleTimeout: 50 }, by(token));
        assert.deepEqual([status, json.idleTimeout, json.absoluteExpiresAt], [200, 50, session.absoluteExpiresAt]);
        assert.equal((await send('POST', '/session/touch', { idleTimeout: 101 }, by(token))).status, 400);
        assert.equal((await send('PATCH', '/session', { set: { a: 1 } }, by(token))).status, 200);
      }
      assert.equal((await send('PUT', '/session', { absoluteTimeout: 9000 }, by(long.token))).status, 400);
    });

    test('a PUT with the token before a rotation creates a session of its own once the grace is over', async (t) => {
      const { world, send, by } = open(make(t));
      const token = 'chosen-by-the-caller-0002';
      const { json: made } = await send('PUT', '/session', { subject: 'a' }, by(token));
      await send('POST', '/session/rotate', undefined, by(token));
      world.now += 9999;
      assert.equal((await send('PUT', '/session', { subject: 'a' }, by(token))).json.id, made.id);
      assert.equal((await send('PUT', '/session', {}, by(token, { 'If-None-Match': '*' }))).status, 412);
      world.now += 1;
      assert.equal((await send('PUT', '/session', { subject: 'a' }, by(token, { 'If-Match': '*' }))).status, 412);
      const { status, json } = await send('PUT', '/session', { subject: 'a' }, by(token));
      assert.equal(status, 201);
      assert.notEqual(json.id, made.id);
    });
  });
}

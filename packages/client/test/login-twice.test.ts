/** A login form that is sent twice: one page wins, and the other is told that its session was ended meanwhile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import { SessionClient, SessionNotFoundError } from '../src/index.ts';
import { RestKoaSessionStore } from '../src/koa/index.ts';
import { PLAYERS } from './contract/players.ts';
import { skip } from './frameworks.ts';

describe('a page whose token another page has replaced', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  for (const name of ['hono', 'react-router', 'next']) {
    test(`${name}: the slower login is told, and the cookie stays that of the faster one`, async (t) => {
      const target = { url: server().url, app: `twice-${name}` };
      const [client, player] = [new SessionClient(target), await PLAYERS[name]!(t, target)];
      const { token } = await client.create({ data: { cart: 1 } });
      let faster = '';
      const { error, setCookie } = await player.visit(token, async ({ login }) => {
        faster = (await client.rotate(token, { subject: 'ann' })).token;
        await login('ann');
      });
      assert.ok(error instanceof SessionNotFoundError, error);
      assert.deepEqual([error.code, error.status, setCookie], ['session_not_found', 409, []]);
      assert.deepEqual((await client.get(faster)).data, { cart: 1 });
    });
  }

  for (const name of ['express', 'fastify']) {
    test(`${name}: a page that moves the session is told`, async (t) => {
      const target = { url: server().url, app: `moved-${name}` };
      const [client, player] = [new SessionClient(target), await PLAYERS[name]!(t, target)];
      const { token } = await client.create({ data: { cart: 1 } });
      const { error } = await player.visit(token, async ({ set }) => {
        await client.rotate(token, { grace: 60 });
        set('_user', 'ann');
      });
      assert.deepEqual([error?.code, error?.status], ['session_not_found', 409]);
    });
  }

  test('koa: a page that moves the session is told', async () => {
    const target = { url: server().url, app: 'moved-koa' };
    const store = new RestKoaSessionStore({ ...target, subject: ({ user }) => user });
    const { token } = await store.client.create();
    const ctx = {};
    const session = await store.get(token, 60_000, { ctx });
    await store.client.rotate(token, { grace: 60 });
    await assert.rejects(store.set(token, { ...session, user: 'ann' }, 60_000, { ctx, changed: true }), {
      code: 'session_not_found',
      status: 409,
    });
  });
});

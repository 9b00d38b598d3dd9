/** Names that begin with `_`: what other frameworks keep is neither shown nor written, and a page keeps what is its own. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import { SessionClient } from '../src/index.ts';
import { createNextSessions } from '../src/next/index.ts';
import { PLAYERS } from './contract/players.ts';
import { skip } from './frameworks.ts';

/** What other frameworks would make objects of. */
const PLANTED = { _rack: { marshal: { x: 'BAg6CWV2aWw=' } }, '_spring.evil': { java: 'rO0AB' }, _php: 'YTowOnt9' };
const THEIRS = { _django: { state: 'gAR9lC4=' }, '_servlet.SEEN': { java: 'rO0AB' }, _php: 'YTE6e30=' };
/** koa-session saves no such names of an application. */
const KEEPS_NONE = ['koa'];

describe('names of frameworks in a session', { skip }, () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  for (const [name, start] of Object.entries(PLAYERS)) {
    test(`${name}: what others keep is neither shown nor written`, async (t) => {
      const target = { url: server().url, app: `own-${name}` };
      const [client, player] = [new SessionClient(target), await start(t, target)];
      const { token } = await client.create({ data: { cart: 1, ...THEIRS } });
      const seen: unknown[] = [];
      const { error } = await player.visit(token, async ({ see, set, unset }) => {
        seen.push(see('cart'), ...Object.keys(THEIRS).map(see));
        for (const [key, value] of Object.entries(PLANTED)) set(key, value);
        unset('_django');
        set('cart', 2);
      });
      assert.equal(error, null);
      assert.deepEqual(seen, [1, undefined, undefined, undefined]);
      const { data } = await client.get(token);
      assert.equal(data.cart, 2);
      for (const [key, value] of Object.entries(THEIRS)) assert.deepEqual(data[key], value, key);
      for (const key of ['_rack', '_spring.evil']) assert.ok(!(key in data), key);
      if (KEEPS_NONE.includes(name)) return;
      const { error: second } = await player.visit(token, async ({ see, unset }) => {
        for (const [key, value] of Object.entries(PLANTED)) assert.deepEqual(see(key), value, key);
        unset('_rack');
        // Another page, at the same time.
        const key = Object.keys((await client.get(token)).data).find((known) => known.endsWith('._rack'))!;
        await client.patch(token, { set: { [key.replace('._rack', '._other')]: 3 } });
      });
      assert.equal(second, null);
      const { error: last } = await player.visit(token, async ({ see }) => {
        assert.deepEqual([see('_rack'), see('_php'), see('_other')], [undefined, PLANTED._php, 3]);
      });
      assert.equal(last, null);
    });
  }

  test('a login of Hono, and what verify of Next.js gives, have them neither', async (t) => {
    const target = { url: server().url, app: 'own-more' };
    const client = new SessionClient(target);
    const player = await PLAYERS.hono!(t, target);
    const { token } = await client.create({ data: { cart: 1, ...THEIRS } });
    const { setCookie, error } = await player.visit(token, async ({ see, set, login }) => {
      set('_rack', PLANTED._rack);
      await login('ann');
      assert.deepEqual([see('_django'), see('_rack')], [undefined, PLANTED._rack]);
    });
    assert.equal(error, null);
    const renewed = player.tokenIn(setCookie[0]!);
    assert.deepEqual((await client.get(renewed)).data, { cart: 1, ...THEIRS, '_hono._rack': PLANTED._rack });
    const jar = { get: () => undefined, set: () => {} };
    const { verify } = createNextSessions({ ...target, cookies: () => jar });
    const verified = await verify({ headers: new Headers({ Cookie: `__Host-session=${renewed}` }) });
    assert.deepEqual([verified?.subject, verified?.data], ['ann', { cart: 1 }]);
  });
});

/**
 * Moving an application of Express from connect-redis: the real one writes the sessions, the command takes them over, and the same application
 * with our store finds its visitors by the cookies that they have.
 */
// biome-ignore-all lint/suspicious/noExplicitAny: frameworks whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RestSessionStore } from '../../../../client/src/express/index.ts';
import { Browser } from '../../../../client/test/support.ts';
import { forAllTests, startRedis } from '../../support/redis.ts';
import { lastFirst } from '../../support/server.ts';
import { moved, served } from '../moved.ts';
import { VERSIONS, withoutExpress } from './packages.ts';
import { oldShops, startShop, words } from './shop.ts';

const VALUES = {
  cart: [{ item: 'lamp', price: 1.5 }, 'pen'],
  '10': 'a number',
  empty: {},
  list: [],
  none: null,
  text: '😀 ä é "\\/ \u2028',
  big: 9007199254740991,
  deep: { a: { b: { c: [1, [2]] } } },
};

describe('from connect-redis', { skip: withoutExpress }, () => {
  const redis = forAllTests((cleanup) => startRedis(cleanup, ['--databases', '100']));
  const { oldShop } = oldShops(redis);

  for (const version of VERSIONS) {
    test(`whoever was logged in by connect-redis ${version} is logged in, with all values`, async (t) => {
      const ending = lastFirst(t);
      const { shop, from } = await oldShop(ending, version);
      const ada = new Browser(shop);
      await ada.get('/login/ada');
      await ada.get(`/keep?values=${encodeURIComponent(JSON.stringify(VALUES))}`);
      const guest = new Browser(shop);
      await guest.get(`/keep?values=${encodeURIComponent('{"visits":1}')}`);
      const before = [(await ada.get('/view')).json, (await guest.get('/view')).json];
      assert.equal(before[0].user, 'ada');

      const { server, taken, left, text } = await served(ending, words(from, '--subject', 'passport.user'));
      assert.deepEqual([taken, left], [2, {}]);
      assert.ok(!text.includes(ada.token('connect.sid')), 'no token is told');
      const store = new RestSessionStore({ url: server.url, app: 'shop', subject: (s) => s.passport?.user ?? null });
      const now = await startShop(ending, store);
      const again = [moved(ada, now), moved(guest, now)];
      assert.deepEqual([(await again[0]!.get('/view')).json, (await again[1]!.get('/view')).json], before);

      const { sessions } = (await (await fetch(`${server.url}/v1/apps/shop/subjects/ada/sessions`)).json()) as any;
      assert.equal(sessions.length, 1);
      assert.equal(await store.destroySubject('ada'), 1);
      assert.equal((await again[0]!.get('/view')).json.user, null, 'logged out everywhere');
      assert.equal((await again[1]!.get('/view')).json.values.visits, 1);
    });
  }
});

/** What connect-redis may have kept beside what is usual, and what a person may get wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RestSessionStore } from '../../../../client/src/express/index.ts';
import { Browser } from '../../../../client/test/support.ts';
import { forAllTests, startRedis } from '../../support/redis.ts';
import { lastFirst, startServer } from '../../support/server.ts';
import { imported, moved, refused, served, summaryOf } from '../moved.ts';
import { withoutExpress } from './packages.ts';
import { oldShops, startShop, words } from './shop.ts';

const DAY = 86_400;

interface Shown {
  readonly idleTimeout: number;
  readonly expiresAt: string;
  readonly data: { readonly _express: { readonly cookie: object; readonly id?: string; readonly ends?: number } };
}

async function shown(url: string, token: string): Promise<Shown> {
  const answer = await fetch(`${url}/v1/apps/shop/session`, { headers: { 'Session-Token': token } });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Shown;
}

/** Some milliseconds less than the shop asked for: express-session looks twice at the clock. Units: seconds. */
async function maxAgeIn(admin: { get(key: string): Promise<string | null> }, token: string): Promise<number> {
  return JSON.parse((await admin.get(`sess:${token}`))!).cookie.originalMaxAge / 1000;
}

describe('what connect-redis has', { skip: withoutExpress }, () => {
  const redis = forAllTests((cleanup) => startRedis(cleanup, ['--databases', '100']));
  const { oldShop } = oldShops(redis);

  test('a session ends when it would have, and a visit keeps it as long as its cookie says', async (t) => {
    const ending = lastFirst(t);
    const { shop, from, admin } = await oldShop(ending);
    const [long, usual] = [new Browser(shop), new Browser(shop)];
    await long.get(`/remember/${30 * DAY * 1000}`);
    await usual.get('/login/ada');
    const tokens = [long.token('connect.sid'), usual.token('connect.sid')] as const;
    // As if both had been away for an hour.
    for (const token of tokens) await admin.pexpire(`sess:${token}`, (await admin.pttl(`sess:${token}`)) - 3_600_000);
    const { server } = await served(ending, words(from));
    const left = await Promise.all(tokens.map((token) => admin.pexpiretime(`sess:${token}`)));
    const sessions = [];
    for (const token of tokens) {
      const path = `${server.url}/v1/apps/shop/session?touch=false`;
      const answer = await fetch(path, { headers: { 'Session-Token': token } });
      sessions.push((await answer.json()) as Shown);
    }
    const asked = await maxAgeIn(admin, tokens[0]);
    assert.ok(asked > 30 * DAY - 60 && asked <= 30 * DAY, `${asked}`);
    assert.deepEqual(
      sessions.map(({ idleTimeout }) => idleTimeout),
      [asked, DAY],
    );
    for (const [i, { expiresAt }] of sessions.entries())
      assert.ok(Math.abs(Date.parse(expiresAt) - left[i]!) < 60_000, `${expiresAt} and not ${left[i]}`);
    assert.deepEqual(Object.keys(sessions[0]!.data._express.cookie), ['originalMaxAge', 'httpOnly', 'path']);
    const { idleTimeout } = await shown(server.url, tokens[1]);
    assert.equal(idleTimeout, DAY);
  });

  test('the option ttl of the store is --timeout, and a longer time that is left is kept', async (t) => {
    const ending = lastFirst(t);
    const { shop, from } = await oldShop(ending, 8, { ttl: 3600 });
    const browser = new Browser(shop);
    await browser.get('/login/ada');
    const { server } = await served(ending, words(from, '--timeout', '3600'));
    assert.equal((await shown(server.url, browser.token('connect.sid'))).idleTimeout, 3600);
    const { server: other } = await served(ending, words(from, '--timeout', '60'));
    assert.ok((await shown(other.url, browser.token('connect.sid'))).idleTimeout > 3000);
  });

  test('keys without an end, and sessions shorter than the server takes, go on as they are', async (t) => {
    const ending = lastFirst(t);
    const { shop, from, admin } = await oldShop(ending, 7, { disableTTL: true });
    const browser = new Browser(shop);
    await browser.get('/remember/3600000');
    const asked = await maxAgeIn(admin, browser.token('connect.sid'));
    assert.ok(asked > 3540 && asked <= 3600, `${asked}`);
    const { shop: quick, from: fromQuick } = await oldShop(ending, 7, { disableTTL: true });
    const hasty = new Browser(quick);
    await hasty.get('/remember/9000');
    const { server } = await served(ending, words(from));
    assert.equal((await shown(server.url, browser.token('connect.sid'))).idleTimeout, asked);
    const { server: other } = await served(ending, words(fromQuick));
    const session = await shown(other.url, hasty.token('connect.sid'));
    assert.equal(session.idleTimeout, 10);
    assert.equal(typeof session.data._express.ends, 'number');
  });

  test('short ids and ids of other characters go on working in Express', async (t) => {
    const ending = lastFirst(t);
    for (const genid of [() => `short-${++made}`, () => `/odd id%${++made}`]) {
      const { shop, from } = await oldShop(ending, 9, {}, { genid });
      const browser = new Browser(shop);
      await browser.get('/keep?values={"visits":7}');
      const { server, taken } = await served(ending, words(from));
      assert.equal(taken, 1);
      const store = new RestSessionStore({ url: server.url, app: 'shop' });
      const now = await startShop(ending, store, { genid });
      assert.equal((await moved(browser, now).get('/view')).json.values.visits, 7);
    }
  });
  let made = 0;

  test('names that begin with `_` stay with Express, and become what no other framework keeps', async (t) => {
    const ending = lastFirst(t);
    const { shop, from } = await oldShop(ending);
    const browser = new Browser(shop);
    const values = { _rack: { marshal: { x: 'BAg6CWV2aWw=' } }, _express: 'mine', cart: 1 };
    await browser.get(`/keep?values=${encodeURIComponent(JSON.stringify(values))}`);
    const token = browser.token('connect.sid');
    const { server } = await served(ending, words(from));
    const { _express: _, ...kept } = (await shown(server.url, token)).data as Record<string, unknown>;
    assert.deepEqual(kept, { '_express._rack': values._rack, '_express._express': 'mine', cart: 1 });
    const store = new RestSessionStore({ url: server.url, app: 'shop' });
    assert.deepEqual((await moved(browser, await startShop(ending, store)).get('/view')).json.values, values);
  });

  test('what is no session of express-session is left, counted and named without its token', async (t) => {
    const ending = lastFirst(t);
    const { shop, from, admin } = await oldShop(ending, 9, { prefix: 'shop[1]:*' });
    await new Browser(shop).get('/login/ada');
    const key = (name: string) => `shop[1]:*${name.padEnd(32, '-TokenOfAVisitor0123456789')}`;
    const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' };
    await admin.lpush(key('a-list'), 'x');
    await admin.set(key('no-json'), '{"cookie":{');
    await admin.set(key('no-cookie'), '{"user":1}');
    await admin.set(key('a-text'), '"text"');
    await admin.set(key('bytes'), Buffer.from([0x7b, 0xff, 0x7d]));
    await admin.set(key('half'), JSON.stringify({ cookie }).replace('}}', '},"a":"\\ud800"}'));
    await admin.set(key('many'), JSON.stringify({ cookie, ...Object.fromEntries(Array(1200).fill(1).entries()) }));
    await admin.set(key('deep'), `{"cookie":${JSON.stringify(cookie)},"a":${'['.repeat(60)}${']'.repeat(60)}}`);
    await admin.set(key('large'), JSON.stringify({ cookie, text: 'x'.repeat(5_000_000) }));
    await admin.set(key('huge'), JSON.stringify({ cookie, text: 'x'.repeat(17_000_000) }));
    await admin.set(key('over'), JSON.stringify({ cookie: { ...cookie, originalMaxAge: 0 } }));
    await admin.set(`shop[1]:*rs00A1b2C3d4E5f6G7${'q'.repeat(22)}`, JSON.stringify({ cookie }));
    await admin.set(`shop[1]:*${'a'.repeat(32)}`, JSON.stringify({ cookie }));
    await admin.set('shop1:another', 'x');
    const { taken, left, text } = await summaryOf(ending, words(from, '--prefix', 'shop[1]:*'));
    assert.deepEqual(
      [taken, left],
      [
        1,
        {
          expired: 1,
          wrong_type: 1,
          unreadable: 5,
          invalid_data: 2,
          data_too_large: 2,
          invalid_token: 2,
        },
      ],
    );
    assert.doesNotMatch(text, /TokenOf|aaaa|qqqq/);
  });

  test('a subject that is a number is its digits, and a value that is none is left', async (t) => {
    const ending = lastFirst(t);
    const { shop, from } = await oldShop(ending);
    for (const user of [
      '{"id":42}',
      '{"id":9007199254740993}',
      '{"id":null}',
      '{"id":{"a":1}}',
      '{"id":"a\\nb"}',
      '{}',
    ])
      await new Browser(shop).get(`/keep?values=${encodeURIComponent(`{"user.x":${user}}`)}`);
    const { server, taken, left } = await served(ending, words(from, '--subject', '/user.x/id'));
    assert.deepEqual([taken, left], [4, { invalid_subject: 2 }]);
    const answer = await fetch(`${server.url}/v1/apps/shop/subjects/42/sessions`);
    assert.equal(((await answer.json()) as { sessions: unknown[] }).sessions.length, 1);
  });

  test('the same import once more takes what is new there, and what went on there, and nothing else', async (t) => {
    const ending = lastFirst(t);
    const { shop, from } = await oldShop(ending);
    const [ada, bob] = [new Browser(shop), new Browser(shop)];
    await ada.get('/login/ada');
    await bob.get('/login/bob');
    const { store } = await summaryOf(ending, words(from));
    assert.equal((await imported(ending, words(from), store)).status, 2, 'only with --continue');
    const unchanged = await summaryOf(ending, words(from, '--continue'), store);
    assert.deepEqual([unchanged.taken, unchanged.present], [0, 2]);
    await new Browser(shop).get('/login/eve');
    await ada.get('/keep?values={"cart":1}');
    const { taken, present } = await summaryOf(ending, words(from, '--continue'), store);
    assert.deepEqual([taken, present], [2, 1]);
    const server = await startServer(ending, { RS_STORE: store });
    const { data } = await shown(server.url, ada.token('connect.sid'));
    assert.equal((data as { cart?: number }).cart, 1);
  });

  test('a Redis that is older than 7.0 only tells what is left of the time, which is as good', async (t) => {
    const ending = lastFirst(t);
    const older = await startRedis(ending, ['--rename-command', 'PEXPIRETIME', '']);
    const { oldShop: olderShop } = oldShops(() => older);
    const { shop, from, admin } = await olderShop(ending);
    const browser = new Browser(shop);
    await browser.get('/login/ada');
    const token = browser.token('connect.sid');
    await admin.expire(`sess:${token}`, 3600);
    const { server } = await served(ending, words(from));
    const path = `${server.url}/v1/apps/shop/session?touch=false`;
    const answer = await fetch(path, { headers: { 'Session-Token': token } });
    const { idleTimeout, expiresAt } = (await answer.json()) as Shown;
    const left = await admin.pttl(`sess:${token}`);
    assert.equal(idleTimeout, DAY);
    assert.ok(Math.abs(Date.parse(expiresAt) - (Date.now() + left)) < 60_000, expiresAt);
  });

  test('what is wrong is one sentence that says what is there, and nothing is changed', async (t) => {
    const ending = lastFirst(t);
    const { shop, from, admin } = await oldShop(ending);
    await new Browser(shop).get('/login/ada');
    await new Browser(shop).get('/keep?values={"cart":1}');
    await admin.set('cache:page:1', 'x');
    const plain = ['--from', from, '--app', 'shop'];
    await refused(t, plain, /say --keep-tokens/);
    await refused(
      t,
      words(from, '--prefix', 'session:'),
      /begin with session:; its keys begin with sess: \(2\), cache:page: \(1\)/,
    );
    await refused(t, words(from, '--prefix='), /--prefix needs a value/);
    await refused(
      t,
      words(from, '--prefix', 'cache:'),
      /no session that can be read: 1 keys, and the first ones could not be read/,
    );
    await refused(
      t,
      words(from, '--subject', 'user.id'),
      /--subject user\.id leads nowhere in any of 2 sessions: they keep (passport, cart|cart, passport)/,
    );
    await refused(t, words(from, '--subject', 'a..b'), /--subject must be names/);
    await refused(t, words(from, '--timeout', '1h'), /--timeout must be a whole number/);
    await refused(t, words(from.replace(/\d+$/, '99')), /no keys at all; other databases of it have: /);
    await refused(t, words(from.replace(/:\d+\//, ':1/')), /cannot be read: /);
    await refused(t, words('connect-redis:http://127.0.0.1/'), /no URL of a Redis/);
    await refused(t, words(from, '--format', 'php'), /--format means nothing/);
  });
});

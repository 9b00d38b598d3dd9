/**
 * Moving an application of PHP from PHP's own files and from phpredis: PHP writes the sessions, the command takes them over, and the same
 * application with our handler finds its visitors by the cookies that they have, with every value as it was.
 */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Browser } from '../../../../client/test/support.ts';
import { forAllTests, startRedis } from '../../support/redis.ts';
import { type Cleanup, lastFirst, temporaryFolder } from '../../support/server.ts';
import { moved, served } from '../moved.ts';
import { startPages, withoutPhp } from './php.ts';

const FORMATS = ['php', 'php_serialize'] as const;

/** Logs in and fills a session with the old settings, moves, and looks at it with the new ones. */
async function move(cleanup: Cleanup, format: string, settings: Record<string, string>, from: string): Promise<void> {
  const old = await startPages(cleanup, { ...settings, 'session.serialize_handler': format });
  const ada = new Browser(old);
  await ada.get('/?do=login');
  await ada.get('/?do=fill');
  const guest = new Browser(old);
  await guest.get('/?do=fill');
  const nobody = new Browser(old);
  await nobody.get('/');
  const [before, beforeGuest] = [(await ada.get('/')).json, (await guest.get('/')).json];
  assert.deepEqual([before.user, before.account], ['ada', 'ada admin [1.5,null] true']);

  const words = ['--from', from, '--app', 'shop', '--keep-tokens', '--subject', 'user.id'];
  const { server, taken, left, text } = await served(cleanup, words);
  assert.deepEqual([taken, left], [2, { empty: 1 }]);
  assert.ok(!text.includes(before.id) && !text.includes(beforeGuest.id), 'no token is told');

  const now = await startPages(cleanup, {}, { REST_SESSIONS: server.url, FORMAT: format });
  const [again, guestAgain] = [moved(ada, now), moved(guest, now)];
  assert.deepEqual((await again.get('/')).json, before);
  assert.deepEqual((await guestAgain.get('/')).json, beforeGuest);
  assert.equal((await again.get('/?do=change')).json.linked, 1, 'references are references');
  assert.equal((await again.get('/')).json.linked, 1, 'also when it is read again');
  const answer = await fetch(`${server.url}/v1/apps/shop/subjects/42/sessions`);
  const { sessions } = (await answer.json()) as { sessions: { subject: string }[] };
  assert.deepEqual(
    sessions.map(({ subject }) => subject),
    ['42'],
  );
}

describe('from the files of PHP', { skip: withoutPhp('session', 'curl') }, () => {
  for (const format of FORMATS) {
    test(`whoever was logged in is logged in, with all values: ${format}`, async (t) => {
      const ending = lastFirst(t);
      const folder = temporaryFolder(ending);
      await move(ending, format, { 'session.save_path': folder }, `php-files:${folder}`);
    });
  }

  test('also where the files are in folders by their ids', async (t) => {
    const ending = lastFirst(t);
    const folder = temporaryFolder(ending);
    for (const a of '0123456789abcdefghijklmnopqrstuv')
      for (const b of '0123456789abcdefghijklmnopqrstuv') mkdirSync(join(folder, a, b), { recursive: true });
    await move(ending, 'php', { 'session.save_path': `2;${folder}` }, `php-files:2;${folder}`);
  });
});

describe('from phpredis', { skip: withoutPhp('session', 'curl', 'redis') }, () => {
  const redis = forAllTests((cleanup) => startRedis(cleanup));
  const settings = (number: number, more = '') => ({
    'session.save_handler': 'redis',
    'session.save_path': `tcp://127.0.0.1:${redis().port}?database=${number}${more}`,
  });
  const from = (number: number) => `php-redis:redis://127.0.0.1:${redis().port}/${number}`;

  for (const [number, format] of FORMATS.entries()) {
    test(`whoever was logged in is logged in, with all values: ${format}`, async (t) => {
      await move(lastFirst(t), format, settings(number), from(number));
    });
  }

  test('also where its pages lock their sessions', async (t) => {
    await move(lastFirst(t), 'php', { ...settings(2), 'redis.session.locking_enabled': '1' }, from(2));
  });
});

/** Streams: what is shared by them, where they begin and go on, who is too slow, and how they end. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readEventCursor } from '../../src/core/event-cursor.ts';
import type { EventPage, PageAsked } from '../../src/core/hearing.ts';
import { ALL, type Connection, SHOP, setUp } from '../support/heard-events.ts';

describe('streams', () => {
  test('a stream tells its position first, then what comes, and a sign of life', async () => {
    const { time, open, write, tail } = setUp();
    const before = await write();
    const stream = await open();
    await time.pass(100);
    const sessions = [await write(), await write()];
    await time.pass(100);
    const [retry, ...rest] = stream.frames;
    assert.match(stream.text, /^retry: \d{4}\nevent: position\nid: /);
    assert.equal(retry!.name, 'position');
    assert.deepEqual(retry!.data, { position: retry!.id });
    assert.deepEqual(stream.sessions, sessions, `without ${before}, which was before`);
    assert.equal(rest.length, 2);
    await time.pass(15_000);
    assert.ok(stream.text.endsWith(': \n\n'));
    stream.leave();
    assert.equal(time.waiting, 0, 'nothing is left of it');
    tail.close();
  });

  test('a thousand streams make one read of the journal for each wake, and have one write each', async () => {
    const { time, open, writeMany, asked, streams } = setUp();
    const all: Connection[] = [];
    for (let i = 0; i < 1000; i++) all.push(await open());
    assert.equal(streams.count, 1000);
    await time.pass(200);
    const before = { ...asked };
    const sessions = await writeMany(10);
    await time.pass(1);
    const more = await writeMany(40);
    await time.pass(1000);
    assert.ok(asked.read - before.read <= 3, `${asked.read - before.read} reads`);
    for (const stream of all) assert.deepEqual(stream.sessions, [...sessions, ...more]);
    const writes = all.map((stream) => stream.writes - 1);
    assert.ok(Math.max(...writes) <= 3, `${Math.max(...writes)} writes of 50 events`);
  });

  test('a stream goes on behind the last event that was heard, from what was read already', async () => {
    const { time, open, writeMany, asked } = setUp();
    const stays = await open();
    await time.pass(100);
    const sessions = await writeMany(20);
    await time.pass(200);
    const ids = stays.frames.filter(({ name }) => name === 'message').map(({ id }) => id!);
    const reads = asked.read;
    const others = await Promise.all(ids.map((after) => open({ after })));
    await time.pass(200);
    assert.equal(asked.read, reads);
    for (const [i, other] of others.entries()) assert.deepEqual(other.sessions, sessions.slice(i + 1));
    const more = await writeMany(3);
    await time.pass(200);
    for (const [i, other] of others.entries()) assert.deepEqual(other.sessions, [...sessions.slice(i + 1), ...more]);
  });

  test('a stream goes on behind what was heard long ago, by its own way and without a gap', async () => {
    const { time, open, writeMany } = setUp();
    const first = await open();
    await time.pass(100);
    const heard = await writeMany(3);
    await time.pass(100);
    first.leave();
    const missed = await writeMany(2500);
    await time.pass(10_000);
    const opening = open({ after: first.lastId });
    const stream = await opening;
    const during = await writeMany(700);
    await time.pass(2000);
    const after = await writeMany(5);
    await time.pass(200);
    assert.equal(heard.length, 3);
    assert.deepEqual(stream.sessions, [...missed, ...during, ...after]);
  });

  test('a filter lets through what it names, and the position goes on over the rest', async () => {
    const { time, open, write } = setUp();
    const ended = await open({ filter: { ...ALL, types: new Set(['session.ended']) } });
    const ofAnn = await open({ filter: { ...ALL, subject: 'ann' } });
    await time.pass(100);
    const end = await write('shop', { type: 'session.ended', reason: 'logout' });
    const ann = await write('shop', { subject: 'ann' });
    await write();
    await time.pass(100);
    assert.deepEqual([ended.sessions, ofAnn.sessions], [[end], [ann]]);
    await time.pass(15_000);
    const all = await open({ after: ended.lastId });
    await time.pass(200);
    assert.deepEqual(all.sessions, [], 'what was passed over is not told again');
    assert.equal(ended.frames.at(-1)?.name, 'position');
  });

  test('a reader who takes nothing is held little for, and dropped with resync', async () => {
    const { time, open, writeMany, streams } = setUp({ patience: 10_000 });
    const slow = await open();
    const quick = await open();
    await time.pass(100);
    slow.takes = false;
    const sessions: string[] = [];
    for (let i = 0; i < 100; i++) {
      sessions.push(...(await writeMany(100)));
      await time.pass(50);
    }
    assert.ok(slow.unsent < 200_000, `${slow.unsent} bytes are held`);
    assert.equal(slow.hasEnded, false);
    await time.pass(15_000);
    assert.equal(slow.hasEnded, true);
    assert.equal(streams.count, 1);
    const last = slow.frames.at(-1)!;
    assert.deepEqual([last.name, last.id, last.data], ['resync', null, { position: slow.lastId }]);
    assert.deepEqual(quick.sessions, sessions, 'nobody else notices');
    const again = await open({ after: slow.lastId });
    await time.pass(2000);
    const heard = slow.sessions.slice(0, -1);
    assert.deepEqual([...heard, ...again.sessions], sessions, 'and nothing is lost to who comes again');
  });

  test('a reader who is slow and goes on hears everything, longer than it is kept in memory', async () => {
    const { time, open, writeMany } = setUp({ patience: 10_000 });
    const slow = await open();
    await time.pass(100);
    slow.takes = false;
    const sessions: string[] = [];
    for (let i = 0; i < 12; i++) {
      sessions.push(...(await writeMany(1000)));
      await time.pass(700);
    }
    for (let i = 0; i < 400 && slow.sessions.length < sessions.length; i++) {
      slow.drain();
      await time.pass(100);
    }
    assert.equal(slow.hasEnded, false);
    assert.deepEqual(slow.sessions, sessions);
  });

  test('where what comes next is not kept any more, the stream says so and goes on', async () => {
    const { time, open, writeMany, memory } = setUp();
    const first = await open();
    await time.pass(100);
    await writeMany(1);
    await time.pass(100);
    first.leave();
    await writeMany(10);
    await memory.trim('shop', (await memory.extent('shop')).last);
    const kept = await writeMany(2);
    const stream = await open({ after: first.lastId });
    await time.pass(200);
    assert.deepEqual(stream.sessions, ['resync', ...kept]);
    const resync = stream.frames.find(({ name }) => name === 'resync')!;
    assert.deepEqual(resync.data, { position: resync.id });
  });

  for (const isNoticed of [true, false]) {
    const when = isNoticed ? 'when that is known' : 'before anybody knows';
    test(`a stream goes on where a journal has lost its end, ${when}, with the others and not by asking without a pause`, async () => {
      const { time, open, write, writeMany, lose, asked, errors } = setUp();
      const first = await open();
      await time.pass(100);
      const heard = await writeMany(5);
      await time.pass(100);
      first.leave();
      const stays = await open();
      await time.pass(100);
      await lose('shop', 2);
      if (isNoticed) await time.pass(500);
      const [, second] = first.frames.filter(({ name }) => name === 'message');
      const before = asked.lasts;
      const stream = await open({ after: second!.id });
      await time.pass(2000);
      assert.equal(errors.length, 0);
      assert.ok(asked.lasts - before < 60, `asked ${asked.lasts - before} times in two seconds`);
      assert.deepEqual(stream.sessions, [heard[2]]);
      const reads = asked.read;
      const more = await write();
      await time.pass(500);
      assert.deepEqual([stream.sessions, stays.sessions.at(-1)], [[heard[2], more], more]);
      assert.equal(asked.read - reads, 1, 'it is read once for both');
    });
  }

  test('a stream of all apps goes on with the others when the app with the latest event is out of reach', async () => {
    const seen = new Set(['shop', 'blog']);
    const { time, open, write, asked, errors } = setUp({ keeps: (app) => seen.has(app) });
    const whose = { apps: '*' } as const;
    await write('shop');
    const first = await open({ whose });
    await time.pass(100);
    const heard = [await write('shop'), await write('shop')];
    await time.pass(60_000);
    const [{ id: after } = { id: null }] = first.frames.filter(({ name }) => name === 'message');
    first.leave();
    await write('blog');
    const stays = await open({ whose });
    await time.pass(100);
    seen.delete('blog');
    await time.pass(5000);
    const before = asked.lasts;
    const stream = await open({ whose, after });
    await time.pass(5000);
    assert.equal(errors.length, 0);
    assert.ok(asked.lasts - before < 150, `asked ${asked.lasts - before} times in five seconds`);
    const reads = asked.read;
    const more = await write('shop');
    await time.pass(500);
    assert.deepEqual([stream.sessions, stays.sessions], [[heard[1], more], [more]]);
    assert.equal(asked.read - reads, 1, 'it is read once for both');
  });

  test('a stream of all apps hears of an app that has a journal since', async () => {
    const { time, open, write } = setUp();
    await write('shop');
    const all = await open({ whose: { apps: '*' } });
    const some = await open({ whose: { apps: new Set(['blog', 'wiki']) } });
    await time.pass(5000);
    const blog = await write('blog');
    const shop = await write('shop');
    await write('_server', { session: '', type: 'key.changed', what: '{}' });
    await time.pass(4500);
    assert.deepEqual([...all.sessions].sort(), [blog, shop, 'undefined'].sort());
    assert.deepEqual(some.sessions, [blog], 'those for some apps hear nothing of the server');
    const again = await open({ whose: { apps: '*' }, after: all.lastId });
    await time.pass(500);
    assert.deepEqual(again.sessions, []);
  });
});

describe('the end of streams', () => {
  test('a caller who may not go on is gone within five seconds', async () => {
    const { time, open, write, streams } = setUp();
    let isAllowed = true;
    const stream = await open({ mayGoOn: () => isAllowed });
    await time.pass(10_000);
    assert.equal(stream.hasEnded, false);
    isAllowed = false;
    await time.pass(4000);
    assert.equal(stream.hasEnded, true);
    assert.equal(streams.count, 0);
    await write();
    await time.pass(100);
    assert.deepEqual(stream.sessions, []);
  });

  test('no more are opened than may be', async () => {
    const { time, open } = setUp({ most: 2 });
    const [first] = [await open(), await open()];
    await assert.rejects(open(), { code: 'overloaded' });
    first.leave();
    await open();
    await assert.rejects(open(), { code: 'overloaded' });
    await time.pass(100);
  });

  test('a stop ends all of them, and who comes then is sent on at once', async () => {
    const { time, open, streams, tail } = setUp();
    const all = [await open(), await open({ whose: { apps: '*' } })];
    streams.stop();
    assert.deepEqual(
      all.map(({ hasEnded }) => hasEnded),
      [true, true],
    );
    assert.equal((await open()).hasEnded, true);
    tail.close();
    await time.pass(100);
    assert.equal(time.waiting, 0);
  });

  test('a store that fails takes nothing from those who hear: what came meanwhile is told', async () => {
    const { time, open, write, fail, errors } = setUp();
    const stream = await open();
    await time.pass(100);
    fail(new Error('away'));
    const sessions = [await write(), await write()];
    await time.pass(8000);
    assert.deepEqual(stream.sessions, []);
    assert.ok(errors.length > 0 && errors.length < 30, `${errors.length} errors`);
    fail(null);
    await time.pass(2100);
    assert.deepEqual(stream.sessions, sessions);
  });

  test('one that cannot begin at an instant takes nothing from the others of its feed: one read, signs of life, the end', async () => {
    const { time, open, write, fail, asked, streams } = setUp();
    let isAllowed = true;
    const stays = await open({ mayGoOn: () => isAllowed });
    await time.pass(100);
    fail(new Error('away'));
    await assert.rejects(open({ begin: time.now }), /away/);
    fail(null);
    const second = await open();
    await time.pass(100);
    const reads = asked.read;
    const session = await write();
    await time.pass(100);
    assert.equal(asked.read - reads, 1, 'they share a feed still');
    assert.deepEqual([stays.sessions, second.sessions], [[session], [session]]);
    second.leave();
    const { writes } = stays;
    await time.pass(15_000);
    assert.equal(stays.writes - writes, 1);
    isAllowed = false;
    await time.pass(4000);
    assert.deepEqual([stays.hasEnded, streams.count], [true, 0]);
  });

  test('a stream that cannot begin leaves nothing behind', async () => {
    const { time, open, fail, streams } = setUp({ most: 1 });
    fail(new Error('away'));
    await assert.rejects(open(), /away/);
    await assert.rejects(open(), /away/);
    assert.equal(time.waiting, 0);
    fail(null);
    await open();
    assert.equal(streams.count, 1);
  });
});

describe('pages', () => {
  const asked = {
    whose: { app: 'shop' },
    filter: ALL,
    limit: 100,
    wait: 0,
    signal: new AbortController().signal,
  } as const;

  test('a page that waits has the first event when it comes, and none when nothing does', async () => {
    const { time, streams, write } = setUp();
    const { next } = await streams.page({ ...asked, begin: 'end' });
    assert.ok(next.length > 0);
    const waits = streams.page({ ...asked, begin: 'oldest', wait: 10_000 });
    await time.pass(5000);
    const session = await write();
    await time.pass(50);
    const { events } = await waits;
    assert.equal(JSON.parse(events[0]!).subject, session);
    const filter = { ...ALL, types: new Set(['session.ended']) };
    const page = streams.page({ ...asked, begin: 'oldest', wait: 10_000, filter });
    await time.pass(3000);
    await write();
    await time.pass(7001);
    const empty = await page;
    assert.deepEqual(empty.events, []);
    assert.notEqual(empty.next, next, 'the position has moved over what the filter passed over');
    assert.equal(time.waiting, 0);
  });

  test('nobody waits who has gone, or once the server stops', async () => {
    const { time, streams } = setUp();
    const gone = new AbortController();
    const first = streams.page({ ...asked, begin: 'oldest', wait: 30_000, signal: gone.signal });
    const second = streams.page({ ...asked, begin: 'oldest', wait: 30_000 });
    await time.pass(1000);
    gone.abort();
    assert.deepEqual((await first).events, []);
    streams.stop();
    assert.deepEqual((await second).events, []);
    assert.deepEqual((await streams.page({ ...asked, begin: 'oldest', wait: 30_000 })).events, []);
  });

  test('a page has as many events as were asked for, and the next one goes on', async () => {
    const { streams, writeMany } = setUp();
    const sessions = await writeMany(25);
    const first = await streams.page({ ...asked, begin: 'oldest', limit: 10 });
    assert.equal(first.events.length, 10);
    assert.deepEqual(
      first.events.map((text) => JSON.parse(text).subject),
      sessions.slice(0, 10),
    );
    assert.equal(first.isEnd, false);
    const all = await streams.page({ ...asked, begin: 'oldest', limit: 25 });
    assert.deepEqual([all.events.length, all.isEnd], [25, true]);
  });

  test('one session is found in a long journal, page by page, and the last page says that it is', async () => {
    const { streams, writeMany } = setUp();
    const sessions = await writeMany(20_500);
    const wanted = sessions[15_000]!;
    const filter = { ...ALL, session: wanted };
    const found: number[] = [];
    let begin: PageAsked['begin'] = 'oldest';
    for (let isEnd = false; !isEnd; ) {
      const page: EventPage = await streams.page({ ...asked, filter, begin, limit: 100 });
      assert.ok(page.events.every((text) => JSON.parse(text).subject === wanted));
      found.push(page.events.length);
      isEnd = page.isEnd;
      begin = readEventCursor(SHOP, page.next, { in: 'query', at: 'after' });
    }
    assert.deepEqual(found, [0, 1, 0]);
  });
});

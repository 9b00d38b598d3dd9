import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Feed, type FeedRow, isWider } from '../src/views/events/feed.ts';

const event = (n: number, more: object = {}) =>
  JSON.stringify({
    ...{ id: `e${n}`, type: 'session.created', source: '/apps/shop', time: '2026-11-29T12:00:00.000Z' },
    data: { session: `s${n}`, subject: `u${n % 3}` },
    ...more,
  });
const idsOf = (feed: Feed) => Array.from({ length: feed.length }, (_, i) => idOf(feed.at(i)));
const idOf = (row: FeedRow | undefined) => (row?.kind === 'event' ? row.id : row?.kind);

describe('the feed of live events', () => {
  test('shows the newest first, and lets the oldest go', () => {
    const feed = new Feed({ capacity: 3, now: () => 0 });
    for (let n = 1; n <= 5; n++) feed.take(event(n));
    assert.deepEqual(idsOf(feed), ['e5', 'e4', 'e3']);
  });

  test('shows once what the stream tells twice', () => {
    const feed = new Feed({ now: () => 0 });
    for (const n of [1, 2, 1, 2, 3]) feed.take(event(n));
    assert.deepEqual(idsOf(feed), ['e3', 'e2', 'e1']);
  });

  test('stays as it is while it is held, and says how much is new', () => {
    const feed = new Feed({ capacity: 3, now: () => 0 });
    feed.take(event(1));
    feed.hold();
    for (let n = 2; n <= 9; n++) feed.take(event(n));
    assert.deepEqual([idsOf(feed), feed.newRows], [['e1'], 8]);
    feed.release();
    assert.deepEqual([idsOf(feed), feed.newRows], [['e9', 'e8', 'e7'], 0]);
  });

  test('shows what a filter lets through, and has the rest again when it is wider', () => {
    const feed = new Feed({ now: () => 0 });
    for (let n = 1; n <= 4; n++) feed.take(event(n, n === 2 ? { type: 'session.ended' } : {}));
    feed.setFilter({ types: new Set(['session.ended']), subject: '' });
    assert.deepEqual(idsOf(feed), ['e2']);
    feed.setFilter({ types: new Set(), subject: 'u1' });
    assert.deepEqual(idsOf(feed), ['e4', 'e1']);
    feed.take(event(6));
    feed.mark('resync');
    assert.deepEqual(idsOf(feed), ['resync', 'e4', 'e1']);
    feed.setFilter({ types: new Set(), subject: '' });
    assert.deepEqual(idsOf(feed), ['resync', 'e6', 'e4', 'e3', 'e2', 'e1']);
  });

  test('tells a wider filter from a narrower one', () => {
    const filter = (types: string[], subject = '') => ({ types: new Set(types), subject });
    assert.equal(isWider(filter(['a']), filter([])), false);
    assert.equal(isWider(filter(['a'], 'u1'), filter(['a', 'b'])), false);
    assert.equal(isWider(filter([]), filter(['a'])), true);
    assert.equal(isWider(filter(['b']), filter(['a'])), true);
    assert.equal(isWider(filter([], 'u2'), filter([], 'u1')), true);
    assert.equal(isWider(filter([]), filter([], 'u1')), true);
    assert.equal(isWider(filter(['a'], 'u1'), filter([], 'u1')), false);
  });

  test('counts the events of the last minute', () => {
    let now = 0;
    const feed = new Feed({ capacity: 5, now: () => now });
    for (let n = 0; n < 300; n++) {
      now = n * 1000;
      feed.take(event(n), now);
    }
    assert.equal(feed.perMinute, 60);
    now += 90_000;
    assert.equal(feed.perMinute, 0);
  });

  test('is downloaded as the server told it, the oldest first, without what is no event', () => {
    const feed = new Feed({ now: () => 0 });
    feed.take(event(1));
    feed.mark('resync');
    feed.take('no event');
    feed.take('null');
    feed.take(event(2));
    assert.deepEqual([...feed.lines()], [`${event(1)}\n`, `${event(2)}\n`]);
  });
});

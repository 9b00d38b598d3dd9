import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { Reminder } from '../../src/limits/reminder.ts';

const NOW = 1_800_000_000_000;

test('after a pause a burst goes through at once, then the pace, and nothing in between', () => {
  const limiter = new RateLimiter({ perSecond: 10, burst: 30 });
  for (let i = 0; i < 30; i++) {
    const { allowed, remaining } = limiter.take('a', NOW);
    assert.deepEqual([allowed, remaining], [true, 29 - i]);
  }
  assert.deepEqual(limiter.take('a', NOW), { allowed: false, remaining: 0, full: 3000, wait: 100 });
  assert.equal(limiter.take('a', NOW + 99).allowed, false);
  assert.equal(limiter.take('a', NOW + 100).allowed, true);
  assert.equal(limiter.take('a', NOW + 100).allowed, false);
  assert.equal(limiter.take('a', NOW + 10_000).remaining, 29);
});

test('in the long run exactly the rate goes through, also one that milliseconds cannot hold', () => {
  for (const perSecond of [1, 3, 7, 999, 3000, 100_000]) {
    const limiter = new RateLimiter({ perSecond, burst: perSecond });
    const asked = Math.ceil(perSecond / 500);
    let allowed = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      for (let i = 0; i < asked; i++) if (limiter.take('a', NOW + ms).allowed) allowed++;
    }
    // Ten seconds' worth, and the burst that was there at the start.
    const due = Math.min(11 * perSecond, 10_000 * asked);
    assert.ok(allowed <= due && allowed >= due * 0.999 - 1, `${perSecond}: ${allowed} of ${due}`);
  }
});

test('names have buckets of their own', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 1 });
  assert.equal(limiter.take('a', NOW).allowed, true);
  assert.equal(limiter.take('b', NOW).allowed, true);
  assert.equal(limiter.take('a', NOW).allowed, false);
});

test('a charge empties a bucket and goes no further; looking takes nothing', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 5 });
  for (let i = 0; i < 10; i++) assert.equal(limiter.look('a', NOW).remaining, 5);
  limiter.charge('a', 3, NOW);
  assert.equal(limiter.look('a', NOW).remaining, 2);
  limiter.charge('a', 1000, NOW);
  assert.deepEqual(limiter.look('a', NOW), { allowed: false, remaining: 0, full: 5000, wait: 1000 });
  assert.equal(limiter.look('a', NOW + 1000).allowed, true);
});

test('a clock that is set back by a day shuts nobody out for longer than a burst takes', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 5 });
  for (let i = 0; i < 5; i++) limiter.take('a', NOW);
  const earlier = NOW - 86_400_000;
  assert.equal(limiter.take('a', earlier).allowed, false);
  assert.equal(limiter.take('a', earlier + 1000).allowed, true);
});

test('memory is bounded: full buckets go first, then the oldest', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 10 }, 100);
  for (let i = 0; i < 10_000; i++) limiter.take(`n${i}`, NOW);
  assert.equal(limiter.size, 100);
  const spent = new RateLimiter({ perSecond: 1, burst: 10 }, 2);
  for (let i = 0; i < 10; i++) spent.take('busy', NOW);
  spent.take('once', NOW);
  spent.take('new', NOW + 1000);
  assert.equal(spent.look('busy', NOW + 1000).remaining, 1, 'the one that was full again went instead');
});

test('a reminder is due once a minute for each name, and forgets when there are too many', () => {
  const reminder = new Reminder();
  assert.equal(reminder.isDue('a', NOW), true);
  assert.equal(reminder.isDue('a', NOW + 59_999), false);
  assert.equal(reminder.isDue('b', NOW), true);
  assert.equal(reminder.isDue('a', NOW + 60_000), true);
  for (let i = 0; i < 2000; i++) assert.equal(reminder.isDue(`n${i}`, NOW), true);
});

test('a reminder is not silent until the hour comes again that it was before the clock was set back', () => {
  const reminder = new Reminder();
  const before = NOW + 3_600_000;
  assert.deepEqual(
    [before, NOW, NOW + 59_999].map((now) => reminder.isDue('a', now)),
    [true, true, false],
  );
});

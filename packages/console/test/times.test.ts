/** Times as texts: relative to a present that is given, exact in a zone, and lengths. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { duration, exactTime, relativeTime } from '../src/messages/times.ts';

const NOW = Date.parse('2026-11-26T12:00:00.000Z');
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

describe('times', () => {
  test('what was or will be is told in the largest unit that is full', () => {
    const told = [-5, 4, -11, -59, -60, -3599, -3600, -7200, -86_400, -3 * 86_400, -8 * 86_400, -70 * 86_400, 1800];
    assert.deepEqual(
      told.map((seconds) => relativeTime(at(seconds), NOW, 'en')),
      [
        ...[
          'now',
          'now',
          '11 seconds ago',
          '59 seconds ago',
          '1 minute ago',
          '59 minutes ago',
          '1 hour ago',
          '2 hours ago',
        ],
        ...['yesterday', '3 days ago', 'last week', '2 months ago', 'in 30 minutes'],
      ],
    );
  });

  test('German says it in German', () => {
    assert.equal(relativeTime(at(-180), NOW, 'de'), 'vor 3 Minuten');
    assert.equal(duration(97_200, 'de'), '1 T 3 Std.');
  });

  test('an exact time says its zone where that is not the reader’s own', () => {
    assert.equal(
      exactTime('2026-11-26T07:18:16.000Z', 'en', 'utc').replaceAll(/\s/g, ' '),
      'Nov 26, 2026, 7:18:16 AM UTC',
    );
    assert.doesNotMatch(exactTime('2026-11-26T07:18:16.000Z', 'en', 'local'), /UTC/);
  });

  test('what is no instant is a dash', () => {
    assert.equal(relativeTime('soon', NOW, 'en'), '–');
    assert.equal(exactTime('', 'en', 'utc'), '–');
  });

  test('a length has its two largest units, and seconds only while they matter', () => {
    const lengths = [0, 0.4, 59, 60, 61, 599, 600, 1799, 3600, 3661, 86_399, 86_400, 90_000, 2_592_000];
    assert.deepEqual(
      lengths.map((seconds) => duration(seconds, 'en')),
      [
        ...['0 s', '0 s', '59 s', '1 min', '1 min 1 s', '9 min 59 s', '10 min', '29 min'],
        ...['1 h', '1 h 1 min', '23 h 59 min', '1 d', '1 d 1 h', '30 d'],
      ],
    );
  });
});

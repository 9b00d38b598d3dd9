/** What lists of sessions are worked with: deadlines, the selection, and what an end is expected to leave. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { absoluteLeft, idleLeft } from '../src/views/sessions/deadlines.ts';
import { allToggled, kept, moved, NONE, toggled } from '../src/views/sessions/selection.ts';
import { expectedAfter } from '../src/views/sessions/targets.ts';

const NOW = Date.parse('2026-11-26T12:00:00.000Z');
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

describe('deadlines', () => {
  test('the idle deadline counts from the last visit', () => {
    assert.deepEqual(idleLeft({ lastSeenAt: at(-450), idleTimeout: 1800 }, NOW), {
      at: at(1350),
      seconds: 1350,
      part: 0.75,
    });
    assert.equal(idleLeft({ lastSeenAt: at(0), idleTimeout: null }, NOW), null);
  });

  test('the absolute one counts from the login, and before one from the beginning', () => {
    const session = { createdAt: at(-300), authenticatedAt: at(-100), absoluteExpiresAt: at(100) };
    assert.equal(absoluteLeft(session, NOW)!.part, 0.5);
    assert.equal(absoluteLeft({ ...session, authenticatedAt: null }, NOW)!.part, 0.25);
    assert.equal(absoluteLeft({ ...session, absoluteExpiresAt: null }, NOW), null);
  });

  test('what is over has nothing left, and a clock that is wrong gives no more than all', () => {
    assert.deepEqual(idleLeft({ lastSeenAt: at(-99), idleTimeout: 60 }, NOW), { at: at(-39), seconds: 0, part: 0 });
    assert.equal(idleLeft({ lastSeenAt: at(50), idleTimeout: 60 }, NOW)!.part, 1);
  });
});

describe('the selection', () => {
  const order = ['a', 'b', 'c', 'd'];

  test('moves within the list, and selects a range from where it began', () => {
    assert.equal(moved(NONE, 9, order).at, 3);
    assert.equal(moved(NONE, -1, order).at, 0);
    const begun = moved(NONE, 1, order);
    const ranged = moved(begun, 3, order, true);
    assert.deepEqual([...ranged.ids], ['b', 'c', 'd']);
    assert.equal(ranged.at, 3);
  });

  test('takes one in and out again', () => {
    const one = toggled(NONE, 'b', 1);
    assert.deepEqual([...one.ids], ['b']);
    assert.deepEqual([...toggled(one, 'b', 1).ids], []);
  });

  test('takes all, and none when all are in', () => {
    const all = allToggled(toggled(NONE, 'b', 1), order);
    assert.equal(all.ids.size, 4);
    assert.equal(allToggled(all, order).ids.size, 0);
  });

  test('keeps nothing that has gone from the list: it must not be ended unseen', () => {
    const all = moved(allToggled(NONE, order), 3, order);
    assert.deepEqual(kept(all, ['a', 'c']), { ids: new Set(['a', 'c']), at: 1, anchor: 1 });
    assert.equal(kept(all, []).ids.size, 0);
  });
});

describe('an end', () => {
  test('is expected to leave none, the one that goes on, or what was not chosen', () => {
    assert.equal(expectedAfter({ kind: 'subject', subject: 'u1' }, 5), 0);
    assert.equal(expectedAfter({ kind: 'others', subject: 'u1', except: 'a' }, 5), 1);
    assert.equal(expectedAfter({ kind: 'others', subject: 'u1', except: 'a' }, 0), 0);
    assert.equal(expectedAfter({ kind: 'sessions', ids: ['a', 'b'] }, 5), 3);
    assert.equal(expectedAfter({ kind: 'sessions', ids: ['a', 'b'] }, 1), 0);
  });
});

/** Where somebody stands who hears events: as text and back, and what is no such text. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import {
  allCursor,
  appCursors,
  NAMED_APPS,
  positionIn,
  readEventCursor,
  type Whose,
} from '../../src/core/event-cursor.ts';

const AFTER = { in: 'query', at: 'after' } as const;
const NOW = 1_764_403_200_000;

function refused(whose: Whose, text: string): void {
  assert.throws(
    () => readEventCursor(whose, text, AFTER),
    (error) => {
      assert.ok(error instanceof ServiceError);
      assert.equal(error.code, 'invalid_cursor');
      assert.deepEqual([error.faults?.[0]?.in, error.faults?.[0]?.at], ['query', 'after']);
      return true;
    },
    text,
  );
}

describe('the position in the events of an app', () => {
  test('it comes back as it was written, and fits into a URL and a header as it is', () => {
    for (const position of ['0-0', `${NOW}-0`, `${NOW}-41`, '999999999999999-999999999999999']) {
      const text = appCursors('shop')(position);
      assert.match(text, /^[\w.~-]{10,28}$/);
      assert.equal(positionIn(readEventCursor({ app: 'shop' }, text, AFTER), 'shop'), position);
    }
  });

  test('another app does not take it, nor do all apps', () => {
    const text = appCursors('shop')(`${NOW}-3`);
    refused({ app: 'blog' }, text);
    refused({ apps: '*' }, text);
    refused({ app: 'shop' }, allCursor(NOW, []));
  });

  test('what no answer gave is refused', () => {
    const text = appCursors('shop')(`${NOW}-3`);
    const faulty = ['', 'x', `${NOW}-3`, ` ${text}`, `${text}x`, text.slice(0, -1), `0${text}`, text.toUpperCase()];
    for (const one of [...faulty, `${text}\n`, `zzzzzzzzzz.0${text.slice(-7)}`, 'a'.repeat(5000)]) {
      refused({ app: 'shop' }, one);
    }
  });
});

describe('the position in the events of all apps', () => {
  const at = new Map([
    ['shop', `${NOW + 12}-0`],
    ['blog', `${NOW}-7`],
    ['_server', `${NOW + 5_000}-1`],
  ]);

  test('it comes back as it was written', () => {
    const text = allCursor(NOW, at);
    assert.match(text, /^[\w.~-]+$/);
    assert.deepEqual(readEventCursor({ apps: '*' }, text, AFTER), { base: NOW, at });
    assert.deepEqual(readEventCursor({ apps: new Set(['shop']) }, '0', AFTER), { base: 0, at: new Map() });
  });

  test('an app that it does not name stands at the instant', () => {
    const place = readEventCursor({ apps: '*' }, allCursor(NOW, at), AFTER);
    assert.deepEqual([positionIn(place, 'shop'), positionIn(place, 'other')], [`${NOW + 12}-0`, `${NOW}-0`]);
  });

  test('apps that are not ahead of the instant need not be named', () => {
    assert.equal(allCursor(NOW, [['old', `${NOW - 1}-5`]]), allCursor(NOW, []));
  });

  test('however many apps there are, it stays short', () => {
    const many = Array.from(
      { length: NAMED_APPS },
      (_, i) => [`app-with-a-long-name${i}`.slice(-20), `${NOW + 1e6}-${i}`] as const,
    );
    assert.ok(allCursor(NOW, many).length < 1400);
    refused({ apps: '*' }, allCursor(NOW, [...many, ['one-more', `${NOW + 1}-0`]]));
  });

  test('what no answer gave is refused', () => {
    const text = allCursor(NOW, at);
    const twice = allCursor(NOW, [
      ['shop', `${NOW + 1}-0`],
      ['shop', `${NOW + 2}-0`],
    ]);
    for (const one of ['', '~', 'x!', `${text}~`, `${text}.`, `0${text}`, twice, `zzzzzzzzzz${text}`]) {
      refused({ apps: '*' }, one);
    }
  });
});

/** The way through the journals, on those of the store in memory: the order, the end, what is gone, and that nothing is left out. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readEventCursor, type Whose } from '../../src/core/event-cursor.ts';
import type { NewEvent } from '../../src/core/events.ts';
import type { Entry } from '../../src/events/entry.ts';
import { reachOf } from '../../src/events/reach.ts';
import { Walk } from '../../src/events/walk.ts';
import { MemoryJournal } from '../../src/stores/memory/memory-journal.ts';
import { Chance } from '../support/chance.ts';

const RULES = { events: true, updates: false, history: null };
const HEADER = { in: 'header', at: 'Last-Event-ID' } as const;

function setUp() {
  let now = 1_764_403_200_000;
  const journal = new MemoryJournal(
    () => RULES,
    (asked) => asked,
  );
  let written = 0;
  const write = async (app: string, at = now) => {
    const session = `00session${String(written++).padStart(7, '0')}`;
    const event: NewEvent = { type: 'session.created', version: 1, session, subject: 'user' };
    await journal.append(app, event, at);
    return session;
  };
  const walkFrom = (whose: Whose, cursor: string | null) => {
    const reach = reachOf(whose, { journal, clock: () => now, keeps: () => true });
    return new Walk(journal, reach, cursor === null ? null : readEventCursor(whose, cursor, HEADER));
  };
  return {
    ...{ journal, write, walkFrom },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const sessionOf = ({ event }: Entry) => event?.session ?? 'gone';

async function toEnd(walk: Walk, limit = 100): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const { entries, isEnd } = await walk.next(limit);
    all.push(...entries);
    if (isEnd) return all;
  }
}

describe('the way through one journal', () => {
  test('goes on behind any event, by the position that it has', async () => {
    const { write, walkFrom } = setUp();
    const sessions: string[] = [];
    for (let i = 0; i < 30; i++) sessions.push(await write('shop'));
    const entries = await toEnd(walkFrom({ app: 'shop' }, null), 7);
    assert.deepEqual(entries.map(sessionOf), sessions);
    for (const [i, { id }] of entries.entries()) {
      assert.deepEqual((await toEnd(walkFrom({ app: 'shop' }, id), 4)).map(sessionOf), sessions.slice(i + 1));
    }
  });

  test('begins at an instant: with all that came since, and told of a gap only where there is one', async () => {
    const { journal, write, walkFrom, pass } = setUp();
    const now = 1_764_403_200_000;
    const sessions: string[] = [];
    for (let i = 0; i < 5; i++) {
      sessions.push(await write('shop', now + i * 1_000));
      pass(1_000);
    }
    const from = async (instant: number) => {
      const reach = reachOf({ app: 'shop' }, { journal, clock: () => now, keeps: () => true });
      const walk = new Walk(journal, reach, await Walk.placeAt(journal, reach, instant));
      const told = (await toEnd(walk)).map(sessionOf);
      // Who goes on by its cursor hears nothing twice and misses nothing.
      assert.deepEqual((await toEnd(walkFrom({ app: 'shop' }, walk.cursor))).map(sessionOf), []);
      return told;
    };
    assert.deepEqual(await from(0), sessions);
    assert.deepEqual(await from(now), sessions);
    assert.deepEqual(await from(now + 2_000), sessions.slice(2));
    assert.deepEqual(await from(now + 2_001), sessions.slice(3));
    assert.deepEqual(await from(now + 99_000), []);
    const { next } = await journal.read('shop', '0-0', 2);
    await journal.trim('shop', next);
    assert.deepEqual(await from(now + 500), ['gone', ...sessions.slice(2)]);
    assert.deepEqual(await from(now + 2_500), sessions.slice(3));
  });

  test('tells that something is gone once, and goes on with the oldest', async () => {
    const { journal, write, walkFrom } = setUp();
    const sessions: string[] = [];
    for (let i = 0; i < 10; i++) sessions.push(await write('shop'));
    const [first, , third] = await toEnd(walkFrom({ app: 'shop' }, null));
    await journal.trim('shop', third!.position);
    assert.deepEqual((await toEnd(walkFrom({ app: 'shop' }, first!.id))).map(sessionOf), [
      'gone',
      ...sessions.slice(3),
    ]);
    assert.deepEqual((await toEnd(walkFrom({ app: 'shop' }, third!.id))).map(sessionOf), sessions.slice(3));
    assert.deepEqual(
      (await toEnd(walkFrom({ app: 'shop' }, null))).map(sessionOf),
      sessions.slice(3),
      'none was heard',
    );
  });

  test('tells that something is gone where all of it was dropped, and has an end', async () => {
    const { journal, write, walkFrom } = setUp();
    for (let i = 0; i < 3; i++) await write('shop');
    const entries = await toEnd(walkFrom({ app: 'shop' }, null));
    await journal.trim('shop', entries[2]!.position);
    const walk = walkFrom({ app: 'shop' }, entries[0]!.id);
    assert.deepEqual((await toEnd(walk)).map(sessionOf), ['gone']);
    assert.deepEqual(await toEnd(walk), []);
    assert.deepEqual(await toEnd(walkFrom({ app: 'shop' }, walk.cursor)), []);
  });

  test('tells that something is gone where the journal ends before the position: its store was put back', async () => {
    const before = setUp();
    await before.write('shop');
    before.pass(1000);
    await before.write('shop');
    const [, second] = await toEnd(before.walkFrom({ app: 'shop' }, null));
    const after = setUp();
    await after.write('shop');
    const walk = after.walkFrom({ app: 'shop' }, second!.id);
    assert.deepEqual((await toEnd(walk)).map(sessionOf), ['gone']);
    const next = await after.write('shop');
    assert.deepEqual((await toEnd(walk)).map(sessionOf), [next]);
  });
});

describe('the way through all journals', () => {
  test('goes by time, and an app that has nothing holds up nobody', async () => {
    const { write, walkFrom, pass } = setUp();
    const sessions: string[] = [];
    for (let i = 0; i < 50; i++) {
      sessions.push(await write(['shop', 'blog', 'wiki'][i % 3]!));
      pass(i % 5);
    }
    await write('quiet');
    const entries = await toEnd(walkFrom({ apps: new Set(['shop', 'blog', 'wiki', 'none']) }, null), 9);
    assert.deepEqual([...entries.map(sessionOf)].sort(), [...sessions].sort());
    const instants = entries.map(({ position }) => Number(position.split('-')[0]));
    assert.deepEqual(
      instants,
      [...instants].sort((a, b) => a - b),
    );
  });

  test('sees an app that has a journal since, within the time that the list may be old', async () => {
    const { write, walkFrom, pass } = setUp();
    await write('shop');
    const walk = walkFrom({ apps: '*' }, null);
    await toEnd(walk);
    const session = await write('blog');
    pass(2001);
    assert.deepEqual((await toEnd(walk)).map(sessionOf), [session]);
  });

  test('goes on behind any event without leaving one out, though more apps move than a position names', async () => {
    const random = new Chance(7);
    const { write, walkFrom, pass } = setUp();
    const sessions: string[] = [];
    for (let i = 0; i < 600; i++) {
      sessions.push(await write(`app-${random.below(90)}`));
      pass(random.below(150));
    }
    const entries = await toEnd(walkFrom({ apps: '*' }, null), 50);
    assert.equal(entries.length, 600);
    for (let i = 0; i < entries.length; i += 37) {
      const rest = await toEnd(walkFrom({ apps: '*' }, entries[i]!.id), 50);
      const heard = new Set([...entries.slice(0, i + 1), ...rest].map(sessionOf));
      assert.equal(heard.size, 600, `behind ${i}`);
      const twice = rest.length - (entries.length - i - 1);
      assert.ok(twice >= 0 && twice < 250, `${twice} were told twice behind ${i}`);
    }
  });

  test('what is written while it is under way is not left out, whenever it is cut off', async () => {
    const random = new Chance(11);
    const { write, walkFrom, pass } = setUp();
    const sessions = new Set<string>();
    const heard = new Set<string>();
    const orders = new Map<string, string[]>();
    let cursor: string | null = null;
    let walk = walkFrom({ apps: '*' }, cursor);
    for (let i = 0; i < 400; i++) {
      for (let k = 0; k < 3; k++) sessions.add(await write(`app-${random.below(3 + Math.ceil(i / 5))}`));
      pass(random.below(400));
      let isCut = false;
      for (const entry of (await walk.next(1 + random.below(20))).entries) {
        assert.notEqual(entry.event, null, 'nothing is gone');
        if (!heard.has(sessionOf(entry))) orders.set(entry.app, [...(orders.get(entry.app) ?? []), sessionOf(entry)]);
        heard.add(sessionOf(entry));
        cursor = entry.id;
        isCut = random.percent(5);
        if (isCut) break;
      }
      if (isCut || random.percent(20)) walk = walkFrom({ apps: '*' }, cursor);
    }
    pass(3000);
    walk = walkFrom({ apps: '*' }, cursor);
    for (const entry of await toEnd(walk)) {
      if (!heard.has(sessionOf(entry))) orders.set(entry.app, [...(orders.get(entry.app) ?? []), sessionOf(entry)]);
      heard.add(sessionOf(entry));
    }
    assert.equal([...sessions].filter((session) => !heard.has(session)).length, 0);
    for (const order of orders.values()) assert.deepEqual(order, [...order].sort());
  });
});

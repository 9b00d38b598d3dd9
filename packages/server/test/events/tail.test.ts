import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Position, START } from '../../src/core/events.ts';
import { Tail } from '../../src/events/tail.ts';

/** A journal that is only looked at, and time that goes when it is told to. */
function setUp() {
  const ends = new Map<string, Position>();
  const watchers = new Set<(app: string) => void>();
  const waiting: { readonly run: () => void; readonly at: number }[] = [];
  const errors: unknown[] = [];
  const asked: string[][] = [];
  let now = 0;
  let failure: Error | null = null;
  const tail = new Tail({
    journal: {
      lasts: async (apps) => {
        asked.push([...apps]);
        if (failure !== null) throw failure;
        return apps.map((app) => ends.get(app) ?? START);
      },
      watch: (onMore) => {
        watchers.add(onMore);
        return () => watchers.delete(onMore);
      },
    },
    later: (run, delay) => {
      const timer = { run, at: now + delay };
      waiting.push(timer);
      return () => void (waiting.includes(timer) && waiting.splice(waiting.indexOf(timer), 1));
    },
    onError: (error) => errors.push(error),
  });
  const pass = async (ms: number) => {
    for (const end = now + ms; now < end; now++) {
      for (const timer of waiting.filter(({ at }) => at <= now + 1)) {
        waiting.splice(waiting.indexOf(timer), 1);
        timer.run();
        await new Promise(setImmediate);
      }
    }
  };
  return {
    ...{ tail, ends, watchers, waiting, errors, asked, pass },
    fail: (error: Error | null) => {
      failure = error;
    },
  };
}

test('a listener is told at once of what this process has written', () => {
  const { tail, watchers } = setUp();
  const told: (Position | null)[] = [];
  tail.wake('shop', (last) => told.push(last));
  for (const onMore of watchers) onMore('shop');
  for (const onMore of watchers) onMore('other');
  assert.deepEqual(told, [null]);
});

test('a listener is told within one look of what another process has written, and where that ends', async () => {
  const { tail, ends, pass, asked } = setUp();
  const told: (Position | null)[] = [];
  tail.wake('shop', (last) => told.push(last));
  tail.wake('blog', () => {});
  await pass(50);
  assert.deepEqual(told, [START], 'the first look tells in any case');
  ends.set('shop', '5-0');
  await pass(50);
  await pass(500);
  assert.deepEqual(told, [START, '5-0']);
  assert.deepEqual(asked[0], ['shop', 'blog'], 'one question for all');
});

test('who begins to listen later is told by the next look, too', async () => {
  const { tail, ends, pass } = setUp();
  ends.set('shop', '5-0');
  tail.wake('shop', () => {});
  await pass(50);
  const told: (Position | null)[] = [];
  tail.wake('shop', (last) => told.push(last));
  await pass(50);
  assert.deepEqual(told, ['5-0']);
});

test('a store that fails is asked less and less often, and all is told when it is back', async () => {
  const { tail, ends, pass, asked, errors, fail } = setUp();
  const told: (Position | null)[] = [];
  tail.wake('shop', (last) => told.push(last));
  fail(new Error('away'));
  await pass(10_000);
  assert.ok(asked.length <= 12, `asked ${asked.length} times in 10 s`);
  assert.equal(errors.length, asked.length);
  ends.set('shop', '7-1');
  fail(null);
  await pass(2000);
  assert.deepEqual(told, ['7-1']);
  ends.set('shop', '7-2');
  await pass(50);
  assert.deepEqual(told, ['7-1', '7-2'], 'and often again from then on');
});

test('nothing is asked when nobody listens, and a listener that has ended is told nothing', async () => {
  const { tail, watchers, waiting, pass, asked } = setUp();
  const told: (Position | null)[] = [];
  const listener = (last: Position | null) => told.push(last);
  const end = tail.wake('shop', listener);
  const endOther = tail.wake('shop', listener);
  end();
  end();
  for (const onMore of watchers) onMore('shop');
  assert.deepEqual(told, [null]);
  endOther();
  await pass(1000);
  assert.deepEqual([asked.length, waiting.length, watchers.size], [0, 0, 0]);
});

test('a listener may end itself while it is told', () => {
  const { tail, watchers } = setUp();
  let told = 0;
  const end = tail.wake('shop', () => {
    told++;
    end();
  });
  for (const onMore of watchers) onMore('shop');
  for (const onMore of watchers) onMore('shop');
  assert.equal(told, 1);
});

test('a tail that is closed leaves no timer and no watch', async () => {
  const { tail, watchers, waiting, pass } = setUp();
  tail.wake('shop', () => {});
  await pass(50);
  tail.close();
  tail.wake('shop', () => assert.fail('told after the end'));
  assert.deepEqual([waiting.length, watchers.size], [0, 0]);
});

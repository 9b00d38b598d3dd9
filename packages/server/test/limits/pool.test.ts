/** Buckets that several processes share. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pool, type Spent } from '../../src/limits/pool.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';

const RATE = { perSecond: 1, burst: 4 };
const NOW = 1_700_000_000_000;

/** Makes two pools that tell each other when `flush` is called. */
function two() {
  const due: (() => void)[] = [];
  const told: Spent[] = [];
  const make = (other: () => Pool) =>
    new Pool(
      (spent) => {
        told.push(spent);
        other().charge(spent, NOW);
      },
      (run) => due.push(run),
    );
  const pools: [Pool, Pool] = [make(() => pools[1]), make(() => pools[0])];
  const limiters = pools.map((pool) => pool.share('app', new RateLimiter(RATE)));
  return { limiters, told, flush: () => due.splice(0).forEach((run) => void run()) };
}

test('what one process lets through, the other one counts: together they let through the burst and no more', () => {
  const { limiters, told, flush } = two();
  for (let i = 0; i < 3; i++) assert.equal(limiters[0]!.take('shop', NOW).allowed, true);
  flush();
  assert.deepEqual(told, [{ app: [['shop', 3]] }], 'told once, and not told back');
  assert.deepEqual([limiters[1]!.take('shop', NOW).allowed, limiters[1]!.take('shop', NOW).allowed], [true, false]);
  assert.equal(limiters[1]!.take('other', NOW).allowed, true);
  flush();
  assert.equal(limiters[0]!.take('shop', NOW).allowed, false);
  assert.equal(limiters[0]!.look('shop', NOW + 1000).allowed, true);
});

test('what is refused is not told, and what is charged is', () => {
  const { limiters, told, flush } = two();
  limiters[0]!.charge('shop', 10, NOW);
  assert.equal(limiters[0]!.take('shop', NOW).allowed, false);
  flush();
  assert.deepEqual(told, [{ app: [['shop', 10]] }]);
  assert.equal(limiters[1]!.take('shop', NOW).allowed, false);
});

test('a kind of limit that a process does not have is passed over', () => {
  const { limiters } = two();
  const pool = new Pool(
    () => {},
    () => {},
  );
  pool.charge({ app: [['shop', 1]], key: [['k', 1]] }, NOW);
  assert.equal(limiters[0]!.take('shop', NOW).allowed, true);
});

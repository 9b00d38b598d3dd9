/** How long connections rest that were turned away; what clients see of it is in e2e/overload.test.ts. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Concurrency } from '../../src/http/sockets/concurrency.ts';

/** Turns so many connections away at once; gives after how many milliseconds each is read again. */
function rests(t: TestContext, count: number): number[] {
  t.mock.timers.enable({ apis: ['setInterval', 'setImmediate'] });
  const concurrency = new Concurrency(1, () => false);
  const read: number[] = [];
  let paused = 0;
  let now = 0;
  for (let i = 0; i < count; i++) {
    concurrency.rest({ pause: () => paused++, resume: () => read.push(now) } as unknown as Socket);
  }
  t.mock.timers.tick(0);
  assert.equal(paused, count);
  for (; now <= 3000; now += 10) t.mock.timers.tick(10);
  return read;
}

test('a connection that is turned away is read again after a tenth of a second', (t) => {
  const read = rests(t, 64);
  assert.equal(read.length, 64);
  assert.ok(
    read.every((ms) => ms >= 90 && ms <= 150),
    `${read}`,
  );
});

test('of many, 2,000 a second are read again', (t) => {
  const read = rests(t, 1500);
  assert.equal(read.length, 1500);
  const after = (ms: number) => read.filter((at) => at <= ms).length;
  assert.ok(after(500) >= 700 && after(500) <= 1000, `${after(500)} after half a second`);
});

test('of however many, none rests longer than Retry-After says', (t) => {
  const read = rests(t, 10_000);
  assert.equal(read.length, 10_000);
  assert.ok(Math.max(...read) <= 1000, `${Math.max(...read)} ms`);
});

test('a connection turned away several times rests once, and is not woken where it is held', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setImmediate'] });
  const woken: string[] = [];
  const connection = (name: string) => ({ pause: () => {}, resume: () => woken.push(name) }) as unknown as Socket;
  const [free, held] = [connection('free'), connection('held')];
  const concurrency = new Concurrency(1, (socket) => socket === held);
  for (let i = 0; i < 16; i++) for (const socket of [free, held]) concurrency.rest(socket);
  t.mock.timers.tick(0);
  concurrency.rest(free);
  t.mock.timers.tick(3000);
  assert.deepEqual(woken, ['free']);
  concurrency.rest(free);
  t.mock.timers.tick(0);
  t.mock.timers.tick(3000);
  assert.deepEqual(woken, ['free', 'free']);
});

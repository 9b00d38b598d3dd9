/** How often the class of redis-sessions looks for a server that it has lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionServerLostError } from '../src/errors.ts';
import { Link } from '../src/redis-sessions/link.ts';

const LOST = new SessionServerLostError('unreachable', 'nobody answers');

test('calls that fail together are one loss: the next look comes soon, and only looks that fail make the pause longer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isThere = true;
  let looks = 0;
  const told: string[] = [];
  const look = async () => {
    looks++;
    if (!isThere) throw LOST;
  };
  const link = new Link(look, (event) => told.push(event));
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await new Promise(setImmediate);
  };
  await link.ready();
  looks = 0;
  isThere = false;
  for (let call = 0; call < 16; call++) link.failed(LOST);
  for (const [pause, found] of [
    [249, 0],
    [1, 1],
    [499, 1],
    [1, 2],
    [1000, 3],
  ] as const) {
    await pass(pause);
    // Those that fail while it is lost put no look off.
    link.failed(LOST);
    assert.equal(looks, found, `after ${pause} ms`);
  }
  isThere = true;
  await pass(2000);
  assert.deepEqual([looks, link.isThere, told], [4, true, ['connect', 'disconnect', 'connect']]);
  link.failed(LOST);
  await pass(250);
  assert.deepEqual([looks, link.isThere], [5, true], 'it begins anew');
  link.end();
});

/** How an outage is told, with time as an argument. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ServiceError } from '../../src/core/errors.ts';
import { isOutage, Outage } from '../../src/upkeep/outage.ts';

const away = (cause: unknown = new Error('connect ECONNREFUSED')) =>
  new ServiceError('store_unavailable', 'the session store did not do its work', { cause });

/** An outage whose clock and probe the test holds, and what it told. */
function tried() {
  const it = { now: 0, out: true, told: [] as string[] };
  const outage = new Outage({
    probe: async () => {
      if (it.out) throw away(new Error('still away'));
    },
    onBegin: ({ why }) => it.told.push(`began: ${why}`),
    onLasting: ({ why, failed, seconds }) => it.told.push(`lasts: ${why}, ${failed} failed, ${seconds} s`),
    onOver: ({ failed, seconds }) => it.told.push(`over: ${failed} failed, ${seconds} s`),
    clock: () => it.now,
  });
  return { it, outage, told: () => it.told.splice(0) };
}

describe('an outage', () => {
  test('is one line when it begins, one a minute while it lasts, one when it is over', async (t) => {
    const { it, outage, told } = tried();
    t.after(() => outage.close());
    for (let i = 0; i < 2000; i++) outage.failed(away(), { request: true });
    assert.deepEqual(told(), ['began: connect ECONNREFUSED']);
    for (it.now = 1000; it.now <= 150_000; it.now += 1000) await outage.look();
    assert.deepEqual(told(), ['lasts: still away, 2000 failed, 60 s', 'lasts: still away, 2000 failed, 120 s']);
    assert.equal(outage.why, 'still away');
    it.out = false;
    for (const end = it.now + 5000; it.now < end; it.now += 1000) await outage.look();
    assert.deepEqual(told(), ['over: 2000 failed, 150 s']);
    assert.equal(outage.why, null);
  });

  test('of a part, which no probe meets, is over when requests no longer fail; one that comes and goes is one', async (t) => {
    const { it, outage, told } = tried();
    t.after(() => outage.close());
    it.out = false;
    for (; it.now < 600_000; it.now += 1000) {
      if (it.now % 4000 === 0) outage.failed(away(), { request: true });
      await outage.look();
    }
    assert.ok(told().length < 20, 'a handful of lines in ten minutes');
    for (const end = it.now + 200_000; it.now < end; it.now += 1000) await outage.look();
    assert.match(told().at(-1) ?? '', /^over: /);
  });

  test('is made of what is known: a fault of the code keeps its stack, also one that a store has caught', () => {
    assert.equal(isOutage(away()), true);
    assert.equal(isOutage(away(Object.assign(new Error('write EIO'), { code: 'EIO' }))), true);
    assert.equal(isOutage(away(new TypeError('x is not a function'))), false);
    assert.equal(isOutage(new ServiceError('internal_error', 'internal error')), false);
    assert.equal(isOutage(new Error('anything')), false);
  });
});

/** Sessions of a Redis, walked through: none is missed, wherever an import was interrupted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found, Given } from '../../../src/moving/source.ts';
import { flaskSession } from '../../../src/moving/sources/flask-session.ts';
import { startRedis } from '../../support/redis.ts';

const GIVEN: Given = {
  app: 'shop',
  text: () => undefined,
  has: (option) => option === 'keep-tokens',
  clock: () => 1_700_000_000_000,
};

test('who goes on from a position gets all that comes after it, and needs nothing from before', async (t) => {
  const redis = await startRedis(t);
  const pipeline = redis.admin.pipeline();
  for (let i = 0; i < 5000; i++) pipeline.set(`session:0123456789abcdef-${i}`, `{"_user_id":"u${i}"}`, 'EX', 1000);
  for (let i = 0; i < 3000; i++) pipeline.set(`other:${i}`, 'x');
  await pipeline.exec();
  const source = await flaskSession.open(`redis://127.0.0.1:${redis.port}/0`, GIVEN);
  t.after(() => source.close());
  assert.equal(await source.total(), 8000);
  const steps: Found[] = [];
  for await (const found of source.read(null)) steps.push(found);
  assert.equal(subjectsOf(steps).size, 5000);
  for (const place of [0, 1, 2500, 5000, steps.length - 1]) {
    const rest: Found[] = [];
    for await (const found of source.read(steps[place]!.position)) rest.push(found);
    const both = new Set([...subjectsOf(steps.slice(0, place + 1)), ...subjectsOf(rest)]);
    assert.equal(both.size, 5000, `from step ${place}`);
    assert.ok(rest.length <= steps.length);
  }
});

function subjectsOf(steps: readonly Found[]): Set<string | null> {
  return new Set(steps.flatMap((step) => (step.kind === 'session' ? [step.record.session.subject] : [])));
}

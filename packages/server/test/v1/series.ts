/** `GET /v1/apps/{app}/series`: each create and each end is counted once, by its reason, whatever the store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshApp, idsOf, problemOf, type Service, type V1 } from './harness.ts';

const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);

/** Gives what was counted, whenever. */
async function totals(app: V1, period: 'hour' | 'day'): Promise<Record<string, number>> {
  const { status, json, text } = await app.send('GET', `/series?period=${period}`);
  assert.equal(status, 200, text);
  const { created, ended } = json;
  return Object.fromEntries(
    Object.entries({ created, ...ended }).map(([name, counts]) => [name, sum(counts as number[])]),
  );
}

export function seriesSection(service: () => Service): void {
  describe('the series of an app', () => {
    test('count each create and each end once, by its reason', async () => {
      const app = service().app(freshApp());
      const tokens = await Promise.all(['a', 'a', 'b', 'b', 'b', 'c', 'd'].map((subject) => app.token({ subject })));
      await app.end(tokens[0]!);
      await app.end(tokens[0]!);
      const [id] = idsOf(await app.ofSubject('a'));
      await app.send('DELETE', `/sessions/${id}`);
      await app.endSubject('b');
      await app.send('DELETE', `/sessions?confirm=${app.name}`);
      for (const period of ['hour', 'day'] as const) {
        assert.deepEqual(await totals(app, period), {
          ...{ created: 7, logout: 1, revoked: 1, subject: 3, app: 2, cap: 0, expired: 0 },
        });
      }
    });

    test('count what a cap has ended, and begin at an instant of the server', async () => {
      const before = Date.now();
      const app = service().app('cap-one');
      const { cap, created } = await totals(app, 'hour');
      const subject = freshApp();
      for (let i = 0; i < 3; i++) await app.token({ subject });
      const after = await totals(app, 'hour');
      assert.deepEqual([after.created! - created!, after.cap! - cap!], [3, 2]);
      const { json } = await app.send('GET', '/series');
      assert.deepEqual([json.app, json.period, json.step, json.created.length], ['cap-one', 'hour', 60, 60]);
      assert.ok(Date.parse(json.since) < before);
      assert.equal(Date.parse(json.from) % 60_000, 0);
    });

    test('of an app in which nothing has happened are nought, and other periods are refused', async () => {
      const app = service().app(freshApp());
      assert.ok(Object.values(await totals(app, 'day')).every((n) => n === 0));
      assert.deepEqual(problemOf(await app.send('GET', '/series?period=week')), [400, 'invalid_request']);
      assert.deepEqual(problemOf(await app.send('GET', '/series?step=1')), [400, 'invalid_request']);
    });
  });
}

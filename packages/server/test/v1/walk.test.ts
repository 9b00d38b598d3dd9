/** Point 5 of the v1 API: a walk through the pages of an app whose sessions come, go and move meanwhile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer } from '../support/client.ts';
import { rounds } from '../support/rounds.ts';
import { lastFirst } from '../support/server.ts';
import { idsOf, openClient, V1 } from './harness.ts';
import { LOCAL_STORES, serveLocally } from './local.ts';

const STABLE = rounds(15_000, 1 / 3);
const RESTLESS = STABLE / 3;
/** What happens to other sessions while one page is asked for. */
const CHURN = 40;
/** When they were last seen: a few in each second, and a few at the same instant. */
const HOUR = 3_600_000;

for (const [name, open] of Object.entries(LOCAL_STORES)) {
  describe(`a walk on ${name}`, () => {
    test(`gives each of ${STABLE} sessions that stay once, while others are touched and ended, and more created`, async (t) => {
      const cleanup = lastFirst(t);
      const server = await serveLocally(cleanup, await open(cleanup));
      const client = openClient(server.url);
      t.after(() => client.close());
      const app = new V1(client, 'walk');
      // Mixed, so that what moves stands between what stays.
      const made = await server.fill('walk', STABLE + RESTLESS, (i) => `user${i % (STABLE / 4)}`, HOUR);
      const stable = made.filter((_, i) => i % 4 !== 3).map(({ id }) => id);
      const restless = made.filter((_, i) => i % 4 === 3);
      let churned = 0;
      const churn = async () => {
        const { token } = restless[churned++ % restless.length]!;
        const kind = churned % 4;
        if (kind === 0) await app.create({ subject: `new${churned}` });
        else if (kind === 1) await app.touch(token);
        else if (kind === 2) await app.end(token);
        else await app.patch(token, { subject: `moved${churned}` });
      };
      const seen = new Map<string, number>();
      let cursor: string | null = '';
      for (let page = 0; cursor !== null; page++) {
        const query = page % 2 === 0 ? '?limit=1000&view=ids' : '?limit=200';
        const asked: Promise<Answer> = app.list(`${query}${cursor && `&cursor=${cursor}`}`);
        await Promise.all(Array.from({ length: CHURN }, churn));
        const answer = await asked;
        assert.equal(answer.status, 200);
        for (const id of answer.json.ids ?? idsOf(answer)) seen.set(id, (seen.get(id) ?? 0) + 1);
        cursor = answer.json.cursor;
      }
      assert.ok(churned > 400, `${churned}`);
      assert.deepEqual(
        stable.filter((id) => seen.get(id) !== 1),
        [],
        'missed, or given twice',
      );
    });
  });
}

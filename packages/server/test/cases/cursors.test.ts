/** The end of the faults of v1: a cursor goes with the list that gave it, on every store. Views and windows may change. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests } from '../support/redis.ts';
import { type OpenStoreOfSuite, problemOf, startService, type V1 } from '../v1/harness.ts';
import { lmdb, memory, redis } from '../v1/stores.ts';

const STORES: Record<string, OpenStoreOfSuite> = { memory, lmdb, redis };

for (const [name, open] of Object.entries(STORES)) {
  describe(`cursors on ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open));

    test('a cursor of one list is 400 in another one (kind: other app, subject, or route, in every view and window)', async () => {
      const [app, other] = ['first', 'second'].map((each) => service().app(each)) as [V1, V1];
      for (const of of [app, other]) {
        for (const subject of ['a', 'a', 'a', 'b', 'b', 'b', null, null]) await of.create({ subject });
      }
      const queries = [
        '',
        'subject=a',
        'subject=b',
        'activeWithin=60',
        'activeWithin=61',
        'view=ids',
        'subject=a&view=ids',
      ];
      const lists: Record<string, (more: string) => ReturnType<V1['list']>> = {};
      for (const of of [app, other]) {
        for (const query of queries) lists[`${of.name} ${query}`] = (more) => of.list(`?${query}&${more}`);
        lists[`${of.name} of b`] = (more) => of.ofSubject('b', `?${more}`);
        for (const query of ['', 'subject=a']) {
          lists[`${of.name} ids ${query}`] = (more) => of.send('GET', `/sessions:ids?${query}&${more}`);
        }
        lists[`${of.name} ids of b`] = (more) => of.send('GET', `/subjects/b/sessions:ids?activeWithin=60&${more}`);
      }
      // Ways to ask for one list.
      const same = (one: string) =>
        one
          .replace('ids ', '')
          .replace('of b', 'subject=b')
          .replace(/&?(activeWithin=\d+|view=ids)/, '');
      for (const [one, list] of Object.entries(lists)) {
        const { cursor } = (await list('limit=1')).json;
        for (const [another, ask] of Object.entries(lists)) {
          const answer = await ask(`limit=2&cursor=${cursor}`);
          if (same(one) === same(another)) assert.equal(answer.status, 200, `${one} → ${another}`);
          else assert.deepEqual(problemOf(answer), [400, 'invalid_cursor'], `${one} → ${another}`);
        }
      }
    });
  });
}

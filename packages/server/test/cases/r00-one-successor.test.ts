/** R0, R5, V4: a token has one successor, and reads until its own grace is over; on two processes of each store. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { forAllTests } from '../support/redis.ts';
import { callerToken, freshApp, problemOf, startService, type V1 } from '../v1/harness.ts';
import { lmdb, memory, redis } from '../v1/stores.ts';

/** How long a state may take to come. Units: milliseconds. */
const PATIENCE = 30_000;

/** Asks until a token opens nothing any more. */
async function ended(app: V1, token: string): Promise<void> {
  const until = performance.now() + PATIENCE;
  while ((await app.get(token)).status === 200) {
    assert.ok(performance.now() < until, 'the grace does not end');
    await delay(20);
  }
}

for (const [name, open] of Object.entries({ memory, lmdb, redis })) {
  describe(`one successor, ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open, 2));
    const apps = () => {
      const app = freshApp();
      return [service().app(app, 0), service().app(app, 1)] as const;
    };

    test('R0: three rotations at once give one token, the old one reads on, and nobody is logged out (kind: parallel rotations)', async () => {
      const [one, two] = apps();
      const token = await one.token({ subject: 'u' });
      const answers = await Promise.all([one, two, one].map((app) => app.rotate(token, { grace: 2 })));
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200, 200],
      );
      const given = answers[0]!.json.token;
      assert.deepEqual(new Set(answers.map(({ json }) => json.token)), new Set([given]));
      assert.equal((await two.get(token)).status, 200, 'its grace runs');
      await ended(one, token);
      assert.equal((await two.get(given)).status, 200, 'the new token outlives the grace');
    });

    test('R5: three rotations in a row with one token are three times 200 (kind: a rotation in the grace)', async () => {
      const [one, two] = apps();
      const token = await one.token({ subject: 'u' });
      const answers = [];
      for (const app of [one, two, one]) answers.push(await app.rotate(token, { grace: 30 }));
      assert.deepEqual(new Set(answers.map(({ status, json }) => `${status} ${json.token}`)).size, 1);
      assert.equal(answers[0]!.status, 200);
    });

    test('V4: each token reads until its own grace is over, whatever rotations come later (kind: a promised grace is kept)', async () => {
      const [one, two] = apps();
      for (const first of [await one.token({ subject: 'u' }), callerToken()]) {
        await one.put(first, { subject: 'u' });
        const tokens = [first];
        for (const grace of [30, 1, 30, 30]) {
          const { status, json } = await two.rotate(tokens.at(-1)!, { grace });
          assert.equal(status, 200);
          tokens.push(json.token);
        }
        await ended(one, tokens[1]!);
        for (const [i, token] of tokens.entries())
          assert.equal((await one.get(token)).status, i === 1 ? 404 : 200, `${i}`);
        assert.equal((await one.rotate(first)).json.token, tokens[2], 'the next that opens');
      }
    });

    test('R0: without a grace the losers hear that the token was replaced, logins too (kind: 404 would clear the new cookie)', async () => {
      const [one, two] = apps();
      for (const body of [{ grace: 0 }, { subject: 'u' }, { grace: 0, token: callerToken() }]) {
        const token = await one.token();
        const answers = await Promise.all([one, two, one, two, one].map((app) => app.rotate(token, body)));
        const told = answers.map((answer) => (answer.status === 200 ? '200' : problemOf(answer).join(' '))).sort();
        // Who asks for the very token that another one was given may get it, too.
        assert.deepEqual([...new Set(told)], ['200', '409 token_replaced']);
        assert.equal(new Set(answers.filter(({ status }) => status === 200).map(({ json }) => json.token)).size, 1);
      }
    });

    test('R0: a replaced token is 409 for another subject or a chosen token, 404 after its grace, and told of (kind: replay)', async () => {
      const [one, two] = apps();
      const token = await one.token();
      const { json } = await one.rotate(token, { grace: 1.5 });
      for (const body of [{ subject: 'u' }, { token: callerToken() }])
        assert.deepEqual(problemOf(await two.rotate(token, body)), [409, 'token_replaced']);
      assert.deepEqual(problemOf(await two.patch(token, { subject: 'u' })), [409, 'token_replaced']);
      await ended(two, token);
      assert.deepEqual(problemOf(await two.rotate(token, {})), [404, 'session_not_found']);
      const isTold = (line: string) => line.includes('"event":"token_reuse"') && line.includes(json.session.id);
      const told = () => service().servers.some((server) => server.output().split('\n').some(isTold));
      const until = performance.now() + PATIENCE;
      while (!told() && performance.now() < until) await delay(20);
      assert.ok(told(), 'token_reuse is in the log');
    });

    test('R0: a retry by its Idempotency-Key and a rotation without it give the same token (kind: another way to ask)', async () => {
      const [one, two] = apps();
      const token = await one.token({ subject: 'u' });
      const key = (text: string) => ({ 'Idempotency-Key': text });
      const given = (await one.rotate(token, { grace: 1 }, key('a'))).json.token;
      for (const headers of [key('b'), {}])
        assert.equal((await two.rotate(token, { grace: 1 }, headers)).json.token, given);
      await ended(one, token);
      for (const text of ['a', 'b']) assert.equal((await two.rotate(token, { grace: 1 }, key(text))).json.token, given);
    });
  });
}

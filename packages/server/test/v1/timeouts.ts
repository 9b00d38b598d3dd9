import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { callerToken, freshApp, problemOf, type Service } from './harness.ts';

export function timeoutsSection(service: () => Service): void {
  describe('timeouts', () => {
    test('may have a fraction, which counts to the millisecond', async () => {
      const app = service().app(freshApp());
      const { json } = await app.create({ idleTimeout: 10.25, absoluteTimeout: 0.5 });
      const { createdAt, expiresAt, absoluteExpiresAt, idleTimeout } = json.session;
      assert.equal(idleTimeout, 10.25);
      assert.equal(Date.parse(absoluteExpiresAt) - Date.parse(createdAt), 500);
      assert.equal(expiresAt, absoluteExpiresAt, 'whichever comes first');
      await until(async () => (await app.get(json.token)).status === 404);
      assert.ok(Date.now() >= Date.parse(absoluteExpiresAt), 'not before its deadline');
      const { json: longer } = await app.create({ idleTimeout: 1000.25, absoluteTimeout: 3600.5 });
      const touched = await app.get(longer.token, '?touch=true');
      assert.equal(touched.json.absoluteExpiresAt, longer.session.absoluteExpiresAt);
    });

    test('of 0 or less: the write succeeds and the session is gone at once', async () => {
      const app = service().app(freshApp());
      for (const gone of [0, -1, -0.001, -1e300, 0.0001]) {
        for (const name of ['idleTimeout', 'absoluteTimeout']) {
          const { status, json } = await app.create({ subject: 'a', [name]: gone });
          assert.equal(status, 201);
          assert.equal((await app.get(json.token)).status, 404, `${name} ${gone}`);
          const token = callerToken();
          assert.equal((await app.put(token, { [name]: gone })).status, 201);
          assert.equal((await app.get(token)).status, 404);
          for (const subject of ['a', 'b']) {
            await app.put(token, { subject: 'a' });
            assert.equal((await app.put(token, { subject, [name]: gone })).status, 200, `${name} ${gone} ${subject}`);
            assert.equal((await app.get(token)).status, 404);
          }
        }
        for (const token of [await app.token({ subject: 'a' }), callerToken()]) {
          await app.put(token, { subject: 'a' });
          assert.equal((await app.touch(token, { idleTimeout: gone })).status, 200);
          assert.equal((await app.get(token)).status, 404);
          assert.equal((await app.touch(token, { idleTimeout: 60 })).status, 404);
        }
      }
      assert.deepEqual((await app.ofSubject('a')).json.sessions, []);
      assert.deepEqual((await app.send('GET', '/activity')).json, { subjects: 0, sessions: 0 });
    });

    test('ended by a touch of 0, a session is not revived by a touch that came with it', async () => {
      const app = service().app(freshApp());
      for (let round = 0; round < 20; round++) {
        const token = await app.token();
        await Promise.all([0, 60, 0, 60, 60].map((idleTimeout) => app.touch(token, { idleTimeout })));
        assert.equal((await app.get(token)).status, 404);
      }
    });

    test('of null: none, where another ends the session', async () => {
      const app = service().app(freshApp());
      const { json } = await app.create({ idleTimeout: null });
      assert.deepEqual([json.session.idleTimeout, json.session.expiresAt], [null, json.session.absoluteExpiresAt]);
      const forever = await app.create({ absoluteTimeout: null, idleTimeout: 60 });
      assert.equal(forever.json.session.absoluteExpiresAt, null);
      const endless = await app.create({ absoluteTimeout: null, idleTimeout: null });
      assert.deepEqual([endless.status, endless.json.errors[0].pointer], [400, '/idleTimeout']);
      assert.equal((await app.touch(forever.json.token, { idleTimeout: null })).status, 400);
      assert.equal((await app.touch(json.token, { idleTimeout: 60 })).json.idleTimeout, 60);
      assert.equal((await app.touch(json.token, { idleTimeout: null })).json.idleTimeout, null);
    });

    test('keep to the bounds of the policy, on create, PUT and touch', async () => {
      const app = service().app('bounds');
      const { json } = await app.create();
      const { token, session } = json;
      assert.deepEqual(
        [session.idleTimeout, Date.parse(session.absoluteExpiresAt) - Date.parse(session.createdAt)],
        [120, 3_600_000],
      );
      for (const idleTimeout of [59.999, 600.001, 1]) {
        for (const refused of [
          await app.create({ idleTimeout }),
          await app.put(token, { idleTimeout }),
          await app.touch(token, { idleTimeout }),
        ]) {
          assert.deepEqual(
            [...problemOf(refused), refused.json.errors[0].pointer],
            [400, 'invalid_value', '/idleTimeout'],
          );
        }
      }
      for (const absoluteTimeout of [7200.001, null]) {
        for (const refused of [await app.create({ absoluteTimeout }), await app.put(token, { absoluteTimeout })]) {
          assert.deepEqual(
            [...problemOf(refused), refused.json.errors[0].pointer],
            [400, 'invalid_value', '/absoluteTimeout'],
          );
        }
      }
      for (const idleTimeout of [60, 600, null]) assert.equal((await app.create({ idleTimeout })).status, 201);
      assert.equal((await app.create({ absoluteTimeout: 7200 })).status, 201);
      for (const [name, value] of [
        ['idleTimeout', '60'],
        ['idleTimeout', true],
        ['absoluteTimeout', []],
        ['idleTimeout', 2_147_483_648],
      ]) {
        const { status, json: problem } = await app.create({ [name as string]: value });
        assert.deepEqual([status, problem.errors[0].pointer], [400, `/${name}`]);
      }
    });

    test('the absolute deadline is moved by no touch, and by no number of PUTs or rotations, but by a login', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const { json: made } = await app.put(token, { absoluteTimeout: 1000 });
      await delay(20);
      for (const answer of [
        await app.touch(token),
        await app.touch(token, { idleTimeout: 100_000 }),
        await app.get(token, '?touch=true'),
        await app.put(token, { absoluteTimeout: 1000, idleTimeout: 100_000 }),
        await app.patch(token, { absoluteTimeout: 1000 }),
        await app.patch(token, { subject: null, label: 'x' }),
      ]) {
        assert.equal(answer.json.absoluteExpiresAt, made.absoluteExpiresAt);
        assert.ok(answer.json.expiresAt <= made.absoluteExpiresAt);
      }
      const { json } = await app.rotate(token, { absoluteTimeout: 1000 });
      assert.equal(json.session.absoluteExpiresAt, made.absoluteExpiresAt);
      const logins = [
        [(await app.rotate(json.token, { subject: 'eve' })).json.session, 2_592_000],
        [(await app.put(callerToken(), { absoluteTimeout: 1000 })).json, 1000],
      ] as const;
      const other = callerToken();
      await app.put(other, { absoluteTimeout: 1000 });
      const put = [(await app.put(other, { absoluteTimeout: 500, subject: 'ann' })).json, 500] as const;
      const patched = [(await app.patch(other, { subject: 'bob' })).json, 2_592_000] as const;
      for (const [session, timeout] of [...logins, put, patched]) {
        const { authenticatedAt, createdAt, absoluteExpiresAt } = session;
        assert.equal(Date.parse(absoluteExpiresAt) - Date.parse(authenticatedAt ?? createdAt), 1000 * timeout);
      }
    });

    test('an absolute timeout that a PUT makes shorter than the age of the session ends it', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      await app.put(token, { subject: 'a' });
      await delay(30);
      assert.equal((await app.put(token, { subject: 'a', absoluteTimeout: 0.01 })).status, 200);
      assert.equal((await app.get(token)).status, 404);
      assert.equal((await app.put(token, { subject: 'a' })).status, 201);
    });
  });
}

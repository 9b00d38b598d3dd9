/** N6: one call logs a guest in, with the timeouts and the device of the login; on each store. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { forAllTests } from '../support/redis.ts';
import { skewed, startServer, temporaryFolder } from '../support/server.ts';
import { callerToken, freshApp, idsOf, openClient, problemOf, startService, V1 } from '../v1/harness.ts';
import { lmdb, memory, redis } from '../v1/stores.ts';

const DAY = 86_400;
const lasts = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 1000;

for (const [name, open] of Object.entries({ memory, lmdb, redis })) {
  describe(`login in one call, ${name}`, () => {
    const service = forAllTests((cleanup) => startService(cleanup, open, 2));
    const fresh = () => service().app(freshApp());

    test('N6: one rotate logs a guest in for 90 days, with its device, and keeps the cart (kind: guest to user, remember me)', async () => {
      const app = fresh();
      const { json: guest } = await app.create({ data: { cart: ['lamp'], seen: 1 } });
      assert.equal(guest.session.authenticatedAt, null);
      const device = { ip: '10.1.2.3', userAgent: 'Firefox', label: 'laptop' };
      const times = { idleTimeout: 30 * DAY, absoluteTimeout: 90 * DAY };
      const { status, json, headers } = await app.rotate(guest.token, {
        subject: 'joe',
        ...device,
        ...times,
        data: { name: 'Joe', seen: null },
      });
      assert.deepEqual([status, headers.etag, json.session.version], [200, '"2"', 2]);
      const { session } = json;
      const { subject, ip, userAgent, label, data, createdAt, authenticatedAt } = session;
      assert.deepEqual({ subject, ip, userAgent, label }, { subject: 'joe', ...device });
      assert.deepEqual(data, { cart: ['lamp'], seen: null, name: 'Joe' });
      assert.equal(createdAt, guest.session.createdAt);
      assert.ok(authenticatedAt >= createdAt && session.lastSeenAt === authenticatedAt, 'a login is activity');
      assert.deepEqual([lasts(authenticatedAt, session.absoluteExpiresAt), session.idleTimeout], [90 * DAY, 30 * DAY]);
      assert.deepEqual((await app.get(json.token)).json, session);
      assert.equal((await app.get(guest.token)).status, 404);
    });

    test('N6: a login without timeouts starts the absolute timeout of the policy anew, by rotate, PATCH and PUT (kind: every way to a subject)', async () => {
      const app = service().app('bounds');
      const guest = () => app.token({ absoluteTimeout: 7200 });
      const [one, two, three] = [await guest(), await guest(), callerToken()];
      await app.put(three, { absoluteTimeout: 7200 });
      const logins = [
        (await app.rotate(one, { subject: 'n6' })).json.session,
        (await app.patch(two, { subject: 'n6' })).json,
        (await app.put(three, { subject: 'n6' })).json,
      ];
      for (const { createdAt, authenticatedAt, absoluteExpiresAt } of logins) {
        assert.ok(authenticatedAt >= createdAt);
        assert.equal(lasts(authenticatedAt, absoluteExpiresAt), 3600);
      }
      const { json } = await app.patch(two, {
        absoluteTimeout: 5000,
        idleTimeout: 500,
        ip: '10.0.0.1',
        userAgent: 'x',
      });
      assert.equal(lasts(json.authenticatedAt, json.absoluteExpiresAt), 5000, 'counted from the login');
      assert.deepEqual([json.idleTimeout, json.ip, json.userAgent, json.label], [500, '10.0.0.1', 'x', null]);
      const cleared = (await app.patch(two, { ip: null, userAgent: null })).json;
      assert.deepEqual([cleared.ip, cleared.userAgent], [null, null]);
    });

    test('N6: another subject makes a new version by every verb, so who was shown the guest does not hear 304 (kind: an ETag that stays though the session changes)', async () => {
      const app = fresh();
      for (const verb of ['rotate', 'patch', 'put'] as const) {
        let token = callerToken();
        const seen = String((await app.put(token)).headers.etag);
        for (const subject of ['joe', null]) {
          const answer = await app[verb](token, { subject });
          assert.equal(answer.status, 200);
          token = answer.json.token ?? token;
          const again = await app.send('GET', '/session', undefined, { 'Session-Token': token, 'If-None-Match': seen });
          assert.deepEqual([again.status, again.json?.subject], [200, subject], verb);
          assert.equal(again.headers.etag, answer.headers.etag);
        }
      }
    });

    test('N6: the cap ends who logged in first, not the session that began as a guest first (kind: age is that of the login)', async () => {
      const app = service().app('cap-one');
      const guest = await app.token();
      const { json: first } = await app.create({ subject: 'n6' });
      const { json: login } = await app.rotate(guest, { subject: 'n6' });
      assert.deepEqual(login.revoked, [first.session.id]);
      const wide = service().app('cap-oldest');
      const early = await wide.token();
      const held: string[] = [];
      for (let i = 0; i < 4; i++) held.push((await wide.create({ subject: 'n6' })).json.session.id);
      const { json: late } = await wide.rotate(early, { subject: 'n6' });
      // Sessions of one millisecond have no order that a test could know.
      while (Date.now() <= Date.parse(late.session.authenticatedAt)) await delay(1);
      const { json: next } = await wide.create({ subject: 'n6' });
      assert.deepEqual([next.revoked.length, held.includes(next.revoked[0])], [1, true]);
      assert.ok(idsOf(await wide.ofSubject('n6')).includes(late.session.id), 'who has just logged in stays');
    });

    test('N6: what the policy does not allow is refused by name, and nothing is changed (kind: bad input)', async () => {
      const app = service().app('bounds');
      const token = await app.token();
      for (const [member, value] of [
        ['absoluteTimeout', 7201],
        ['absoluteTimeout', null],
        ['idleTimeout', 601],
        ['idleTimeout', 59],
      ]) {
        const bodies = [{ [member as string]: value }, { subject: 'n6-refused', [member as string]: value }];
        for (const body of bodies) {
          for (const answer of [await app.rotate(token, body), await app.patch(token, body)]) {
            assert.deepEqual(problemOf(answer), [400, 'invalid_value']);
            assert.equal(answer.json.errors[0].pointer, `/${member}`);
          }
        }
      }
      const small = service().app('small');
      const tiny = await small.token();
      const large = await small.rotate(tiny, { subject: 'n6', data: { a: 'x'.repeat(200) } });
      assert.deepEqual(problemOf(large), [413, 'data_too_large']);
      for (const [one, old] of [
        [app, token],
        [small, tiny],
      ] as const)
        assert.deepEqual([(await one.get(old)).json.subject, (await one.get(old)).json.version], [null, 1]);
    });

    test('N6: a login races changes on another process, and none is lost (kind: one atomic step)', async () => {
      const name = freshApp();
      const app = (n: number) => service().app(name, n);
      for (let round = 0; round < 10; round++) {
        const token = await app(0).token();
        const writes = Array.from({ length: 10 }, (_, i) => app(i).merge(token, { [`k${i}`]: i }));
        const login = app(1).rotate(token, { subject: `u${round}`, data: { login: true } });
        const done = (await Promise.all(writes)).flatMap(({ status }, i) => (status === 200 ? [`k${i}`] : []));
        const { status, json } = await login;
        assert.equal(status, 200);
        const keys = Object.keys((await app(0).get(json.token)).json.data).sort();
        assert.deepEqual(keys, [...done, 'login'].sort());
      }
    });

    test('N6: a timeout of 0 ends the session as the rotation is answered, and nobody else at the cap (kind: durations of 0)', async () => {
      const app = service().app('cap-one');
      const { json: held } = await app.create({ subject: 'n6-zero' });
      const { status, json } = await app.rotate(await app.token(), { subject: 'n6-zero', idleTimeout: 0 });
      assert.deepEqual([status, json.revoked], [200, undefined]);
      assert.equal((await app.get(json.token)).status, 404);
      assert.deepEqual(idsOf(await app.ofSubject('n6-zero')), [held.session.id]);
    });
  });
}

test('N6: a guest of 29 days is not logged out a day after the login (kind: the absolute deadline of a guest)', async (t) => {
  const folder = temporaryFolder(t);
  const policy = join(folder, 'policy.json');
  writeFileSync(policy, JSON.stringify({ defaults: { maxSessionsPerSubject: 2, idleTimeout: 60 * DAY } }));
  const env = { RS_STORE: `lmdb:${join(folder, 'store')}`, RS_CONFIG: policy, RS_SWEEP_INTERVAL: '3600' };
  const at = async <T>(days: number, work: (app: V1) => Promise<T>): Promise<T> => {
    const server = await startServer(t, { ...env, ...skewed(days * DAY * 1000) });
    const client = openClient(server.url);
    try {
      return await work(new V1(client, 'shop'));
    } finally {
      await client.close();
      await server.end();
    }
  };
  const guest = await at(0, (app) => app.token({ data: { cart: [1] } }));
  const token = await at(29, async (app) => (await app.rotate(guest, { subject: 'joe' })).json.token);
  await at(58, async (app) => {
    const { status, json } = await app.get(token);
    assert.deepEqual([status, json.data], [200, { cart: [1] }]);
  });
  await at(60, async (app) => assert.equal((await app.get(token)).status, 404));
});

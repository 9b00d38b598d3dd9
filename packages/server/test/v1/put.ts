import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerToken, freshApp, idsOf, problemOf, type Service } from './harness.ts';

export function putSection(service: () => Service): void {
  describe('a token chosen by the caller', () => {
    test('creates with 201 and replaces with 200: data, subject and timeouts; id and creation stay', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const made = await app.put(token, { subject: 'ann', data: { a: 1 }, label: 'l', ip: '1.1.1.1' });
      assert.deepEqual([made.status, made.headers.etag, made.json.token], [201, '"1"', undefined]);
      const again = await app.put(token, { subject: 'ann', data: { b: 2 }, idleTimeout: 60, absoluteTimeout: 600 });
      assert.deepEqual([again.status, again.headers.etag], [200, '"2"']);
      const { id, createdAt, absoluteExpiresAt, data, label, ip, idleTimeout } = again.json;
      assert.deepEqual([id, createdAt, data, idleTimeout], [made.json.id, made.json.createdAt, { b: 2 }, 60]);
      assert.deepEqual([label, ip], ['l', '1.1.1.1'], 'who says nothing of the device leaves it as it is known');
      assert.equal(Date.parse(absoluteExpiresAt) - Date.parse(createdAt), 600_000, 'counted from the creation');
      assert.deepEqual((await app.put(token)).json.data, {}, 'no body: no data, no subject');
      assert.deepEqual([(await app.get(token)).json.subject, (await app.list()).json.sessions.length], [null, 1]);
    });

    test('clears of the device what is null, and leaves what it does not name', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      await app.put(token, { subject: 'a', ip: '1.1.1.1', userAgent: 'x', label: 'l' });
      const { json } = await app.put(token, { subject: 'a', ip: null, label: null });
      assert.deepEqual([json.ip, json.userAgent, json.label], [null, 'x', null]);
      await app.put(token, { subject: 'b', userAgent: null });
      const { ip, userAgent, label } = (await app.get(token)).json;
      assert.deepEqual([ip, userAgent, label], [null, null, null]);
    });

    test('moves its session to another subject, under a new id', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const { json: made } = await app.put(token, { data: { cart: 1 } });
      const { status, json } = await app.put(token, { subject: 'ann', data: { cart: 2 } });
      assert.deepEqual([status, json.subject, json.data, json.version], [200, 'ann', { cart: 2 }, 2]);
      assert.notEqual(json.id, made.id);
      assert.deepEqual([idsOf(await app.ofSubject('ann')), (await app.find(made.id)).status], [[json.id], 404]);
      assert.equal((await app.get(token)).json.id, json.id);
    });

    test('is refused when it is weak: too short, too long, few characters, other characters, of our own form', async () => {
      const app = service().app(freshApp());
      const weak = [
        ...['', 'short', 'a'.repeat(22), 'ab'.repeat(100), 'abcdefg'.repeat(4), 'abcdefghijklmnopqrstu'],
        ...[
          'abcdefghijklmnopqrstu v',
          'abcdefghijklmnopqrstuv/',
          'abcdefghijklmnopqrstuv"',
          `${'abcdefghi'.repeat(28)}abcde`,
        ],
        ...['rs7d0ZkqkJ4yKcVnB3wTfQ8sLm2XbHgR5uPzE1oA', `rs00${'abcdefghij'.repeat(6)}`],
      ];
      for (const token of weak) {
        const refused = await app.put(token, {});
        assert.deepEqual(problemOf(refused), [400, 'invalid_format'], token);
        assert.deepEqual([refused.json.errors[0].in, refused.json.errors[0].parameter], ['header', 'Session-Token']);
        if (token.length > 5) assert.ok(!refused.text.includes(token), 'the answer does not quote it');
      }
      const holder = await app.token();
      for (const token of weak) {
        const refused = await app.rotate(holder, { token });
        assert.deepEqual([refused.status, refused.json.errors[0].pointer], [400, '/token'], token);
      }
      assert.equal((await app.put(`${'abcdefgh'.repeat(32)}`, {})).status, 201, '256 characters, 8 different ones');
      assert.equal((await app.put('A-Z.a_z~0:9,-abcdefghi', {})).status, 201, 'all that is allowed');
    });

    test('must be as long as the policy of the app says', async () => {
      const app = service().app('small');
      assert.equal((await app.put('abcdefghijklmnopqrstuvwxyz012', {})).status, 400);
      assert.equal((await app.put('abcdefghijklmnopqrstuvwxyz0123', {})).status, 201);
    });

    test('of our own form replaces the session that it opens, and creates none', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 'a', data: { a: 1 } });
      const { status, json } = await app.put(token, { subject: 'b', data: { b: 1 } });
      assert.deepEqual([status, json.data, json.subject], [200, { b: 1 }, 'b']);
      await app.end(token);
      assert.deepEqual(problemOf(await app.put(token, { data: { zombie: 1 } })), [400, 'invalid_format']);
      assert.deepEqual((await app.list()).json.sessions, []);
    });

    test('is given and taken back by rotation; one that opens a session is 409', async () => {
      const app = service().app(freshApp());
      const [first, second, other] = [callerToken(), callerToken(), callerToken()];
      await app.put(other, {});
      await app.put(first, { subject: 'a', data: { a: 1 } });
      const taken = await app.rotate(first, { token: other });
      assert.deepEqual([...problemOf(taken), taken.json.errors[0].pointer], [409, 'token_taken', '/token']);
      assert.equal((await app.rotate(first, { token: second, grace: 0 })).json.token, second);
      assert.equal((await app.get(first)).status, 404);
      assert.deepEqual((await app.get(second)).json.data, { a: 1 });
      const own = (await app.rotate(second, { grace: 0 })).json.token;
      assert.equal((await app.get(second)).status, 404);
      assert.deepEqual((await app.get(own)).json.data, { a: 1 });
      assert.equal((await app.rotate(own, { token: first, grace: 0 })).status, 200, 'it is free again');
      assert.deepEqual((await app.get(first)).json.data, { a: 1 });
      assert.equal((await app.rotate(first, { token: first })).json.token, first, 'the one it has');
      assert.equal((await app.put(second, { data: { new: 1 } })).status, 201, 'another session');
      assert.deepEqual((await app.get(first)).json.data, { a: 1 });
    });

    test('that was replaced by a rotation moves nothing in its grace, and says so at once', async () => {
      const app = service().app(freshApp());
      const old = callerToken();
      await app.put(old, { subject: 'a' });
      const { json } = await app.rotate(old, { grace: 60 });
      assert.equal((await app.get(old)).status, 200);
      assert.deepEqual(problemOf(await app.put(old, { subject: 'b' })), [409, 'token_replaced']);
      assert.deepEqual(problemOf(await app.patch(old, { subject: 'b' })), [409, 'token_replaced']);
      assert.deepEqual(problemOf(await app.put(old, { subject: 'b' }, { 'If-Match': '*' })), [409, 'token_replaced']);
      assert.equal((await app.put(old, { subject: 'a', data: { a: 1 } })).status, 200, 'at home it still writes');
      assert.deepEqual((await app.get(json.token)).json.data, { a: 1 });
      assert.deepEqual(problemOf(await app.rotate(json.token, { token: old })), [409, 'token_taken'], 'in its grace');
    });

    test('that comes back right after a rotation took it away opens its session again', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      await app.put(token, { subject: 'a', data: { a: 1 } });
      const between = (await app.rotate(token, { grace: 0 })).json.token;
      assert.equal((await app.rotate(between, { token, grace: 0 })).status, 200);
      assert.deepEqual((await app.get(token)).json?.data, { a: 1 });
      assert.equal((await app.get(between)).status, 404);
      assert.equal((await app.end(token)).json.revoked, 1);
    });

    test('is free when its session has ended, however it ended', async () => {
      const app = service().app(freshApp());
      const token = callerToken();
      const { json } = await app.put(token, { subject: 'a' });
      await app.send('DELETE', `/sessions/${json.id}`);
      assert.equal((await app.put(token, { subject: 'b' })).status, 201);
      await app.endSubject('b');
      assert.equal((await app.put(token, { subject: 'c' })).status, 201);
      await app.touch(token, { idleTimeout: 0 });
      assert.equal((await app.put(token, { subject: 'c' })).status, 201);
      await app.send('DELETE', `/sessions?confirm=${app.name}`);
      assert.equal((await app.put(token, {}, { 'If-None-Match': '*' })).status, 201);
    });

    test('meets the cap of its subject', async () => {
      const app = service().app('cap-refuse');
      for (let i = 0; i < 5; i++) await app.put(callerToken(), { subject: 'put' });
      const token = callerToken();
      assert.deepEqual(problemOf(await app.put(token, { subject: 'put' })), [409, 'session_limit_reached']);
      assert.equal((await app.get(token)).status, 404);
      assert.equal((await app.put(token, { data: { guest: 1 } })).status, 201);
      for (const refused of [
        await app.put(token, { subject: 'put' }),
        await app.patch(token, { subject: 'put' }),
        await app.rotate(token, { subject: 'put' }),
      ]) {
        assert.deepEqual(problemOf(refused), [409, 'session_limit_reached']);
        assert.equal(refused.json.sessions.length, 5);
      }
      assert.deepEqual((await app.get(token)).json.data, { guest: 1 }, 'nothing was changed');
    });
  });
}

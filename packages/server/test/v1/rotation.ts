import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { callerToken, freshApp, idsOf, problemOf, type Service } from './harness.ts';

export function rotationSection(service: () => Service): void {
  describe('rotate', () => {
    test('gives a new token; id, data, creation and version stay, and the old token reads on for its grace', async () => {
      const app = service().app(freshApp());
      const { json: made } = await app.create({ subject: 'a', data: { a: 1 } });
      const { status, json, headers } = await app.rotate(made.token);
      assert.deepEqual([status, Object.keys(json), headers.etag], [200, ['token', 'session'], '"1"']);
      assert.match(json.token, /^[A-Za-z0-9]{40}$/);
      assert.notEqual(json.token, made.token);
      assert.deepEqual(json.session, made.session, 'a rotation is no touch');
      assert.deepEqual((await app.get(made.token)).json, (await app.get(json.token)).json);
      assert.equal((await app.rotate(json.token, { grace: 0 })).status, 200);
      assert.equal((await app.get(json.token)).status, 404);
      assert.equal((await app.get(made.token)).status, 200, 'its grace is its own');
    });

    test('of a token in its grace gives its one successor again: nobody is logged out', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 'ann' });
      const { json: first } = await app.rotate(token, { grace: 60 });
      assert.equal((await app.merge(token, { late: 1 })).status, 200, 'it also writes');
      for (const body of [undefined, { grace: 0 }, { subject: 'ann' }, { label: 'late', data: { b: 2 } }]) {
        const { status, json } = await app.rotate(token, body);
        assert.deepEqual([status, json.token, json.session.id], [200, first.token, first.session.id]);
      }
      const { json: now } = await app.get(first.token);
      assert.deepEqual([now.label, now.data], ['late', { late: 1, b: 2 }], 'what else it asks for is done');
      for (const body of [{ subject: 'bob' }, { subject: null }, { token: callerToken() }])
        assert.deepEqual(problemOf(await app.rotate(token, body)), [409, 'token_replaced']);
      const { json: second } = await app.rotate(first.token, { grace: 60 });
      assert.equal((await app.rotate(token)).json.token, first.token, 'it is replaced itself, and still opens');
      for (const known of [token, first.token, second.token]) assert.equal((await app.get(known)).status, 200);
      assert.equal((await app.list()).json.sessions.length, 1);
    });

    test('to a chosen token gives that again to who asks for it, and 409 to who does not', async () => {
      const app = service().app(freshApp());
      const [token, chosen] = [await app.token(), callerToken()];
      for (const _ of [1, 2]) {
        const { status, json } = await app.rotate(token, { token: chosen });
        assert.deepEqual([status, json.token], [200, chosen]);
      }
      assert.deepEqual(problemOf(await app.rotate(token)), [409, 'token_replaced']);
      assert.deepEqual(problemOf(await app.rotate(token, { token: callerToken() })), [409, 'token_replaced']);
      assert.equal((await app.get(token)).json.id, (await app.get(chosen)).json.id);
    });

    test('past the bound is refused, and no grace is cut', async () => {
      const app = service().app(freshApp());
      const tokens = [await app.token()];
      for (let i = 0; i < 32; i++) tokens.push((await app.rotate(tokens.at(-1)!, { grace: 60 })).json.token);
      assert.deepEqual(problemOf(await app.rotate(tokens.at(-1)!)), [409, 'rotation_limit_reached']);
      for (const token of tokens) assert.equal((await app.get(token)).status, 200);
    });

    test('takes the grace of the policy where the request names none', async () => {
      const app = service().app('small');
      const token = await app.token();
      await app.rotate(token);
      assert.equal((await app.get(token)).status, 404);
    });

    test('parallel reads with the old token succeed within the grace, and none does after it', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const grace = 500;
      const began = Date.now();
      await app.rotate(token, { grace: grace / 1000 });
      const rotated = Date.now();
      const reads: { asked: number; answered: number; status: number }[] = [];
      const read = async () => {
        const asked = Date.now();
        const { status } = await app.get(token, '?touch=true');
        reads.push({ asked, answered: Date.now(), status });
        return status;
      };
      await until(async () => (await Promise.all([read(), read(), read(), read(), read()])).includes(404));
      for (let i = 0; i < 5; i++) await read();
      // The grace began between the two instants: what was answered before its earliest end, and what was asked after its
      // latest, is certain.
      for (const { answered, status } of reads)
        if (answered < began + grace) assert.equal(status, 200, 'within the grace');
      for (const { asked, status } of reads) if (asked > rotated + grace) assert.equal(status, 404, 'after it');
    });

    test('with a subject binds the session: a new id, the old token ends at once, whatever the grace', async () => {
      const app = service().app(freshApp());
      const { json: made } = await app.create({ data: { cart: [1] } });
      const { status, json } = await app.rotate(made.token, { subject: 'ann', grace: 60 });
      assert.equal(status, 200);
      assert.deepEqual([json.session.subject, json.session.data], ['ann', { cart: [1] }]);
      assert.notEqual(json.session.id, made.session.id);
      assert.equal(json.session.createdAt, made.session.createdAt);
      assert.equal((await app.get(made.token)).status, 404, 'a change of privilege has no grace');
      assert.deepEqual(idsOf(await app.ofSubject('ann')), [json.session.id]);
      const { json: moved } = await app.rotate(json.token, { subject: 'bob' });
      assert.deepEqual(
        [(await app.ofSubject('ann')).json.sessions, idsOf(await app.ofSubject('bob'))],
        [[], [moved.session.id]],
      );
      const { json: same } = await app.rotate(moved.token, { subject: 'bob' });
      assert.equal(same.session.id, moved.session.id, 'the subject it has is no move');
      assert.equal((await app.get(moved.token)).status, 200, 'so it has its grace');
      assert.equal((await app.rotate(same.token, { subject: null })).json.session.subject, null);
      assert.deepEqual((await app.ofSubject('bob')).json.sessions, []);
      assert.equal((await app.list()).json.sessions.length, 1);
    });

    test('with a subject at its cap ends the oldest and names it', async () => {
      const app = service().app('cap-one');
      const { json: old } = await app.create({ subject: 'cap-rotate' });
      const guest = await app.token();
      const { json } = await app.rotate(guest, { subject: 'cap-rotate' });
      assert.deepEqual(json.revoked, [old.session.id]);
      assert.deepEqual(idsOf(await app.ofSubject('cap-rotate')), [json.session.id]);
    });

    test('sent again with its Idempotency-Key gives the same token, 20 at once too', async () => {
      const app = service().app(freshApp());
      for (const body of [undefined, { grace: 0 }, { subject: 'ann' }, { subject: 'bob', grace: 5 }]) {
        const token = await app.token();
        const key = { 'Idempotency-Key': `rotate-${JSON.stringify(body)}` };
        const answers = await Promise.all(Array.from({ length: 20 }, () => app.rotate(token, body, key)));
        const given = new Set(answers.map(({ status, json }) => `${status} ${json.token} ${json.session?.id}`));
        assert.equal(given.size, 1, [...given].join('\n'));
        const retry = await app.rotate(token, body, key);
        assert.equal(retry.json.token, answers[0]!.json.token);
        assert.equal(retry.headers['idempotency-replayed'], 'true');
        assert.equal((await app.get(retry.json.token)).status, 200);
        assert.deepEqual(problemOf(await app.rotate(token, { grace: 1 }, key)), [422, 'idempotency_key_reused']);
      }
      assert.equal((await app.list()).json.sessions.length, 4, 'no orphan');
    });

    test('to a token that another session has is 409, with a key and sent again, too', async () => {
      const app = service().app(freshApp());
      const [token, taken] = [await app.token(), callerToken()];
      await app.put(taken, { subject: 'its owner' });
      for (const body of [{ token: taken }, { token: taken, subject: 'new' }]) {
        for (const key of ['one', 'one', 'two']) {
          const headers = { 'Idempotency-Key': `${key} ${JSON.stringify(body)}`.replaceAll(' ', '') };
          assert.deepEqual(problemOf(await app.rotate(token, body, headers)), [409, 'token_taken']);
        }
      }
      assert.equal((await app.get(token)).status, 200);
      assert.equal((await app.get(taken)).json.subject, 'its owner');
    });

    test('without a key, 20 at once leave one session, and the last token works', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 'a' });
      const answers = await Promise.all(Array.from({ length: 20 }, () => app.rotate(token, { grace: 0 })));
      assert.deepEqual(answers.filter(({ status }) => status === 200).length, 1);
      assert.ok(answers.every((answer) => answer.status === 200 || answer.json.code === 'token_replaced'));
      const binding = answers.find(({ status }) => status === 200)!.json.token;
      const logins = await Promise.all(['x', 'y', 'x', 'y', 'x'].map((subject) => app.rotate(binding, { subject })));
      assert.deepEqual(logins.filter(({ status }) => status === 200).length, 1);
      assert.ok(logins.every((answer) => answer.status === 200 || answer.json.code === 'token_replaced'));
      assert.equal((await app.list()).json.sessions.length, 1);
      assert.deepEqual((await app.send('GET', '/activity')).json, { subjects: 1, sessions: 1 });
    });
  });
}

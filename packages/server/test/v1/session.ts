import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshApp, problemOf, type Service } from './harness.ts';

export function sessionSection(service: () => Service): void {
  describe('the session of a token', () => {
    test('is read without counting; touch=true counts a read and slides the idle deadline', async () => {
      const app = service().app(freshApp());
      const { json: made, headers } = await app.create({ subject: 'a', data: { x: 1 } });
      const looked = await app.get(made.token);
      assert.deepEqual(looked.json, made.session);
      assert.equal(looked.headers.etag, headers.etag);
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual((await app.get(made.token, '?touch=false')).json, made.session);
      const { json } = await app.get(made.token, '?touch=true');
      assert.equal(json.reads, 2);
      assert.equal(json.version, 1);
      assert.ok(json.lastSeenAt > made.session.lastSeenAt);
      assert.equal(Date.parse(json.expiresAt) - Date.parse(json.lastSeenAt), 7_200_000);
      assert.equal(json.absoluteExpiresAt, made.session.absoluteExpiresAt);
      assert.equal((await app.get(made.token)).json.reads, 2);
    });

    test('is answered in the parts that fields names, in the order of the whole', async () => {
      const app = service().app(freshApp());
      const data = '{"cart":{"items":[1.0],"note":null},"a.b":1,"a":{"b":2},"z":{}}';
      const token = await app.token(`{"subject":"s","data":${data}}`);
      for (const [fields, text] of [
        ['subject', '{"subject":"s"}'],
        ['data,subject', `{"subject":"s","data":${data}}`],
        ['data.cart.items,version', '{"version":1,"data":{"cart":{"items":[1.0]}}}'],
        ['data.a.b', '{"data":{"a.b":1}}'],
        ['data.cart,data', `{"data":${data}}`],
        ['data.nothing,data.cart.no', '{"data":{}}'],
        ['data.', '{"data":{}}'],
        ['reads,reads', '{"reads":1}'],
      ]) {
        for (const answer of [await app.get(token, `?fields=${fields}`), await app.getFields(token, fields!)]) {
          assert.deepEqual([answer.status, answer.text, answer.headers.etag], [200, text, '"1"'], fields);
        }
      }
      for (const fields of [
        '',
        'subject,',
        'token',
        'data/x',
        'Data',
        `x${'y'.repeat(300)}`,
        `${'id,'.repeat(3)}nope`,
      ]) {
        for (const { status, json } of [
          await app.get(token, `?fields=${fields}`),
          await app.getFields(token, fields),
        ]) {
          assert.deepEqual([status, json.errors[0].parameter, json.errors[0].in], [400, 'fields', 'query'], fields);
        }
      }
    });

    test('gives some members by an operation of its own, which reads as that of the whole does', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 's' });
      const { json } = await app.send('GET', '/session/fields', undefined, { 'Session-Token': token });
      assert.deepEqual([json.status, json.errors[0].parameter, json.errors[0].rule], [400, 'fields', 'required']);
      assert.equal((await app.getFields(token, 'reads&touch=true')).text, '{"reads":2}');
      assert.equal((await app.getFields(token, 'id&touch=true', { 'If-None-Match': '"1"' })).status, 304);
      assert.equal((await app.getFields(token, 'id&touch=true', { 'If-Match': '"2"' })).status, 412);
      assert.equal((await app.get(token)).json.reads, 3, 'what was refused did not count');
      assert.deepEqual(problemOf(await app.getFields(`${token}x`, 'id')), [404, 'session_not_found']);
    });

    test('is changed by merge patch: null removes at any depth, objects merge, all else replaces', async () => {
      const app = service().app(freshApp());
      const plain = { 'Content-Type': 'application/json' };
      for (const merge of [
        (token: string, body: unknown) => app.merge(token, body),
        (token: string, body: unknown) => app.mergeData(token, body),
        (token: string, body: unknown) => app.mergeData(token, body, plain),
      ]) {
        const token = await app.token({ data: { a: { b: 1, c: 2 }, d: [1], e: 1 } });
        const { status, text, headers, json } = await merge(token, {
          a: { b: null, x: 3 },
          d: { y: 1 },
          e: null,
          f: [],
        });
        assert.equal(status, 200);
        assert.ok(text.endsWith('"data":{"a":{"c":2,"x":3},"d":{"y":1},"f":[]}}'), text);
        assert.deepEqual([json.version, json.reads, headers.etag], [2, 1, '"2"']);
        assert.equal((await merge(token, {})).json.version, 3, 'an empty patch is a change, too');
      }
    });

    test('takes the names of set and unset for members of the data where the body is a merge patch', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const { json } = await app.mergeData(
        token,
        { set: { a: 1 }, subject: 's' },
        { 'Content-Type': 'application/json' },
      );
      assert.deepEqual([json.data, json.subject], [{ set: { a: 1 }, subject: 's' }, null]);
      for (const body of ['[]', 'null', '1', '{', '']) {
        const { status, json: problem } = await app.mergeData(token, body);
        assert.deepEqual([status, problem.errors[0].pointer], [400, ''], body);
      }
      const other = await app.mergeData(token, 'a=1', { 'Content-Type': 'application/x-www-form-urlencoded' });
      assert.deepEqual(problemOf(other), [415, 'unsupported_media_type']);
    });

    test('is changed by set and unset at the top level, which can store null', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ data: { a: { b: 1 }, c: 2 } });
      const { text } = await app.patch(token, { set: { a: null, n: { x: null } }, unset: ['c', 'missing'] });
      assert.ok(text.endsWith('"data":{"a":null,"n":{"x":null}}}'), text);
      const { json } = await app.patch(token, { label: 'laptop' });
      assert.deepEqual([json.label, json.version, json.data], ['laptop', 3, { a: null, n: { x: null } }]);
      assert.equal((await app.patch(token, { label: null })).json.label, null);
      assert.deepEqual((await app.patch(token, { unset: [] })).status, 400, 'nothing is asked for');
      assert.equal((await app.patch(token, { set: {} })).status, 200);
    });

    test('of 50 parallel changes none is lost', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          i % 2 === 0 ? app.mergeData(token, { [`k${i}`]: i }) : app.patch(token, { set: { [`k${i}`]: i } }),
        ),
      );
      assert.ok(answers.every(({ status }) => status === 200));
      assert.deepEqual(
        answers.map(({ json }) => json.version).sort((a, b) => a - b),
        Array.from({ length: 50 }, (_, i) => i + 2),
      );
      const { json } = await app.get(token);
      assert.deepEqual([Object.keys(json.data).length, json.version], [50, 51]);
    });

    test('gets other data as a whole by PUT data', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 's', data: { a: 1 } });
      const { status, json, headers } = await app.putData(token, { b: [] });
      assert.deepEqual([status, json.data, json.version, json.subject, headers.etag], [200, { b: [] }, 2, 's', '"2"']);
      assert.deepEqual((await app.putData(token, '{ }')).json.data, {});
    });

    test('is touched without a new version or a read, and keeps what the touch says of the device', async () => {
      const app = service().app(freshApp());
      const { json: made } = await app.create({ ip: '1.1.1.1' });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const plain = await app.touch(made.token);
      assert.equal(plain.status, 200);
      assert.ok(plain.json.lastSeenAt > made.session.lastSeenAt);
      const { json } = await app.touch(made.token, { ip: '2.2.2.2', userAgent: 'curl', idleTimeout: 60.5 });
      assert.deepEqual(
        [json.version, json.reads, json.ip, json.userAgent, json.idleTimeout],
        [1, 1, '2.2.2.2', 'curl', 60.5],
      );
      assert.equal(Date.parse(json.expiresAt) - Date.parse(json.lastSeenAt), 60_500);
      assert.equal((await app.touch(made.token, {})).json.idleTimeout, 60.5, 'kept from then on');
    });

    test('moves to another subject with PATCH: a new id, the same token, and the old list without it', async () => {
      const app = service().app(freshApp());
      const { json: made } = await app.create({ subject: 'guest-7', data: { cart: 1 } });
      const { status, json } = await app.patch(made.token, { subject: 'ann', set: { in: true }, label: 'l' });
      assert.equal(status, 200);
      assert.notEqual(json.id, made.session.id);
      assert.deepEqual([json.subject, json.data, json.label, json.version], ['ann', { cart: 1, in: true }, 'l', 2]);
      assert.equal(json.createdAt, made.session.createdAt);
      assert.deepEqual((await app.ofSubject('guest-7')).json.sessions, []);
      assert.deepEqual((await app.ofSubject('ann')).json.sessions.length, 1);
      assert.equal((await app.find(made.session.id)).status, 404);
      assert.equal((await app.get(made.token)).json.id, json.id);
      const stays = await app.patch(made.token, { subject: 'ann', set: { more: 1 } });
      assert.equal(stays.json.id, json.id, 'the same subject is no move');
      const { json: guest } = await app.patch(made.token, { subject: null });
      assert.deepEqual([guest.subject, (await app.ofSubject('ann')).json.sessions], [null, []]);
      assert.equal((await app.end(made.token)).json.revoked, 1);
      assert.deepEqual((await app.list()).json.sessions, []);
    });

    test('ends with DELETE: 1, then 0, and 404 for whoever comes after', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      assert.equal((await app.end(token)).text, '{"revoked":1}');
      assert.equal((await app.end(token)).text, '{"revoked":0}');
      for (const gone of [
        await app.get(token),
        await app.get(token, '?touch=true'),
        await app.patch(token, { set: { a: 1 } }),
        await app.patch(token, { subject: 'x' }),
        await app.merge(token, { a: 1 }),
        await app.mergeData(token, { a: 1 }),
        await app.getFields(token, 'id'),
        await app.putData(token, {}),
        await app.touch(token),
        await app.touch(token, { idleTimeout: 60 }),
        await app.rotate(token),
        await app.rotate(token, { subject: 'x' }),
      ]) {
        assert.deepEqual(problemOf(gone), [404, 'session_not_found']);
      }
    });

    test('one answer, 404, for a token that never was, is malformed, empty, or of another app', async () => {
      const app = service().app(freshApp());
      const other = await service().app(freshApp()).token();
      const own = await app.token();
      const wrong = own.slice(0, -1) + (own.endsWith('A') ? 'B' : 'A');
      const texts = new Set<string>();
      for (const token of [other, wrong, '', 'x', 'é', '"', 'rs'.repeat(200), own.toLowerCase(), `${own},x`]) {
        const answer = await app.get(token);
        assert.equal(answer.status, 404, token);
        const { requestId, ...said } = answer.json;
        assert.equal(requestId, answer.headers['x-request-id']);
        texts.add(JSON.stringify(said));
      }
      assert.equal(texts.size, 1);
    });
  });
}

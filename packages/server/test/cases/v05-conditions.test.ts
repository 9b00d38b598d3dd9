import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Answer } from '../support/client.ts';
import { exchange, request } from '../support/raw-client.ts';
import { callerToken, freshApp, problemOf, startService, type V1 } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);

type Verb = (app: V1, session: { token: string; id: string }, headers: Record<string, string>) => Promise<Answer>;
const VERBS: Record<string, Verb> = {
  patch: (app, { token }, headers) => app.patch(token, { set: { a: 1 } }, headers),
  'merge patch': (app, { token }, headers) => app.merge(token, { a: 1 }, headers),
  'merge patch of the data': (app, { token }, headers) => app.mergeData(token, { a: 1 }, headers),
  'patch with a subject': (app, { token }, headers) => app.patch(token, { subject: 'v' }, headers),
  'put data': (app, { token }, headers) => app.putData(token, { a: 1 }, headers),
  put: (app, { token }, headers) => app.put(token, { data: { a: 1 } }, headers),
  touch: (app, { token }, headers) => app.touch(token, undefined, headers),
  'touch with a body': (app, { token }, headers) => app.touch(token, { idleTimeout: 0 }, headers),
  rotate: (app, { token }, headers) => app.rotate(token, {}, headers),
  'rotate with a key': (app, { token }, headers) => app.rotate(token, {}, { ...headers, 'Idempotency-Key': token }),
  'rotate with a subject': (app, { token }, headers) => app.rotate(token, { subject: 'v' }, headers),
  end: (app, { token }, headers) => app.end(token, headers),
  'end by id': (app, { id }, headers) => app.send('DELETE', `/sessions/${id}`, undefined, headers),
};
const GONE: Record<string, number> = { put: 201, end: 200, 'end by id': 200 };

for (const [name, verb] of Object.entries(VERBS)) {
  test(`V5: ${name} with If-None-Match: * of a session that is there is 412 and does nothing (kind: a condition passed over)`, async () => {
    const app = service.app(freshApp());
    const { token, session } = (await app.create({ subject: 'u' })).json;
    const refused = await verb(app, { token, id: session.id }, { 'If-None-Match': '*' });
    assert.deepEqual(problemOf(refused), [412, 'version_mismatch']);
    assert.match(refused.json.detail, /If-None-Match/);
    assert.deepEqual((await app.get(token)).json, session);
    const gone = await verb(app, { token: callerToken(), id: '00xxxxxxxxxxxxxx' }, { 'If-None-Match': '*' });
    assert.equal(gone.status, GONE[name] ?? 404, gone.text);
  });

  test(`V5: ${name} with an ETag in If-None-Match, or another one in If-Match, does nothing either (kind: a condition passed over)`, async () => {
    const app = service.app(freshApp());
    const { token, session } = (await app.create({ subject: 'u' })).json;
    const known = { token, id: session.id };
    for (const tag of ['"1"', 'W/"1"', '"2"', '"1", "2"']) {
      const refused = await verb(app, known, { 'If-None-Match': tag });
      assert.deepEqual([refused.status, refused.json.errors[0].parameter], [400, 'If-None-Match'], tag);
    }
    assert.equal((await verb(app, known, { 'If-Match': '"2"' })).status, 412);
    assert.deepEqual((await app.get(token)).json, session);
    assert.equal((await verb(app, known, { 'If-Match': '"1"' })).status, 200);
  });
}

test('V5: what is about no single session refuses both conditions and does nothing (kind: a condition passed over)', async () => {
  const app = service.app(freshApp());
  const token = await app.token({ subject: 'u' });
  const before = (await app.list()).json;
  for (const header of ['If-Match', 'If-None-Match']) {
    for (const tag of ['*', '"1"', 'x']) {
      const headers = { [header]: tag };
      for (const answer of [
        await app.create({}, headers),
        await app.send('DELETE', `/sessions?confirm=${app.name}`, undefined, headers),
        await app.send('DELETE', '/subjects/u/sessions', undefined, headers),
        await app.send('POST', '/sessions:verify', { tokens: [token], touch: true }, headers),
      ]) {
        assert.deepEqual([answer.status, answer.json.errors[0].parameter], [400, header]);
      }
    }
  }
  assert.deepEqual((await app.list()).json, before);
});

test('N5: an If-Match without quotes is 400 that says how to send it; a weak one stays 412 and says why (kind: what is no ETag)', async () => {
  const app = service.app(freshApp());
  const { token, session } = (await app.create({ subject: 'u' })).json;
  for (const verb of Object.values(VERBS)) {
    const known = { token, id: session.id };
    for (const tag of ['1', '', '"1', 'W/1', '"1" "2"', '*, "1"', "'1'"]) {
      const bare = await verb(app, known, { 'If-Match': tag });
      assert.deepEqual([bare.status, bare.json.errors[0].parameter], [400, 'If-Match'], tag);
      assert.match(bare.json.detail, /send the ETag as it came, with its quotes/);
    }
    for (const tag of ['W/"1"', '"7", W/"1"']) {
      const weak = await verb(app, known, { 'If-Match': tag });
      assert.deepEqual(problemOf(weak), [412, 'version_mismatch'], tag);
      assert.match(weak.json.detail, /a weak tag \(W\/\) never matches here/);
    }
  }
  assert.deepEqual((await app.get(token)).json, session);
});

test('N5: If-Match in several lines is one list, as RFC 9110 has it (kind: what is no ETag)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  const { port } = service.servers[0]!;
  const patch = async (...tags: string[]) => {
    const headers = [
      `Session-Token: ${token}`,
      'Content-Type: application/json',
      ...tags.map((tag) => `If-Match: ${tag}`),
    ];
    const { answers } = await exchange(
      port,
      request('PATCH', `/v1/apps/${app.name}/session`, headers, '{"set":{"a":1}}'),
    );
    return answers[0]!.status;
  };
  assert.equal(await patch('"7"', '"1"'), 200);
  assert.equal(await patch('"7"', '"8"'), 412);
  assert.equal(await patch('*', '"2"'), 400);
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { exchange, request } from '../support/raw-client.ts';
import { freshApp, problemOf, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const client = service.clients[0]!;
const FOUND = ['"1"', '*', 'W/"1"', '"7", "1"', '"7",W/"1" ,'];

for (const [name, pathOf] of Object.entries({
  'GET /session': () => '/session',
  'GET /session with fields': () => '/session?fields=subject',
  'GET /sessions/{id}': (id: string) => `/sessions/${id}`,
})) {
  test(`item 5: ${name} with the ETag in If-None-Match is 304 without a body, HEAD too (kind: a read of what is known)`, async () => {
    const app = service.app(freshApp());
    const { token, session } = (await app.create({ subject: 'u' })).json;
    const path = `/v1/apps/${app.name}${pathOf(session.id)}`;
    const ask = (tag: string, method = 'GET') =>
      client.send(method, path, undefined, { 'Session-Token': token, 'If-None-Match': tag });
    for (const tag of FOUND) {
      for (const method of ['GET', 'HEAD']) {
        const { status, text, headers } = await ask(tag, method);
        assert.deepEqual([status, text, headers.etag], [304, '', '"1"'], `${method} ${tag}`);
        assert.equal(headers['cache-control'], 'no-store');
        assert.deepEqual([headers['content-type'], headers['content-length']], [undefined, undefined]);
      }
    }
    for (const tag of ['"2"', '"01"', '""', '"1,1"']) {
      for (const method of ['GET', 'HEAD']) assert.equal((await ask(tag, method)).status, 200, tag);
    }
    for (const tag of ['1', '', '"1', '*, "1"', 'w/"1"']) {
      const refused = await ask(tag);
      assert.deepEqual([refused.status, refused.json.errors[0].parameter], [400, 'If-None-Match'], tag);
    }
    await app.patch(token, { set: { a: 1 } });
    assert.deepEqual([(await ask('"1"')).status, (await ask('"2"')).status], [200, 304]);
    await app.end(token);
    assert.deepEqual(problemOf(await ask('"2"')), [404, 'session_not_found']);
  });
}

test('item 5: a read with touch=true touches also when it answers 304 (kind: an effect that a condition must not lose)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  const ask = (headers: Record<string, string>) =>
    client.send('GET', `/v1/apps/${app.name}/session?touch=true`, undefined, { 'Session-Token': token, ...headers });
  assert.equal((await ask({ 'If-None-Match': '"1"' })).status, 304);
  assert.equal((await app.get(token)).json.reads, 2);
  // Refused before anything is done.
  assert.equal((await ask({ 'If-None-Match': '1' })).status, 400);
  assert.deepEqual(problemOf(await ask({ 'If-Match': '"2"' })), [412, 'version_mismatch']);
  assert.equal((await app.get(token)).json.reads, 2);
  assert.equal((await ask({ 'If-Match': '"1"' })).json.reads, 3);
});

test('item 5: on one connection a 304 ends where it ends: the next answer is whole (kind: a read of what is known)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  const ask = (tag: string) =>
    request('GET', `/v1/apps/${app.name}/session`, [`Session-Token: ${token}`, `If-None-Match: ${tag}`]);
  const { answers, rest } = await exchange(service.servers[0]!.port, Buffer.concat([ask('"1"'), ask('"2"')]), {
    answers: 2,
  });
  assert.deepEqual([answers.map(({ status }) => status), rest], [[304, 200], '']);
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { exchange, request } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';
import { callerToken, freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const { port } = service.servers[0]!;

async function ask(method: string, path: string, headers: readonly string[], body = '') {
  const { answers } = await exchange(port, request(method, path, headers, body));
  const { status, body: text } = answers[0]!;
  return { status, json: JSON.parse(text) };
}

test('R12: a Session-Token that came twice is 400 in every route, and nothing is done (kind: a header that decides came twice)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  const base = `/v1/apps/${app.name}`;
  const pairs = [
    [token, token],
    [token, ''],
    ['', token],
    [token, 'x'],
  ];
  for (const [first, second] of pairs) {
    for (const [method, path] of [
      ['DELETE', '/session'],
      ['GET', '/session'],
      ['HEAD', '/session'],
      ['PATCH', '/session'],
      ['PUT', '/session'],
      ['PUT', '/session/data'],
      ['PATCH', '/session/data'],
      ['GET', '/session/fields?fields=id'],
      ['POST', '/session/touch'],
      ['POST', '/session/rotate'],
    ] as const) {
      const sent = request(method, base + path, [`Session-Token: ${first}`, `session-token: ${second}`]);
      const { answers } = await exchange(port, sent, { method });
      assert.equal(answers[0]!.status, 400, `${method} ${path}`);
      if (method !== 'HEAD')
        assert.match(JSON.parse(answers[0]!.body).detail, /^the header Session-Token must be given once$/);
    }
  }
  assert.equal((await app.get(token)).json.version, 1);
});

test('R12: two lines that a proxy made one are 400 too; a comma within a chosen token is a part of it (kind: a header that decides came twice)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  for (const joined of [`${token}, ${token}`, `${token},${token}`, `${token} ,x`, 'a, b']) {
    const ended = await app.end(joined);
    assert.deepEqual([ended.status, ended.json.errors[0].parameter], [400, 'Session-Token'], joined);
  }
  const chosen = `${callerToken()},with,commas`;
  assert.equal((await app.put(chosen, { subject: 'u' })).status, 201);
  assert.equal((await app.end(chosen)).json.revoked, 1);
  assert.equal((await app.get(token)).status, 200);
});

test('S10: two Authorization headers are 400, with keys and without (kind: a header that decides came twice)', async () => {
  const key = `rsk_${'a'.repeat(40)}`;
  const hash = createHash('sha256').update(key).digest('hex');
  const guarded = await startServer({ after }, { RS_STORE: 'memory:', RS_API_KEYS: `a:sha256:${hash}:*:read` });
  for (const server of [service.servers[0]!, guarded]) {
    for (const path of ['/v1/apps/shop', '/shop/activity?dt=60']) {
      for (const second of [`Bearer ${key}`, 'Bearer b', 'Basic eDp4', '']) {
        const lines = [`Authorization: Bearer ${key}`, `Authorization: ${second}`];
        const { answers } = await exchange(server.port, request('GET', path, lines));
        const { status, body } = answers[0]!;
        const { detail, message } = JSON.parse(body);
        assert.deepEqual([status, detail ?? message], [400, 'the header Authorization must be given once']);
      }
    }
  }
});

test('R12: so are Content-Type, Idempotency-Key, Content-Length and Host (kind: a header that decides came twice)', async () => {
  const app = service.app(freshApp());
  const path = `/v1/apps/${app.name}/sessions`;
  const type = 'Content-Type: application/json';
  for (const [name, lines] of [
    ['Content-Type', [type, 'Content-Type: text/plain']],
    ['Content-Type', [type, type]],
    ['Idempotency-Key', [type, 'Idempotency-Key: a', 'Idempotency-Key: b']],
  ] as const) {
    const { status, json } = await ask('POST', path, lines, '{}');
    assert.deepEqual([status, json.errors[0].parameter, json.errors[0].in], [400, name, 'header']);
    const classic = await ask('PUT', `/${app.name}/create/u?ip=1.1.1.1`, lines, '{}');
    assert.deepEqual([classic.status, classic.json.message], [400, `the header ${name} must be given once`]);
  }
  assert.equal((await ask('POST', path, [type, 'Content-Length: 2'], '{}')).status, 400);
  assert.equal((await ask('POST', path, [type, 'Host: other'], '{}')).status, 400);
  assert.equal((await ask('POST', path, [type, 'Content-Encoding: gzip', 'Content-Encoding: gzip'], '{}')).status, 415);
  assert.deepEqual((await app.list()).json.sessions, []);
});

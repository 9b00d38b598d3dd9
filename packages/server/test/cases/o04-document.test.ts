import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { Description } from '../support/description.ts';
import { exchange, request } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';
import { callerToken, freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const { text } = await service.clients[0]!.send('GET', '/openapi.json');
const description = new Description(text);
const { document } = description;
const { port } = service.servers[0]!;

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
type Operation = any;
const operations = Object.values<Record<string, Operation>>(document.paths).flatMap((verbs) => Object.entries(verbs));
const operationOf = (id: string): Operation =>
  operations.map(([, each]) => each).find((each) => each.operationId === id);

test('O4: what the document says of Session-Token is what each operation does (kind: one text for several meanings)', async () => {
  const app = service.app(freshApp());
  const none = callerToken();
  const wordsOf = (id: string): string =>
    operationOf(id).parameters.find(({ name }: Operation) => name === 'Session-Token').description;
  for (const [id, ask] of Object.entries({
    getSession: () => app.get(none),
    updateSession: () => app.patch(none, { set: {} }),
    getSessionFields: () => app.send('GET', '/session/fields?fields=id', undefined, { 'Session-Token': none }),
    patchSessionData: () => app.mergeData(none, {}),
    replaceSessionData: () => app.putData(none, {}),
    touchSession: () => app.touch(none),
    rotateSession: () => app.rotate(none),
  })) {
    assert.match(wordsOf(id), /is 404/, id);
    assert.equal((await ask()).status, 404, id);
  }
  assert.match(wordsOf('revokeSession'), /200 with `revoked` 0/);
  assert.deepEqual((await app.end(none)).json, { revoked: 0 });
  for (const rule of [
    /22 /,
    /minCallerTokenLength/,
    /256/,
    /random/,
    /A-Z a-z 0-9/,
    /not of the form/,
    /creates one/,
  ]) {
    assert.match(wordsOf('putSession'), rule);
  }
  assert.match(document.components.schemas.Rotation.properties.token.description, /22 .*minCallerTokenLength.*256/);
  assert.equal((await app.put(none, {})).status, 201);
});

test('O5: what a v1 route answers before it is asked is in the document, and of its form (kind: an answer outside the document)', async () => {
  for (const [verb, { operationId, responses }] of operations) {
    for (const [status, code] of [
      [400, 'bad_request'],
      [408, 'request_timeout'],
      [414, 'uri_too_long'],
      [417, 'expectation_failed'],
      [421, 'misdirected_request'],
      [431, 'headers_too_large'],
    ] as const) {
      const content = responses[status]?.content['application/problem+json'];
      assert.ok(content?.examples[code], `${operationId} ${status} ${code}`);
    }
    assert.equal('cross_site_request' in responses[403].content['application/problem+json'].examples, verb !== 'get');
  }
  const path = '/v1/apps/shop/activity';
  for (const [status, sent] of [
    [414, request('GET', `${path}?${'x'.repeat(8200)}`)],
    [417, request('GET', path, ['Expect: tea'])],
    [421, `GET ${path} HTTP/1.1\r\nHost: evil.example\r\n\r\n`],
    [400, `GET ${path} HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n`],
  ] as const) {
    const { answers } = await exchange(port, sent);
    const { headers, body } = answers[0]!;
    assert.equal(answers[0]!.status, status);
    description.check('GET', path, {
      status,
      headers: Object.fromEntries(headers),
      text: body,
      json: JSON.parse(body),
    });
  }
  const crossSite = request('POST', '/v1/apps/shop/sessions', ['Sec-Fetch-Site: cross-site']);
  const { status, headers, body } = (await exchange(port, crossSite)).answers[0]!;
  assert.equal(status, 403);
  const answer = { status, headers: Object.fromEntries(headers), text: body, json: JSON.parse(body) };
  description.check('POST', '/v1/apps/shop/sessions', answer);
});

test('O6: both ways to show a key are in the document, and both are taken (kind: what is taken and not described)', async () => {
  const { securitySchemes } = document.components;
  assert.deepEqual(
    Object.values<Operation>(securitySchemes).map(({ type, scheme }) => [type, scheme]),
    [
      ['http', 'bearer'],
      ['http', 'basic'],
    ],
  );
  for (const [, { security, 'x-scope': scope }] of operations) {
    assert.deepEqual(security, [{}, { apiKey: [scope] }, { apiKeyBasic: [scope] }]);
  }
  const key = 'any-key-of-a-test';
  const hash = createHash('sha256').update(key).digest('hex');
  const guarded = await startServer({ after }, { RS_STORE: 'memory:', RS_API_KEYS: `a:sha256:${hash}:*:read` });
  for (const shown of [`Bearer ${key}`, `Basic ${Buffer.from(`any:${key}`).toString('base64')}`]) {
    const asked = request('GET', '/v1/apps/shop', [`Authorization: ${shown}`]);
    assert.equal((await exchange(guarded.port, asked)).answers[0]!.status, 200, shown);
  }
});

test('O7: introspection names no code that it never answers (kind: a promise that nothing keeps)', () => {
  const codes = Object.keys(operationOf('introspect').responses[400].content['application/problem+json'].examples);
  assert.deepEqual(codes.sort(), ['bad_request', 'invalid_format', 'invalid_json', 'invalid_request']);
});

test('O1: no schema has a name that a generator uses for something else', () => {
  for (const name of Object.keys(document.components.schemas)) {
    assert.doesNotMatch(name, /^(?:Data|Options|Params|Request|Response|Headers|Body|Error|Object|Record|Map|Date)$/);
  }
});

/** O8: what the users of generated clients feel, point by point. What three generators make of it is in o01-generated-clients. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ERROR_CODES } from '../../src/core/errors.ts';
import { Description } from '../support/description.ts';
import { freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const { text } = await service.clients[0]!.send('GET', '/openapi.json');
const description = new Description(text);
const { document } = description;
const { schemas, headers, examples } = document.components;

// biome-ignore lint/suspicious/noExplicitAny: a JSON document
type Json = any;
const operations = Object.entries<Json>(document.paths).flatMap(([path, verbs]) =>
  Object.entries<Json>(verbs).map(([verb, operation]) => ({ path, verb, operation, id: operation.operationId })),
);
const operationOf = (id: string): Json => operations.find((each) => each.id === id)!.operation;
const named = (reference: Json): string => reference.$ref.split('/').at(-1);

test('O8.1: a code is one of a list, and in each answer one of those that it can have (kind: any text where a few are meant)', () => {
  assert.deepEqual(schemas.ErrorCode.enum, Object.keys(ERROR_CODES));
  assert.equal(named(schemas.Problem.properties.code), 'ErrorCode');
  for (const { id, operation } of operations) {
    for (const [status, { content }] of Object.entries<Json>(operation.responses)) {
      if (Number(status) < 400) continue;
      const { schema, examples: shown } = content['application/problem+json'];
      const codes = (schema.oneOf ?? [schema]).map(
        (each: Json) => schemas[named(each)].allOf.at(-1).properties.code.const,
      );
      assert.deepEqual(codes, Object.keys(shown), `${id} ${status}`);
    }
  }
});

test('O8.2 to O8.4: an operation has one answer and one body, each of one named type (kind: a choice that every caller must undo)', () => {
  for (const { id, operation } of operations) {
    const stream = operation.responses[200]?.content?.['text/event-stream'];
    if (stream !== undefined) assert.equal(stream.schema.type, 'string', id);
    const good = Object.entries<Json>(operation.responses).filter(([status]) => Number(status) < 300);
    const types = good.flatMap(([, { content = {} }]) =>
      // A stream goes on without end: clients read it event by event, and not as one value of a type.
      Object.entries<Json>(content)
        .filter(([mediaType]) => mediaType !== 'text/event-stream')
        .map(([, { schema }]) => named(schema)),
    );
    assert.ok(new Set(types).size <= 1, id);
    const bodies = Object.values<Json>(operation.requestBody?.content ?? {});
    assert.ok(bodies.length <= 1 && bodies.every(({ schema }) => named(schema) !== undefined), id);
  }
  const answerOf = (id: string) => named(operationOf(id).responses[200].content['application/json'].schema);
  assert.deepEqual(
    ['getSessionById', 'getSessionFields', 'listSessions', 'listSessionIds', 'countSubjectSessions'].map(answerOf),
    ['Session', 'PartialSession', 'SessionPage', 'IdPage', 'SessionCount'],
  );
  for (const member of schemas.Session.required) assert.ok(schemas[answerOf('getSession')].required.includes(member));
  assert.deepEqual(Object.keys(operationOf('patchSessionData').requestBody.content), ['application/merge-patch+json']);
});

const TOKEN = 'abcdefghijklmnopqrstuvwxyz';
type Ask = (app: ReturnType<typeof service.app>, token: string, value: Json) => Promise<{ status: number }>;
const at = (...place: string[]) => ['components', 'schemas', ...place];
const parameter = (id: string, name: string): string[] => {
  const { path, verb, operation } = operations.find((each) => each.id === id)!;
  const index = operation.parameters.findIndex((each: Json) => each.name === name);
  return ['paths', path, verb, 'parameters', String(index), 'schema'];
};
const own = (token: string, headers = {}) => ({ 'Session-Token': token, ...headers });

/** Where a rule stands, what breaks it, what does not, and who enforces it. */
const ENFORCED: [place: string[], wrong: Json[], right: Json[], ask: Ask][] = [
  [
    parameter('createSession', 'Idempotency-Key'),
    ['', 'a b', 'é', 'x'.repeat(256)],
    ['k', '!~', 'x'.repeat(255)],
    (app, _, value) => app.create({}, { 'Idempotency-Key': value }),
  ],
  [
    parameter('updateSession', 'If-None-Match'),
    ['"1"', 'x'],
    [],
    (app, token, value) => app.patch(token, { set: {} }, { 'If-None-Match': value }),
  ],
  [
    parameter('getSession', 'If-None-Match'),
    ['1', '"1" "2"', '*, "1"', ','],
    ['*', '"1"', 'W/"1", "2"', ', "1"'],
    (app, token, value) => app.send('GET', '/session', undefined, own(token, { 'If-None-Match': value })),
  ],
  [
    parameter('replaceSessionData', 'If-Match'),
    ['1', "'1'", '"1"x'],
    ['*', '"1", "2", "3", "4"'],
    (app, token, value) => app.putData(token, {}, { 'If-Match': value }),
  ],
  [
    parameter('revokeSubjectSessions', 'except'),
    ['x', '', `${'0'.repeat(16)}1`],
    ['0'.repeat(16)],
    (app, _, value) => app.endSubject('nobody', `?except=${value}`),
  ],
  [
    parameter('getSessionFields', 'fields'),
    ['', 'nope', 'id,', 'data/x'],
    ['id', 'data.a.b,subject', 'data.'],
    (app, token, value) => app.getFields(token, value),
  ],
  [
    parameter('listSubjectSessions', 'subject'),
    ['.', '..', 'a\nb', 'x'.repeat(256)],
    ['...', ' ', '😀'.repeat(255)],
    (app, _, value) => app.send('GET', `/subjects/${encodeURIComponent(value).replaceAll('.', '%2E')}/sessions`),
  ],
  [
    parameter('putSession', 'Session-Token'),
    ['short', `${TOKEN} `.repeat(2), 'x'.repeat(257)],
    [TOKEN, `${TOKEN}._~:,-`],
    (app, _, value) => app.put(value, {}),
  ],
  [
    at('Rotation', 'properties', 'token'),
    ['short', `${TOKEN}/`, `${TOKEN}${'0'.repeat(256)}`, `rs00${TOKEN}0123456789`],
    [`${TOKEN}.1`],
    (app, token, value) => app.rotate(token, { token: value }),
  ],
  [
    at('IntrospectionRequest', 'properties', 'app'),
    ['x', '_app', 'a b c'],
    ['shop'],
    (app, token, value) =>
      app.client.send('POST', '/v1/introspect', `token=${token}&app=${value}`, {
        'Content-Type': 'application/x-www-form-urlencoded',
      }),
  ],
  [at('SetUnset'), [{}], [{ set: {} }, { label: null }], (app, token, value) => app.patch(token, value)],
  ...['NewSession', 'Rotation', 'SetUnset'].map((name): (typeof ENFORCED)[number] => [
    at(name),
    [
      { idleTimeout: null, absoluteTimeout: null },
      ...['ip', 'userAgent', 'label', 'subject'].flatMap((member) => [{ [member]: 'a\u2028b' }, { [member]: '' }]),
      { subject: '..' },
    ],
    [
      { idleTimeout: null, absoluteTimeout: 60 },
      { ip: 'x'.repeat(64), label: ' ' },
    ],
    (app, token, value) =>
      name === 'NewSession'
        ? app.create(value)
        : name === 'Rotation'
          ? app.rotate(token, value)
          : app.patch(token, value),
  ]),
];

test('O8.5: what the server refuses its schema refuses, and what the schema takes is taken (kind: a rule that stands in words only)', async () => {
  const app = service.app(freshApp());
  for (const [place, wrong, right, ask] of ENFORCED) {
    for (const value of wrong) {
      const what = `${place.join(' ')} ${JSON.stringify(value)}`;
      assert.throws(() => description.checkValue(place, value, ''), what);
      // What is no text of a header is not sent by Node's client.
      if (value !== 'é') assert.equal((await ask(app, await app.token({ subject: 'u' }), value)).status, 400, what);
    }
    for (const value of right) {
      description.checkValue(place, value, 'is taken');
      const { status } = await ask(app, await app.token({ subject: 'u' }), value);
      assert.ok(status < 400, `${place.join(' ')} ${JSON.stringify(value)}: ${status}`);
    }
  }
});

test('O8.5: what is left out has its default in the schema (kind: a value that only words tell)', async () => {
  const defaults = operations.flatMap(({ id, operation }) =>
    operation.parameters
      .filter(({ schema }: Json) => schema.default !== undefined)
      .map(({ name, schema }: Json) => `${id} ${name}=${schema.default}`),
  );
  for (const each of [
    'getActivity within=600',
    'getSession touch=false',
    'getSessionFields touch=false',
    'listSessionIds limit=50',
    'listSessions limit=50',
    'listSubjectSessionIds limit=1000',
    'listSubjectSessions limit=1000',
    'revokeAllSessions dryRun=false',
  ]) {
    assert.ok(defaults.includes(each), each);
  }
});

test('O8.6: answers may have members of tomorrow, and requests may not have unknown ones (kind: a client that fails on what is new)', () => {
  const answers = reachable(operations.flatMap(({ operation }) => Object.values(operation.responses)));
  const bodies = reachable(operations.map(({ operation }) => operation.requestBody));
  assert.ok(answers.has('Session') && answers.has('Problem') && bodies.has('NewSession'));
  for (const name of answers) {
    assert.notEqual(schemas[name].additionalProperties, false, name);
    assert.ok(!JSON.stringify(schemas[name]).includes('"additionalProperties":false'), name);
  }
  for (const name of ['NewSession', 'SetUnset', 'Rotation', 'Touch', 'Lock', 'Tokens']) {
    assert.equal(schemas[name].additionalProperties, false, name);
  }
  assert.match(document.info.description, /Answers may grow/);
});

/** Gives the names of all schemas that parts of the document lead to. */
function reachable(parts: readonly Json[], found = new Set<string>()): Set<string> {
  for (const [, name] of JSON.stringify(parts).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    if (found.has(name!)) continue;
    found.add(name!);
    reachable([schemas[name!]], found);
  }
  return found;
}

test('O8.7: optional headers stand in place, tags are short, shapes have names, null is a type (kind: what generators make ugly)', () => {
  for (const { operation, id } of operations) {
    for (const response of Object.values<Json>(operation.responses)) {
      for (const [name, header] of Object.entries<Json>(response.headers)) {
        const { required } = header.$ref === undefined ? header : headers[named(header)];
        assert.equal(header.$ref !== undefined, required, `${id} ${name}`);
      }
    }
  }
  for (const { name, 'x-displayName': title } of document.tags) {
    assert.match(name, /^[a-z-]{4,10}$/);
    assert.match(title, /^[A-Z]/);
  }
  for (const id of ['getSessionById', 'replaceSessionData', 'patchSessionData']) assert.ok(operationOf(id));
  for (const [name, schema] of Object.entries<Json>(schemas)) {
    const inner = JSON.stringify(Object.values(schema.properties ?? {}));
    assert.doesNotMatch(inner, /"(?:properties|enum)"|"anyOf":\[\{"type"/, name);
  }
  assert.deepEqual(schemas.Session.properties.expiresAt.type, ['string', 'null']);
});

test('O8.7: an example of an error has what the error has (kind: an example that is less than what comes)', () => {
  for (const code of ['invalid_request', 'invalid_format', 'invalid_value', 'missing_parameter', 'invalid_cursor']) {
    assert.ok(examples[code].value.errors.length > 0, code);
  }
  assert.equal(examples.session_limit_reached.value.sessions.length, 1);
  assert.ok(!('errors' in examples.session_not_found.value));
});

test('O8.8: the parameter says that . and .. are steps in a path (kind: a path that a client rewrites)', () => {
  for (const { path, operation } of operations.filter((each) => each.path.includes('{subject}'))) {
    const { description: said } = operation.parameters.find(({ name }: Json) => name === 'subject');
    assert.match(said, /Not `\.` and `\.\.`.*the whole app/, path);
  }
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { freshApp, startService } from '../v1/harness.ts';
import { memory } from '../v1/stores.ts';

const service = await startService({ after }, memory);
const client = service.clients[0]!;

test('V6: the document says that . and .. are no subjects, as the server does (kind: the schema promises what is refused)', async () => {
  const app = service.app(freshApp());
  const { json: document } = await client.send('GET', '/openapi.json');
  const { schemas } = document.components;
  const inPath = document.paths['/v1/apps/{app}/subjects/{subject}/sessions'].get.parameters[1].schema;
  const inQuery = document.paths['/v1/apps/{app}/sessions'].get.parameters.find(
    ({ name }: { name: string }) => name === 'subject',
  ).schema;
  const inBodies = ['NewSession', 'SetUnset', 'Rotation'].map((name) => schemas[name].properties.subject);
  const patterns = [inPath, inQuery, ...inBodies.map(({ anyOf, ...schema }) => anyOf?.[0] ?? schema)].map(
    ({ pattern }) => new RegExp(pattern, 'u'),
  );
  assert.equal(patterns.length, 5);
  for (const subject of ['.', '..', '...', 'a.', '.a', 'a\nb', 'a\u2028', 'ü', '😀', ' ']) {
    const { status } = await app.create({ subject });
    for (const pattern of patterns) assert.equal(pattern.test(subject), status === 201, JSON.stringify(subject));
    const listed = await app.list(`?subject=${encodeURIComponent(subject)}`);
    assert.equal(listed.status === 200, status === 201, JSON.stringify(subject));
  }
});

test('beside V6: introspection refuses a parameter that came twice (kind: the last of several wins in silence)', async () => {
  const app = service.app(freshApp());
  const token = await app.token({ subject: 'u' });
  const ask = (form: string) =>
    client.send('POST', '/v1/introspect', form, { 'Content-Type': 'application/x-www-form-urlencoded' });
  for (const [form, name] of [
    [`token=x&token=${token}`, 'token'],
    [`token=${token}&token=${token}`, 'token'],
    [`token=${token}&%74oken=${token}`, 'token'],
    [`token=${token}&token_type_hint=a&token_type_hint=a`, 'token_type_hint'],
    [`token=${token}&app=${app.name}&app=other`, 'app'],
    [`token=${token}&other=1&other=2`, 'other'],
  ] as const) {
    const { status, json } = await ask(form);
    assert.deepEqual([status, json.errors[0].pointer, json.errors[0].rule], [400, `/${name}`, 'once'], form);
  }
  assert.equal((await ask(`token=${token}&token_type_hint=access_token&other=1`)).json.active, true);
});

test('beside V6: a cursor of one list or app is 400 in another (kind: a position of something else is taken)', async () => {
  const [app, other] = [service.app(freshApp()), service.app(freshApp())];
  for (const one of [app, other]) for (const subject of ['u', 'u', 'u', 'v', 'v', 'v']) await one.token({ subject });
  const cursors = {
    app: (await app.list('?limit=1')).json.cursor,
    other: (await other.list('?limit=1')).json.cursor,
    u: (await app.ofSubject('u', '?limit=1')).json.cursor,
    v: (await app.list('?subject=v&limit=1')).json.cursor,
  };
  const lists = {
    app: (cursor: string) => app.list(`?cursor=${cursor}`),
    other: (cursor: string) => other.list(`?view=ids&cursor=${cursor}`),
    u: (cursor: string) => app.list(`?subject=u&cursor=${cursor}`),
    v: (cursor: string) => app.ofSubject('v', `?cursor=${cursor}`),
  };
  for (const [own, list] of Object.entries(lists)) {
    for (const [name, cursor] of Object.entries(cursors)) {
      const { status, json } = await list(cursor);
      assert.deepEqual(
        [status, json.code],
        name === own ? [200, undefined] : [400, 'invalid_cursor'],
        `${name} in ${own}`,
      );
    }
  }
  assert.equal((await app.list(`?limit=2&activeWithin=60&view=ids&cursor=${cursors.app}`)).json.ids.length, 2);
});

test('N14: an empty array where an object belongs is told as what PHP sends (kind: the 400 does not say what to do)', async () => {
  const app = service.app(freshApp());
  const token = await app.token();
  const php = /must be an object, not an empty array: send \{\}, which PHP writes for \(object\)\[\] and not for \[\]$/;
  for (const answer of [
    await app.create({ data: [] }),
    await app.create('{"data": [ ] }'),
    await app.create([]),
    await app.put(token, { data: [] }),
    await app.put(token, ' [ ]'),
    await app.patch(token, { set: [] }),
    await app.patch(token, []),
    await app.merge(token, []),
    await app.putData(token, []),
    await app.touch(token, []),
    await app.rotate(token, []),
  ]) {
    assert.equal(answer.status, 400);
    assert.match(answer.json.detail, php);
  }
  for (const data of [[1], [[]]]) {
    assert.match((await app.create({ data })).json.detail, /^data must be an object, not an array$/);
  }
});

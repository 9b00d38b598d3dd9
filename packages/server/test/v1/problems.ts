import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STATUS } from '../../src/http/message/problem.ts';
import type { Answer } from '../support/client.ts';
import { freshApp, type Service } from './harness.ts';

const ROUTES = {
  '': 'GET, HEAD',
  '/activity': 'GET, HEAD',
  '/sessions': 'POST, GET, HEAD, DELETE',
  '/sessions/00aaaaaaaaaaaaaa': 'GET, HEAD, DELETE',
  '/sessions:verify': 'POST',
  '/sessions:ids': 'GET, HEAD',
  '/sessions:count': 'GET, HEAD',
  '/session': 'PUT, GET, HEAD, PATCH, DELETE',
  '/session/data': 'PATCH, PUT',
  '/session/fields': 'GET, HEAD',
  '/session/touch': 'POST',
  '/session/rotate': 'POST',
  '/subjects/a/sessions': 'GET, HEAD, DELETE',
  '/subjects/a/sessions:ids': 'GET, HEAD',
  '/subjects/a/sessions:count': 'GET, HEAD',
};
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

export function problemsSection(service: () => Service): void {
  describe('errors', () => {
    test('each is problem+json with type, title, status, detail and code, and says no token, path or stack', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const answers: [Answer, number][] = [
        [await app.create({ nope: 1 }), 400],
        [await app.create('{'), 400],
        [await app.create('x', { 'Content-Type': 'text/plain' }), 415],
        [await app.create('{}', { 'Content-Encoding': 'br' }), 415],
        [await app.get('x'), 404],
        [await app.send('GET', '/session'), 400],
        [await app.send('GET', '/nope'), 404],
        [await app.send('GET', '/session/'.repeat(2)), 404],
        [await app.send('DELETE', '/activity'), 405],
        [await app.patch(token, {}, { 'If-Match': '"9"' }), 400],
        [await app.merge(token, {}, { 'If-Match': '"9"' }), 412],
        [await service().app('x').create(), 400],
        [await service().app('a%2Fb').create(), 400],
        [await service().app('%ff').create(), 400],
        [await service().app('a'.repeat(21)).create(), 400],
        [await service().clients[0]!.send('GET', '/v1'), 404],
        [await service().clients[0]!.send('POST', '/v1/apps'), 405],
        [await service().clients[0]!.send('GET', '/v1/introspect'), 405],
      ];
      for (const [{ status, headers, json, text }, expected] of answers) {
        assert.equal(status, expected, text);
        assert.equal(headers['content-type'], 'application/problem+json');
        assert.equal(headers['cache-control'], 'no-store');
        const { type, title, status: said, detail, code, requestId, ...rest } = json;
        assert.equal(requestId, headers['x-request-id']);
        assert.ok(
          Object.keys(rest).every((name) => name === 'errors'),
          text,
        );
        assert.equal(STATUS[code as keyof typeof STATUS], status);
        assert.equal(said, status);
        assert.match(type, new RegExp(`^https://[^ ]+/errors/${code}$`));
        assert.ok(title.length > 0 && detail.length > 0);
        assert.ok(!/node_modules|\.ts|Error:|rs[0-9a-f]{2}[A-Za-z0-9]{30}/.test(text), text);
      }
    });

    test('name each value at fault by pointer or parameter, the rule, and what came', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const cases: [Answer, Record<string, string>][] = [
        [await app.create({ subjct: 'a' }), { pointer: '/subjct', rule: 'unknown' }],
        [await app.create('{"a/b~c":1}'), { pointer: '/a~1b~0c', rule: 'unknown' }],
        [await app.create('{"__proto__":1}'), { pointer: '/__proto__', rule: 'unknown' }],
        [
          await app.create({ subject: 1 }),
          { pointer: '/subject', rule: 'type', message: 'subject must be a string, not a number' },
        ],
        [await app.create({ ip: [] }), { pointer: '/ip', rule: 'type', message: 'ip must be a string, not an array' }],
        [
          await app.create({ label: {} }),
          { pointer: '/label', rule: 'type', message: 'label must be a string, not an object' },
        ],
        [await app.create({ ip: '' }), { pointer: '/ip', rule: 'invalid_format' }],
        [await app.create({ ip: 'x'.repeat(65) }), { pointer: '/ip', rule: 'invalid_format' }],
        [await app.create({ userAgent: 'x'.repeat(2049) }), { pointer: '/userAgent', rule: 'invalid_format' }],
        [await app.create({ label: 'a\nb' }), { pointer: '/label', rule: 'invalid_format' }],
        [
          await app.create({ data: 'x' }),
          { pointer: '/data', rule: 'type', message: 'data must be an object, not a string' },
        ],
        [
          await app.create({ idleTimeout: 'x' }),
          { pointer: '/idleTimeout', rule: 'type', message: 'idleTimeout must be a number, not a string' },
        ],
        [await app.create('{"idleTimeout":1e400}'), { pointer: '/idleTimeout', rule: 'invalid_value' }],
        [
          await app.create('{"idleTimeout":-1e400}'),
          { pointer: '/idleTimeout', message: 'a number must not be beyond the range of a double' },
        ],
        [await app.create('{'), { pointer: '', rule: 'invalid_json' }],
        [await app.create('"x"'), { pointer: '', message: 'the body is not a JSON object: it is a string' }],
        [await app.create('null'), { pointer: '', message: 'the body is not a JSON object: it is null' }],
        [await app.create('-1'), { pointer: '', message: 'the body is not a JSON object: it is a number' }],
        [
          await app.create('a=b'),
          { pointer: '', message: 'the body is not a JSON object: unexpected character at position 0' },
        ],
        [
          await app.send('POST', '/sessions:verify', '{"tokens":[]}', { 'Content-Type': 'application/json' }),
          { pointer: '/tokens', rule: 'min', message: 'tokens must have at least 1 item' },
        ],
        [
          await app.send('GET', '/sessions?view=foo'),
          { parameter: 'view', in: 'query', rule: 'enum', message: 'view must be one of full, ids, count' },
        ],
        [
          await app.patch(token, { set: [1] }),
          { pointer: '/set', rule: 'type', message: 'set must be an object, not an array' },
        ],
        [await app.patch(token, '{"set":{"a":1e999}}'), { pointer: '/set', rule: 'invalid_value' }],
        [
          await app.patch(token, { unset: 'a' }),
          { pointer: '/unset', rule: 'type', message: 'unset must be an array, not a string' },
        ],
        [
          await app.patch(token, { unset: ['a', null] }),
          { pointer: '/unset/1', rule: 'type', message: 'unset.1 must be a string, not null' },
        ],
        [await app.patch(token, { set: { a: 1 }, unset: ['a'] }), { pointer: '/unset', rule: 'invalid_value' }],
        [await app.patch(token, {}), { pointer: '', rule: 'required' }],
        [await app.patch(token, undefined), { pointer: '', rule: 'required' }],
        [await app.patch(token, { data: {} }), { pointer: '/data', rule: 'unknown' }],
        [await app.putData(token, []), { pointer: '', rule: 'type' }],
        [
          await app.touch(token, { ip: null }),
          { pointer: '/ip', rule: 'type', message: 'ip must be a string, not null' },
        ],
        [await app.rotate(token, { grace: 61 }), { pointer: '/grace', rule: 'max' }],
        [await app.rotate(token, { grace: -1 }), { pointer: '/grace', rule: 'min' }],
        [await app.rotate(token, { grace: null }), { pointer: '/grace', rule: 'type' }],
        [await app.rotate(token, { ips: 'x' }), { pointer: '/ips', rule: 'unknown' }],
        [await app.rotate(token, { ip: '' }), { pointer: '/ip', rule: 'invalid_format' }],
        [await app.rotate(token, { data: [] }), { pointer: '/data', rule: 'type' }],
        [await app.rotate(token, { idleTimeout: '60' }), { pointer: '/idleTimeout', rule: 'type' }],
        [await app.patch(token, { absoluteTimeout: true }), { pointer: '/absoluteTimeout', rule: 'type' }],
        [await app.send('GET', '/session'), { parameter: 'Session-Token', in: 'header', rule: 'required' }],
        [await app.get(token, '?touch=1'), { parameter: 'touch', in: 'query', rule: 'enum' }],
        [await app.get(token, '?touch'), { parameter: 'touch', in: 'query', rule: 'enum' }],
        [
          await app.touch(token, '{"x":1}', { 'Content-Type': 'application/json; charset=utf-8' }),
          { pointer: '/x', rule: 'unknown' },
        ],
        [
          await app.send('POST', '/session/touch?x=1', undefined, { 'Session-Token': token }),
          { parameter: 'x', in: 'query', rule: 'unknown' },
        ],
        [await app.send('GET', '/subjects/%ff/sessions'), { parameter: 'subject', in: 'path', rule: 'invalid_format' }],
        [await service().app('x').list(), { parameter: 'app', in: 'path', rule: 'invalid_format' }],
      ];
      for (const [{ status, json, text }, expected] of cases) {
        assert.equal(status, 400, text);
        const [fault] = json.errors;
        assert.deepEqual({ ...fault, ...expected }, fault, text);
        assert.ok(json.detail.startsWith(fault.message), 'the detail is the first of them');
      }
      const several = (await app.create({ subject: 1, nope: 2, ip: 3 })).json;
      assert.deepEqual(several.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
        '/ip',
        '/nope',
        '/subject',
      ]);
      assert.match(several.detail, /\(and 2 more\)$/);
    });

    test('405 names the methods, OPTIONS too, and HEAD answers like GET without the body', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 'a' });
      const headers = { 'Session-Token': token };
      for (const [path, Allow] of Object.entries(ROUTES)) {
        for (const method of METHODS.filter((name) => !Allow.split(', ').includes(name))) {
          const answer = await app.send(method, path, undefined, headers);
          assert.deepEqual([answer.status, answer.headers.allow], [405, Allow], `${method} ${path}`);
        }
        const options = await app.send('OPTIONS', path);
        assert.deepEqual([options.status, options.headers.allow], [204, Allow]);
        if (!Allow.includes('HEAD')) continue;
        const [got, head] = [
          await app.send('GET', path, undefined, headers),
          await app.send('HEAD', path, undefined, headers),
        ];
        assert.deepEqual([head.status, head.text, head.headers.etag], [got.status, '', got.headers.etag], path);
        assert.equal(Number(head.headers['content-length']), Buffer.byteLength(got.text), path);
      }
      assert.equal((await app.send('HEAD', '/session', undefined, { 'Session-Token': 'x' })).status, 404);
      assert.equal((await app.get(token)).json.reads, 1);
      await app.send('HEAD', '/session?touch=true', undefined, headers);
      assert.equal((await app.get(token)).json.reads, 2, 'it also touches like GET');
    });

    test('quote no more of a name than its beginning: it may be a token in the wrong place', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const secret = token.slice(18);
      for (const answer of [
        await app.create({ [token]: 1 }),
        await app.list(`?${token}=1`),
        await app.list(`?limit=${token}`),
        await app.list(`?view=${token}`),
        await app.list(`?cursor=${token}`),
        await app.get(token, `?fields=${token}`),
        await app.get(token, `?${token}=1&${token}=2`),
        await app.touch(token, { [token]: token }),
        await app.create(`{"${token}`),
        await app.send('GET', `/sessions/${token}`),
        await app.send('GET', `/session/${token}`),
        await app.send('GET', `/${token}`),
        await app.create({}, { 'Idempotency-Key': `${token} ${token}` }),
        await app.put(`${secret}/`, {}),
        await app.send('GET', '/session', undefined, { 'Session-Token': `${token}x` }),
        await service().app(token).list(),
      ]) {
        assert.ok(answer.status >= 400, answer.text);
        assert.ok(!answer.text.includes(secret), answer.text);
      }
    });
  });
}

/** O5: what the socket code refuses by itself has the form of the API that was asked, where the target is known. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { assertRefusal, type Bytes, exchange, HOST, JSON_TYPE, line, request } from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';

const server = await startServer({ after }, { RS_STORE: 'memory:' });
const V1 = '/v1/apps/shop/sessions';
const CLASSIC = '/shop/create/u?ip=1.1.1.1';
const head = (target: string, ...headers: string[]) =>
  `${target === CLASSIC ? 'PUT' : 'POST'} ${target} HTTP/1.1\r\n${[HOST, JSON_TYPE, ...headers].join('\r\n')}\r\n\r\n`;
const chunked = (target: string, body: string) => head(target, 'Transfer-Encoding: chunked') + body;
const long = 'a'.repeat(9000);

type Case = readonly [what: string, code: string, status: number, sent: (target: string) => Bytes | readonly Bytes[]];

const CASES: readonly Case[] = [
  ['a target that is too long', 'uri_too_long', 414, (target) => line(`GET ${target}/${long} HTTP/1.1`)],
  ['one before a body', 'uri_too_long', 414, (target) => request('POST', `${target}/${long}`, [JSON_TYPE], '{}')],
  ['headers that are too long', 'headers_too_large', 431, (target) => head(target, `A: ${'b'.repeat(20_000)}`)],
  ['a header that is none', 'bad_request', 400, (target) => head(target, 'A : b')],
  ['two lengths', 'bad_request', 400, (target) => head(target, 'Content-Length: 2', 'Content-Length: 3')],
  ['a version that is none', 'bad_request', 400, (target) => line(`GET ${target} HTTP/1.5`)],
  ['another major version', 'bad_request', 400, (target) => line(`GET ${target} HTTP/2.0`)],
  ['two spaces', 'bad_request', 400, (target) => line(`GET  ${target} HTTP/1.1`)],
  ['a chunk that is none', 'bad_request', 400, (target) => chunked(target, 'zz\r\n')],
  ['a bad chunk after a good one', 'bad_request', 400, (target) => [chunked(target, '1\r\n{\r\n'), 'zz\r\n']],
  ['two Hosts', 'bad_request', 400, (target) => head(target, HOST)],
  ['another expectation', 'expectation_failed', 417, (target) => head(target, 'Expect: x')],
  [
    'a later request of the connection',
    'bad_request',
    400,
    (target) => line('GET /ping HTTP/1.1') + head(target, 'A : b'),
  ],
];

const camel = (code: string) => code.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

describe('O5: refusals of the socket code', () => {
  for (const [what, code, status, sent] of CASES) {
    test(`O5: ${what} is problem+json where the target is v1's, and {name, message} where it is not (kind: ${status} before any route)`, async () => {
      const isRead = what.startsWith('a bad chunk');
      for (const target of isRead ? [V1] : [V1, '/v1', `http://localhost${V1}`]) {
        const { answers } = await exchange(server.port, sent(target), { answers: 2 });
        const answer = answers.at(-1);
        assertRefusal(answer, [status]);
        assert.equal(answer!.headers.get('content-type'), 'application/problem+json', target);
        assert.equal(answer!.headers.get('connection'), 'close');
        assert.equal(JSON.parse(answer!.body).code, code);
      }
      for (const target of isRead ? [CLASSIC] : [CLASSIC, '/v1x/y', '/x/v1/y']) {
        const { answers } = await exchange(server.port, sent(target), { answers: 2 });
        const answer = answers.at(-1);
        assertRefusal(answer, [status]);
        assert.equal(JSON.parse(answer!.body).name, camel(code), target);
      }
    });
  }

  test('O5: what is not known to be for v1 is {name, message}', async () => {
    for (const sent of [
      'GARBAGE\r\n\r\n',
      'GET v1 HTTP/1.1\r\n\r\n',
      `${line('GET /v1/apps HTTP/1.1')}GARBAGE\r\n\r\n`,
    ]) {
      const { answers } = await exchange(server.port, sent, { answers: 2 });
      assert.equal(JSON.parse(answers.at(-1)!.body).name, 'badRequest');
    }
  });

  test('O5: a body that does not come in time is 408 in the form of its API (kind: 408, whole, in chunks and dripping)', async () => {
    const bodies = (target: string): Bytes[][] => [
      [head(target, 'Content-Length: 15')],
      [`${head(target, 'Content-Length: 15')}{`],
      [chunked(target, '5\r\n{"a"')],
    ];
    const all = [V1, CLASSIC].flatMap((target) =>
      bodies(target).map(async (sent) => ({ target, ...(await exchange(server.port, sent, { patience: 60_000 })) })),
    );
    for (const { target, answers, closed } of await Promise.all(all)) {
      assertRefusal(answers[0], [408]);
      const body = JSON.parse(answers[0]!.body);
      assert.equal(target === V1 ? body.code : body.name, target === V1 ? 'request_timeout' : 'requestTimeout');
      assert.ok(closed);
    }
  });
});

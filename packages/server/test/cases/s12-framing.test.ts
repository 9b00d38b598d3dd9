/** S12: request lines and chunk sizes that Node's parser takes and RFC 9112 does not. Against the built server, over bare TCP. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { makeAuthority } from '../support/certificates.ts';
import {
  assertHealthy,
  assertRefusal,
  type Bytes,
  type ExchangeOptions,
  exchange,
  HOST,
  JSON_TYPE,
  line,
  request,
} from '../support/raw-client.ts';
import { startServer, temporaryFolder } from '../support/server.ts';

const server = await startServer({ after }, { RS_STORE: 'memory:' });
const CREATE = '/shop/create/u?ip=1.1.1.1';
const CREATE_V1 = '/v1/apps/shop/sessions';

async function statuses(
  sent: Bytes | readonly Bytes[],
  options: ExchangeOptions = {},
  port = server.port,
): Promise<string> {
  const { answers } = await exchange(port, sent, options);
  return answers.map(({ status }) => status).join();
}

const BAD_LINES = [
  'GET  /ping HTTP/1.1',
  'GET   /ping HTTP/1.1',
  'GET /ping  HTTP/1.1',
  'GET  /ping  HTTP/1.1',
  'POST  /v1/apps/shop/sessions HTTP/1.1',
  'OPTIONS  * HTTP/1.1',
  'GET  http://localhost/ping HTTP/1.1',
  'GET\t/ping HTTP/1.1',
  'GET /ping\tHTTP/1.1',
  'GET \t/ping HTTP/1.1',
  'GET /ping HTTP/1.1 ',
  'GET /ping HTTP/1.1\t',
  ' GET /ping HTTP/1.1',
  'GET /pi ng HTTP/1.1',
  'GET /ping\xa0HTTP/1.1',
  'GET /ping\x0bHTTP/1.1',
  'GET /ping\x0cHTTP/1.1',
  'GET /ping',
  'GET /ping HTTP/0.9',
  'GET /ping HTTP/2.0',
  'GET /ping RTSP/1.0',
  'GET  /ping HTTP/1.0',
];

describe('S12: white space in the request line', () => {
  for (const bad of BAD_LINES) {
    test(`S12: ${JSON.stringify(bad)} is 400 (kind: request lines that the grammar does not have)`, async () => {
      const { answers, closed } = await exchange(server.port, line(bad), { answers: 2 });
      assertRefusal(answers[0], [400]);
      assert.deepEqual([answers.length, closed], [1, true], 'and the connection ends');
    });
  }

  test('S12: so are a later request of a connection, one behind another, and one that comes in two parts (kind: other positions)', async () => {
    const [good, bad] = [line('GET /ping HTTP/1.1'), line('GET  /ping HTTP/1.1')];
    const body = request('PUT', CREATE, [JSON_TYPE], '{"a":1}');
    const two = { answers: 2 };
    assert.equal(await statuses([good, bad], { ...two, pause: 50 }), '200,400');
    assert.equal(await statuses(good + bad, two), '200,400');
    assert.equal(await statuses(bad + good, two), '400');
    assert.equal(await statuses([body, bad], { ...two, pause: 50 }), '200,400');
    assert.equal(await statuses(Buffer.concat([body, Buffer.from(bad)]), two), '200,400');
    assert.equal(await statuses([bad.slice(0, 60), bad.slice(60)], { pause: 50 }), '400');
    const chunked = `PUT ${CREATE} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
    assert.equal(await statuses([chunked, bad], { ...two, pause: 50 }), '200,400');
    assert.equal(await statuses(chunked + bad, two), '200,400');
    assert.equal(await statuses([chunked, good, bad], { answers: 3, pause: 50 }), '200,200,400');
  });

  /** Ways in which a head can be cut into reads. */
  const cuts = (head: string): readonly (readonly [how: string, parts: readonly string[]])[] => [
    ['before the second space', [head.slice(0, head.indexOf(' ') + 1), head.slice(head.indexOf(' ') + 1)]],
    ['in the target', [head.slice(0, 7), head.slice(7)]],
    ['after the request line', [head.slice(0, head.indexOf('\n') + 1), head.slice(head.indexOf('\n') + 1)]],
    ['in its last line end', [head.slice(0, -1), head.slice(-1)]],
    ['at each byte', [...head]],
  ];
  const POST_CHUNKED = `PUT ${CREATE} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  for (const [how, parts] of cuts(line('GET  /ping HTTP/1.1'))) {
    test(`S12: a head with two spaces that is cut ${how} is 400 (kind: heads that come in several reads)`, async () => {
      const [good, pause] = [line('GET /ping HTTP/1.1'), 5];
      assert.equal(await statuses(parts, { answers: 2, pause }), '400');
      assert.equal(await statuses([good, ...parts], { answers: 2, pause }), '200,400');
      assert.equal(await statuses([good + parts[0], ...parts.slice(1)], { answers: 2, pause }), '200,400');
      assert.equal(await statuses([`${good}\r\n`, ...parts], { answers: 2, pause }), '200,400');
      const whole = `${POST_CHUNKED}2\r\n{}\r\n0\r\n\r\n`;
      assert.equal(await statuses([whole, ...parts], { answers: 2, pause }), '200,400');
      const inParts = [POST_CHUNKED, '2\r\n{', '}\r\n0\r\n\r\n'];
      assert.equal(await statuses([...inParts, ...parts], { answers: 2, pause }), '200,400');
      const behind = [POST_CHUNKED, `2\r\n{}\r\n0\r\nA: b\r\n\r\n${parts[0]}`, ...parts.slice(1)];
      assert.equal(await statuses(behind, { answers: 2, pause }), '200,400');
    });
  }

  for (const [how, parts] of cuts(line('GET /ping HTTP/1.1'))) {
    test(`S12: a good head that is cut ${how} is as right as before, behind whatever came before it`, async () => {
      const [good, pause] = [line('GET /ping HTTP/1.1'), 5];
      for (const before of [
        [],
        [good],
        [`${good}\r\n\r\n`],
        [request('PUT', CREATE, [JSON_TYPE], '{"a":1}')],
        [POST_CHUNKED, '2\r\n{}\r\n0\r\n\r\n'],
        [`${POST_CHUNKED}2\r\n{}\r\n0\r\n\r\n`],
        // One space fewer than is usual, and more, so that the count is wrong.
        ['GET /ping HTTP/1.1\r\nHost:x\r\n\r\n'],
        [`PUT ${CREATE} HTTP/1.1\r\nHost:   x\r\n${JSON_TYPE}\r\nContent-Length: 7\r\n\r\n{"a"`, ':1}'],
      ]) {
        const wanted = [...before.filter((sent) => /HTTP/.test(String(sent))), ''].map(() => '200').join();
        assert.equal(await statuses([...before, ...parts], { answers: wanted.split(',').length, pause }), wanted);
      }
    });
  }

  test('S12: over TLS too (kind: other listeners)', async (t) => {
    const { cert, key } = makeAuthority(temporaryFolder(t)).issue('server', '/CN=localhost', 'DNS:localhost');
    const { port } = await startServer(t, { RS_STORE: 'memory:', RS_TLS_CERT: cert, RS_TLS_KEY: key });
    const options = { tls: true, answers: 2, pause: 50 };
    const [good, bad] = [line('GET /ping HTTP/1.1'), line('GET  /ping HTTP/1.1')];
    assert.equal(await statuses([good, good], options, port), '200,200');
    assert.equal(await statuses([good, bad], options, port), '200,400');
    assert.equal(await statuses(good + bad, options, port), '200,400');
    assert.equal(await statuses([...bad], { tls: true, pause: 5 }, port), '400');
  });

  const FINE: readonly (readonly [what: string, sent: Bytes | readonly Bytes[], statuses: string])[] = [
    [
      'headers without a space, with many, and with spaces behind',
      'GET /ping HTTP/1.1\r\nHost:x\r\nA:   b  \r\nB:\t\tc\r\nC:\r\n\r\n'.repeat(2),
      '200,200',
    ],
    [
      'empty lines before a request, and between two',
      `\r\n\r\n${line('GET /ping HTTP/1.1')}\r\n${line('GET /ping HTTP/1.1')}`,
      '200,200',
    ],
    ['a head in many parts', [...line('GET /ping HTTP/1.1')], '200'],
    ['a head of loose headers in many parts', [...'GET /ping HTTP/1.1\r\nHost:x\r\nA:   b\r\n\r\n'], '200'],
    [
      'two in parts that cut the second',
      [`${line('GET /ping HTTP/1.1')}GET /pi`, 'ng HTTP/1.1\r\nHost:x\r\n\r\n'],
      '200,200',
    ],
    [
      'a body that looks like a request line',
      [request('PUT', CREATE, [JSON_TYPE], '{"a":"GET  /ping HTTP/1.1"}'), line('GET /ping HTTP/1.1')],
      '200,200',
    ],
    [
      'a body in parts, and a request after it',
      [
        `PUT ${CREATE} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nContent-Length: 7\r\n\r\n{"a`,
        '":1',
        '}',
        line('GET /ping HTTP/1.1'),
      ],
      '200,200',
    ],
    [
      'loose headers before a body that comes with them',
      [
        `PUT ${CREATE} HTTP/1.1\r\nHost:x\r\n${JSON_TYPE}\r\nContent-Length:7\r\n\r\n{"a":1}`,
        line('GET /ping HTTP/1.1'),
      ],
      '200,200',
    ],
    [
      'a loose head with so much of its body that the count comes out, and a request after it',
      [
        `PUT ${CREATE} HTTP/1.1\r\nHost:x\r\n${JSON_TYPE}\r\nContent-Length: 7\r\n\r\n{`,
        '"a":1}',
        line('GET /ping HTTP/1.1'),
        line('GET /ping HTTP/1.1'),
      ],
      '200,200,200',
    ],
    ['a body that nobody reads', [request('POST', '/nope', [], '0123456789'), line('GET /ping HTTP/1.1')], '404,200'],
    ['HTTP/1.0 that keeps its connection', 'GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'.repeat(2), '200,200'],
  ];
  for (const [what, sent, wanted] of FINE) {
    test(`S12: ${what} is as right as before`, async () => {
      assert.equal(await statuses(sent, { answers: wanted.split(',').length, pause: 1 }), wanted);
    });
  }
});

describe('S12: sizes', () => {
  const chunked = (target: string, method: string, body: string, ...headers: string[]) =>
    `${[`${method} ${target} HTTP/1.1`, HOST, JSON_TYPE, 'Transfer-Encoding: chunked', ...headers].join('\r\n')}\r\n\r\n${body}`;

  for (const [what, method, target, max] of [
    ['the classic API', 'PUT', CREATE, 60_000],
    ['v1', 'POST', CREATE_V1, 2 * 65_536 + 65_536],
  ] as const) {
    for (const size of [
      'ffffffffffffffff',
      'FFFFFFFFFFFFFFFF',
      '7fffffffffffffff',
      '0000000100000000',
      'ffffffff',
      (max + 1).toString(16),
      '00000000ffffffff',
    ]) {
      test(`S12: in ${what} a chunk of ${size} bytes is 413 when it is announced (kind: sizes, before the bytes come)`, async () => {
        for (const sent of [
          [chunked(target, method, `${size}\r\n`)],
          [chunked(target, method, ''), `${size}\r`, '\n'],
          [chunked(target, method, `1\r\n{\r\n${size};a=b\r\n"a`)],
          // The head in several reads: cut in its target, and in its end.
          [chunked(target, method, `${size}\r\n`).slice(0, 12), chunked(target, method, `${size}\r\n`).slice(12)],
          [chunked(target, method, '').slice(0, -3), `\n\r\n${size}\r\n`],
        ]) {
          const { answers } = await exchange(server.port, sent, { pause: 30 });
          assertRefusal(answers[0], [413]);
        }
        // Behind another body in chunks.
        const behind = `${chunked(CREATE, 'PUT', '2\r\n{}\r\n0\r\n\r\n')}${chunked(target, method, `${size}\r\n`)}`;
        for (const sent of [[behind], [behind.slice(0, 60), behind.slice(60)]]) {
          assert.equal(await statuses(sent, { answers: 2, pause: 30 }), '200,413');
        }
      });
    }

    test(`S12: in ${what} chunks that are too long together are 413 when the last one is announced`, async () => {
      const half = Math.ceil(max / 2) + 1;
      const sent = chunked(target, method, `${half.toString(16)}\r\n${' '.repeat(half)}\r\n${half.toString(16)}\r\n`);
      assertRefusal((await exchange(server.port, sent)).answers[0], [413]);
      const room = max - half - 10;
      const fits = `${half.toString(16)}\r\n{${' '.repeat(half - 1)}\r\n${room.toString(16)};x="y"\r\n${' '.repeat(room - 1)}}\r\n0\r\nTrailer: x\r\n\r\n`;
      const { answers } = await exchange(server.port, [chunked(target, method, fits), line('GET /ping HTTP/1.1')], {
        answers: 2,
        pause: 50,
      });
      assert.deepEqual(
        answers.map(({ status }) => status),
        [method === 'PUT' ? 200 : 201, 200],
      );
    });
  }

  const lengths: readonly (readonly [length: string, statuses: readonly number[]])[] = [
    ['60001', [413]],
    ['9007199254740993', [413]],
    ['18446744073709551615', [413]],
    ['18446744073709551616', [400, 413]],
    ['1'.repeat(400), [400, 413]],
    ['-1', [400]],
    ['0x10', [400]],
    ['1e3', [400]],
    ['7, 7', [400]],
    ['', [400]],
  ];
  for (const [length, wanted] of lengths) {
    test(`S12: Content-Length: ${length.slice(0, 30)} is ${wanted.join(' or ')} (kind: lengths)`, async () => {
      const head = `PUT ${CREATE} HTTP/1.1\r\n${HOST}\r\n${JSON_TYPE}\r\nContent-Length: ${length}\r\n\r\n`;
      assertRefusal((await exchange(server.port, head)).answers[0], wanted);
    });
  }

  for (const bad of [
    '5 \r\n{"a"',
    ' 5\r\n{"a"',
    '0x5\r\n',
    '-1\r\n',
    '\r\n',
    ';a=b\r\n',
    '5\n{"a":',
    'fffffffffffffffff\r\n',
    `5;${'a'.repeat(20_000)}\r\n`,
  ]) {
    test(`S12: a chunk that begins ${JSON.stringify(bad.slice(0, 12))} is 400 (kind: chunk lines, their extensions)`, async () => {
      assertRefusal((await exchange(server.port, chunked(CREATE, 'PUT', bad))).answers[0], [400, 413]);
    });
  }

  test('S12: after all this the server is well', () => assertHealthy(server));
});

/**
 * G11 on the wire: what no HTTP library would send gets a clear 4xx at once, and costs the others nothing. Against the
 * built server, over bare TCP. Tables first: what is sent, and the statuses that are a fair answer to it.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  assertAnswer,
  assertHealthy,
  assertRefusal,
  type Bytes,
  bytes,
  type ExchangeOptions,
  exchange,
  HOST,
  JSON_TYPE,
  line,
  memoryOf,
  request,
  sendWithoutReading,
} from '../support/raw-client.ts';
import { startServer } from '../support/server.ts';

/** Looks like a token; must come back in no answer and no log. */
const TOKEN = 'S3cretS3cretS3cretS3cretS3cretS3cretS3cretS3cretS3cretS3cretS3cr';
const GET = `/shop/get/${TOKEN}`;
const CREATE = '/shop/create/SecretUser?ip=10.9.8.7';
const SECRETS = [TOKEN, 'SecretUser', '10.9.8.7', 'S3cret'];
const get = (...headers: string[]) => request('GET', GET, headers);
const put = (headers: readonly string[], body: Bytes = '') => request('PUT', CREATE, [JSON_TYPE, ...headers], body);
const putHead = (...headers: string[]) =>
  `PUT ${CREATE} HTTP/1.1\r\n${[HOST, JSON_TYPE, ...headers].join('\r\n')}\r\n\r\n`;
const chunked = (body: string) => putHead('Transfer-Encoding: chunked') + body;
const gzip = (content: Bytes) => put(['Content-Encoding: gzip'], content);
const BOMB = gzipSync(Buffer.alloc(50_000_000));
const CRUMB = '1\r\n \r\n';
const CRUMBS = CRUMB.repeat(300);
const MEGABYTE = 'b'.repeat(1_000_000);
const HALF_CLOSE = { ending: 'half-close' } as const;

const server = await startServer({ after }, { RS_LOGLEVEL: 'debug' });
// They take 10 and 20 seconds to be timed out: they begin now and are judged at the end, the rest happens meanwhile.
const forever = (first: string, drip: string) => [first, ...Array.from({ length: 60 }, () => drip)];
const SLOW: readonly (readonly [what: string, seconds: number, parts: readonly string[]])[] = [
  ['says nothing', 10, ['']],
  ['breaks off in the request line', 10, ['GET /pi']],
  ['drips empty lines', 10, forever('', '\r\n')],
  ['drips a header', 10, forever(`GET ${GET} HTTP/1.1\r\n${HOST}\r\nA: `, 'b')],
  ['drips a second request', 10, forever(`${line('GET /ping HTTP/1.1')}GET ${GET} HTTP/1.1\r\nA: `, 'b')],
  ['breaks off in the body', 20, [`${putHead('Content-Length: 100')}{`]],
  ['drips a body', 20, forever(`${putHead('Content-Length: 1000')}{`, ' ')],
  ['drips chunks', 20, forever(chunked(''), '1\r\n \r\n')],
  ['is told to continue and does not', 20, [putHead('Content-Length: 9', 'Expect: 100-continue')]],
];
const slow = SLOW.map(([, , parts]) => exchange(server.port, parts, { answers: 9, pause: 500, patience: 120_000 }));

type Case = readonly [
  what: string,
  sent: Bytes | readonly Bytes[],
  statuses: readonly number[],
  options?: ExchangeOptions,
];

function refuses(group: string, cases: readonly Case[]): void {
  describe(group, () => {
    for (const [what, sent, statuses, options] of cases) {
      test(`${what} is refused with ${statuses.join(' or ')}`, async () => {
        const { answers, rest } = await exchange(server.port, sent, options);
        assertRefusal(answers[0], statuses, SECRETS);
        assert.equal(answers.length, 1, 'more answers than requests');
        assert.equal(rest, '', 'bytes beyond the answer');
        await assertHealthy(server);
      });
    }
  });
}

refuses('request lines', [
  ['an unknown method', line(`FOO ${GET} HTTP/1.1`), [400]],
  ['a lower-case method', line(`get ${GET} HTTP/1.1`), [400]],
  ['a target without a slash', line('GET ping HTTP/1.1'), [400]],
  ['a TLS greeting', Buffer.from('16030100c8010000c40303', 'hex'), [400]],
  ['a megabyte of noise', MEGABYTE, [400]],
  ['bare LF for CRLF', `GET ${GET} HTTP/1.1\nHost: localhost\n\n`, [400]],
  ['NUL in the target', line(`GET ${GET}\0 HTTP/1.1`), [400]],
  ['bytes that are not UTF-8 in the path', line(`GET /shop/soid/SecretUser\xff\xfe HTTP/1.1`), [400]],
  ['a target of 9,000 bytes', line(`GET ${GET}${'a'.repeat(9000)} HTTP/1.1`), [414]],
  ['a target of 9,000 bytes before a body', request('PUT', CREATE + 'a'.repeat(9000), [], MEGABYTE), [414]],
  ['a target of a megabyte', line(`GET ${GET}${MEGABYTE} HTTP/1.1`), [414, 431]],
  ['a query of 100,000 parameters', line(`GET ${GET}?${'a=1&'.repeat(100_000)} HTTP/1.1`), [414, 431]],
]);

refuses('targets and methods', [
  ['GET *', line('GET * HTTP/1.1'), [400, 404]],
  ['CONNECT', line('CONNECT example.org:443 HTTP/1.1'), [405]],
  ['CONNECT with a megabyte after it', line('CONNECT example.org:443 HTTP/1.1') + MEGABYTE, [405]],
  ['CONNECT without a Host', 'CONNECT example.org:443 HTTP/1.1\r\n\r\n', [400, 405]],
  ['TRACE', line(`TRACE ${GET} HTTP/1.1`), [405]],
  ['a route that does not exist, with a token', line(`GET /shop/fetch/${TOKEN} HTTP/1.1`), [404]],
  ['a backslash', line(`GET /shop\\get\\${TOKEN} HTTP/1.1`), [400, 404]],
  ['percent-encoded bytes that are not UTF-8', line('GET /shop/soid/SecretUser%ff HTTP/1.1'), [400]],
  ['a line break in the id', line('GET /shop/soid/SecretUser%0d%0aX:1 HTTP/1.1'), [400]],
  ['an id of 256 characters', line(`GET /shop/soid/${'%61'.repeat(256)} HTTP/1.1`), [400]],
  ['a line break in the ip', line('PUT /shop/create/SecretUser?ip=10.9.8.7%0a HTTP/1.1'), [400]],
  ['an ip given twice', line(`PUT ${CREATE}&ip=10.9.8.7 HTTP/1.1`), [400]],
]);

refuses('headers', [
  ['a request without a Host', `GET ${GET} HTTP/1.1\r\n\r\n`, [400]],
  ['a request with two Hosts', get('Host: example.org'), [400]],
  ['a Host that is none', `GET ${GET} HTTP/1.1\r\nHost: a b/c\r\n\r\n`, [400]],
  ['a header of a megabyte', get(`A: ${MEGABYTE}`), [431]],
  ['100,000 headers', get(...Array.from({ length: 100_000 }, (_, i) => `a${i}: b`)), [431]],
  ['a header without a colon', get('abc'), [400]],
  ['a space before the colon', get('A : b'), [400]],
  ['a folded header', get('A: b\r\n c'), [400]],
  ['NUL in a header', get('A: b\0c'), [400]],
  ['CR in a header', get('A: b\rc'), [400]],
  ['LF at the end of a header', `GET ${GET} HTTP/1.1\r\n${HOST}\r\nA: b\nC: d\r\n\r\n`, [400]],
  ['an expectation that is unknown before a body', put(['Expect: x'], MEGABYTE), [417]],
  ['two different lengths', putHead('Content-Length: 2', 'Content-Length: 3'), [400]],
  ['a length with a sign', `${putHead('Content-Length: +2')}{}`, [400]],
  ['a length together with chunks', `${putHead('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`, [400]],
  ['chunks together with a length', `${putHead('Transfer-Encoding: chunked', 'Content-Length: 2')}0\r\n\r\n`, [400]],
  ['an unknown transfer encoding', putHead('Transfer-Encoding: gzip'), [400]],
  ['an unknown transfer encoding of a read', get('Transfer-Encoding: gzip'), [400]],
  ['chunks that are not the last encoding', putHead('Transfer-Encoding: chunked, gzip'), [400]],
]);

refuses('framing of bodies', [
  ['a chunk size that is no number', chunked('zz\r\n'), [400]],
  ['a chunk size past 64 bits', chunked('fffffffffffffffff\r\n'), [400]],
  ['a bad chunk after a good one', [chunked('1\r\n{\r\n'), 'zz\r\n'], [400]],
  ['a chunk extension of a megabyte', chunked(`2;${MEGABYTE}\r\n{}\r\n0\r\n\r\n`), [400, 413, 431]],
  ['a trailer of a megabyte', chunked(`2\r\n{}\r\n0\r\nA: ${MEGABYTE}\r\n\r\n`), [400, 413, 431]],
  ['a chunked body that breaks off', chunked('5\r\n{"a"'), [400], HALF_CLOSE],
  ['a body that breaks off', `${putHead('Content-Length: 100')}{"a":1`, [400], HALF_CLOSE],
  ['a head that breaks off', `PUT ${CREATE} HTTP/1.1\r\nHos`, [400], HALF_CLOSE],
  ['60,001 bytes', put([], `{"a":"${'x'.repeat(59_993)}"}`), [413]],
  ['60,001 bytes in chunks', chunked(`ea61\r\n{"a":"${'x'.repeat(59_993)}"}\r\n0\r\n\r\n`), [413]],
  ['a body in crumbs', chunked(`${CRUMB.repeat(257)}`), [400]],
  ['a body in crumbs of several megabytes', chunked(CRUMB.repeat(500_000)), [400]],
  ['an unread body in crumbs', `POST /nope HTTP/1.1\r\n${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n${CRUMBS}`, [404]],
  ['a length of 10 GB, nothing sent', putHead('Content-Length: 10000000000'), [413]],
  // An answer ends the request: the client must not find a second one, which it would take for its next request's.
  ['a body too long that breaks off', putHead('Content-Length: 70000') + 'x'.repeat(65_000), [413], HALF_CLOSE],
  ['too many chunks, the last one bad', [chunked(`ea61\r\n${'x'.repeat(60_001)}\r\n`), 'zz\r\n'], [413]],
  ['an unread body that breaks off', `POST /nope HTTP/1.1\r\n${HOST}\r\nContent-Length: 9\r\n\r\n`, [404], HALF_CLOSE],
]);

refuses('content of bodies', [
  ['a gzip bomb', gzip(BOMB), [413]],
  ['a gzip bomb in chunks', [chunked(`${BOMB.length.toString(16)}\r\n`), BOMB, '\r\n0\r\n\r\n'], [413, 400]],
  ['gzip that breaks off', gzip(gzipSync('{"a":1}').subarray(0, 15)), [400]],
  ['gzip with more behind it', gzip(Buffer.concat([gzipSync('{"a":1}'), Buffer.from('junk')])), [400]],
  ['text that says it is gzip', gzip('{"a":1}'), [400]],
  ['an unknown content encoding', put(['Content-Encoding: br'], '{}'), [415]],
  ['another charset', request('PUT', CREATE, [`${JSON_TYPE}; charset=iso-8859-1`], '{"a":"\xe9"}'), [415]],
  ['a body without a type', request('PUT', CREATE, [], '{"a":1}'), [415]],
  ['bytes that are not UTF-8', put([], '{"a":"\xe9"}'), [400]],
  ['half of a surrogate pair in bytes', put([], '{"a":"\xed\xa0\x80"}'), [400]],
  ['half of a surrogate pair as an escape', put([], '{"a":"\\ud800"}'), [400]],
  ['half of a surrogate pair in a key', put([], '{"\\udfff":1}'), [400]],
  ['a number past a double', put([], '{"a":1e400}'), [400]],
  ['59,000 brackets', put([], '['.repeat(59_000)), [400]],
  ['100,000 brackets', put([], '['.repeat(100_000)), [413]],
]);

describe('what is odd but right', () => {
  const read = async (token: string) =>
    (await exchange(server.port, request('GET', `/odd/get/${token}`))).answers[0]?.body ?? '';
  const stored: readonly (readonly [what: string, body: Bytes, data: string])[] = [
    ['a byte order mark is passed over', '\xef\xbb\xbf{"a":1}', '{"a":1}'],
    ['of duplicate keys the last one counts, at the first one’s place', '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
    [
      'the names of JavaScript are names',
      '{"__proto__":{"x":1},"constructor":2}',
      '{"__proto__":{"x":1},"constructor":2}',
    ],
    ['an escaped surrogate pair comes back as it was', '{"a":"\\ud83d\\ude00"}', '{"a":"\\ud83d\\ude00"}'],
    ['60,000 bytes are stored', `{"a":"${'x'.repeat(59_992)}"}`, `{"a":"${'x'.repeat(59_992)}"}`],
    ['32 levels are stored', `${'{"a":'.repeat(31)}[]${'}'.repeat(31)}`, `${'{"a":'.repeat(31)}[]${'}'.repeat(31)}`],
  ];
  for (const [what, body, data] of stored) {
    test(`in data, ${what}`, async () => {
      const { answers } = await exchange(server.port, request('PUT', '/odd/create/u?ip=1', [JSON_TYPE], body));
      const { token } = JSON.parse(answers[0]!.body) as { token: string };
      assert.equal(
        (await read(token)).replace(/"idle":\d+/, '"idle":N'),
        `{"id":"u","r":1,"w":1,"ttl":7200,"idle":N,"ip":"1","d":${data}}`,
      );
    });
  }

  test('no header is lost among many: the body they announce is stored', async () => {
    const head = ['PUT /odd/create/u?ip=1 HTTP/1.1', HOST, 'a:\r\n'.repeat(1500) + JSON_TYPE, 'Content-Length: 7'];
    const { answers } = await exchange(server.port, `${head.join('\r\n')}\r\n\r\n{"a":1}`);
    if (answers[0]?.status !== 200) return assertRefusal(answers[0], [400, 431]);
    assert.match(await read(JSON.parse(answers[0].body).token), /"d":\{"a":1\}/);
  });

  const answered: readonly (readonly [what: string, sent: Bytes, body: RegExp])[] = [
    ['HTTP/1.0 without a Host', 'GET /ping HTTP/1.0\r\n\r\n', /^PONG$/],
    ['an absolute target', line('GET http://localhost/ping HTTP/1.1'), /^PONG$/],
    ['an offer to upgrade', get('Connection: Upgrade', 'Upgrade: websocket'), /^\{\}$/],
    ['.. as an id', line('GET /odd/soid/.. HTTP/1.1'), /^\{"sessions":\[\]\}$/],
    ['an encoded ../ as an id', line('GET /odd/soid/%2e%2e%2f HTTP/1.1'), /^\{"sessions":\[\]\}$/],
    ['a[__proto__]', line('GET /none/activity?dt=600&a[__proto__]=1&__proto__=2 HTTP/1.1'), /^\{"activity":0\}$/],
    ['2,000 parameters', line(`GET /none/activity?${'a=1&'.repeat(2000)}dt=600 HTTP/1.1`), /^\{"activity":0\}$/],
  ];
  for (const [what, sent, body] of answered) {
    test(`${what} is answered`, async () => {
      const { answers } = await exchange(server.port, sent);
      assert.equal(answers.length, 1);
      assertAnswer(answers[0]!);
      assert.match(answers[0]!.body, body);
    });
  }

  test('requests in one packet are answered in their order', async () => {
    const list = [request('PUT', '/odd/create/u?ip=1'), request('GET', '/ping'), request('GET', '/odd/soid/nobody')];
    const sent = Buffer.concat(Array.from({ length: 30 }, () => list).flat());
    const { answers } = await exchange(server.port, sent, { answers: 90 });
    const kinds = answers.map(({ body }) => (body === 'PONG' ? 'ping' : body.slice(2, 7)));
    assert.deepEqual(kinds, Array.from({ length: 30 }, () => ['token', 'ping', 'sessi']).flat());
  });

  test('thousands of requests sent at once are all answered, in their order', async () => {
    const isPing = (i: number) => i % 7 < 3 || i % 11 === 0;
    const sent = Array.from({ length: 5000 }, (_, i) => request('GET', isPing(i) ? '/ping' : '/odd/soid/nobody'));
    const { answers } = await exchange(server.port, Buffer.concat(sent), { answers: 5000 });
    const pings = answers.map(({ body }) => body === 'PONG');
    assert.deepEqual(
      pings,
      Array.from(sent, (_, i) => isPing(i)),
    );
  });

  test('a body may come in small chunks, and in 1,800 of 33 bytes', async () => {
    const small = '{"a":1}'.split('').map((byte) => `1\r\n${byte}\r\n`);
    const many = `1\r\n{\r\n${`21\r\n${' '.repeat(33)}\r\n`.repeat(1800)}1\r\n}\r\n`;
    for (const body of [small.join(''), many]) {
      const { answers } = await exchange(server.port, chunked(`${body}0\r\n\r\n`));
      assert.equal(answers[0]?.status, 200);
    }
  });

  for (const [what, good] of [
    ['a ping', request('GET', '/ping')],
    ['a read', request('GET', GET)],
    ['a create', request('PUT', '/odd/create/u?ip=1')],
  ] as const) {
    for (const bad of ['GARBAGE\r\n\r\n', line('CONNECT example.org:443 HTTP/1.1')]) {
      test(`${what} is answered although ${bad.split(/[ \r]/)[0]} follows in the same packet`, async () => {
        const { answers, closed } = await exchange(server.port, Buffer.concat([good, bytes(bad)]), { answers: 3 });
        assert.equal(answers[0]?.status, 200, 'the good request did not get its answer first');
        if (answers.length > 1) assertRefusal(answers[1], [400, 405]);
        assert.ok(closed);
      });
    }
  }

  // RFC 9112, 9.6: who got an answer with Connection: close sends again what came behind it, so it must not have been done.
  for (const [what, last] of [
    ['is refused', `GET /ping HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`],
    ['is of HTTP/1.0', 'GET /ping HTTP/1.0\r\n\r\n'],
    ['asks for the end', `GET /ping HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`],
  ] as const) {
    test(`nothing is done for requests that come behind one that ${what}`, async () => {
      const id = `behind-${what.replaceAll(/\W/g, '')}`;
      const create = request('PUT', `/odd/create/${id}?ip=1`);
      const set = request('POST', `/odd/set/${TOKEN}`, [JSON_TYPE], '{"n":1}');
      for (const answered of [[bytes(last)], [request('GET', '/ping'), bytes(last)]]) {
        for (const behind of [[create], [set, create], [set, set, create, create]]) {
          const sent = [...answered, ...behind];
          const { answers } = await exchange(server.port, Buffer.concat(sent), { answers: sent.length });
          assert.equal(answers.length, answered.length);
        }
      }
      const { answers } = await exchange(server.port, line(`GET /odd/soid/${id} HTTP/1.1`));
      assert.equal(answers[0]?.body, '{"sessions":[]}');
    });
  }

  test('a read with a body that breaks off gets one answer', async () => {
    const head = `GET /ping HTTP/1.1\r\n${HOST}\r\nContent-Length: 9\r\n\r\n`;
    const { answers } = await exchange(server.port, [head, 'x'], HALF_CLOSE);
    assert.equal(answers.length, 1);
  });

  test('a body that comes after the answer does not confuse what follows it', async () => {
    const parts = [`POST /nope HTTP/1.1\r\n${HOST}\r\nContent-Length: 9\r\n\r\n`, '123456789', get(), 'GARBAGE\r\n'];
    const { answers } = await exchange(server.port, parts, { answers: 4, pause: 20 });
    assert.equal(answers.map(({ status }) => status).join(), '404,200,400');
  });

  test('a client that closes its half after the request still gets the answer', async () => {
    for (let i = 0; i < 10; i++) {
      for (const sent of [request('GET', '/ping'), request('GET', GET), request('PUT', '/odd/create/u?ip=1')]) {
        const { answers } = await exchange(server.port, sent, HALF_CLOSE);
        assert.equal(answers[0]?.status, 200, `no answer to ${sent.toString().slice(0, 20)}`);
      }
    }
  });

  test('a refusal of several megabytes of headers is not lost to a reset', async () => {
    for (let i = 0; i < 10; i++) {
      const { answers } = await exchange(server.port, get(`A: ${MEGABYTE.repeat(4)}`));
      assertRefusal(answers[0], [431]);
    }
  });
});

describe('clients that do not care', () => {
  const started = [
    request('GET', '/ping'),
    request('GET', '/odd/soapp?dt=600'),
    put([], '{"a":1}'),
    put([], MEGABYTE),
    put(['Expect: 100-continue'], '{"a":1}'),
    chunked('5\r\n{"a"'),
    chunked(`11170\r\n${'x'.repeat(70_000)}\r\n`),
    gzip(BOMB),
    get(`A: ${MEGABYTE}`),
    'GARBAGE\r\n\r\n',
    line('CONNECT example.org:443 HTTP/1.1'),
    get('Connection: Upgrade', 'Upgrade: h2c'),
  ];

  for (const ending of ['reset', 'half-close'] as const) {
    test(`a connection that ends at any point (${ending}) does not harm the server`, async (t) => {
      const own = await startServer(t);
      for (const sent of started) {
        for (let pause = 0; pause < 6; pause++) await exchange(own.port, [sent, 'more'], { ending, pause, answers: 9 });
        assert.equal(own.child.exitCode, null, `the server ended after ${bytes(sent).toString('latin1', 0, 60)}`);
      }
      await assertHealthy(own);
    });
  }

  for (const [what, times, method, target] of [
    ['a large answer', 1, 'GET', '/big/soapp?dt=600'],
    ['many large answers', 200, 'GET', '/big/soapp?dt=600'],
    ['more than the store can write', 400_000, 'PUT', '/flood/create/u?ip=1'],
  ] as const) {
    test(`a client that asks for ${what} and does not read costs little memory, and the others are answered`, async (t) => {
      const own = await startServer(t, { NODE_OPTIONS: '--max-old-space-size=256' });
      const big = request('PUT', '/big/create/u?ip=1', [JSON_TYPE], `{"a":"${'x'.repeat(50_000)}"}`);
      await Promise.all(Array.from({ length: 200 }, () => exchange(own.port, big, { linger: 0 })));
      const before = memoryOf(own);
      const deaf = sendWithoutReading(own.port, request(method, target).toString().repeat(times));
      t.after(() => deaf.destroy());
      for (let i = 0; i < 30; i++) {
        await sleep(50);
        deaf.write('GARBAGE\r\n');
        const { answers } = await exchange(own.port, request('GET', '/ping'), { linger: 0 });
        assert.equal(answers[0]?.body, 'PONG');
      }
      const grown = (memoryOf(own) ?? 0) - (before ?? 0);
      assert.ok(grown < 150, `${times} unread requests cost ${Math.round(grown)} MB`);
      await assertHealthy(own);
    });
  }

  test('while a body in many thousands of chunks is read, the others are answered', async (t) => {
    const own = await startServer(t);
    const sent = chunked(`${'1\r\n \r\n'.repeat(50_000)}0\r\n\r\n`);
    const all = Array.from({ length: 2 }, () => exchange(own.port, sent, { linger: 0 }));
    await sleep(30);
    const { answers } = await exchange(own.port, request('GET', '/ping'));
    assert.equal(answers[0]?.body, 'PONG');
    for (const slow of await Promise.all(all)) assertAnswer(slow.answers[0]!);
  });

  test('a slow client is told so after 10 seconds of headers or 20 seconds of body', async () => {
    for (const [i, [what, seconds]] of SLOW.entries()) {
      const { answers, closed, total } = await slow[i]!;
      assertRefusal(answers.at(-1), [408], SECRETS);
      assert.ok(closed, `${what}: the connection stays open`);
      assert.ok(total > seconds * 1000 - 1500, `${what}: not before its time: ${Math.round(total)} ms`);
    }
    await assertHealthy(server);
  });

  test('after all this the log has no token, no path and no user id', () => {
    for (const secret of SECRETS) assert.ok(!server.output().includes(secret));
  });
});

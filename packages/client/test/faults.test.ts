/** What an application is told when the server is away, slow or another one, and what is sent again. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import {
  SessionClient,
  type SessionClientOptions,
  SessionConfigurationError,
  SessionError,
  SessionNotFoundError,
  SessionServerLostError,
  SessionTimeoutError,
} from '../src/index.ts';
import { startGate, startStranger, startTalker } from './support.ts';

const TOKEN = `rs00${'a'.repeat(36)}`;

/** On Node `node:http` carries the requests, unless there is a `fetch`. */
const CARRIERS: Record<string, Pick<SessionClientOptions, 'fetch'>> = {
  'node:http': {},
  fetch: { fetch: globalThis.fetch },
};

for (const [name, carrier] of Object.entries(CARRIERS)) {
  describe(`a session client by ${name} whose connection or server is lost`, () => {
    const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
    test('a server that is away, one that is slow and a session that is gone are three different errors', async (t) => {
      const [port] = (await freePorts(1)) as [number];
      const away = new SessionClient({ ...carrier, url: `http://127.0.0.1:${port}`, app: 'shop' });
      const silent = new SessionClient({ ...carrier, url: await startStranger(t, () => {}), app: 'shop', timeout: 50 });
      const here = new SessionClient({ ...carrier, url: server().url, app: 'shop' });
      const cases = [
        [away, SessionServerLostError, 'unreachable', null, true],
        [silent, SessionTimeoutError, 'timeout', null, true],
        [here, SessionNotFoundError, 'session_not_found', 404, false],
      ] as const;
      for (const [client, kind, code, status, retryable] of cases) {
        await assert.rejects(client.get(TOKEN), (error: SessionError) => {
          assert.ok(error instanceof kind && error instanceof SessionError);
          assert.equal(error.name, kind.name);
          assert.deepEqual([error.code, error.status, error.retryable], [code, status, retryable]);
          assert.ok(!error.message.includes(TOKEN));
          return true;
        });
      }
      await assert.rejects(away.get(TOKEN), { message: /^http:\/\/127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED$/ });
      await assert.rejects(silent.get(TOKEN), { message: /did not answer within 50 ms/ });
      await assert.rejects(away.patch(TOKEN, { set: {} }), { code: 'unreachable', retryable: false });
      await assert.rejects(away.verify(TOKEN), SessionServerLostError);
      await assert.rejects(away.find(TOKEN), SessionServerLostError);
    });

    test('a call ends when its own signal is aborted, with the reason of the signal', async (t) => {
      const silent = new SessionClient({ ...carrier, url: await startStranger(t, () => {}), app: 'shop' });
      const stop = new AbortController();
      const call = silent.get(TOKEN, { signal: stop.signal });
      stop.abort(new Error('the page was left'));
      await assert.rejects(call, { message: 'the page was left' });
    });

    /** Breaks the first connection that carries a request, before or after the server has it. */
    async function breaking(t: TestContext, when: 'before' | 'after') {
      const sent: string[] = [];
      const gate = await startGate(t, server().url, (near, request, pass) => {
        sent.push(request);
        if (sent.length > 1) return pass();
        if (when === 'after') pass();
        setImmediate(() => near.destroy());
      });
      const keys = () => sent.map((request) => /idempotency-key: (\S+)/i.exec(request)?.[1]);
      return { sessions: new SessionClient({ ...carrier, url: gate.url, app: `broken-${when}` }), sent, keys };
    }

    for (const when of ['before', 'after'] as const) {
      test(`a create whose connection breaks ${when} the server has it is sent again and done once`, async (t) => {
        const { sessions, keys } = await breaking(t, when);
        const { token } = await sessions.create({ subject: 'ann' });
        assert.equal((await sessions.get(token)).subject, 'ann');
        assert.equal(await sessions.count(), 1);
        const [first, second] = keys();
        assert.ok(first !== undefined && first === second);
      });

      test(`a read whose connection breaks ${when} the server has it is sent again`, async (t) => {
        const { sessions, sent } = await breaking(t, when);
        await assert.rejects(sessions.get(TOKEN), SessionNotFoundError);
        assert.equal(sent.length, 2);
      });

      test(`a change whose connection breaks ${when} the server has it is not sent again`, async (t) => {
        const { sessions, sent } = await breaking(t, when);
        await assert.rejects(sessions.patch(TOKEN, { set: { n: 1 } }), SessionServerLostError);
        await assert.rejects(
          sessions.revoke(TOKEN).then(() => sessions.patch(TOKEN, { set: {} })),
          SessionNotFoundError,
        );
        assert.equal(sent.length, 3);
      });
    }

    test('a thousand reads one after the other open one connection', async (t) => {
      const gate = await startGate(t, server().url);
      const sessions = new SessionClient({ ...carrier, url: gate.url, app: 'pool' });
      const { token } = await sessions.create({ data: { text: 'x'.repeat(5000) } });
      for (let i = 0; i < 1000; i++) await (i % 10 === 9 ? sessions.find(TOKEN) : sessions.get(token));
      assert.equal(gate.opened(), 1);
    });
  });
}

describe('a session client whose server does not answer as it should', () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  const wrong: [
    what: string,
    options: Partial<Record<keyof SessionClientOptions, unknown>>,
    code: string,
    message: RegExp,
  ][] = [
    ['no URL', { url: undefined }, 'wrong_url', /^url must be that of the server, .* not undefined$/],
    [
      'a host alone',
      { url: 'localhost:3000' },
      'wrong_url',
      /^url must begin with http:\/\/ or https:\/\/, not with localhost:$/,
    ],
    ['a key in the URL', { url: 'http://x:secret@localhost:1' }, 'wrong_url', /^url must have no name or password/],
    ['a query in the URL', { url: 'http://localhost:1/?a=1' }, 'wrong_url', /^url must have no query/],
    ['no app', { app: undefined }, 'wrong_app', /^app must be 3 to 20 characters .* not undefined$/],
    ['a path for an app', { app: '../admin' }, 'wrong_app', /^app must be .* not "\.\.\/admin"$/],
    ['an empty key', { key: '' }, 'wrong_key', /^key must be an API key .* not an empty string$/],
    [
      'a key with the line end of its file',
      { key: 'rsk_secret\n' },
      'wrong_key',
      /not text with a space or a line end in it$/,
    ],
    [
      'a time that is none',
      { timeout: '2s' },
      'wrong_timeout',
      /^timeout must be a number of milliseconds from 1 on, not "2s"$/,
    ],
  ];
  for (const [what, options, code, message] of wrong) {
    test(`a client with ${what} can be made, and its first call says which option is wrong`, async () => {
      const client = new SessionClient({ url: server().url, app: 'shop', ...options } as SessionClientOptions);
      for (const call of [
        client.get(TOKEN),
        client.verify(TOKEN),
        client.revoke(undefined),
        client.find('not a token'),
      ]) {
        await assert.rejects(call, (error: SessionError) => {
          assert.ok(error instanceof SessionConfigurationError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        });
      }
    });
  }

  test('a key that the server does not take is no missing session, and is never shown', async (t) => {
    const url = await startStranger(t, (_request, response) => {
      response.writeHead(401, { 'Content-Type': 'application/problem+json' });
      response.end('{"code":"unauthorized","detail":"the API key is not in force","status":401}');
    });
    const call = new SessionClient({ url, app: 'shop', key: 'rsk_wrong' }).get(TOKEN);
    await assert.rejects(call, {
      name: 'SessionConfigurationError',
      code: 'wrong_key',
      status: 401,
      message: `${url} does not take the API key (the API key is not in force)`,
    });
  });

  const PAGE = { 'Content-Type': 'text/html' };
  test('a web site, a redirect to a login page and a proxy that lost the server are told apart', async (t) => {
    const answers: [number, Record<string, string>, string, RegExp][] = [
      [200, PAGE, 'not_rest_sessions', /there is no REST-Sessions server at .*: it answered with 200 text\/html/],
      [404, PAGE, 'not_rest_sessions', /it answered with 404 text\/html/],
      [404, { 'Content-Type': 'application/json' }, 'not_rest_sessions', /404 application\/json/],
      [302, { Location: 'http://127.0.0.1:1/login' }, 'not_rest_sessions', /it answered with a redirect/],
      [502, PAGE, 'unreachable', /answered 502, which is not of the session server itself/],
      [504, PAGE, 'unreachable', /answered 504/],
    ];
    for (const [status, headers, code, message] of answers) {
      const url = await startStranger(t, (_request, response) => {
        response.writeHead(status, headers).end('<h1>{"name":"here"}</h1>');
      });
      const call = new SessionClient({ url, app: 'shop' }).get(TOKEN);
      await assert.rejects(call, { code, status, message, retryable: status > 500 });
    }
  });

  test('another program that answers in JSON is recognised by each call, and no answer of it is taken for a session', async (t) => {
    for (const [status, text] of [
      [200, '{}'],
      [200, '[]'],
      [200, '{"results":[]}'],
      [200, ''],
      [204, ''],
    ] as const) {
      const url = await startStranger(t, (_request, response) => {
        response.writeHead(status, { 'Content-Type': 'application/json' }).end(text);
      });
      const client = new SessionClient({ url, app: 'shop' });
      const calls: Promise<unknown>[] = [
        client.get(TOKEN),
        client.verify(TOKEN),
        client.create(),
        client.list(),
        client.revoke(TOKEN),
      ];
      calls.push(client.count(), client.app(), client.patch(TOKEN, { set: {} }));
      const told = (call: Promise<unknown>) => assert.rejects(call, { code: 'not_rest_sessions' }, `${status} ${text}`);
      await Promise.all(calls.map(told));
    }
  });

  test('a proxy before the server may say when to come again, and does not know whether a write was done', async (t) => {
    const later = new Date(Date.now() + 3600_000).toUTCString();
    for (const [status, after, retryAfter, isSafe] of [
      [503, '7', (seconds: number) => seconds === 7, true],
      [429, later, (seconds: number) => seconds > 3000 && seconds <= 3600, true],
      [503, 'soon', (seconds: number | null) => seconds === null, true],
      [504, '', (seconds: number | null) => seconds === null, false],
    ] as const) {
      const url = await startStranger(t, (_request, response) => {
        response.writeHead(status, { 'Content-Type': 'text/html', ...(after && { 'Retry-After': after }) }).end();
      });
      await assert.rejects(new SessionClient({ url, app: 'shop' }).patch(TOKEN, { set: {} }), (error: SessionError) => {
        assert.deepEqual([error.code, error.status, error.retryable], ['unreachable', status, isSafe]);
        assert.ok(retryAfter(error.retryAfter as never), `${after}: ${error.retryAfter}`);
        return true;
      });
    }
  });

  test('a server of 2.x is recognised and named, and so is one without the call', async (t) => {
    const old = await startStranger(t, ({ url }, response) => {
      if (url === '/ping') response.end('PONG');
      else response.writeHead(404, PAGE).end('Cannot GET');
    });
    const newer = await startStranger(t, ({ url }, response) => {
      if (url === '/')
        response.setHeader('Content-Type', 'application/json').end('{"name":"REST-Sessions","version":"3.7.1"}');
      else response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end('{"code":"route_not_found"}');
    });
    for (const [url, version] of [
      [old, '2.x or older'],
      [newer, '3.7.1'],
    ] as const) {
      const call = new SessionClient({ url, app: 'shop' }).get(TOKEN);
      const message = `the server at ${url} is REST-Sessions ${version}, which does not have this call: update it, or use the client of that version`;
      await assert.rejects(call, { code: 'wrong_version', message });
    }
  });

  test('what does not speak HTTP, or not HTTPS, is named, and so is a path too much in the URL', async (t) => {
    const mail = await startTalker(t, '220 mail.example ready\r\n');
    const { url } = server();
    const wrong: [string, string, string][] = [
      [mail, 'not_rest_sessions', `there is no REST-Sessions server at ${mail}: what is there does not speak HTTP (`],
      [url.replace('http:', 'https:'), 'not_rest_sessions', 'what is there does not speak HTTPS ('],
      ...['/v1', '/v1/apps/shop', '/shop'].map((path): [string, string, string] => {
        return [
          url + path,
          'wrong_url',
          `url must be ${url}, where the REST-Sessions server is, and not ${url}${path}`,
        ];
      }),
    ];
    for (const [from, code, message] of wrong) {
      const client = new SessionClient({ url: from, app: 'shop' });
      const calls = [client.get(TOKEN), client.create(), client.verify(TOKEN), client.revoke(TOKEN)];
      for (const { reason: error } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
        assert.ok(error instanceof SessionConfigurationError, `${from}: ${error?.message}`);
        assert.equal(error.code, code);
        assert.ok(error.message.includes(message), error.message);
      }
    }
  });

  test('a server below a path of a proxy is asked there', async (t) => {
    const paths: (string | undefined)[] = [];
    const url = await startStranger(t, (request, response) => {
      paths.push(request.url);
      response.writeHead(404, { 'Content-Type': 'application/problem+json' }).end('{"code":"session_not_found"}');
    });
    await new SessionClient({ url: `${url}/internal/sessions/`, app: 'shop' }).find(TOKEN);
    assert.deepEqual(paths, ['/internal/sessions/v1/apps/shop/session']);
  });
});

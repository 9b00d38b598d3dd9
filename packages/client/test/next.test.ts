/**
 * Sessions for Next.js, against a real server. `cookies()` is played by a jar that does what the one of Next.js does; the real one is
 * in next/application.ts, which `npm run test:next` runs.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import { SessionClient, SessionNotFoundError } from '../src/index.ts';
import { type CookieJar, createNextSessions, type JarCookie, type NextSessionsOptions } from '../src/next/index.ts';
import { counting } from './support.ts';

const UNKNOWN = `rs00${'a'.repeat(36)}`;

/** What `cookies()` gives for one request. In a server component it can only be read. */
class Jar implements CookieJar {
  readonly written: JarCookie[] = [];
  private readonly token: string | undefined;
  private readonly isReadOnly: boolean;

  constructor(token?: string, { isReadOnly = false } = {}) {
    this.token = token;
    this.isReadOnly = isReadOnly;
  }

  get(name: string) {
    return name === '__Host-session' && this.token !== undefined ? { value: this.token } : undefined;
  }

  set(cookie: JarCookie) {
    if (this.isReadOnly) throw new Error('Cookies can only be modified in a Server Action or Route Handler');
    this.written.push(cookie);
  }
}

describe('sessions for Next.js', () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));

  /** An application whose requests come with one jar after the other. */
  function application(app: string, options: Partial<NextSessionsOptions> = {}) {
    const { fetch, requests } = counting();
    let jar = new Jar();
    const cookies = () => jar;
    const sessions = createNextSessions({ url: server().url, app, fetch, cookies, ...options });
    const request = (token?: string, kind = {}) => {
      jar = new Jar(token, kind);
      return jar;
    };
    return { ...sessions, requests, request, admin: new SessionClient({ url: server().url, app }) };
  }

  test('all parts of a request share one read; a changed one costs two requests, a visitor none', async () => {
    const { getSession, request, requests } = application('views');
    const jar = request();
    const begun = await getSession();
    assert.deepEqual([begun.id, begun.subject, requests.length], [null, null, 0]);
    await begun.save();
    assert.equal(requests.length, 0, 'nothing to keep');
    begun.data.lamp = 1;
    await begun.save();
    const [{ value: token, ...attributes }] = jar.written as [JarCookie];
    assert.deepEqual(attributes, {
      name: '__Host-session',
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite: 'lax',
    });
    requests.length = 0;
    request(token);
    const parts = await Promise.all([getSession(), getSession(), getSession()]);
    assert.deepEqual([parts[2]!.data, requests.splice(0).map(({ method }) => method)], [{ lamp: 1 }, ['GET']]);
    request(token);
    const session = await getSession();
    session.data.pen = 1;
    await session.save();
    assert.deepEqual(
      requests.map(({ method, body }) => [method, body]),
      [
        ['GET', undefined],
        ['PATCH', { set: { pen: 1 } }],
      ],
    );
  });

  test('a login gets a new token and takes the data along; a log out takes the cookie away', async () => {
    const { getSession, request, admin } = application('login', {
      headers: () => new Headers({ 'User-Agent': 'a browser' }),
    });
    const first = request();
    const guest = await getSession();
    guest.data.cart = 1;
    await guest.save();
    const planted = first.written[0]!.value;
    const second = request(planted);
    await (await getSession()).login('ann', { label: 'laptop' });
    const token = second.written[0]!.value;
    assert.equal(await admin.find(planted), null);
    const { subject, data, label, userAgent } = await admin.get(token);
    assert.deepEqual([subject, data, label, userAgent], ['ann', { cart: 1 }, 'laptop', 'a browser']);
    const third = request(token);
    await (await getSession()).logout();
    assert.deepEqual([third.written[0]!.value, third.written[0]!.maxAge], ['', 0]);
    assert.equal(await admin.find(token), null);
    const fourth = request();
    const again = await getSession();
    await again.login('ann');
    await admin.create({ subject: 'ann' });
    assert.equal(await again.logoutEverywhere(), 2);
    assert.deepEqual(
      fourth.written.map(({ value }) => value !== ''),
      [true, false],
    );
  });

  test('a session that was ended meanwhile is not brought back, and a token that opens nothing is not taken over', async () => {
    const { getSession, request, admin } = application('revival');
    const { token } = await admin.create({ subject: 'ann' });
    request(token);
    const session = await getSession();
    await admin.revokeSubject('ann');
    session.data.late = 1;
    await assert.rejects(session.save(), SessionNotFoundError);
    assert.equal(await admin.find(token), null);
    const jar = request(UNKNOWN);
    const begun = await getSession();
    begun.data.n = 1;
    await begun.save();
    assert.deepEqual([jar.written[0]!.value, jar.written[1]!.value === UNKNOWN], ['', false]);
  });

  test('a lost server and a wrong key are errors, and the cookie stays; what can be no token costs no request', async () => {
    const [port] = (await freePorts(1)) as [number];
    const lost = application('lost', { url: `http://127.0.0.1:${port}` });
    const jar = lost.request(UNKNOWN);
    await assert.rejects(lost.getSession(), { code: 'unreachable' });
    await assert.rejects(lost.verify(new Request('http://x/', { headers: { Cookie: `__Host-session=${UNKNOWN}` } })), {
      code: 'unreachable',
    });
    assert.deepEqual(jar.written, []);
    const { getSession, verify, request, requests } = application('garbage');
    for (const odd of ['', 'ä', 'a b', 'x'.repeat(300), '\u0007']) {
      const read = request(odd);
      assert.equal((await getSession()).subject, null);
      const headers = { get: () => `__Host-session=${odd}` };
      assert.deepEqual([await verify({ headers }), read.written], [null, []]);
    }
    assert.equal(requests.length, 0);
  });

  test('in a server component a session is read, and what would need a cookie leaves nothing behind', async () => {
    const { getSession, request, admin } = application('component', { cookie: { persistent: true }, touchInterval: 0 });
    const { token } = await admin.create({ data: { lamp: 1 } });
    const component = { isReadOnly: true };
    request(token, component);
    assert.deepEqual((await getSession()).data, { lamp: 1 });
    request(UNKNOWN, component);
    const session = await getSession();
    session.data.n = 1;
    await assert.rejects(session.save(), /can only be modified/);
    assert.equal(await admin.count(), 1);
    const jar = request(token);
    await getSession();
    assert.deepEqual(
      [jar.written[0]!.value, jar.written[0]!.maxAge],
      [token, 7200],
      'a persistent cookie is set again',
    );
  });

  test('verify says whose request it is, in one call for all requests of a turn', async () => {
    const { verify, requests, admin } = application('verify');
    const { token } = await admin.create({ subject: 'ann' });
    const requestOf = (value: string) =>
      new Request('http://x/', { headers: { Cookie: `a=b; __Host-session=${value}` } });
    const known = await Promise.all([
      verify(requestOf(token)),
      verify(requestOf(UNKNOWN)),
      verify(new Request('http://x/')),
    ]);
    assert.deepEqual(
      known.map((session) => session?.subject),
      ['ann', undefined, undefined],
    );
    assert.deepEqual(
      requests.map(({ path, body }) => [path, body.touch]),
      [['/v1/apps/verify/sessions:verify', true]],
    );
  });

  test('answers of the session server are kept out of the cache of Next.js', async () => {
    const modes: (string | undefined)[] = [];
    const original = globalThis.fetch;
    // Next.js puts its own `fetch` there, too.
    globalThis.fetch = (input, init) => {
      modes.push((init as { cache?: string }).cache);
      return original(input, init);
    };
    try {
      const jar = new Jar(UNKNOWN);
      await createNextSessions({ url: server().url, app: 'cache', cookies: () => jar }).getSession();
    } finally {
      globalThis.fetch = original;
    }
    assert.deepEqual(modes, ['no-store']);
  });
});

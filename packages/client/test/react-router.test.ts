/** The storage of sessions in React Router's own server runtime, against a real server. */
// biome-ignore-all lint/suspicious/noExplicitAny: a framework whose types are not installed where types are checked
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { forAllTests, freePorts } from '../../server/test/support/redis.ts';
import { startServer } from '../../server/test/support/server.ts';
import { SessionNotFoundError } from '../src/index.ts';
import { createRestSessionStorage } from '../src/react-router/index.ts';
import { frameworkModule, skip } from './frameworks.ts';
import { counting } from './support.ts';

describe('the session storage for React Router', () => {
  const server = forAllTests((cleanup) => startServer(cleanup, { RS_STORE: 'memory:' }));
  const storageOf = (app: string, more: object = {}) => createRestSessionStorage({ url: server().url, app, ...more });
  const cookieOf = (setCookie: string) => setCookie.split(';')[0]!;

  test('the contract of a storage: set, has, get, unset, flash once, commit, destroy', async () => {
    const { getSession, commitSession, destroySession } = storageOf('contract');
    const first = await getSession();
    assert.deepEqual([first.id, first.data, first.has('cart'), first.get('cart')], ['', {}, false, undefined]);
    first.set('cart', { lamp: 1 });
    first.flash('message', 'saved');
    const header = cookieOf(await commitSession(first));
    assert.match(header, /^__Host-session=rs\w{38}$/);
    const second = await getSession(`theme=dark; ${header}; other=1`);
    assert.equal(second.id, first.id);
    assert.deepEqual(
      [second.data, second.has('message'), second.get('message'), second.get('message')],
      [{ cart: { lamp: 1 } }, true, 'saved', undefined],
    );
    second.unset('cart');
    assert.equal(cookieOf(await commitSession(second)), header);
    const third = await getSession(header);
    assert.deepEqual([third.data, third.get('message')], [{}, undefined]);
    assert.match(await destroySession(third), /^__Host-session=; .*Max-Age=0$/);
    assert.equal((await getSession(header)).id, '');
  });

  test('two pages at once that set keys of their own keep both; an unchanged page costs one request', async () => {
    const { fetch, requests } = counting();
    const { getSession, commitSession } = storageOf('parallel', { fetch });
    const begun = await getSession();
    begun.set('a', 0);
    const header = cookieOf(await commitSession(begun));
    const [left, right] = await Promise.all([getSession(header), getSession(header)]);
    left.set('left', 1);
    right.set('right', 1);
    await Promise.all([commitSession(left), commitSession(right)]);
    requests.length = 0;
    const last = await getSession(header);
    await commitSession(last);
    assert.deepEqual([last.data, requests.map(({ method }) => method)], [{ a: 0, left: 1, right: 1 }, ['GET']]);
  });

  test('a login gets a new token and takes the data along; maxAge lengthens the session and its cookie', async () => {
    const { client, getSession, commitSession } = storageOf('login', { cookie: { name: 'sid', secure: false } });
    const guest = await getSession();
    guest.set('cart', 1);
    const planted = cookieOf(await commitSession(guest));
    const session = await getSession(planted);
    await session.login('ann', { label: 'laptop' });
    const setCookie = await commitSession(session, { maxAge: 2_592_000 });
    assert.match(setCookie, /^sid=rs\w{38}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/);
    const [known] = (await client.listSubject('ann')).sessions;
    assert.deepEqual([known?.idleTimeout, known?.label, known?.data.cart], [2_592_000, 'laptop', 1]);
    assert.equal((await getSession(planted)).id, '');
    assert.equal((await getSession(cookieOf(setCookie))).subject, 'ann');
  });

  test('a login and a commit keep what another page has flashed meanwhile', async () => {
    const { getSession, commitSession } = storageOf('flashes');
    const begun = await getSession();
    begun.flash('old', 'seen by nobody');
    let header = cookieOf(await commitSession(begun));
    const flashElsewhere = async (name: string) => {
      const other = await getSession(header);
      other.flash(name, `${name} of another page`);
      await commitSession(other);
    };
    const page = await getSession(header);
    await flashElsewhere('before');
    await page.login('ann');
    header = cookieOf(await commitSession(page));
    await flashElsewhere('after');
    page.flash('own', 'of this page');
    page.get('old');
    await commitSession(page);
    const last = await getSession(header);
    const seen = ['old', 'before', 'after', 'own'].map((name) => last.get(name));
    assert.deepEqual(seen, [undefined, 'before of another page', 'after of another page', 'of this page']);
    assert.deepEqual(last.data, {});
  });

  test('what was ended is not brought back, what is malformed costs no request, a lost server is an error', async () => {
    const { fetch, requests } = counting();
    const { client, getSession, commitSession } = storageOf('faults', { fetch });
    const session = await getSession();
    const header = cookieOf(await commitSession(session));
    const late = await getSession(header);
    late.set('late', 1);
    await client.revokeAll('faults');
    await assert.rejects(commitSession(late), SessionNotFoundError);
    requests.length = 0;
    for (const odd of ['', 'ä', '"x"', 'x'.repeat(300)]) await getSession(`__Host-session=${odd}`);
    assert.equal(requests.length, 0);
    const [port] = (await freePorts(1)) as [number];
    await assert.rejects(storageOf('lost', { url: `http://127.0.0.1:${port}` }).getSession(header), {
      code: 'unreachable',
    });
  });

  test('it serves loaders and actions of React Router’s own handler', { skip }, async () => {
    const { getSession, commitSession } = storageOf('handler');
    const { createStaticHandler, redirect } = await frameworkModule('react-router');
    const { queryRoute } = createStaticHandler([
      {
        id: 'cart',
        path: '/',
        loader: async ({ request }: any) => Response.json((await getSession(request.headers.get('Cookie'))).data),
        action: async ({ request }: any) => {
          const session = await getSession(request.headers.get('Cookie'));
          session.set('item', (await request.formData()).get('item'));
          return redirect('/', { headers: { 'Set-Cookie': await commitSession(session) } });
        },
      },
    ]);
    const body = new URLSearchParams({ item: 'lamp' });
    const answer = await queryRoute(new Request('http://shop.example/', { method: 'POST', body })).catch(
      (thrown: unknown) => thrown,
    );
    const Cookie = cookieOf(answer.headers.get('Set-Cookie'));
    const page = await queryRoute(new Request('http://shop.example/', { headers: { Cookie } }));
    assert.deepEqual(await page.json(), { item: 'lamp' });
  });
});

/**
 * Who may call what: every route of the route table × every scope × the right app, another, all, and keys that do not
 * count. The routes come from the table itself, so that a route cannot be forgotten here.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServiceError } from '../../src/core/errors.ts';
import { DEFAULT_POLICY } from '../../src/core/policy.ts';
import { SCOPES, type Scope } from '../../src/core/principal.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { type AppOptions, createApp, routeTable } from '../../src/http/app.ts';
import { guard } from '../../src/http/guards/auth.ts';
import { answer, type Handle, type Reply, type Route } from '../../src/http/message/route.ts';
import type { KeyEntry } from '../../src/keys/entry.ts';
import { hashKey, newKey } from '../../src/keys/format.ts';
import { KeyRing } from '../../src/keys/ring.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';

const NOW = 1_800_000_000_000;
/** Routes that anyone may call. One more here is a decision, not an oversight. */
const OPEN = new Set([
  'GET /ping',
  'GET /livez',
  'GET /readyz',
  'GET /',
  'GET /health',
  'GET /healthz',
  'GET /schema/config.json',
  'GET /schema/export.json',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/page.js',
  'GET /docs/page.css',
  'GET /docs/guides/:guide',
  'GET /metrics',
]);

interface TestKey {
  readonly key: string;
  readonly entry: KeyEntry;
}

function makeKey(
  name: string,
  apps: readonly string[] | '*',
  scopes: readonly Scope[],
  expiresAt: number | null = null,
) {
  const key = newKey();
  const entry: KeyEntry = {
    name,
    hash: hashKey(key),
    certificate: null,
    apps: apps === '*' ? '*' : new Set(apps),
    scopes: new Set(scopes),
    expiresAt,
    createdAt: null,
  };
  return { key, entry };
}

const KEYS: readonly TestKey[] = [
  ...SCOPES.map((scope) => makeKey(`shop-${scope}`, ['shop'], [scope])),
  ...SCOPES.map((scope) => makeKey(`other-${scope}`, ['blog'], [scope])),
  ...SCOPES.map((scope) => makeKey(`all-${scope}`, '*', [scope])),
  makeKey('shop-everything', ['shop', 'more'], SCOPES),
  makeKey('all-everything', '*', SCOPES),
];
const EXPIRED = makeKey('expired', '*', SCOPES, NOW);
const REVOKED = makeKey('revoked', '*', SCOPES);

const expired: string[] = [];
const ring = new KeyRing([...KEYS, EXPIRED].map(({ entry }) => entry));
const options: AppOptions = {
  sessions: new Sessions(new MemoryStore(), () => DEFAULT_POLICY),
  clock: () => NOW,
  isStopping: () => false,
  authenticate: (presented, now) => ring.verify(presented, now, (name) => expired.push(name)),
  onFault: () => {},
};
const app = createApp(options);
const routes = routeTable(options);

function targetOf({ path }: Route): string {
  const parts: Record<string, string> = { ':app': 'shop', ':token': 'A'.repeat(64) };
  return path
    .split('/')
    .map((part) => (part.startsWith(':') ? (parts[part] ?? 'joe') : part))
    .join('/');
}

async function send(route: Route, authorization?: string, target = targetOf(route)) {
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };
  const answer = await app.request(target, { method: route.method, headers }, {});
  return { status: answer.status, challenge: answer.headers.get('www-authenticate'), text: await answer.text() };
}

/** The gateway answers 401 to a key that is good, for a visitor who has no session. */
const isLetIn = (status: number, text: string) =>
  (status !== 401 && status !== 403) || JSON.parse(text).code === 'session_required';

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const guarded = routes.filter(({ scope }) => scope !== null);

describe('every route of the table', () => {
  test('has a scope, but those that are open on purpose', () => {
    assert.ok(guarded.length >= 9);
    for (const route of routes.filter(({ scope }) => scope === null)) assert.ok(OPEN.has(nameOf(route)), nameOf(route));
  });

  test('without an app in its path asks for a key for all apps, or says that it narrows what it answers', () => {
    for (const route of guarded) {
      if (!route.path.split('/').includes(':app')) continue;
      assert.notEqual(route.narrowsApps, true, `${nameOf(route)} has an app in its path`);
    }
  });

  test('lets a key in exactly when it has the scope and the app', async () => {
    for (const route of guarded) {
      for (const { key, entry } of KEYS) {
        const { status, challenge, text } = await send(route, `Bearer ${key}`);
        const hasApp =
          entry.apps === '*' || (route.path.includes(':app') ? entry.apps.has('shop') : route.narrowsApps === true);
        const what = `${nameOf(route)} with ${entry.name}: ${status} ${text}`;
        if (entry.scopes.has(route.scope!) && hasApp) {
          assert.ok(isLetIn(status, text), what);
        } else {
          assert.equal(status, 403, what);
          assert.equal(
            challenge,
            `Bearer realm="rest-sessions", error="insufficient_scope", scope="${route.scope}"`,
            what,
          );
        }
      }
    }
  });

  test('answers 401 without a key, and to one that is wrong, expired, revoked or hidden elsewhere', async () => {
    const good = KEYS.at(-1)!.key;
    for (const route of guarded) {
      const bare = await send(route);
      // Where a proxy asks for a visitor, 401 would speak of that one.
      const isOfProxy = route.forVisitors !== undefined;
      const refused = isOfProxy ? [403, null] : [401, 'Bearer realm="rest-sessions"'];
      assert.deepEqual([bare.status, bare.challenge], refused, nameOf(route));
      const wrong = [
        `Bearer ${newKey()}`,
        `Bearer ${EXPIRED.key}`,
        `Bearer ${REVOKED.key}`,
        `Bearer ${good}x`,
        `Bearer ${good.slice(0, -1)}`,
        `Bearer ${good.toUpperCase()}`,
        'Bearer',
        'Bearer ',
        good,
        `Digest ${good}`,
        `Digest ${btoa(`joe:${good}`)}`,
        `Basic ${good}`,
        `Basic ${btoa(`${good}:`)}`,
        'Basic !!!',
        `Bearer ${hashKey(good)}`,
      ];
      for (const authorization of wrong) {
        const { status, challenge } = await send(route, authorization);
        const what = `${nameOf(route)} with ${authorization}`;
        assert.equal(status, refused[0], what);
        assert.equal(challenge, isOfProxy ? null : 'Bearer realm="rest-sessions", error="invalid_token"', what);
      }
      const inQuery = await send(route, undefined, `${targetOf(route)}?access_token=${good}`);
      assert.equal(inQuery.status, refused[0], nameOf(route));
    }
    assert.ok(expired.every((name) => name === 'expired') && expired.length > 0);
  });

  test('takes the key as the password of any user too, and the scheme in any case', async () => {
    const { key } = KEYS.at(-1)!;
    for (const route of guarded) {
      for (const authorization of [`Basic ${btoa(`joe:${key}`)}`, `basic ${btoa(`:${key}`)}`, `bearer ${key}`]) {
        const { status, text } = await send(route, authorization);
        assert.ok(isLetIn(status, text), `${nameOf(route)} ${status}`);
      }
    }
  });

  test('reads the app as its handler does: encoded names, other cases and nonsense open nothing', async () => {
    const inApp = guarded.filter(({ path }) => path.includes(':app'));
    const { key } = KEYS.find(({ entry }) => entry.name === 'shop-everything')!;
    for (const route of inApp) {
      const template = targetOf(route);
      const { status } = await send(route, `Bearer ${key}`, template.replace('shop', 's%68op'));
      assert.notEqual(status, 403, nameOf(route));
      for (const app of [
        'Shop',
        'shop%00',
        'blog',
        'shop%2fblog',
        '%zz',
        '%ff',
        '__proto__',
        'shop,more',
        '*',
        '%2A',
      ]) {
        const refused = await send(route, `Bearer ${key}`, template.replace('shop', app));
        assert.equal(refused.status, 403, `${nameOf(route)} with the app ${app}`);
      }
    }
  });
});

test('classic refusals have the classic form', async () => {
  const [classic] = guarded.filter(({ path }) => path === '/:app/get/:token');
  const bare = await send(classic!);
  assert.equal(bare.text, '{"name":"unauthorized","message":"this needs an API key: Authorization: Bearer KEY"}');
  const writer = KEYS.find(({ entry }) => entry.name === 'shop-write')!;
  const refused = await send(classic!, `Bearer ${writer.key}`);
  assert.equal(refused.text, '{"name":"forbidden","message":"the key needs the scope verify"}');
});

test('a server without keys lets everyone in', async () => {
  const { authenticate: _, ...open } = options;
  const answer = await createApp(open).request('/shop/activity?dt=600', {}, {});
  assert.equal(answer.status, 200);
});

test('a route without an app that says nothing more is for keys for all apps only', async () => {
  const route: Route = { method: 'GET', path: '/v1/everything', scope: 'read', handle: (c) => answer(c, '{}') };
  const handle = guard(route, options.authenticate!, options.clock);
  const statusFor = (name: string) => {
    const authorization = `Bearer ${KEYS.find(({ entry }) => entry.name === name)!.key}`;
    const context = { env: { incoming: { headers: { authorization } } }, req: {} } as unknown as Parameters<Handle>[0];
    try {
      return (handle(context) as Reply).status;
    } catch (error) {
      return (error as ServiceError).code;
    }
  };
  assert.equal(statusFor('all-read'), 200);
  assert.equal(statusFor('shop-read'), 'forbidden');
  assert.equal(statusFor('all-write'), 'forbidden');
});

describe('a route that narrows what it answers', () => {
  const key = (name: string) => ({ Authorization: `Bearer ${KEYS.find(({ entry }) => entry.name === name)!.key}` });
  const tokenIn = async (name: string) => {
    const answer = await app.request(
      `/${name}/create/joe?ip=1.1.1.1`,
      { method: 'PUT', headers: key('all-write') },
      {},
    );
    return ((await answer.json()) as { token: string }).token;
  };

  test('lists the apps of the key and no other', async () => {
    for (const name of ['shop', 'blog', 'third']) await tokenIn(name);
    const apps = async (name: string) => {
      const answer = await app.request('/v1/apps', { headers: key(name) }, {});
      return ((await answer.json()) as { apps: { app: string }[] }).apps.map((item) => item.app);
    };
    assert.deepEqual(await apps('shop-read'), ['shop']);
    assert.deepEqual(await apps('other-read'), ['blog']);
    assert.deepEqual(await apps('all-read'), ['blog', 'shop', 'third']);
  });

  test('does not tell a token of another app from one that never was, even when its app is named', async () => {
    const token = await tokenIn('blog');
    const introspect = async (name: string, more = '') => {
      const headers = { ...key(name), 'Content-Type': 'application/x-www-form-urlencoded' };
      const body = `token=${token}${more}`;
      const init = { method: 'POST', body, headers: { ...headers, 'Content-Length': `${body.length}` } };
      return (await app.request('/v1/introspect', init, {})).text();
    };
    assert.match(await introspect('other-verify'), /"active":true/);
    assert.equal(await introspect('shop-verify'), '{"active":false}');
    assert.equal(await introspect('shop-verify', '&app=blog'), '{"active":false}');
  });
});

/**
 * What somebody who is logged in may do: every route of v1 × every scope × the right app, another and all. And the data of sessions, which
 * needs a scope of its own: no answer of any route has a part of it otherwise. The routes come from the table, so none can be forgotten.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SCOPES, type Scope } from '../../src/core/principal.ts';
import { Sessions } from '../../src/core/sessions.ts';
import { withoutData } from '../../src/core/without-data.ts';
import type { Route } from '../../src/http/message/route.ts';
import { MemoryStore } from '../../src/stores/memory/memory-store.ts';
import { appWith, keyWith } from './in-process.ts';

const nameOf = ({ method, path }: Route) => `${method} ${path}`;

function v1Of(routes: readonly Route[]): readonly Route[] {
  return routes.filter(({ path, scope, forVisitors }) => path.startsWith('/v1/') && scope !== null && !forVisitors);
}

function targetOf(path: string, parts: Readonly<Record<string, string>>): string {
  return path.replaceAll(
    /:(\w+)(?=\/|:|$)/g,
    (whole, name: string) => parts[name] ?? (path.includes(`/${whole}`) ? 'joe' : whole),
  );
}

/** No browser sends a body with these. */
const hasBody = (method: string) => method !== 'GET' && method !== 'DELETE';

describe('every route of v1', () => {
  const keys = [
    ...SCOPES.flatMap((scope) => [
      keyWith(`shop-${scope}`, [scope], ['shop']),
      keyWith(`other-${scope}`, [scope], ['blog']),
      keyWith(`all-${scope}`, [scope]),
    ]),
    keyWith('everything', SCOPES),
  ];
  const { routes, login } = appWith(keys);
  const v1 = v1Of(routes);

  test('lets somebody in exactly when the scope and the app are theirs', async () => {
    assert.ok(v1.length > 30, 'the routes were found');
    for (const { key, entry } of keys) {
      const ask = await login({ key });
      for (const route of v1) {
        const path = `/console/api${targetOf(route.path, { app: 'shop' })}`;
        const { status, text } = await ask(route.method, path, hasBody(route.method) ? {} : undefined);
        const hasApp =
          entry.apps === '*' || (route.path.includes(':app') ? entry.apps.has('shop') : route.narrowsApps === true);
        const may = entry.scopes.has(route.scope!) && hasApp;
        assert.equal(status === 403, !may, `${nameOf(route)} with ${entry.name}: ${status} ${text}`);
        assert.notEqual(status, 401, nameOf(route));
      }
    }
  });

  test('is for nobody who is not logged in', async () => {
    const { ask } = appWith(keys);
    for (const route of v1) {
      const path = `/console/api${targetOf(route.path, { app: 'shop' })}`;
      const { status } = await ask(route.method, path, hasBody(route.method) ? {} : undefined);
      assert.equal(status, 401, nameOf(route));
    }
  });

  test('reads the app as its handler does: other writings open nothing', async () => {
    const ask = await login({ key: keys.find(({ entry }) => entry.name === 'shop-read')!.key });
    const list = (app: string) => ask('GET', `/console/api/v1/apps/${app}/sessions`);
    assert.equal((await list('s%68op')).status, 200);
    for (const app of ['Shop', 'shop%00', 'blog', 'shop%2fblog', '%zz', '_console', '%5Fconsole', '*']) {
      assert.equal((await list(app)).status, 403, app);
    }
  });

  test('of the server itself is never asked for what it keeps of the console', async () => {
    const ask = await login({ key: keys.at(-1)!.key });
    for (const route of v1.filter(({ path }) => path.includes(':app'))) {
      const path = `/console/api${targetOf(route.path, { app: '_console' })}`;
      const { status, text } = await ask(route.method, path, hasBody(route.method) ? {} : undefined);
      assert.ok([400, 404].includes(status), `${nameOf(route)}: ${status} ${text}`);
    }
    assert.doesNotMatch((await ask('GET', '/console/api/v1/apps')).text, /_console/);
  });
});

describe('the data of sessions', () => {
  const SECRET = 'cart-of-joe';
  const all = SCOPES.filter((scope) => scope !== 'data');

  /** Sends to each route what makes it answer with a session, and gives the answers. */
  async function answersOf(scopes: readonly Scope[]) {
    const key = keyWith('anna', scopes);
    const made = appWith([key], { policy: { maxSessionsPerSubject: 3, onLimit: 'refuse' } });
    const ask = await made.login({ key: key.key });
    const { sessions } = made.options;
    const create = () =>
      sessions.create(
        {
          ...{ app: 'shop', subject: 'joe', tokenKind: 'standard', idleTimeout: 600_000, absoluteTimeout: null },
          data: `{"secret":"${SECRET}","deep":{"secret":"${SECRET}"}}`,
        } as Parameters<Sessions['create']>[0],
        Date.now(),
      );
    const answers = new Map<string, { status: number; text: string; etag: string | null }>();
    for (const route of v1Of(made.routes)) {
      const queries = route.path.endsWith('/fields')
        ? ['?fields=data.deep,id', '?fields=data']
        : ['', '?view=full', '?fields=data'];
      for (const query of queries) {
        await sessions.revoke('shop' as never, { by: 'app' }, Date.now());
        const { token, session } = await create();
        const path = targetOf(route.path, { app: 'shop', id: session.id, subject: 'joe', token });
        const answer = await ask(
          route.method,
          `/console/api${path}${query}`,
          hasBody(route.method) ? bodyFor(route, token) : undefined,
          { 'Session-Token': token },
        );
        answers.set(`${nameOf(route)}${query}`, { ...answer, etag: answer.headers.get('etag') });
      }
    }
    // Errors have sessions, too.
    await sessions.revoke('shop' as never, { by: 'app' }, Date.now());
    for (let i = 0; i < 3; i++) await create();
    const refused = await ask('POST', '/console/api/v1/apps/shop/sessions', { subject: 'joe' });
    answers.set('a refusal', { ...refused, etag: null });
    return answers;
  }

  function bodyFor({ path, method }: Route, token: string): unknown {
    if (path.endsWith(':verify')) return { tokens: [token] };
    if (path.endsWith('/rotate')) return { label: 'x' };
    if (path.endsWith('/lock')) return { lease: 5 };
    if (method === 'PATCH') return { set: { more: 1 } };
    if (method === 'PUT') return { subject: 'joe', data: { secret: SECRET } };
    return method === 'POST' && path.endsWith('/sessions') ? { subject: 'joe', data: { secret: SECRET } } : {};
  }

  test('is in no answer without the scope, and in those that have it with the scope', async () => {
    const [blind, seeing] = [await answersOf(all), await answersOf(SCOPES)];
    const showing = [...seeing].filter(([, { text }]) => text.includes(SECRET)).map(([name]) => name);
    for (const expected of [
      'GET /v1/apps/:app/session',
      'GET /v1/apps/:app/session/fields?fields=data.deep,id',
      'PATCH /v1/apps/:app/session',
      'PUT /v1/apps/:app/session',
      'POST /v1/apps/:app/session/rotate',
      'POST /v1/apps/:app/sessions',
      'GET /v1/apps/:app/sessions',
      'GET /v1/apps/:app/sessions/:id',
      'GET /v1/apps/:app/subjects/:subject/sessions',
      'POST /v1/apps/:app/sessions:verify',
      'a refusal',
    ]) {
      assert.ok(showing.includes(expected), `${expected} shows data to who may see it: ${seeing.get(expected)?.text}`);
    }
    for (const [name, { status, text, etag }] of blind) {
      assert.doesNotMatch(text, new RegExp(`${SECRET}|"data":\\{"?(?:secret|deep)`), name);
      assert.equal(status, seeing.get(name)!.status, `${name}: ${text}`);
      assert.equal(etag, seeing.get(name)!.etag, name);
    }
    const { data, ...session } = JSON.parse(seeing.get('GET /v1/apps/:app/sessions/:id')!.text);
    const without = JSON.parse(blind.get('GET /v1/apps/:app/sessions/:id')!.text);
    assert.deepEqual(Object.keys(without), Object.keys(session), 'everything else is there');
    assert.equal(data.secret, SECRET);
  });

  test('stays as it is when somebody changes a session who may not see it', async () => {
    const key = keyWith('anna', all);
    const { login, options } = appWith([key]);
    const ask = await login({ key: key.key });
    const draft = { app: 'shop', subject: 'joe', tokenKind: 'standard', idleTimeout: 600_000, absoluteTimeout: null };
    const { token } = await options.sessions.create({ ...draft, data: '{"a":1,"b":2}' } as never, Date.now());
    const headers = { 'Session-Token': token };
    assert.equal((await ask('PATCH', '/console/api/v1/apps/shop/session', { set: { b: 3 } }, headers)).status, 200);
    assert.equal((await ask('PATCH', '/console/api/v1/apps/shop/session', { label: 'x' }, headers)).status, 200);
    const visit = await options.sessions.get('shop' as never, token, 'look', Date.now());
    assert.equal(visit!.session.data, '{"a":1,"b":3}');
  });

  test('is taken out of what each verb gives that gives sessions', () => {
    const sessions = new Sessions(new MemoryStore(), () => {
      throw new Error('nobody asks');
    });
    /** They give no session, or none to a route. One more here is a decision, not an oversight. */
    const plain = new Set(
      [
        'constructor',
        'unlock',
        'stopWaiting',
        'revokeByToken',
        'revokeById',
        'revoke',
        'history',
        'eraseHistory',
        'count',
      ]
        .concat(['apps', 'serves', 'keepsEvents', 'ping'])
        .concat(['revokeOne', 'freeing', 'createOnce', 'madeBefore']),
    );
    const covered = Object.keys(withoutData(sessions));
    for (const verb of Object.getOwnPropertyNames(Sessions.prototype)) {
      assert.ok(plain.has(verb) !== covered.includes(verb), verb);
    }
  });

  test('is what a key sees in v1 with or without the scope, as ever', async () => {
    const key = keyWith('app', ['read']);
    const { app, options } = appWith([key]);
    const draft = { app: 'shop', subject: 'joe', tokenKind: 'standard', idleTimeout: 600_000, absoluteTimeout: null };
    await options.sessions.create({ ...draft, data: `{"secret":"${SECRET}"}` } as never, Date.now());
    const headers = { Authorization: `Bearer ${key.key}` };
    const answer = await app.request('/v1/apps/shop/sessions', { headers }, {});
    assert.match(await answer.text(), new RegExp(SECRET));
  });
});

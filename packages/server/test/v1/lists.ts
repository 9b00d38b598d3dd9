import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshApp, idsOf, problemOf, type Service } from './harness.ts';

const AWKWARD = ['a:b', '{x}', '100%', '😀', 'a/b?c#d', ' ', '\u0000', '+', '__proto__', 'ü'.repeat(255), '\'"\\'];

const HOSTILE = [
  ...['x', '', '!', 'MTow', 'null', '0', '../..', '%00', 'a'.repeat(5000), '1:00aaaaaaaaaaaaaa'],
  ...[
    '-1:00aaaaaaaaaaaaaa',
    '1e3:00aaaaaaaaaaaaaa',
    '9999999999999999999:00aaaaaaaaaaaaaa',
    '1:zzaaaaaaaaaaaaaa',
    '1:00',
  ].map((text) => Buffer.from(text).toString('base64url')),
];

export function listsSection(service: () => Service): void {
  describe('lists', () => {
    test('go by pages, newest activity first, each session once', async () => {
      const app = service().app(freshApp());
      const tokens: string[] = [];
      for (let i = 0; i < 25; i++) tokens.push(await app.token({ subject: `u${i % 3}`, data: { i } }));
      for (const query of ['', '&subject=u1', '&activeWithin=600']) {
        const all = idsOf(await app.list(`?limit=1000${query}`));
        const walked: string[] = [];
        let cursor: string | null = '';
        while (cursor !== null) {
          const page = await app.list(`?limit=4${query}${cursor && `&cursor=${cursor}`}`);
          assert.ok(page.json.sessions.length <= 4);
          assert.equal(page.headers['cache-control'], 'no-store');
          walked.push(...idsOf(page));
          cursor = page.json.cursor;
        }
        assert.deepEqual(walked, all);
        assert.equal(new Set(walked).size, query === '&subject=u1' ? 8 : 25);
      }
      const { json } = await app.list();
      const seen = json.sessions.map(({ lastSeenAt }: { lastSeenAt: string }) => lastSeenAt);
      assert.deepEqual(seen, [...seen].sort().reverse());
      assert.ok(!JSON.stringify(json).includes('"token"'));
      for (const token of tokens) assert.ok(!JSON.stringify(json).includes(token.slice(18)));
    });

    test('answer ids or a count where that is asked for, and 50 sessions where no limit is', async () => {
      const app = service().app(freshApp());
      await Promise.all(Array.from({ length: 55 }, (_, i) => app.create({ subject: `u${i % 2}` })));
      const ids = await app.list('?view=ids');
      assert.deepEqual([Object.keys(ids.json), ids.json.ids.length], [['ids', 'cursor'], 50]);
      const rest = await app.list(`?view=ids&cursor=${ids.json.cursor}`);
      assert.deepEqual([rest.json.ids.length, rest.json.cursor], [5, null]);
      assert.equal((await app.list('?view=count')).text, '{"sessions":55}');
      assert.equal((await app.list('?view=count&subject=u0')).text, '{"sessions":28}');
      assert.equal((await app.list('?view=count&activeWithin=600')).text, '{"sessions":55}');
      assert.equal((await app.list('?view=count&subject=nobody&activeWithin=1')).text, '{"sessions":0}');
      assert.equal((await app.ofSubject('u0')).json.sessions.length, 28, 'all of a subject in one page');
      assert.equal((await app.ofSubject('u0', '?limit=5')).json.sessions.length, 5);
    });

    test('answer ids and a count by operations of their own, of the app and of a subject in it', async () => {
      const app = service().app(freshApp());
      for (let i = 0; i < 5; i++) await app.token({ subject: i < 3 ? 'a/b' : 'c' });
      const ask = async (path: string) => (await app.send('GET', path)).text;
      const subject = `/subjects/${encodeURIComponent('a/b')}/sessions`;
      for (const [older, own] of [
        ['/sessions?view=ids', '/sessions:ids'],
        ['/sessions?view=ids&subject=a/b', '/sessions:ids?subject=a/b'],
        ['/sessions?view=ids&subject=a/b&limit=1000', `${subject}:ids`],
        ['/sessions?view=ids&limit=2&activeWithin=600', '/sessions:ids?limit=2&activeWithin=600'],
        ['/sessions?view=ids&subject=a/b&limit=2', `${subject}:ids?limit=2&activeWithin=600`],
        ['/sessions?view=count', '/sessions:count'],
        ['/sessions?view=count&activeWithin=600', '/sessions:count?activeWithin=600'],
        ['/sessions?view=count&subject=a/b', '/sessions:count?subject=a/b'],
        ['/sessions?view=count&subject=a/b&activeWithin=600', `${subject}:count?activeWithin=600`],
        ['/sessions?subject=a/b&activeWithin=600', `${subject}?activeWithin=600`],
      ] as const) {
        assert.equal(await ask(own), await ask(older), own);
      }
      assert.equal(await ask(`${subject}:count`), '{"sessions":3}');
      assert.equal(await ask('/subjects/nobody/sessions:count'), '{"sessions":0}');
      assert.equal(await ask('/subjects/nobody/sessions:ids'), '{"ids":[],"cursor":null}');
      const first = (await app.send('GET', '/sessions:ids?limit=3')).json;
      const rest = (await app.send('GET', `/sessions:ids?limit=3&cursor=${first.cursor}`)).json;
      assert.deepEqual([first.ids.length, rest.ids.length, rest.cursor], [3, 2, null]);
      for (const [path, parameter] of [
        ['/sessions:ids?view=ids', 'view'],
        ['/sessions:ids?limit=0', 'limit'],
        ['/sessions:count?limit=1', 'limit'],
        ['/sessions:count?subject=..', 'subject'],
        ['/subjects/a/sessions:count?subject=a', 'subject'],
        ['/subjects/a/sessions:ids?activeWithin=x', 'activeWithin'],
        ['/subjects/%2E%2E/sessions:ids', 'subject'],
      ]) {
        const { status, json } = await app.send('GET', path!);
        assert.deepEqual([status, json.errors?.[0].parameter], [400, parameter], path);
      }
    });

    test('refuse cursors that no list gave, and everything odd in the query, with the name of the parameter', async () => {
      const app = service().app(freshApp());
      await app.token({ subject: 's' });
      for (const cursor of HOSTILE) {
        for (const answer of [
          await app.list(`?cursor=${cursor}`),
          await app.list(`?view=ids&subject=s&cursor=${cursor}`),
          await app.ofSubject('s', `?cursor=${cursor}`),
        ]) {
          assert.deepEqual(problemOf(answer), [400, 'invalid_cursor'], cursor.slice(0, 40));
          assert.equal(answer.json.errors[0].parameter, 'cursor');
        }
      }
      for (const [query, parameter] of [
        ...['0', '-1', '1001', '1.5', 'x', '', '1e2', '%31%30%30%30%30'].map((limit) => [`limit=${limit}`, 'limit']),
        ...['x', '', 'COUNT'].map((view) => [`view=${view}`, 'view']),
        ...['-1', 'x', '', '1e400', '9007199254741'].map((within) => [`activeWithin=${within}`, 'activeWithin']),
        ['limit=1&limit=1', 'limit'],
        ['nope=1', 'nope'],
        ['Limit=1', 'Limit'],
        ['subject=', 'subject'],
        ['subject=a%0Ab', 'subject'],
        ['__proto__=1', '__proto__'],
      ]) {
        const { status, json } = await app.list(`?${query}`);
        assert.deepEqual([status, json.errors?.[0].parameter, json.errors?.[0].in], [400, parameter, 'query'], query);
      }
      assert.equal((await app.list('?subject=%ff')).status, 400);
      assert.equal((await app.list('?&&')).status, 200);
    });

    test('know a subject by any text, in the path and in the query', async () => {
      const app = service().app(freshApp());
      for (const subject of AWKWARD) {
        const { json, status } = await app.create({ subject });
        assert.equal(status, 201, subject);
        assert.equal(json.session.subject, subject);
        for (const list of [await app.ofSubject(subject), await app.list(`?subject=${encodeURIComponent(subject)}`)]) {
          assert.deepEqual(idsOf(list), [json.session.id], subject);
        }
      }
      assert.equal((await app.send('GET', '/activity')).json.subjects, AWKWARD.length);
      for (const subject of AWKWARD) assert.equal((await app.endSubject(subject)).text, '{"revoked":1}');
      for (const subject of ['', 'a\nb', 'a\u2028b', 'x'.repeat(256), '\ud800']) {
        const answer = await app.send('POST', '/sessions', JSON.stringify({ subject }));
        assert.equal(answer.status, 400, JSON.stringify(subject).slice(0, 20));
      }
    });

    test('end all sessions of a subject, or all but one', async () => {
      const app = service().app(freshApp());
      const made = [];
      for (let i = 0; i < 4; i++) made.push((await app.create({ subject: 'ann' })).json);
      await app.token({ subject: 'bob' });
      const [kept] = made;
      assert.equal((await app.endSubject('ann', `?except=${kept.session.id}`)).text, '{"revoked":3}');
      assert.deepEqual(idsOf(await app.ofSubject('ann')), [kept.session.id]);
      for (const { token } of made.slice(1)) assert.equal((await app.get(token)).status, 404);
      assert.equal((await app.get(kept.token)).status, 200);
      for (const except of ['nobody', '', '%00', 'x'.repeat(1000), `${kept.session.id}x`, kept.token]) {
        const { status, json } = await app.endSubject('ann', `?except=${except}`);
        assert.deepEqual([status, json.errors[0].parameter], [400, 'except'], 'a slip must not end everything');
      }
      await app.token({ subject: 'eve' });
      assert.equal(
        (await app.endSubject('eve', `?except=${kept.session.id}`)).text,
        '{"revoked":1}',
        'an id of others',
      );
      assert.equal((await app.endSubject('ann')).text, '{"revoked":1}');
      assert.equal((await app.endSubject('ann')).text, '{"revoked":0}');
      assert.deepEqual((await app.send('GET', '/activity')).json, { subjects: 1, sessions: 1 });
    });

    test('look at and end a session by its public id, and take any other text for none', async () => {
      const app = service().app(freshApp());
      const { json } = await app.create({ subject: 'ann', data: { a: 1 } });
      const { id } = json.session;
      const found = await app.find(id);
      assert.deepEqual([found.status, found.json, found.headers.etag], [200, json.session, '"1"']);
      for (const wrong of [
        `${id}x`,
        id.slice(1),
        '}',
        '{}',
        '\u0000',
        'zzzzzzzzzzzzzzzz',
        `00${'a'.repeat(14)}`,
        'é',
        'x'.repeat(2000),
        json.token,
      ]) {
        assert.deepEqual(problemOf(await app.find(wrong)), [404, 'session_not_found'], wrong.slice(0, 40));
        assert.equal((await app.send('DELETE', `/sessions/${encodeURIComponent(wrong)}`)).text, '{"revoked":0}');
      }
      assert.equal((await service().app(freshApp()).find(id)).status, 404, 'another app');
      assert.equal((await app.send('DELETE', `/sessions/${id}`)).text, '{"revoked":1}');
      assert.equal((await app.send('DELETE', `/sessions/${id}`)).text, '{"revoked":0}');
      assert.equal((await app.get(json.token)).status, 404);
    });

    test('end a whole app only when its name is said once more', async () => {
      const app = service().app(freshApp());
      for (let i = 0; i < 12; i++) await app.token({ subject: `u${i % 4}` });
      const other = service().app(freshApp());
      await other.token();
      for (const query of [
        '',
        '?confirm=',
        '?confirm=no',
        `?confirm=${other.name}`,
        `?confirm=${app.name.toUpperCase()}`,
        '?dryRun=false',
      ]) {
        const { status, json } = await app.send('DELETE', `/sessions${query}`);
        assert.deepEqual([status, json.errors[0].parameter], [400, 'confirm'], query);
      }
      assert.equal((await app.send('DELETE', '/sessions?dryRun=true')).text, '{"revoked":0,"sessions":12}');
      assert.equal((await app.send('DELETE', `/sessions?dryRun=true&confirm=${app.name}`)).json.revoked, 0);
      assert.equal((await app.send('DELETE', `/sessions?confirm=${app.name}`)).text, '{"revoked":12}');
      assert.equal((await app.send('DELETE', `/sessions?confirm=${app.name}`)).text, '{"revoked":0}');
      assert.equal((await other.list('?view=count')).json.sessions, 1);
    });

    test('tell an app with its policy and counts, the apps that have sessions, and who is active', async () => {
      const app = service().app(freshApp());
      const shown = async () => (await app.send('GET', '')).json;
      assert.deepEqual([(await shown()).sessions, (await shown()).subjects], [0, 0]);
      await app.token({ subject: 'a' });
      await app.token({ subject: 'a' });
      await app.token();
      const { policy, ...counts } = await shown();
      assert.deepEqual(counts, { app: app.name, subjects: 1, sessions: 3 });
      assert.deepEqual([policy.idleTimeout, policy.absoluteTimeout, policy.rotationGrace], [7200, 2_592_000, 10]);
      assert.equal((await service().app('bounds').send('GET', '')).json.policy.maxIdleTimeout, 600);
      assert.deepEqual((await app.send('GET', '/activity?within=0.5')).status, 200);
      assert.deepEqual((await app.send('GET', '/activity')).json, { subjects: 1, sessions: 3 });
      assert.equal((await app.send('GET', '/activity?within=x')).json.errors[0].parameter, 'within');
      const list = async () => (await service().clients[0]!.send('GET', '/v1/apps')).json.apps;
      assert.deepEqual(
        (await list()).find((entry: { app: string }) => entry.app === app.name),
        { app: app.name, subjects: 1, sessions: 3 },
      );
      await app.send('DELETE', `/sessions?confirm=${app.name}`);
      assert.ok(!(await list()).some((entry: { app: string }) => entry.app === app.name));
    });
  });
}

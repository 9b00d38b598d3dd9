import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerToken, freshApp, idsOf, type Service } from './harness.ts';

export function classicSection(service: () => Service): void {
  describe('classic and v1', () => {
    const classic = (method: string, path: string, body?: unknown) => service().clients[0]!.send(method, path, body);

    test('a session made by a classic route is the same one in v1', async () => {
      const app = service().app(freshApp());
      const token = await service().clients[0]!.create(app.name, 'ann', { a: 1 });
      const { status, json, headers } = await app.get(token);
      assert.equal(status, 200);
      const { id, subject, ip, data, version, reads, absoluteExpiresAt, idleTimeout } = json;
      assert.deepEqual([subject, ip, data, version, reads], ['ann', '192.168.99.22', { a: 1 }, 1, 1]);
      assert.deepEqual([absoluteExpiresAt, idleTimeout], [null, 7200], 'none unless the policy sets one');
      await classic('GET', `/${app.name}/get/${token}`);
      await classic('POST', `/${app.name}/set/${token}`, { b: 2 });
      const after = await app.get(token);
      assert.deepEqual([after.json.reads, after.json.version, after.json.data], [2, 2, { a: 1, b: 2 }]);
      assert.deepEqual([headers.etag, after.headers.etag], ['"1"', '"2"']);
      assert.equal((await app.merge(token, { a: null }, { 'If-Match': '"2"' })).status, 200);
      assert.match((await classic('GET', `/${app.name}/get/${token}`)).text, /"w":3,.*"d":\{"b":2\}\}$/);
      assert.deepEqual(idsOf(await app.ofSubject('ann')), [id]);
      assert.deepEqual((await app.find(id)).json.subject, 'ann');
      assert.equal((await app.send('POST', '/sessions:verify', { tokens: [token] })).json.results[0].active, true);
      const { json: rotated } = await app.rotate(token, { grace: 0 });
      assert.equal((await classic('GET', `/${app.name}/get/${token}`)).text, '{}');
      assert.equal((await app.end(rotated.token)).json.revoked, 1);
      assert.deepEqual((await classic('GET', `/${app.name}/soid/ann`)).json, { sessions: [] });
    });

    test('a classic token moved to another subject by v1 still opens it in both', async () => {
      const app = service().app(freshApp());
      const token = await service().clients[0]!.create(app.name, 'guest', { cart: 1 });
      await app.patch(token, { subject: 'ann' });
      assert.match((await classic('GET', `/${app.name}/get/${token}`)).text, /"id":"ann",.*"d":\{"cart":1\}/);
      assert.equal((await classic('POST', `/${app.name}/set/${token}`, { x: 1 })).json.id, 'ann');
      assert.deepEqual((await classic('DELETE', `/${app.name}/kill/${token}`)).json, { kill: 1 });
      assert.equal((await app.get(token)).status, 404);
    });

    test('a session made by v1 is in the classic lists, counts and ends', async () => {
      const app = service().app(freshApp());
      const token = await app.token({ subject: 'ann', ip: '1.1.1.1', data: { a: 1.5 } });
      await app.put(callerToken(), { subject: 'bob' });
      const guest = await app.token();
      const { json } = await classic('GET', `/${app.name}/soid/ann`);
      const { idle: _idle, ...shown } = json.sessions[0];
      assert.deepEqual(shown, { id: 'ann', r: 1, w: 1, ttl: 7200, ip: '1.1.1.1', d: { a: 1.5 } });
      const all = (await classic('GET', `/${app.name}/soapp?dt=60`)).json.sessions;
      assert.deepEqual(all.map(({ id }: { id: string }) => id).sort(), ['ann', 'bob', null]);
      assert.deepEqual((await classic('GET', `/${app.name}/activity?dt=60`)).json, { activity: 2 });
      assert.deepEqual((await classic('DELETE', `/${app.name}/killsoid/ann`)).json, { kill: 1 });
      assert.equal((await app.get(token)).status, 404);
      assert.deepEqual((await classic('DELETE', `/${app.name}/killall`)).json, { kill: 2 });
      assert.equal((await app.get(guest)).status, 404);
    });

    test('the classic routes take the tokens that v1 makes: read, changed and ended there, it is one session', async () => {
      const app = service().app(freshApp());
      const subject = `${'𝒶'.repeat(254)}!`;
      const token = await app.token({ subject, ip: '::1', data: { a: 1 } });
      const { idle: _idle, ...shown } = (await classic('GET', `/${app.name}/get/${token}`)).json;
      assert.deepEqual(shown, { id: subject, r: 1, w: 1, ttl: 7200, ip: '::1', d: { a: 1 } });
      assert.deepEqual((await classic('POST', `/${app.name}/set/${token}`, { b: 2 })).json.d, { a: 1, b: 2 });
      const { version, reads, data } = (await app.get(token)).json;
      assert.deepEqual([version, reads, data], [2, 2, { a: 1, b: 2 }]);
      const rotated = (await app.rotate(token, { grace: 30 })).json.token;
      for (const either of [token, rotated])
        assert.equal((await classic('GET', `/${app.name}/get/${either}`)).json.id, subject);
      const { sessions } = (await classic('GET', `/${app.name}/soapp?dt=60`)).json;
      assert.deepEqual([sessions.length, sessions[0].id], [1, subject], 'an id longer than the classic routes take');
      assert.deepEqual((await classic('DELETE', `/${app.name}/kill/${rotated}`)).json, { kill: 1 });
      assert.deepEqual((await classic('DELETE', `/${app.name}/kill/${rotated}`)).json, { kill: 0 });
      assert.equal((await app.get(rotated)).status, 404);
      assert.equal((await classic('GET', `/${app.name}/get/${rotated}`)).text, '{}');
      assert.equal((await classic('GET', `/${app.name}/get/rs${'0'.repeat(38)}`)).text, '{}', 'one that never was');
    });

    test('a token of any other form is the pinned format error in the classic routes, also one that v1 takes', async () => {
      const app = service().app(freshApp());
      const chosen = callerToken();
      assert.equal((await app.put(chosen, { subject: 'ann' })).status, 201);
      const made = await app.token({ subject: 'ann' });
      const others = [chosen, `xx${made.slice(2)}`, made.slice(1), `${made}a`, `rsZZ${made.slice(4)}`, 'a'.repeat(40)];
      for (const path of others.flatMap((token) => [`get/${token}`, `set/${token}`, `kill/${token}`])) {
        const method = path.startsWith('get') ? 'GET' : path.startsWith('set') ? 'POST' : 'DELETE';
        const { status, text } = await classic(
          method,
          `/${app.name}/${path}`,
          method === 'POST' ? { a: 1 } : undefined,
        );
        assert.deepEqual([status, text], [400, '{"name":"invalidFormat","message":"Invalid token format"}'], path);
      }
      const long = `${'abcdefghij'.repeat(6)}abcd`;
      await app.put(long, { subject: 'ann', data: { chosen: true } });
      assert.deepEqual(
        (await classic('GET', `/${app.name}/get/${long}`)).json.d,
        { chosen: true },
        'a chosen one of 64',
      );
    });

    test('an app that the classic routes do not serve is served by v1', async () => {
      const app = service().app('noclassic');
      const { status } = await app.create({ subject: 'a' });
      assert.equal(status, 201);
      assert.equal((await classic('GET', '/noclassic/soid/a')).status, 404);
    });
  });
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerToken, freshApp, problemOf, type Service } from './harness.ts';

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

export function verifySection(service: () => Service): void {
  describe('checks', () => {
    test('verify answers many tokens in their order, each for itself', async () => {
      const app = service().app(freshApp());
      const { json: own } = await app.create({ subject: 'a', data: { a: 1 } });
      const chosen = callerToken();
      await app.put(chosen, { subject: 'b' });
      const ended = await app.token();
      await app.end(ended);
      const other = await service().app(freshApp()).token();
      const tokens = [own.token, 'x', chosen, '', ended, other, own.token, 'é'];
      const { status, json } = await app.send('POST', '/sessions:verify', { tokens });
      assert.equal(status, 200);
      assert.deepEqual(
        json.results.map(({ active }: { active: boolean }) => active),
        [true, false, true, false, false, false, true, false],
      );
      assert.deepEqual(json.results[0].session, own.session);
      assert.deepEqual(json.results[1], { active: false });
      assert.equal((await app.get(own.token)).json.reads, 1, 'looking is no activity');
      const touched = await app.send('POST', '/sessions:verify', { tokens: [own.token], touch: true });
      assert.equal(touched.json.results[0].session.reads, 2);
      const full = await app.send('POST', '/sessions:verify', { tokens: Array(500).fill(own.token) });
      assert.equal(full.json.results.length, 500);
    });

    test('verify refuses no token, 501 of them, and what is none, and says which', async () => {
      const app = service().app(freshApp());
      for (const [body, pointer] of [
        [{ tokens: [] }, '/tokens'],
        [{ tokens: Array(501).fill('x') }, '/tokens'],
        [{}, '/tokens'],
        [{ tokens: 'x' }, '/tokens'],
        [{ tokens: ['x', 1] }, '/tokens/1'],
        [{ tokens: ['x'.repeat(1025)] }, '/tokens/0'],
        [{ tokens: ['x'], touch: 'true' }, '/touch'],
        [{ tokens: ['x'], more: 1 }, '/more'],
      ]) {
        const { status, json } = await app.send('POST', '/sessions:verify', body);
        assert.deepEqual([status, json.errors[0].pointer], [400, pointer], JSON.stringify(body).slice(0, 50));
      }
      assert.equal((await app.send('GET', '/sessions:verify')).headers.allow, 'POST');
      assert.equal((await app.send('POST', '/sessionsverify', { tokens: ['x'] })).status, 404);
    });

    test('introspect answers as RFC 7662 says', async () => {
      const client = service().clients[0]!;
      const app = service().app(freshApp());
      const introspect = (body: string) => client.send('POST', '/v1/introspect', body, FORM);
      const { json: made } = await app.create({ subject: 'a&b=c' });
      const { status, json, headers } = await introspect(`token=${made.token}&token_type_hint=access_token&extra=1`);
      assert.deepEqual([status, headers['cache-control']], [200, 'no-store']);
      assert.deepEqual(json, {
        active: true,
        sub: 'a&b=c',
        exp: Math.floor(Date.parse(made.session.expiresAt) / 1000),
        iat: Math.floor(Date.parse(made.session.createdAt) / 1000),
        sid: made.session.id,
        app: app.name,
      });
      const guest = (await introspect(`token=${await app.token()}&app=${app.name}`)).json;
      assert.deepEqual([guest.active, 'sub' in guest], [true, false]);
      for (const body of ['token=x', 'token=', `token=${made.token}&app=other-app`]) {
        assert.equal((await introspect(body)).text, '{"active":false}', body);
      }
      assert.equal((await app.get(made.token)).json.reads, 1);
      assert.deepEqual((await introspect('x=1')).json.errors[0], {
        pointer: '/token',
        rule: 'required',
        message: 'token is required',
      });
      assert.equal((await introspect(`token=${made.token}&app=x`)).json.errors[0].pointer, '/app');
      assert.deepEqual(problemOf(await client.send('POST', '/v1/introspect', { token: made.token })), [
        415,
        'unsupported_media_type',
      ]);
      await app.end(made.token);
      assert.equal((await introspect(`token=${made.token}`)).text, '{"active":false}');
    });
  });
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerToken, freshApp, type Service } from './harness.ts';

const HOST = '; Path=/; HttpOnly; Secure; SameSite=Lax';
const END = '; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
const CLEARED = `__Host-session=${HOST}${END}`;

/** Gives the lifetime of a persistent cookie, and the text before it. Units: seconds. */
function lifetime(setCookie: string): [string, number] {
  const [, text = '', age = ''] = /^(.*); Max-Age=(\d+)$/.exec(setCookie) ?? [];
  return [text, Number(age)];
}

export function cookiesSection(service: () => Service): void {
  describe('the cookie of a policy', () => {
    test('comes ready with what gives a token: create, rotate, PUT, each time they are sent', async () => {
      const app = service().app('cookie');
      const key = { 'Idempotency-Key': `cookie-${process.pid}` };
      for (const { json } of [await app.create({ subject: 'ann' }, key), await app.create({ subject: 'ann' }, key)]) {
        assert.deepEqual(Object.keys(json), ['token', 'session', 'setCookie']);
        assert.equal(json.setCookie, `__Host-session=${json.token}${HOST}`);
      }
      const { json: rotated } = await app.rotate(await app.token(), { subject: 'ann' });
      assert.equal(rotated.setCookie, `__Host-session=${rotated.token}${HOST}`);
      const token = callerToken();
      for (const status of [201, 200]) {
        const put = await app.put(token, {});
        assert.deepEqual([put.status, put.json.setCookie], [status, `__Host-session=${token}${HOST}`]);
      }
    });

    test('has the attributes of the policy, and a comma of a chosen token as a cookie may have it', async () => {
      const token = `${callerToken()},with,commas`;
      const { json } = await service().app('cookie-all').put(token, { idleTimeout: 60 });
      const [text] = lifetime(json.setCookie);
      const value = token.replaceAll(',', '%2C');
      assert.equal(text, `__Secure-sid=${value}; Path=/; Domain=example.org; HttpOnly; Secure; SameSite=Strict`);
    });

    test('lasts as long as the session can, when it is persistent: to the absolute deadline, 400 days at most', async () => {
      const app = service().app('cookie-plain');
      const short = await app.create({ absoluteTimeout: 1000 });
      const [text, age] = lifetime(short.json.setCookie);
      assert.equal(text, `sid=${short.json.token}; Path=/; HttpOnly; SameSite=Lax`);
      assert.ok(age > 0 && age <= 1000, short.json.setCookie);
      const long = await app.create({ absoluteTimeout: null });
      assert.equal(lifetime(long.json.setCookie)[1], 34_560_000);
      const { json } = await app.put(callerToken(), { absoluteTimeout: 40_000_000 });
      assert.equal(lifetime(json.setCookie)[1], 34_560_000);
    });

    test('is taken away by whatever ends the session of the token, and as often as that is said', async () => {
      const app = service().app('cookie');
      const token = await app.token();
      for (const revoked of [1, 0]) assert.deepEqual((await app.end(token)).json, { revoked, setCookie: CLEARED });
      const own = callerToken();
      await app.put(own);
      const ends = [
        app.create({ idleTimeout: 0 }),
        app.put(callerToken(), { absoluteTimeout: 0 }),
        app.put(own, { idleTimeout: -1 }),
        app.patch(await app.token(), { idleTimeout: 0 }),
        app.patch(await app.token(), { subject: 'ann', absoluteTimeout: 0 }),
        app.touch(await app.token(), { idleTimeout: 0 }),
        app.rotate(await app.token(), { absoluteTimeout: 0 }),
      ];
      for (const [i, ended] of ends.entries()) assert.equal((await ended).json.setCookie, CLEARED, `${i}`);
      const all = await service().app('cookie-all').end(token);
      const attributes = '; Path=/; Domain=example.org; HttpOnly; Secure; SameSite=Strict';
      assert.equal(all.json.setCookie, `__Secure-sid=${attributes}${END}`);
    });

    test('is in no other answer: not of reads, lists, other changes, ends by id, refusals', async () => {
      const app = service().app('cookie');
      const { json } = await app.create({ subject: 'bob' });
      const { token, session } = json;
      const others = [
        await app.get(token, '?touch=true'),
        await app.find(session.id),
        await app.list(),
        await app.ofSubject('bob'),
        await app.patch(token, { label: 'l' }),
        await app.merge(token, { a: 1 }),
        await app.putData(token, {}),
        await app.touch(token),
        await app.touch(token, { ip: '1.1.1.1' }),
        await app.end(token, { 'If-Match': '"99"' }),
        await app.put(token, {}, { 'If-None-Match': '*' }),
        await app.send('DELETE', `/sessions/${session.id}`),
        await app.endSubject('bob'),
      ];
      for (const { text } of others) assert.ok(!/setCookie|__Host/.test(text), text);
      assert.ok(others.every(({ headers }) => headers['set-cookie'] === undefined));
    });

    test('is in no answer of an app without one, and GET of the app tells what it is', async () => {
      const app = service().app(freshApp());
      const { json, text } = await app.create();
      const answers = [text, (await app.rotate(json.token)).text, (await app.put(callerToken())).text];
      for (const answer of [...answers, (await app.end(json.token)).text])
        assert.ok(!answer.includes('setCookie'), answer);
      assert.equal((await app.send('GET', '')).json.policy.cookie, null);
      const { cookie } = (await service().app('cookie').send('GET', '')).json.policy;
      const usual = { domain: null, sameSite: 'Lax', secure: true, persistent: false };
      assert.deepEqual(cookie, { name: '__Host-session', ...usual });
    });
  });
}

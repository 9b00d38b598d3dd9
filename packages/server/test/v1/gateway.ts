import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Answer, Client } from '../support/client.ts';
import { exchange } from '../support/raw-client.ts';
import { callerToken, freshApp, problemOf, type Service, type V1 } from './harness.ts';

type Headers = Record<string, string>;

/** Gives what a proxy copies: id, subject, deadline. */
function told({ headers }: Answer) {
  return [headers['session-id'], headers['session-subject'], headers['session-expires']];
}

const NOBODY = ['', '', ''];

function assertNobody(answer: Answer, what = '') {
  assert.deepEqual([problemOf(answer), told(answer)], [[401, 'session_required'], NOBODY], what);
  assert.match(String(answer.headers['www-authenticate']), /^Session realm="/);
  assert.equal(answer.headers['cache-control'], 'no-store');
}

export function gatewaySection(service: () => Service): void {
  describe('the gateway', () => {
    const ask = (app: V1, headers: Headers, query = '') => app.send('GET', `/gateway${query}`, undefined, headers);
    let client: Client | undefined;
    /** A client that holds nothing against the document, which has the gateway as GET and without a path below. */
    const plain = () => (client ??= new Client(service().servers[0]!.url));
    after(() => client?.close());

    test('tells in headers whose session it is, for the token of a header or of a cookie', async () => {
      const app = service().app(freshApp());
      const { json } = await app.create({ subject: 'Jörg/山 %"\u0001' });
      const { token, session } = json;
      const all = [session.id, 'J%C3%B6rg%2F%E5%B1%B1%20%25%22%01', session.expiresAt];
      const presented: Headers[] = [
        { 'Session-Token': token },
        { Cookie: `__Host-session=${token}` },
        { Cookie: `a=1;session=${token}; b=2` },
        { Cookie: `theme="x"; __Host-session="${token}"` },
        { Cookie: `session=planted; __Host-session=${token}` },
        { Cookie: `__Host-session=${token}; __Host-session=${token}`, 'Session-Token': token },
        { Cookie: `__Host-session=; session=${token}`, 'Session-Token': '' },
        { 'Session-Token': token, 'Session-Id': 'x', 'Session-Subject': 'admin', 'Session-Expires': 'never' },
      ];
      for (const headers of presented) {
        const answer = await ask(app, headers);
        assert.deepEqual([answer.status, answer.text, told(answer)], [204, '', all], JSON.stringify(headers));
        assert.deepEqual(
          [answer.headers['cache-control'], answer.headers['content-length'], answer.headers['content-type']],
          ['no-store', undefined, undefined],
        );
      }
      const guest = await app.create({ absoluteTimeout: null });
      const empty = [guest.json.session.id, '', guest.json.session.expiresAt];
      assert.deepEqual(told(await ask(app, { 'Session-Token': guest.json.token })), empty);
    });

    test('is 401 for whoever has no session: no token, one that opens nothing, two different ones', async () => {
      const app = service().app(freshApp());
      const [token, other] = [await app.token(), await app.token()];
      const ended = await app.token();
      await app.end(ended);
      const elsewhere = await service().app(freshApp()).token();
      const nobody: Headers[] = [
        {},
        { 'Session-Token': '' },
        { Cookie: '__Host-session=; session=' },
        { Cookie: `sid=${token}; xsession=${token}; session${token}` },
        { 'Session-Token': ended },
        { 'Session-Token': elsewhere },
        { Cookie: '__Host-session=%00%ff' },
        { 'Session-Token': 'x'.repeat(5000) },
        { 'Session-Id': 'x', 'Session-Subject': 'admin' },
        { 'Session-Token': token, Cookie: `session=${other}` },
        { 'Session-Token': `${token}, ${other}` },
        { Cookie: `session=${token}; session=${other}` },
        { Cookie: `__Host-session=${token}; a=b; __Host-session=${ended}` },
      ];
      for (const headers of nobody) assertNobody(await ask(app, headers), JSON.stringify(headers));
      const lines = [`Session-Token: ${token}`, `Session-Token: ${other}`, 'Content-Type: a', 'Content-Type: b'];
      const { port } = service().servers[0]!;
      const head = (more: readonly string[]) =>
        `GET /v1/apps/${app.name}/gateway HTTP/1.1\r\nHost: localhost\r\n${more.join('\r\n')}\r\n\r\n`;
      const twice = await exchange(port, head(lines));
      assert.equal(twice.answers[0]?.status, 401, 'the lines of a visitor are never a fault of the request');
      const same = await exchange(port, head([lines[0]!, lines[0]!, `Cookie: session=${token}`, 'Cookie: session=']));
      assert.equal(same.answers[0]?.status, 204);
    });

    test('reads the cookie that the policy names, and no other', async () => {
      const app = service().app('cookie-all');
      const { json } = await app.create({ subject: 'ann' });
      const [cookie] = json.setCookie.split(';');
      assert.equal((await ask(app, { Cookie: `x=y; ${cookie}` })).status, 204);
      for (const name of ['__Host-session', 'session', '__secure-sid']) {
        assertNobody(await ask(app, { Cookie: `${name}=${json.token}` }), name);
        const both = await ask(app, { Cookie: `${name}=planted; ${cookie}` });
        assert.equal(both.status, 204, 'a cookie of another name is no second token');
      }
      const token = `${callerToken()},with,commas`;
      const [escaped] = (await app.put(token)).json.setCookie.split(';');
      assert.equal((await ask(app, { Cookie: escaped })).status, 204);
      assert.equal((await ask(app, { Cookie: `__Secure-sid=${token}`, 'Session-Token': token })).status, 204);
    });

    test('touches only where it is asked to, and not a session that was seen a moment ago', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const before = (await app.get(token)).json;
      for (const query of ['', '?touch=false', '?touch=true', '?touch=true&x=y']) {
        assert.equal((await ask(app, { 'Session-Token': token }, query)).status, 204);
      }
      assert.deepEqual((await app.get(token)).json, before);
      for (const [query, rule] of Object.entries({ '?touch=1': 'enum', '?touch=true&touch=true': 'once' })) {
        const bad = await ask(app, { 'Session-Token': token }, query);
        assert.deepEqual([problemOf(bad), bad.json.errors[0].parameter], [[400, 'invalid_request'], 'touch']);
        assert.equal(bad.json.errors[0].rule, rule);
        assert.deepEqual(told(bad), NOBODY);
      }
    });

    test('answers any method, with any body and any path below, and reads nothing of them', async () => {
      const app = service().app(freshApp());
      const { json } = await app.create({ subject: 'ann' });
      const headers = { 'Session-Token': json.token, Origin: 'https://example.org', 'Sec-Fetch-Site': 'cross-site' };
      const path = `/v1/apps/${app.name}/gateway`;
      const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'TRACE'];
      const bodies = [undefined, '{', 'x'.repeat(300_000)];
      const paths = ['', '/', '/a//b/../c/', '/%zz?touch=maybe&touch=', '?a[]=b&%ff'];
      for (const method of methods) {
        for (const body of method === 'GET' || method === 'HEAD' || method === 'TRACE' ? [undefined] : bodies) {
          for (const below of paths) {
            const answer = await plain().send(method, path + below, body, { ...headers, 'Content-Encoding': 'br' });
            const what = `${method} ${below} ${body?.length}`;
            assert.deepEqual([answer.status, answer.headers['session-subject']], [204, 'ann'], what);
          }
        }
        const nobody = await plain().send(method, `${path}/x`, undefined, {});
        assert.deepEqual([nobody.status, told(nobody)], [401, NOBODY], method);
      }
      for (const no of ['gatewayx', 'Gateway', 'gateway;x']) {
        assert.equal((await plain().send('GET', `/v1/apps/${app.name}/${no}`, undefined, headers)).status, 404, no);
      }
    });

    test('answers at once when a body is announced that does not come, and takes no other request for it', async () => {
      const app = service().app(freshApp());
      const token = await app.token();
      const head = (method: string, more: string) =>
        `${method} /v1/apps/${app.name}/gateway HTTP/1.1\r\nHost: localhost\r\nSession-Token: ${token}\r\n${more}\r\n\r\n`;
      const { port } = service().servers[0]!;
      for (const more of [
        'Content-Length: 500',
        'Content-Length: 99999999999',
        'Expect: 100-continue\r\nContent-Length: 5',
      ]) {
        for (const method of ['GET', 'POST']) {
          const { answers, closed } = await exchange(port, head(method, more), { linger: 5000 });
          assert.deepEqual([answers.map(({ status }) => status), closed], [[204], true], `${method} ${more}`);
          if (method === 'GET') assert.equal(answers[0]!.headers.get('connection'), 'close');
        }
      }
      const chunked = `${head('POST', 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n`;
      const { answers } = await exchange(port, [chunked, chunked], { answers: 2 });
      assert.deepEqual(
        answers.map(({ status }) => status),
        [204, 204],
      );
      const upgrade = await exchange(
        port,
        head('GET', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x'),
      );
      assert.equal(upgrade.answers[0]?.status, 204);
    });
  });
}
